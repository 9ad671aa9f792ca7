package utt_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// hold pays in a case, and returns once the payment is held.
func hold(t testing.TB, net *local.Network, w *wallet.Wallet, use utt.Case, to string, amount utt.Amount, memo string) wallet.Handle {
	t.Helper()
	h, err := w.PayAs(context.Background(), net, use, to, cash, amount, memo)
	require.NoError(t, err)
	s, err := w.AwaitHeld(context.Background(), net, h)
	require.NoError(t, err)
	require.Equal(t, wallet.Held, s.State)
	return h
}

// requireRestored demands that wallets made again from their seeds know the same.
func requireRestored(t testing.TB, net *local.Network, users map[string]*wallet.Wallet, handles ...wallet.Handle) {
	t.Helper()
	for identity, w := range users {
		sync1(t, net, w)
		disk := new(store.Memory)
		again := onDisk(t, net, identity, disk)
		sync1(t, net, again)
		for _, again := range []*wallet.Wallet{again, onDisk(t, net, identity, disk)} {
			require.Equal(t, stateOf(w), stateOf(again), identity)
			require.Equal(t, w.Incoming(), again.Incoming(), identity)
			require.Equal(t, w.Outgoing(), again.Outgoing(), identity)
			for _, h := range handles {
				require.Equal(t, statusOf(t, w, net, h), statusOf(t, again, net, h), identity)
			}
		}
	}
}

// The payee of a payment that is held has not been paid: neither Received nor Balance count
// it, and what is refunded never was.
func TestHeldIsNotPaid(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, 2000, 500), join(t, net, bob)
	sync1(t, net, a)
	users := map[string]*wallet.Wallet{alice: a, bob: b}
	before := net.Ledger().Head().Time

	h := hold(t, net, a, utt.Audited, bob, 1800, "a car")
	requireRestored(t, net, users, h)
	due := before + 3600
	require.Equal(t, wallet.Status{State: wallet.Held, Due: due}, statusOf(t, a, net, h))
	require.Equal(t, wallet.Balance{Spendable: 500, Held: 2000, Account: 100, Budget: 1000}, a.Balance(cash))
	require.Empty(t, a.Pending())
	require.Equal(t, wallet.Balance{Incoming: 1800, Account: 100, Budget: 1000}, b.Balance(cash))
	require.Empty(t, b.Received())
	require.Empty(t, b.Coins(cash))
	require.Equal(t, []wallet.HeldPayment{{ID: h.ID, Case: utt.Audited, Asset: cash, Amount: 1800, Refund: 2000, Time: before, Due: due}}, a.Outgoing())
	require.Empty(t, a.Incoming())
	require.Equal(t, []wallet.HeldPayment{{ID: h.ID, Case: utt.Audited, Asset: cash, Amount: 1800, Role: utt.Payee, Memo: "a car", Time: before, Due: due}}, b.Incoming())
	require.Empty(t, b.Outgoing())
	require.Equal(t, wallet.Unknown, statusOf(t, b, net, wallet.Handle{ID: h.ID}).State, "it is not the payee's operation")

	// its coins are gone for good
	require.ErrorIs(t, a.Resubmit(ctx, net, h), utt.ErrNotFound)
	_, err := a.Abandon(ctx, net, h)
	require.ErrorIs(t, err, utt.ErrNotFound)
	require.ErrorContains(t, err, "held")
	_, err = a.Burn(ctx, net, cash, 501)
	requireFunds(t, err, wallet.FundsError{What: wallet.FundsMoney, Need: 501, Spendable: 500})
	ended, end := context.WithTimeout(ctx, time.Millisecond)
	defer end()
	require.ErrorIs(t, a.Await(ended, net, h), context.DeadlineExceeded)

	require.NoError(t, net.Decide(ctx, utt.Veto, h.ID))
	requireRestored(t, net, users, h)
	refunded := wallet.Status{State: wallet.Refunded, Cause: utt.ByVeto}
	require.Equal(t, refunded, statusOf(t, a, net, h))
	var failed *wallet.OperationError
	require.ErrorAs(t, a.Await(ctx, net, h), &failed)
	require.Equal(t, wallet.OperationError{Operation: h, Status: refunded}, *failed)
	require.ErrorIs(t, failed, utt.ErrPolicy)
	require.ErrorContains(t, failed, "refunded by veto")
	s, err := a.AwaitHeld(ctx, net, h)
	require.NoError(t, err)
	require.Equal(t, refunded, s)
	require.Equal(t, wallet.Balance{Spendable: 2500, Account: 100, Budget: 1000}, a.Balance(cash))
	require.Equal(t, wallet.Balance{Account: 100, Budget: 1000}, b.Balance(cash))
	require.Empty(t, b.Received())
	require.Empty(t, b.Incoming())
	require.Empty(t, a.Outgoing())

	// the refund is spent as any coin
	h = hold(t, net, a, utt.Audited, bob, 2400, "")
	require.NoError(t, net.Decide(ctx, utt.Approve, h.ID))
	require.NoError(t, a.Await(ctx, net, h))
	requireRestored(t, net, users, h)
	require.Equal(t, wallet.Status{State: wallet.Executed, Cause: utt.ByApproval}, statusOf(t, a, net, h))
	require.Equal(t, []wallet.Payment{{ID: h.ID, Role: utt.Payee, Asset: cash, Amount: 2400, Time: before}}, b.Received())
	require.Equal(t, wallet.Balance{Spendable: 100, Account: 100, Budget: 1000}, a.Balance(cash))
	done(t, b, net)(b.Pay(ctx, net, alice, cash, 900, ""))
	requireRestored(t, net, users, h)
}

