package utt_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// clock is one that a test sets.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// epoch sets the clock to the start of an epoch.
func (c *clock) epoch(e int) {
	c.at = testPolicy.Start.Add(time.Duration(e-1) * testPolicy.EpochLength)
}

// clocked is a user's wallet, made again, with a clock of its own, in epoch 1.
func clocked(t testing.TB, net *local.Network, identity string) (*wallet.Wallet, *clock) {
	t.Helper()
	c := &clock{at: testPolicy.Start}
	w, err := wallet.New(net.Parameters(), identity, seedOf(identity), wallet.Config{ProvingKeys: net.ProvingKeys(), Now: c.now})
	require.NoError(t, err)
	sync1(t, net, w)
	return w, c
}

// keeping keeps what is handed in, and says nothing.
func keeping(n wallet.Node, ops *[]utt.Operation) *node {
	return &node{Node: n, submit: func(_ context.Context, op utt.Operation) error {
		*ops = append(*ops, op)
		return nil
	}}
}

// On a network whose certificates stand still, an epoch is over by the clock: the wallet
// pays with the budget of the new one and frees nothing of the old, since a block that
// comes late executes the payment after all.
func TestEpochEndsOnAQuietNetwork(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	join(t, net, alice, 300, 200)
	b := join(t, net, bob)
	a, now := clocked(t, net, alice)
	done(t, a, net)(a.RequestBudget(ctx, net, cash, 2))
	var late, ops []utt.Operation
	old, err := a.Pay(ctx, keeping(net, &late), bob, cash, 250, "")
	require.NoError(t, err)

	now.epoch(2)
	sync1(t, net, a)
	got, err := a.Budget(cash)
	require.NoError(t, err)
	next, err := partyOf(t, net, alice).GrantTime(cash, 3)
	require.NoError(t, err)
	require.Equal(t, wallet.Budget{
		Counter: budget.Privacy, Epoch: 2, Certified: 1, Allowance: 1000, Granted: true, Amount: 1000,
		Next: 3, When: time.Unix(int64(next), 0).UTC(),
	}, got)
	require.False(t, got.When.Before(now.at) || !got.When.Before(now.at.Add(testPolicy.EpochLength)), "asked for in epoch 2")
	require.Equal(t, wallet.Balance{Spendable: 200, Pending: 300, Account: 100, Budget: 1000}, a.Balance(cash))

	h, err := a.Pay(ctx, keeping(net, &ops), bob, cash, 60, "")
	require.NoError(t, err)
	require.Equal(t, utt.Epoch(2), ops[0].(*utt.Transfer).Epoch())
	require.Len(t, a.Pending(), 2, "the clock decides nothing")

	require.NoError(t, net.Submit(ctx, late[0]), "in a block of epoch 1 that comes late")
	require.NoError(t, a.Await(ctx, net, old))
	require.Equal(t, []wallet.Handle{h}, a.Pending())
	require.NoError(t, net.Advance(ctx, month))
	require.NoError(t, a.Resubmit(ctx, net, h))
	require.NoError(t, a.Await(ctx, net, h))
	sync1(t, net, b)
	require.Equal(t, utt.Amount(310), b.Balance(cash).Spendable, "each paid once")
	require.Equal(t, wallet.Balance{Spendable: 190, Account: 100, Budget: 940}, a.Balance(cash))
}

// Without a budget for the epoch that it is by the clock, nothing is paid; the error
// says which can be asked for, and it can. Only a certificate frees what the epoch that is
// over left behind.
func TestNoPaymentForAnEpochThatIsOver(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	join(t, net, alice, 300, 200)
	join(t, net, bob)
	a, now := clocked(t, net, alice)
	lost, err := a.Pay(ctx, dropping(net, nil), bob, cash, 250, "")
	require.NoError(t, err)

	now.epoch(2)
	_, err = a.Pay(ctx, net, bob, cash, 60, "")
	requireFunds(t, err, wallet.FundsError{What: wallet.FundsBudget, Need: 60})
	require.ErrorContains(t, err, "it is that by the clock, and 1 by the last certificate; RequestBudget asks for it")
	var funds *wallet.FundsError
	require.ErrorAs(t, err, &funds)
	got, err := a.Budget(cash)
	require.NoError(t, err)
	require.Equal(t, got, funds.Budget)
	require.Equal(t, utt.Epoch(2), got.Next)
	require.True(t, got.When.Before(now.at), "long due")
	require.False(t, got.Granted)
	_, err = a.RequestBudget(ctx, net, cash, 1)
	require.ErrorIs(t, err, utt.ErrConflict)
	_, err = a.RequestBudget(ctx, net, cash, 4)
	require.ErrorIs(t, err, utt.ErrPolicy)

	// the request is what moves the ledger on
	asked, err := a.RequestBudget(ctx, net, cash, 2)
	require.NoError(t, err)
	require.Equal(t, wallet.Balance{Spendable: 200, Pending: 300, Account: 100}, a.Balance(cash))
	require.Contains(t, a.Pending(), lost)
	require.NoError(t, net.Advance(ctx, month))
	require.NoError(t, a.Await(ctx, net, asked))
	require.ErrorIs(t, a.Await(ctx, net, lost), utt.ErrConflict)
	require.Equal(t, wallet.Balance{Spendable: 500, Account: 100, Budget: 1000}, a.Balance(cash))
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 60, ""))
	require.Equal(t, utt.Amount(940), a.Balance(cash).Budget)
	_, err = a.Pay(ctx, net, bob, cash, 941, "")
	require.ErrorIs(t, err, utt.ErrInsufficient)
}

// A clock that is behind certificates, or before the policy, is none.
func TestClockThatIsBehind(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	join(t, net, alice, 100)
	join(t, net, bob)
	a, now := clocked(t, net, alice)
	done(t, a, net)(a.RequestBudget(ctx, net, cash, 2))
	require.NoError(t, net.Advance(ctx, month))
	sync1(t, net, a)
	for _, at := range []time.Time{testPolicy.Start, testPolicy.Start.Add(-time.Hour), time.Unix(-1, 0), {}} {
		now.at = at
		b, err := a.Budget(cash)
		require.NoError(t, err)
		require.Equal(t, [2]utt.Epoch{2, 2}, [2]utt.Epoch{b.Epoch, b.Certified}, "%v", at)
	}
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 50, ""))
}

// When to ask for a budget is a matter of seed, asset and epoch.
func TestGrantTime(t *testing.T) {
	w := sharedWorld()
	times := map[uint64]bool{}
	for _, u := range []*utt.Party{w.Alice, w.Bob} {
		for _, asset := range []string{cash, gold} {
			for e := utt.Epoch(1); e < 9; e++ {
				at, err := u.GrantTime(asset, e)
				require.NoError(t, err)
				again, err := u.GrantTime(asset, e)
				require.NoError(t, err)
				require.Equal(t, at, again)
				in, err := testPolicy.EpochAt(at)
				require.NoError(t, err)
				require.Equal(t, max(e, 2)-1, in)
				times[at] = true
			}
		}
	}
	require.Greater(t, len(times), 30, "drawn apart")
	_, err := w.Alice.GrantTime(cash, 0)
	require.ErrorIs(t, err, utt.ErrPolicy)
}
