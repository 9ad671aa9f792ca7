package utt_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// Where a merge cannot be handed in, all of them wait, and the payment goes on
// once they are through.
func TestMergesWaitForANode(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, slices.Repeat([]utt.Amount{5}, 17)...), join(t, net, bob)
	sync1(t, net, a)
	_, err := a.Pay(ctx, dropping(net, errDropped), bob, cash, 85, "")
	require.ErrorIs(t, err, errDropped)
	require.Len(t, a.Pending(), 2)
	require.Equal(t, wallet.Balance{Spendable: 30, Pending: 55, Account: 100, Budget: 1000}, a.Balance(cash))
	for _, id := range a.Pending() {
		require.NoError(t, a.Resubmit(ctx, net, id))
		require.NoError(t, a.Await(ctx, net, id))
	}
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 85, ""))
	sync1(t, net, b)
	require.Equal(t, []utt.Amount{85}, b.Coins(cash))
	require.Empty(t, a.Coins(cash))
}

// Whatever becomes of Submit, a payment is made once.
func TestSubmitFails(t *testing.T) {
	ctx := context.Background()
	for name, faulty := range map[string]func(wallet.Node) *node{
		"before it arrives": func(n wallet.Node) *node { return dropping(n, errTimeout) },
		"after it arrived":  hiccup,
	} {
		t.Run(name, func(t *testing.T) {
			net := newNetwork(t)
			a, b := join(t, net, alice, 500), join(t, net, bob)
			sync1(t, net, a)
			bad := faulty(net)

			id, err := a.Pay(ctx, bad, bob, cash, 120, "")
			require.ErrorIs(t, err, errTimeout)
			require.Contains(t, err.Error(), "Resubmit")
			require.Equal(t, []wallet.Handle{id}, a.Pending())
			_, err = a.Pay(ctx, net, bob, cash, 120, "")
			require.ErrorIs(t, err, utt.ErrInsufficient, "its coin is locked")

			minted, err := a.Mint(ctx, bad, cash, 30)
			require.ErrorIs(t, err, errTimeout)
			_, err = a.Mint(ctx, net, cash, 30)
			require.ErrorIs(t, err, utt.ErrConflict, "its nonce is taken")
			granted, err := a.RequestBudget(ctx, bad, cash, 2)
			require.ErrorIs(t, err, errTimeout)

			for _, id := range []wallet.Handle{id, minted, granted, id} {
				// the ledger refuses the second time, which decides nothing
				if err := a.Resubmit(ctx, net, id); err != nil {
					require.ErrorIs(t, err, utt.ErrConflict)
				}
			}
			for _, id := range []wallet.Handle{id, minted, granted} {
				require.NoError(t, a.Await(ctx, net, id))
				require.ErrorIs(t, a.Resubmit(ctx, net, id), utt.ErrNotFound)
			}
			sync1(t, net, b)
			require.Len(t, b.Received(), 1)
			require.Equal(t, wallet.Balance{Spendable: 410, Account: 70, Budget: 880}, a.Balance(cash))
		})
	}
}

