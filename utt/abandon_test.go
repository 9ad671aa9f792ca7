package utt_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// asked is a context that calls back whenever it is asked whether it has ended: once at a
// time, as those who ask may be several.
type asked struct {
	context.Context
	mu  sync.Mutex
	err func() error
}

func (c *asked) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err()
}

// endsAfter ends once it was asked some times.
func endsAfter(times int) *asked {
	return &asked{Context: context.Background(), err: func() error {
		if times--; times < 0 {
			return context.Canceled
		}
		return nil
	}}
}

// A context that ends while a transfer is proven leaves the wallet as it was: what never
// left locks nothing.
func TestContextEndsDuringProving(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, _ := join(t, net, alice, slices.Repeat([]utt.Amount{5}, 17)...), join(t, net, bob)
	sync1(t, net, a)
	before := stateOf(a)
	var ops []utt.Operation
	n := keeping(net, &ops)
	for name, do := range map[string]func(ctx context.Context) (wallet.Handle, error){
		"pay":    func(ctx context.Context) (wallet.Handle, error) { return a.Pay(ctx, n, bob, cash, 20, "") },
		"burn":   func(ctx context.Context) (wallet.Handle, error) { return a.Burn(ctx, n, cash, 20) },
		"split":  func(ctx context.Context) (wallet.Handle, error) { return a.Split(ctx, n, cash, 3) },
		"merge":  func(ctx context.Context) (wallet.Handle, error) { return a.Merge(ctx, n, cash) },
		"merges": func(ctx context.Context) (wallet.Handle, error) { return a.Pay(ctx, n, bob, cash, 85, "") },
		"mint":   func(ctx context.Context) (wallet.Handle, error) { return a.Mint(ctx, n, cash, 3) },
		"public": func(ctx context.Context) (wallet.Handle, error) { return a.PayPublicly(ctx, n, bob, cash, 3) },
		"budget": func(ctx context.Context) (wallet.Handle, error) { return a.RequestBudget(ctx, n, cash, 2) },
	} {
		times := 0
		for ; len(ops) == 0; times++ {
			h, err := do(endsAfter(times))
			if len(ops) > 0 {
				break
			}
			require.ErrorIs(t, err, context.Canceled, "%s, %d", name, times)
			require.Equal(t, wallet.Handle{}, h, name)
			require.Equal(t, before, stateOf(a), "%s, %d", name, times)
		}
		if name == "merges" {
			require.Len(t, a.Pending(), 1, "of two merges, that which was handed in")
			require.Equal(t, 4, times)
		}
		// give up what left
		for _, h := range a.Pending() {
			if name == "budget" {
				require.NoError(t, net.Submit(ctx, ops[0]))
				require.NoError(t, a.Await(ctx, net, h))
				continue
			}
			r, err := a.Abandon(ctx, net, h)
			require.NoError(t, err)
			require.NoError(t, a.Await(ctx, net, r))
			require.ErrorIs(t, a.Await(ctx, net, h), utt.ErrConflict)
		}
		ops = nil
		require.Empty(t, a.Pending())
		require.Equal(t, before.Coins, a.Coins(cash), name)
		before = stateOf(a)
	}
}

// While a transfer is proven, the wallet can be used, and what the proof is for is kept.
func TestNothingWaitsForAProof(t *testing.T) {
	net := newNetwork(t)
	a, b := join(t, net, alice, slices.Repeat([]utt.Amount{5}, 17)...), join(t, net, bob, 40)
	sync1(t, net, a, b)
	questions := 0
	busy := &asked{Context: context.Background()}
	busy.err = func() error {
		questions++
		busy.err = func() error { questions++; return nil } // once
		require.Equal(t, wallet.Balance{Spendable: 30, Pending: 55, Account: 100, Budget: 1000}, a.Balance(cash))
		require.Len(t, a.Coins(cash), 17)
		require.Empty(t, a.Pending(), "nothing may have left")
		done(t, b, net)(b.Pay(context.Background(), net, alice, cash, 33, "")) // who takes it in
		sync1(t, net, a)
		require.Equal(t, wallet.Balance{Spendable: 63, Pending: 55, Account: 100, Budget: 1000}, a.Balance(cash))
		_, err := a.Burn(context.Background(), net, cash, 64)
		requireFunds(t, err, wallet.FundsError{What: wallet.FundsMoney, Need: 64, Spendable: 63, Pending: 55})
		return nil
	}
	done(t, a, net)(a.Pay(busy, net, bob, cash, 85, ""))
	require.Greater(t, questions, 1)
	require.Equal(t, wallet.Balance{Spendable: 33, Account: 100, Budget: 915}, a.Balance(cash), "33 came, and 85 left")
}

