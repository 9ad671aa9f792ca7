package utt_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// breaking is a node whose connection breaks after so many entries.
type breaking struct {
	*local.Network
	after int
}

func (n *breaking) Entries(ctx context.Context, from uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		left := n.after
		for e, err := range n.Network.Entries(ctx, from) {
			if left--; left < 0 {
				yield(nil, utt.ErrStore)
				return
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// owing is a node that lags with credentials only.
type owing struct {
	*local.Network
	height uint64
}

func (n *owing) CredentialCertificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	return n.Network.CredentialCertificate(ctx, min(height, n.height))
}

// A light wallet reads more than it reads at once, from nodes that break off or lag, and misses
// nothing.
func TestLightWalletWhereANodeBreaks(t *testing.T) {
	sequential(t)
	ctx := context.Background()
	net := newNetwork(t)
	a := joinLight(t, net, alice, 500)
	joinLight(t, net, bob)
	sync1(t, net, a)
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 5, ""))
	for range 7 {
		crowd(t, net, 300)
	}
	require.NoError(t, net.Advance(ctx, 26*time.Hour))
	for range 30 {
		crowd(t, net, 300)
	}
	head := net.Ledger().Head().Height
	t.Run("breaks", func(t *testing.T) {
		l := light(t, net, bob, new(store.Memory))
		for range 2 {
			require.ErrorIs(t, l.Sync(ctx, &breaking{net, 7900}), utt.ErrStore)
		}
		for range 3 {
			require.NoError(t, l.CatchUp(ctx, net))
		}
		require.Equal(t, head, l.Checkpoint().Height)
		require.Equal(t, utt.Amount(5), l.Balance(cash).Spendable)
	})
	t.Run("breaks later", func(t *testing.T) { // the certificate of before is there
		l := light(t, net, bob, new(store.Memory))
		require.NoError(t, l.CatchUp(ctx, &lagging{asksLight: &asksLight{Network: net}, height: 4}))
		require.NoError(t, net.Advance(ctx, 10*time.Minute))
		for range 2 {
			require.ErrorIs(t, l.Sync(ctx, &breaking{net, 7900}), utt.ErrStore)
		}
		require.NoError(t, l.CatchUp(ctx, net))
		require.Equal(t, net.Ledger().Head().Height, l.Checkpoint().Height)
	})
	t.Run("lags", func(t *testing.T) {
		disk := new(store.Memory)
		caughtUp(t, net, light(t, net, bob, disk))
		err := light(t, net, bob, disk).Sync(ctx, &lagging{asksLight: &asksLight{Network: net}, height: net.Ledger().Head().Height - 1})
		require.True(t, wallet.Behind.Is(err), "%v", err)
	})
}

// A node that lags with what registrars have signed shows a light wallet that waits no other history.
func TestLightWalletAtANodeThatLagsWithCredentials(t *testing.T) {
	sequential(t)
	ctx := context.Background()
	net := newNetwork(t)
	a := joinLight(t, net, alice, 500)
	joinLight(t, net, bob)
	sync1(t, net, a)
	for range 12 {
		crowd(t, net, 300)
	}
	l := light(t, net, bob, new(store.Memory))
	caughtUp(t, net, l)
	c, err := net.CredentialCertificate(ctx, net.Ledger().Head().Height)
	require.NoError(t, err)
	for range 6 {
		done(t, a, net)(a.Pay(ctx, net, bob, cash, 5, ""))
		crowd(t, net, 300)
	}
	joinLight(t, net, "carol")
	require.NoError(t, l.Sync(ctx, net))
	require.Positive(t, l.Waiting())
	require.NoError(t, net.Advance(ctx, 90*time.Second))
	err = l.Sync(ctx, &owing{net, c.Height})
	require.False(t, wallet.Forked.Is(err), "%v", err)
}

// A node that lags with what registrars have signed is behind, from wherever the wallet asks.
func TestNodesThatLagWithCredentials(t *testing.T) {
	sequential(t)
	ctx := context.Background()
	net := newNetwork(t)
	joinLight(t, net, bob)
	old, err := net.CredentialCertificate(ctx, net.Ledger().Head().Height)
	require.NoError(t, err)
	joinLight(t, net, "carol")
	for _, many := range []bool{false, true} {
		if many {
			for range 14 {
				crowd(t, net, 300)
			}
			joinLight(t, net, "dave")
		}
		for _, way := range []wallet.Way{wallet.Full, wallet.Light} {
			w, err := wallet.Open(net.Parameters(), bob, seedOf(bob), new(store.Memory), wallet.Config{Now: net.Now, Way: way})
			require.NoError(t, err)
			caughtUp(t, net, w)
			require.NoError(t, net.Advance(ctx, 90*time.Second))
			err = w.Sync(ctx, &owing{net, old.Height})
			require.True(t, wallet.Behind.Is(err), "%v, many %v: %v", way, many, err)
		}
	}
}