// A wallet concludes that a payment failed only when one of its coins is gone.
func TestACloneIsFaster(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, _ := join(t, net, alice, 300, 200), join(t, net, bob)
	sync1(t, net, a)
	clone := restore(t, net, alice)
	sync1(t, net, clone)

	lost, err := a.Burn(ctx, dropping(net, nil), cash, 450) // with both coins
	require.NoError(t, err)
	minted, err := a.Mint(ctx, dropping(net, nil), cash, 30)
	require.NoError(t, err)
	sync1(t, net, a)
	require.Equal(t, wallet.Balance{Pending: 500, Account: 100, Budget: 1000}, a.Balance(cash))

	done(t, clone, net)(clone.Pay(ctx, net, bob, cash, 120, "")) // with one of them
	require.ErrorIs(t, a.Await(ctx, net, lost), utt.ErrConflict)
	require.ErrorIs(t, a.Await(ctx, net, lost), utt.ErrConflict, "and stays so")
	require.ErrorIs(t, a.Resubmit(ctx, net, lost), utt.ErrNotFound)
	require.Equal(t, []utt.Amount{300, 80}, a.Coins(cash))
	require.Equal(t, wallet.Balance{Spendable: 380, Account: 100, Budget: 880}, a.Balance(cash), "the other coin is free")
	require.Equal(t, []wallet.Handle{minted}, a.Pending())

	done(t, clone, net)(clone.PayPublicly(ctx, net, bob, cash, 1)) // with the nonce
	require.ErrorIs(t, a.Await(ctx, net, minted), utt.ErrConflict)
	done(t, a, net)(a.Mint(ctx, net, cash, 40))

	// the same order by both is one order
	sync1(t, net, clone)
	same, err := a.Mint(ctx, dropping(net, nil), cash, 7)
	require.NoError(t, err)
	done(t, clone, net)(clone.Mint(ctx, net, cash, 7))
	require.NoError(t, a.Await(ctx, net, same))
	sync1(t, net, clone)
	require.Equal(t, stateOf(clone), stateOf(a))
}

// Await knows only what its wallet handed in.
func TestAwaitUnknown(t *testing.T) {
	ctx := context.Background()
	w := sharedWorld()
	m := restore(t, w.net, mallory)
	require.ErrorIs(t, m.Await(ctx, w.net, wallet.Handle{ID: utt.ID{1}}), utt.ErrNotFound)
	require.ErrorIs(t, m.Await(ctx, w.net, wallet.Handle{ID: w.Records[0].ID()}), utt.ErrNotFound)
	require.ErrorIs(t, m.Resubmit(ctx, w.net, wallet.Handle{}), utt.ErrNotFound)
	r, err := m.Registration(0)
	require.NoError(t, err)
	err = m.Await(ctx, w.net, wallet.HandleOf(r))
	require.ErrorIs(t, err, utt.ErrNotFound)
	require.Contains(t, err.Error(), "Sync until Registered")
}

// Where the context ends first, the error is its own and says what to do; another error
// stays as it is.
func TestAwaitUndecided(t *testing.T) {
	w := sharedWorld()
	m := restore(t, w.net, mallory)
	sync1(t, w.net, m)
	id, err := m.Split(context.Background(), dropping(w.net, nil), cash, 1)
	require.NoError(t, err)
	for name, await := range map[string]func(ctx context.Context, cancel func(), id wallet.Handle) error{
		"at once": func(ctx context.Context, cancel func(), id wallet.Handle) error {
			cancel()
			return m.Await(ctx, w.net, id)
		},
		"while it syncs": func(ctx context.Context, cancel func(), id wallet.Handle) error {
			return m.Await(ctx, &node{Node: w.net, certificate: func(*utt.Certificate, error) (*utt.Certificate, error) {
				cancel()
				return nil, ctx.Err()
			}}, id)
		},
		"while it waits": func(ctx context.Context, cancel func(), id wallet.Handle) error {
			return m.Await(ctx, &node{Node: w.net, certificate: func(c *utt.Certificate, err error) (*utt.Certificate, error) {
				cancel()
				return c, err
			}}, id)
		},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		err := await(ctx, cancel, id)
		require.ErrorIs(t, err, context.Canceled, name)
		require.Contains(t, err.Error(), "undecided", name)
		require.Contains(t, err.Error(), "Resubmit", name)
		ctx, cancel = context.WithCancel(context.Background())
		require.NotContains(t, await(ctx, cancel, wallet.Handle{ID: utt.ID{1}}).Error(), "undecided", "%s: not handed in", name)
	}
	require.Equal(t, []wallet.Handle{id}, m.Pending())

	ctx, cancel := context.WithCancel(context.Background())
	err = m.Await(ctx, &node{Node: w.net, certificate: func(*utt.Certificate, error) (*utt.Certificate, error) {
		cancel()
		return nil, errDropped
	}}, id)
	require.ErrorIs(t, err, errDropped)
	require.NotContains(t, err.Error(), "undecided")
}