// What auditors do not decide comes back, long after the epoch of the payment, which ends
// what is pending and not what is held.
func TestHeldOutlivesItsEpoch(t *testing.T) {
	ctx := context.Background()
	held := []utt.Row{{Case: utt.Audited, Limit: 10000, Audit: utt.Audit{Reveals: utt.RevealAll, Expire: 2 * month}}}
	net, err := local.New(ctx, local.Config{Policy: testPolicy, Held: held})
	require.NoError(t, err)
	a, b := join(t, net, alice, 2000, 500, 300), join(t, net, bob)
	sync1(t, net, a)
	users := map[string]*wallet.Wallet{alice: a, bob: b}
	h := hold(t, net, a, utt.Audited, bob, 1999, "")
	lost, err := a.PayAs(ctx, dropping(net, nil), utt.Audited, bob, cash, 400, "")
	require.NoError(t, err)
	burnt, err := a.Burn(ctx, dropping(net, nil), cash, 300)
	require.NoError(t, err)
	require.Equal(t, wallet.Balance{Pending: 800, Held: 2000, Account: 100, Budget: 1000}, a.Balance(cash))

	require.NoError(t, net.Advance(ctx, month))
	sync1(t, net, a)
	require.Empty(t, a.Pending(), "over with the epoch")
	for _, over := range []wallet.Handle{lost, burnt} {
		require.Equal(t, wallet.Failed, statusOf(t, a, net, over).State)
	}
	require.Equal(t, wallet.Balance{Spendable: 800, Held: 2000, Account: 100}, a.Balance(cash))
	require.Equal(t, wallet.Held, statusOf(t, a, net, h).State)
	requireRestored(t, net, users, h)

	require.NoError(t, net.Advance(ctx, month))
	require.Equal(t, wallet.Status{State: wallet.Refunded, Cause: utt.ByExpiry}, statusOf(t, a, net, h))
	require.Equal(t, wallet.Balance{Spendable: 2800, Account: 100}, a.Balance(cash))
	requireRestored(t, net, users, h)
	require.ErrorIs(t, net.Decide(ctx, utt.Approve, h.ID), utt.ErrConflict)
}