// What a proof is made for may be over when it is done: a coin was spent by another
// wallet of the seed, or the epoch ended. Nothing is handed in then, and another
// transfer made instead, or none.
func TestProofThatComesTooLate(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	join(t, net, alice, 300, 200)
	join(t, net, bob)
	a, now := clocked(t, net, alice)
	clone := restore(t, net, alice)
	sync1(t, net, clone)

	var ops []utt.Operation
	n := keeping(net, &ops)
	slow := &asked{Context: ctx}
	slow.err = func() error {
		slow.err = func() error { return nil }
		done(t, clone, net)(clone.Split(ctx, net, cash, 150)) // of the coin of 200
		sync1(t, net, a)
		return nil
	}
	h, err := a.Burn(slow, n, cash, 180)
	require.NoError(t, err)
	require.Len(t, ops, 1)
	require.NoError(t, net.Submit(ctx, ops[0]))
	require.NoError(t, a.Await(ctx, net, h))
	require.Equal(t, []utt.Amount{150, 120, 50}, a.Coins(cash), "of the coin of 300 instead")

	ops = nil
	slow.err = func() error {
		now.epoch(2)
		return nil
	}
	before := stateOf(a)
	_, err = a.Pay(slow, n, bob, cash, 50, "")
	requireFunds(t, err, wallet.FundsError{What: wallet.FundsBudget, Need: 50})
	require.Empty(t, ops)
	now.epoch(1)
	require.Equal(t, before, stateOf(a))
}

// A payment that was lost is given up by spending one of its coins again: then all of
// its coins and its budget are free.
func TestAbandon(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, 300, 200), join(t, net, bob)
	sync1(t, net, a)
	var kept []utt.Operation
	lost, err := a.Pay(ctx, keeping(net, &kept), bob, cash, 450, "")
	require.NoError(t, err)
	granted, err := a.RequestBudget(ctx, dropping(net, nil), cash, 2)
	require.NoError(t, err)

	given, err := a.Abandon(ctx, dropping(net, errTimeout), lost)
	require.ErrorIs(t, err, errTimeout)
	require.Len(t, a.Pending(), 3)
	for _, h := range []wallet.Handle{lost, given} {
		_, err = a.Abandon(ctx, net, h)
		require.ErrorIs(t, err, utt.ErrConflict, "once")
	}
	_, err = a.Abandon(ctx, net, granted)
	require.ErrorIs(t, err, utt.ErrPolicy, "locks nothing")
	_, err = a.Abandon(ctx, net, wallet.Handle{})
	require.ErrorIs(t, err, utt.ErrNotFound)
	_, err = a.Abandon(ctx, nil, lost)
	require.ErrorIs(t, err, utt.ErrInvalid)
	require.Equal(t, wallet.Balance{Pending: 500, Account: 100, BudgetPending: 1000}, a.Balance(cash), "either may execute")

	require.NoError(t, a.Resubmit(ctx, net, given))
	require.NoError(t, a.Await(ctx, net, given))
	var failed *wallet.OperationError
	require.ErrorAs(t, a.Await(ctx, net, lost), &failed)
	require.Equal(t, wallet.OperationError{Operation: lost, Status: wallet.Status{State: wallet.Failed}}, *failed)
	require.ErrorIs(t, failed, utt.ErrConflict)
	require.Equal(t, []utt.Amount{300, 200}, a.Coins(cash))
	require.Equal(t, wallet.Balance{Spendable: 500, Account: 100, Budget: 1000}, a.Balance(cash))

	done(t, a, net)(a.Pay(ctx, net, bob, cash, 450, ""))
	require.ErrorIs(t, net.Submit(ctx, kept[0]), utt.ErrConflict, "paid once")
	sync1(t, net, b)
	require.Equal(t, utt.Amount(450), b.Balance(cash).Spendable)
}