// What was not executed in its epoch has failed, once the wallet has all of it [TX-EPOCH].
func TestAnEpochPasses(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, _ := join(t, net, alice, 300, 200), join(t, net, bob)
	sync1(t, net, a)
	lost, err := a.Pay(ctx, dropping(net, nil), bob, cash, 120, "")
	require.NoError(t, err)
	kept, err := a.Split(ctx, dropping(net, nil), cash, 250)
	require.NoError(t, err)

	_, err = net.Execute(ctx) // an empty block, the last of the epoch
	require.NoError(t, err)
	sync1(t, net, a)
	require.Len(t, a.Pending(), 2, "the epoch is not over")

	require.NoError(t, net.Advance(ctx, month)) // without a single further record
	require.ErrorIs(t, a.Await(ctx, net, lost), utt.ErrConflict)
	require.ErrorIs(t, a.Await(ctx, net, kept), utt.ErrConflict, "nor does a transfer to oneself outlive its epoch")
	require.Empty(t, a.Pending())
	require.Equal(t, wallet.Balance{Spendable: 500, Account: 100}, a.Balance(cash))
	require.ErrorIs(t, a.Resubmit(ctx, net, kept), utt.ErrNotFound)
	done(t, a, net)(a.Split(ctx, net, cash, 250))
	require.Equal(t, []utt.Amount{250, 200, 50}, a.Coins(cash))
}

// requireNode demands a NodeError, whatever its cause.
func requireNode(t testing.TB, err error, want wallet.NodeError) {
	t.Helper()
	var got *wallet.NodeError
	require.ErrorAs(t, err, &got)
	require.ErrorIs(t, err, map[bool]error{true: utt.ErrNotFound, false: utt.ErrInvalid}[want.Fault == wallet.Behind])
	fault := *got
	fault.Cause = nil
	require.Equal(t, want, fault)
}

// A node that lags behind takes nothing back, and what is not certified by the
// ledger's key, no wallet takes in.
func TestCertificatesServed(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a := join(t, net, alice, 10)
	early, err := net.Certificate(ctx, 1)
	require.NoError(t, err)
	known := a.Checkpoint()
	require.NoError(t, net.Advance(ctx, month))
	honest, err := net.Certificate(ctx, math.MaxUint64)
	require.NoError(t, err)
	other := newNetwork(t)
	require.NoError(t, other.Advance(ctx, month))
	foreign, err := other.Certificate(ctx, 1)
	require.NoError(t, err)
	serve := func(c *utt.Certificate, err error) wallet.Node {
		return &node{Node: net, certificate: func(*utt.Certificate, error) (*utt.Certificate, error) { return c, err }}
	}

	requireNode(t, a.Sync(ctx, serve(early, nil)), wallet.NodeError{Fault: wallet.Behind, Height: 1, Known: known.Height})
	requireNode(t, a.Sync(ctx, serve(nil, utt.ErrNotFound)), wallet.NodeError{Fault: wallet.Behind, Known: known.Height})
	require.Equal(t, known, a.Checkpoint(), "behind what the wallet knows")
	require.ErrorIs(t, a.Sync(ctx, serve(nil, errTimeout)), errTimeout)
	altered := func(f func(*utt.Checkpoint)) utt.Checkpoint {
		c := honest.Checkpoint
		f(&c)
		return c
	}
	for name, c := range map[string]*utt.Certificate{
		"none":         nil,
		"foreign":      foreign.At(honest.Checkpoint),
		"a later time": honest.At(altered(func(c *utt.Checkpoint) { c.Time++ })),
		"higher":       honest.At(altered(func(c *utt.Checkpoint) { c.Height++ })),
		"unsigned":     utt.Unsigned(honest.Checkpoint),
	} {
		require.ErrorIs(t, a.Sync(ctx, serve(c, nil)), utt.ErrInvalid, name)
		require.Equal(t, known, a.Checkpoint(), name)
	}
	sync1(t, net, a)
	require.Equal(t, honest.Checkpoint, a.Checkpoint())
	require.Equal(t, utt.Amount(0), a.Balance(cash).Budget, "the epoch is over")
}