// A delayed payment is approved, and then executes by itself, or is vetoed.
func TestDelayedPayments(t *testing.T) {
	ctx := context.Background()
	for _, vetoed := range []bool{false, true} {
		net := newNetwork(t)
		a, b := join(t, net, alice, 15000), join(t, net, bob)
		sync1(t, net, a)
		users := map[string]*wallet.Wallet{alice: a, bob: b}
		h := hold(t, net, a, utt.Delayed, bob, 12000, "a house")
		require.NoError(t, net.Decide(ctx, utt.Approve, h.ID))
		approved := wallet.Status{State: wallet.Approved, Cause: utt.ByApproval, Due: net.Ledger().Head().Time + 3600}
		require.Equal(t, approved, statusOf(t, a, net, h))
		s, err := a.AwaitHeld(ctx, net, h)
		require.NoError(t, err)
		require.Equal(t, approved, s)
		requireRestored(t, net, users, h)
		require.Equal(t, wallet.Balance{Incoming: 12000, Account: 100, Budget: 1000}, b.Balance(cash))
		require.True(t, a.Outgoing()[0].Approved)
		require.True(t, b.Incoming()[0].Approved)
		require.Equal(t, approved.Due, b.Incoming()[0].Due)
		require.Empty(t, b.Received())
		if vetoed {
			require.NoError(t, net.Decide(ctx, utt.Veto, h.ID))
			require.ErrorIs(t, a.Await(ctx, net, h), utt.ErrPolicy)
			requireRestored(t, net, users, h)
			require.Equal(t, utt.Amount(15000), a.Balance(cash).Spendable)
			require.Empty(t, b.Received())
			continue
		}
		require.NoError(t, net.Advance(ctx, time.Hour))
		require.NoError(t, a.Await(ctx, net, h))
		require.Equal(t, wallet.Status{State: wallet.Executed, Cause: utt.ByDelay}, statusOf(t, a, net, h))
		requireRestored(t, net, users, h)
		require.Equal(t, utt.Amount(12000), b.Balance(cash).Spendable)
		require.Len(t, b.Received(), 1)
	}
}

// A wallet never leaves the anonymous case by itself; it says which other one would do, and
// who would learn what.
func TestPayStaysAnonymous(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, _ := join(t, net, alice, 30000), join(t, net, bob)
	sync1(t, net, a)
	for amount, c := range map[utt.Amount]struct {
		use   utt.Case
		opens string
	}{
		1001: {utt.Audited, "the amount and whom it is for"}, 10000: {utt.Audited, "who pays stays sealed"},
		10001: {utt.Delayed, "the amount, who pays, and whom"}, 20001: {0, ""}, 30001: {0, ""},
	} {
		for _, do := range []func() error{
			func() error { _, err := a.Pay(ctx, net, bob, cash, amount, ""); return err },
			func() error { _, err := a.Plan(bob, cash, amount, ""); return err },
		} {
			var funds *wallet.FundsError
			require.ErrorAs(t, do(), &funds)
			require.Equal(t, wallet.FundsBudget, funds.What)
			if c.use == 0 {
				require.Nil(t, funds.Beyond, "%d", amount)
				continue
			}
			require.Equal(t, c.use, funds.Beyond.Case, "%d", amount)
			require.Contains(t, funds.Error(), c.opens)
			plan, err := a.PlanAs(c.use, bob, cash, amount, "")
			require.NoError(t, err)
			require.Equal(t, plan, funds.Beyond)
			row, _ := net.Parameters().RowFor(cash, c.use)
			require.Equal(t, row.Audit, plan.Audit)
			require.Len(t, plan.Learns, 3)
			require.Contains(t, plan.Learns[2], c.opens)
			require.Empty(t, plan.Counter)
		}
	}
	require.Empty(t, a.Pending())
	_, err := a.PayAs(ctx, net, utt.Audited, bob, cash, 10001, "")
	require.ErrorIs(t, err, utt.ErrPolicy)
	require.ErrorContains(t, err, "at most 10000")
	for _, use := range []utt.Case{0, utt.Self, 9} {
		_, err = a.PayAs(ctx, net, use, bob, cash, 1, "")
		require.ErrorIs(t, err, utt.ErrPolicy)
		_, err = a.PlanAs(use, bob, cash, 1, "")
		require.ErrorIs(t, err, utt.ErrPolicy)
		_, err = a.MaxPaymentAs(use, cash)
		require.ErrorIs(t, err, utt.ErrPolicy)
	}
	for use, want := range map[utt.Case]utt.Amount{utt.Anonymous: 1000, utt.Audited: 10000, utt.Delayed: 20000} {
		most, err := a.MaxPaymentAs(use, cash)
		require.NoError(t, err)
		require.Equal(t, want, most)
	}
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 1000, ""))
}

