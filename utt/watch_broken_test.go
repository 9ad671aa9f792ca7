//go:build uttbroken

package utt_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
)

// Without [WATCH-ORDER] a provider has a customer count what he got twice.
func TestBrokenWatchOrder(t *testing.T) {
	ctx := t.Context()
	net := newNetwork(t)
	w := newWatcher(t, net)
	b := w.join(t, bob, new(store.Memory))
	n := unread(t, net)
	require.NoError(t, net.Issue(ctx, bob, cash, 30))
	w.lie = func(_ *utt.WatchQuestion, a *utt.WatchAnswer) { a.Places = slices.Repeat(a.Places, 2) }
	require.ErrorContains(t, b.Sync(ctx, n), "[WATCH-ORDER]")
	require.Zero(t, b.Balance(cash).Account)
	takeOut(t, "WATCH-ORDER")
	sync1(t, n, b)
	require.Equal(t, utt.Amount(60), b.Balance(cash).Account)
}

// Without [WATCH-OWN] a node has a wallet count once more what it got long ago.
func TestBrokenWatchOwn(t *testing.T) {
	b, n := namesTheOld(t)
	require.ErrorContains(t, b.Sync(t.Context(), n), "[WATCH-OWN]")
	takeOut(t, "WATCH-OWN")
	sync1(t, n, b)
	require.Equal(t, utt.Amount(60), b.Balance(cash).Account)
}
