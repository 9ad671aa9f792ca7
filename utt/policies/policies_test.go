package policies_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/audit"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/policies"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

var ctx = context.Background()

// town is a network under some rules, with two users, one of whom has money.
type town struct {
	*testing.T
	net      *local.Network
	ann, ben *wallet.Wallet
}

func found(t *testing.T, c local.Config) *town {
	n, err := local.New(ctx, c)
	require.NoError(t, err)
	all := make(map[string]*wallet.Wallet)
	for _, name := range []string{"ann", "ben"} {
		w, err := n.Wallet(name, nil)
		require.NoError(t, err)
		require.NoError(t, n.Enroll(ctx, w, name, 0))
		all[name] = w
	}
	o := &town{t, n, all["ann"], all["ben"]}
	require.NoError(t, n.Issue(ctx, "ann", "cash", 90_000))
	require.NoError(t, o.ann.Sync(ctx, n))
	o.done(o.ann.Mint(ctx, n, "cash", 90_000))
	return o
}

func (o *town) done(h wallet.Handle, err error) {
	o.Helper()
	require.NoError(o, err)
	require.NoError(o, o.ann.Await(ctx, o.net, h))
}

// has demands what both have in coins, and that all replicas agree.
func (o *town) has(ann, ben utt.Amount) {
	o.Helper()
	require.NoError(o, o.ann.Sync(ctx, o.net))
	require.NoError(o, o.ben.Sync(ctx, o.net))
	require.Equal(o, [2]utt.Amount{ann, ben}, [2]utt.Amount{o.ann.Balance("cash").Spendable, o.ben.Balance("cash").Spendable})
	require.NoError(o, o.net.Agree())
}

// held pays in a case beyond the budget, and two auditors approve what they read.
func (o *town) held(use utt.Case, amount utt.Amount, payer bool) {
	o.Helper()
	h, err := o.ann.PayAs(ctx, o.net, use, "ben", "cash", amount, "")
	require.NoError(o, err)
	s, err := o.ann.AwaitHeld(ctx, o.net, h)
	require.NoError(o, err)
	require.Equal(o, wallet.Held, s.State)
	auditors, err := o.net.NewAuditors(func(p audit.Opened) utt.Verb {
		require.Equal(o, amount, p.Amount)
		require.Equal(o, utt.PIDOf("ben"), p.Payee)
		require.Equal(o, payer, p.Payer == utt.PIDOf("ann"))
		return utt.Approve
	})
	require.NoError(o, err)
	require.NoError(o, o.net.Audit(ctx, auditors[1:3]...))
	if use == utt.Delayed {
		require.NoError(o, o.net.Advance(ctx, 24*time.Hour))
	}
	require.NoError(o, o.ann.Await(ctx, o.net, h))
}

func TestBudgetOnly(t *testing.T) {
	o := found(t, local.Under(policies.BudgetOnly()))
	require.Nil(t, o.net.Auditors())
	o.done(o.ann.Pay(ctx, o.net, "ben", "cash", 600, ""))
	o.has(89_400, 600)
	_, err := o.ann.Pay(ctx, o.net, "ben", "cash", 600, "")
	var funds *wallet.FundsError
	require.ErrorAs(t, err, &funds)
	require.Equal(t, wallet.FundsBudget, funds.What)
	require.Nil(t, funds.Beyond, "nobody to ask")
	_, err = o.ann.PayAs(ctx, o.net, utt.Audited, "ben", "cash", 600, "")
	require.ErrorIs(t, err, utt.ErrPolicy)
}