// The coins of a held payment that is refunded, and the refund, are linked by nothing that
// is on record or handed in later.
func TestNothingLinksARefund(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, _ := join(t, net, alice, 2000), join(t, net, bob)
	sync1(t, net, a)
	var ops []utt.Operation
	n := &node{Node: net, submit: func(ctx context.Context, op utt.Operation) error {
		ops = append(ops, op)
		return net.Submit(ctx, op)
	}}
	h, err := a.PayAs(ctx, n, utt.Audited, bob, cash, 1800, "")
	require.NoError(t, err)
	require.NoError(t, net.Decide(ctx, utt.Veto, h.ID))
	require.ErrorIs(t, a.Await(ctx, net, h), utt.ErrPolicy)
	done(t, a, net)(a.Burn(ctx, n, cash, 2000))
	seen := map[string]bool{}
	for r, err := range net.Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		if r.ID() == h.ID {
			for _, e := range r.Elements(net.Parameters()) {
				seen[string(e)] = true
			}
		}
	}
	for _, e := range ops[0].(*utt.Transfer).Elements() {
		seen[string(e)] = true
	}
	for _, nf := range ops[0].(*utt.Transfer).Nullifiers() {
		k := nf.Key()
		seen[string(k[:])] = true
	}
	spent := ops[1].(*utt.Transfer)
	for _, e := range spent.Elements() {
		require.False(t, seen[string(e)])
	}
	for _, nf := range spent.Nullifiers() {
		k := nf.Key()
		require.False(t, seen[string(k[:])], "a nullifier of its own")
	}
	require.ErrorIs(t, net.Submit(ctx, ops[0]), utt.ErrConflict, "its coins stay spent")
}

// A counter limits the audited payments of an epoch, and comes back with a refund.
func TestCounterOfAuditedPayments(t *testing.T) {
	ctx := context.Background()
	held := []utt.Row{{Case: utt.Audited, Counter: volume, Limit: 25000, Audit: utt.Audit{Reveals: utt.RevealAmount, Expire: time.Hour}}}
	net, err := local.New(ctx, local.Config{Policy: testPolicy, Held: held})
	require.NoError(t, err)
	a, b := join(t, net, alice, 20000, 20000), join(t, net, bob)
	sync1(t, net, a)
	users := map[string]*wallet.Wallet{alice: a, bob: b}
	_, err = a.PayAs(ctx, net, utt.Audited, bob, cash, 20000, "")
	requireFunds(t, err, wallet.FundsError{What: wallet.FundsBudget, Need: 20000})
	require.ErrorContains(t, err, `the counter "volume"`)
	require.ErrorContains(t, err, "RequestCounter")
	most, err := a.MaxPaymentAs(utt.Audited, cash)
	require.NoError(t, err)
	require.Zero(t, most)
	_, err = a.Counter("none", cash)
	require.ErrorIs(t, err, utt.ErrPolicy)
	_, err = a.RequestCounter(ctx, net, "none", cash, 1)
	require.ErrorIs(t, err, utt.ErrPolicy)

	done(t, a, net)(a.RequestCounter(ctx, net, volume, cash, 1))
	_, err = a.RequestCounter(ctx, net, volume, cash, 1)
	require.ErrorIs(t, err, utt.ErrConflict)
	counter := func() utt.Amount {
		c, err := a.Counter(volume, cash)
		require.NoError(t, err)
		require.Equal(t, volume, c.Counter)
		require.True(t, c.Granted)
		require.Equal(t, utt.Amount(30000), c.Allowance)
		return c.Amount
	}
	require.Equal(t, utt.Amount(30000), counter())
	require.Equal(t, utt.Amount(1000), a.Balance(cash).Budget, "the privacy budget is another")
	plan, err := a.PlanAs(utt.Audited, bob, cash, 18000, "")
	require.NoError(t, err)
	require.Equal(t, volume, plan.Counter)
	most, err = a.MaxPaymentAs(utt.Audited, cash)
	require.NoError(t, err)
	require.Equal(t, utt.Amount(25000), most)

	h := hold(t, net, a, utt.Audited, bob, 18000, "")
	require.Zero(t, counter())
	require.NoError(t, net.Decide(ctx, utt.Veto, h.ID))
	sync1(t, net, a)
	require.Equal(t, utt.Amount(30000), counter(), "a veto does not burn it")
	h = hold(t, net, a, utt.Audited, bob, 18000, "")
	require.NoError(t, net.Decide(ctx, utt.Approve, h.ID))
	sync1(t, net, a)
	require.Equal(t, utt.Amount(12000), counter())
	_, err = a.PayAs(ctx, net, utt.Audited, bob, cash, 12001, "")
	requireFunds(t, err, wallet.FundsError{What: wallet.FundsBudget, Need: 12001, Spendable: 12000})
	most, err = a.MaxPaymentAs(utt.Audited, cash)
	require.NoError(t, err)
	require.Equal(t, utt.Amount(12000), most)
	require.Equal(t, utt.Amount(1000), a.Balance(cash).Budget)
	requireRestored(t, net, users, h)
}

