package utt_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/store"
)

// A ledger whose counters and assets have the longest names is restored as well.
func TestSnapshotOfTheLongestNames(t *testing.T) {
	ctx := context.Background()
	asset, counter := strings.Repeat("a", 32), strings.Repeat("c", 64)
	net, err := local.New(ctx, local.Config{
		Dealt: true, Assets: []string{asset},
		Policy: budget.Policy{
			Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), EpochLength: 30 * 24 * time.Hour, Classes: []utt.Amount{1000},
			Counters: []budget.Counter{{Name: counter, Classes: []utt.Amount{500}}},
		},
	})
	require.NoError(t, err)
	w, err := net.Wallet("ann", nil)
	require.NoError(t, err)
	require.NoError(t, net.Enroll(ctx, w, "ann", 0))
	_, err = w.RequestCounter(ctx, net, counter, asset, 1)
	require.NoError(t, err)
	l := net.Ledger()
	restored, err := ledger.Restore(net.Parameters(), new(store.Memory), bytes.NewReader(snapshot(t, l)), l.Digest())
	require.NoError(t, err)
	require.Equal(t, l.Digest(), restored.Digest())
}