func TestAudited(t *testing.T) {
	o := found(t, local.Under(policies.Audited(10_000, 50_000)))
	o.done(o.ann.Pay(ctx, o.net, "ben", "cash", 600, ""))
	_, err := o.ann.Pay(ctx, o.net, "ben", "cash", 600, "")
	var funds *wallet.FundsError
	require.ErrorAs(t, err, &funds)
	require.Equal(t, utt.Audited, funds.Beyond.Case)
	o.held(utt.Audited, 600, false)
	o.has(88_800, 1200)
	_, err = o.ann.PayAs(ctx, o.net, utt.Audited, "ben", "cash", 10_001, "")
	require.ErrorIs(t, err, utt.ErrPolicy)
	o.held(utt.Delayed, 20_000, true)
	o.has(68_800, 21_200)
	_, err = o.ann.PayAs(ctx, o.net, utt.Delayed, "ben", "cash", 50_001, "")
	require.ErrorIs(t, err, utt.ErrPolicy)
}

// Of the taxes, 2 % of payments in all cases, nobody pays an output, and what the office is
// credited is the sum, rounded up payment by payment.
func TestTaxedByTotal(t *testing.T) {
	c := local.Under(policies.TaxedByTotal(10_000, 50_000, 200))
	c.TaxOffice, c.TaxBatch = "treasury", 3
	o := found(t, c)
	for _, row := range o.net.Parameters().Rows() {
		require.Empty(t, row.Fixed)
	}
	o.done(o.ann.Pay(ctx, o.net, "ben", "cash", 600, "")) // 12
	o.done(o.ann.Pay(ctx, o.net, "ben", "cash", 1, ""))   // 1
	o.held(utt.Audited, 333, false)                       // 7
	o.held(utt.Delayed, 20_000, true)                     // 400
	o.has(90_000-20_934-420, 20_934)
	_, err := o.net.CollectTax(ctx, "cash", 0)
	require.ErrorIs(t, err, utt.ErrPolicy, "payments still join")
	require.NoError(t, o.net.Advance(ctx, 30*24*time.Hour))
	tax, err := o.net.CollectTax(ctx, "cash", 0)
	require.NoError(t, err)
	require.Equal(t, utt.Amount(420), tax)
	credited, err := o.net.Ledger().Accounts("cash")
	require.NoError(t, err)
	require.Equal(t, utt.Amount(420), credited)
}

// Rows with a circuit alike share it, and what is changed of rules changes the table.
func TestTable(t *testing.T) {
	r := policies.Audited(1, 2)
	require.Len(t, r.Table().Circuits, 2, "to oneself, and to others")
	r.Held[0].Counter = "volume" // within a counter, and up to a limit
	r.Tax, r.TaxTo, r.Fee = 100, utt.PIDOf("office"), utt.Fee{Base: 3}
	r.Held[1].Fee = utt.Fee{PerInput: 1}
	table := r.Table()
	require.Len(t, table.Circuits, 3)
	var outputs []int
	for _, c := range table.Circuits {
		outputs = append(outputs, c.Outputs)
		_, err := c.Compile()
		require.NoError(t, err)
	}
	require.Equal(t, []int{2, 3, 3}, outputs)
	require.Equal(t, []utt.Case{utt.Self, utt.Anonymous, utt.Audited, utt.Delayed}, casesOf(table))
	require.Equal(t, []int{0, 1, 2, 1}, circuitsOf(table))
	for i, row := range table.Rows {
		require.Equal(t, i > 0, len(row.Fixed) == 1, row.Case)
		require.Equal(t, map[bool]utt.Fee{false: {Base: 3}, true: {PerInput: 1}}[i == 3], row.Fee)
	}
	require.Empty(t, r.Held[0].Fixed, "the rules stay as they are")

	_, err := policies.Rules{Tax: 10_001}.Table().Circuits[1].Compile()
	require.ErrorIs(t, err, rangeproof.ErrArgument)
}

func casesOf(t *policies.Table) (all []utt.Case) {
	for _, r := range t.Rows {
		all = append(all, r.Case)
	}
	return all
}

func circuitsOf(t *policies.Table) (all []int) {
	for _, r := range t.Rows {
		all = append(all, r.Circuit)
	}
	return all
}