// feeAccount is who gets the fees.
const feeAccount = "treasury"

// Every transfer pays its fee, by the number of its inputs, and so does every merge before
// it; a refund brings it back.
func TestFees(t *testing.T) {
	ctx := context.Background()
	net, err := local.New(ctx, local.Config{Policy: testPolicy, Held: testHeld, Fee: utt.Fee{Base: 3, PerInput: 2}, FeeAccount: feeAccount})
	require.NoError(t, err)
	b, f := join(t, net, bob), join(t, net, feeAccount)
	coins := make([]utt.Amount, 20)
	for i := range coins {
		coins[i] = 20
	}
	a := rich(t, net, alice, coins)
	fees := utt.Amount(100)
	collected := func(fee utt.Amount) {
		t.Helper()
		fees += fee
		sync1(t, net, a, b, f)
		require.Equal(t, fees, f.Balance(cash).Account)
		balance, err := net.Ledger().Balance(utt.PIDOf(feeAccount), cash)
		require.NoError(t, err)
		require.Equal(t, fees, balance)
		supply, err := net.Ledger().Supply(cash)
		require.NoError(t, err)
		sum := utt.Amount(0)
		for _, w := range []*wallet.Wallet{a, b, f} {
			of := w.Balance(cash)
			sum += of.Spendable + of.Account + of.Held
		}
		require.Equal(t, supply, sum)
	}
	plan, err := a.Plan(bob, cash, 15, "")
	require.NoError(t, err)
	require.Equal(t, wallet.Plan{Case: utt.Anonymous, Asset: cash, Amount: 15, Fee: 5, Total: 20, Counter: budget.Privacy, Learns: plan.Learns}, *plan)
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 15, "what a coin is worth less its fee"))
	collected(5)
	require.Len(t, a.Coins(cash), 19)
	done(t, a, net)(a.Split(ctx, net, cash, 16))
	collected(7)
	require.Equal(t, utt.Amount(19*20-7), a.Balance(cash).Spendable)
	done(t, a, net)(a.Burn(ctx, net, cash, 20))
	require.Equal(t, utt.Amount(120), a.Balance(cash).Account)
	collected(7)
	done(t, a, net)(a.Merge(ctx, net, cash))
	collected(19)

	// all that there is
	spendable := a.Balance(cash).Spendable
	most, err := a.MaxPayment(cash)
	require.NoError(t, err)
	plan, err = a.Plan(bob, cash, most, "")
	require.NoError(t, err)
	require.Equal(t, spendable, plan.Total, "nothing is left")
	require.Positive(t, plan.Merges)
	require.Equal(t, most+plan.Fee, plan.Total)
	_, err = a.Plan(bob, cash, most+1, "")
	require.ErrorIs(t, err, utt.ErrInsufficient)
	done(t, a, net)(a.Pay(ctx, net, bob, cash, most, ""))
	collected(plan.Fee)
	require.Zero(t, a.Balance(cash).Spendable)

	// a coin that is worth less than it costs to spend it
	require.NoError(t, net.Issue(ctx, alice, cash, 2))
	sync1(t, net, a)
	done(t, a, net)(a.Mint(ctx, net, cash, 2))
	_, err = a.Pay(ctx, net, bob, cash, 1, "")
	requireFunds(t, err, wallet.FundsError{What: wallet.FundsMoney, Need: 6, Spendable: 2})
	most, err = a.MaxPayment(cash)
	require.NoError(t, err)
	require.Zero(t, most)

	// held, refunded, executed
	done(t, a, net)(a.Mint(ctx, net, cash, 100))
	h := hold(t, net, a, utt.Audited, bob, 90, "")
	require.Equal(t, utt.Amount(95), a.Outgoing()[0].Amount)
	collected(0)
	require.NoError(t, net.Decide(ctx, utt.Veto, h.ID))
	collected(0)
	require.Equal(t, utt.Amount(102), a.Balance(cash).Spendable)
	h = hold(t, net, a, utt.Audited, bob, 90, "")
	require.NoError(t, net.Decide(ctx, utt.Approve, h.ID))
	collected(5)
	require.Equal(t, utt.Amount(7), a.Balance(cash).Spendable)

	// given up by one coin, or as many as pay the fee
	done(t, a, net)(a.Mint(ctx, net, cash, 4))
	lost, err := a.Split(ctx, dropping(net, nil), cash, 1) // of 5 and 4: the latter alone pays for no transfer
	require.NoError(t, err)
	given, err := a.Abandon(ctx, net, lost)
	require.NoError(t, err)
	require.NoError(t, a.Await(ctx, net, given))
	require.ErrorIs(t, a.Await(ctx, net, lost), utt.ErrConflict)
	sync1(t, net, a, b, f)
	requireRestored(t, net, map[string]*wallet.Wallet{alice: a, bob: b, feeAccount: f})
}