// The operation given up is faster.
func TestAbandonTooLate(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, 300, 200), join(t, net, bob)
	sync1(t, net, a)
	var kept []utt.Operation
	paid, err := a.Pay(ctx, keeping(net, &kept), bob, cash, 450, "")
	require.NoError(t, err)
	given, err := a.Abandon(ctx, dropping(net, nil), paid)
	require.NoError(t, err)
	require.NoError(t, net.Submit(ctx, kept[0]))
	require.NoError(t, a.Await(ctx, net, paid))
	require.ErrorIs(t, a.Await(ctx, net, given), utt.ErrConflict)
	require.Empty(t, a.Pending())
	require.Equal(t, wallet.Balance{Spendable: 50, Account: 100, Budget: 550}, a.Balance(cash))
	sync1(t, net, b)
	require.Equal(t, utt.Amount(450), b.Balance(cash).Spendable)
	_, err = a.Abandon(ctx, net, paid)
	require.ErrorIs(t, err, utt.ErrNotFound)
}

// An order is given up by another of its nonce.
func TestAbandonAnOrder(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a := join(t, net, alice)
	var kept []utt.Operation
	for _, first := range []bool{true, false} {
		before := a.Balance(cash)
		lost, err := a.Mint(ctx, keeping(net, &kept), cash, 30)
		require.NoError(t, err)
		given, err := a.Abandon(ctx, dropping(net, nil), lost)
		require.NoError(t, err)
		_, err = a.Abandon(ctx, net, lost)
		require.ErrorIs(t, err, utt.ErrConflict)
		_, err = a.Mint(ctx, net, cash, 1)
		require.ErrorIs(t, err, utt.ErrConflict, "the nonce is taken")
		if first {
			require.NoError(t, a.Resubmit(ctx, net, given))
			require.NoError(t, a.Await(ctx, net, given))
			require.ErrorIs(t, a.Await(ctx, net, lost), utt.ErrConflict)
			require.Equal(t, before, a.Balance(cash), "a unit moved from the account to itself")
			require.ErrorIs(t, net.Submit(ctx, kept[0]), utt.ErrConflict)
		} else {
			require.NoError(t, a.Resubmit(ctx, net, lost))
			require.NoError(t, a.Await(ctx, net, lost))
			require.ErrorIs(t, a.Await(ctx, net, given), utt.ErrConflict)
			require.Equal(t, before.Account-30, a.Balance(cash).Account)
		}
		require.Empty(t, a.Pending())
	}
}

// A unit of the account's that moves to itself is what an order is given up by: to give up
// such an order is to hand it in again, and if that fails, it is still pending.
func TestAbandonTheSameOrder(t *testing.T) {
	net := newNetwork(t)
	a := join(t, net, alice)
	lost, err := a.PayPublicly(context.Background(), dropping(net, errTimeout), alice, cash, 1)
	require.ErrorIs(t, err, errTimeout)
	given, err := a.Abandon(endsAfter(0), dropping(net, nil), lost)
	require.NoError(t, err)
	require.Equal(t, lost, given)
	require.Equal(t, []wallet.Handle{lost}, a.Pending(), "it may have left")
}

// A request for budget that may have left stays pending, whatever becomes of the next try.
func TestRequestBudgetTwice(t *testing.T) {
	net := newNetwork(t)
	a := join(t, net, alice)
	h, err := a.RequestBudget(context.Background(), dropping(net, errTimeout), cash, 2)
	require.ErrorIs(t, err, errTimeout)
	require.NotContains(t, err.Error(), "Abandon", "which refuses it")
	again, err := a.RequestBudget(endsAfter(0), dropping(net, nil), cash, 2)
	require.NoError(t, err)
	require.Equal(t, h, again)
	require.Equal(t, []wallet.Handle{h}, a.Pending())
	require.NoError(t, a.Resubmit(context.Background(), net, h))
	require.NoError(t, a.Await(context.Background(), net, h))
}