// A payment whose note does not open counts neither while it is held nor once it executes.
func TestHeldNoteThatDoesNotOpen(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	m, b := join(t, net, mallory, 300), join(t, net, bob)
	sync1(t, net, m, b)
	w := &utt.World{Parameters: net.Parameters(), Keys: net.ProvingKeys(), Mallory: partyOf(t, net, mallory), Bob: partyOf(t, net, bob)}
	before := stateOf(b)
	op := w.PayOffHeld()
	require.NoError(t, net.Submit(ctx, op))
	for _, then := range []func() error{func() error { return nil }, func() error { return net.Decide(ctx, utt.Approve, op.ID()) }} {
		require.NoError(t, then())
		sync1(t, net, b, m)
		after := stateOf(b)
		require.Equal(t, before.Balance, after.Balance)
		require.Empty(t, after.Received)
		require.Empty(t, b.Incoming())
	}
	require.Equal(t, utt.Amount(180), m.Balance(cash).Spendable, "the sender's money is gone")
}

// Before it is on record, a payment to audit is pending as any other: it is given up, or it
// is held all the same, and the wallet follows both.
func TestAbandonBeforeItIsHeld(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, _ := join(t, net, alice, 2000, 1000), join(t, net, bob)
	sync1(t, net, a)
	for _, late := range []bool{false, true} {
		var kept []utt.Operation
		paid, err := a.PayAs(ctx, keeping(net, &kept), utt.Audited, bob, cash, 1500, "")
		require.NoError(t, err)
		require.Equal(t, []wallet.Handle{paid}, a.Pending())
		given, err := a.Abandon(ctx, dropping(net, nil), paid)
		require.NoError(t, err)
		if !late {
			require.NoError(t, a.Resubmit(ctx, net, given))
			require.NoError(t, a.Await(ctx, net, given))
			require.ErrorIs(t, a.Await(ctx, net, paid), utt.ErrConflict)
			require.Equal(t, utt.Amount(3000), a.Balance(cash).Spendable)
			continue
		}
		require.NoError(t, net.Submit(ctx, kept[0]))
		s, err := a.AwaitHeld(ctx, net, paid)
		require.NoError(t, err)
		require.Equal(t, wallet.Held, s.State)
		_, err = a.AwaitHeld(ctx, net, given)
		require.ErrorIs(t, err, utt.ErrConflict)
		require.Empty(t, a.Pending())
		require.Equal(t, wallet.Balance{Spendable: 1000, Held: 2000, Account: 100, Budget: 1000}, a.Balance(cash))
	}
}

// Another wallet of the seed holds a payment with a coin that this one's operation needs.
func TestACloneHoldsFaster(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, 2000, 1000), join(t, net, bob)
	sync1(t, net, a)
	clone := restore(t, net, alice)
	sync1(t, net, clone)
	lost, err := a.Burn(ctx, dropping(net, nil), cash, 2500)
	require.NoError(t, err)
	h := hold(t, net, clone, utt.Audited, bob, 1500, "")
	require.ErrorIs(t, a.Await(ctx, net, lost), utt.ErrConflict)
	require.Equal(t, wallet.Balance{Spendable: 1000, Held: 2000, Account: 100, Budget: 1000}, a.Balance(cash))
	require.NoError(t, net.Decide(ctx, utt.Veto, h.ID))
	requireRestored(t, net, map[string]*wallet.Wallet{alice: a, bob: b}, h)
	require.Equal(t, utt.Amount(3000), a.Balance(cash).Spendable)
}
