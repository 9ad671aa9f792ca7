package utt_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

const taxOffice = "tax@example.org"

// newTaxed founds a network with a tax of 5 % on private payments.
func newTaxed(t testing.TB) *local.Network {
	t.Helper()
	net, err := local.New(context.Background(), local.Config{Policy: testPolicy, Tax: 500, TaxOffice: taxOffice})
	require.NoError(t, err)
	return net
}

// Whoever pays, pays the tax as well, and the office gets it; what stays with its
// owner is not taxed.
func TestTax(t *testing.T) {
	ctx := context.Background()
	net := newTaxed(t)
	a, b := join(t, net, alice, 500), join(t, net, bob)
	sync1(t, net, a)
	_, err := a.Pay(ctx, net, bob, cash, 100, "")
	require.ErrorIs(t, err, utt.ErrNotFound, "nobody to pay the tax to")
	require.Contains(t, err.Error(), "such as a tax, to "+utt.PIDOf(taxOffice).String()+", who must be registered first")
	office := join(t, net, taxOffice, 50)
	sync1(t, net, a)

	plan, err := a.Plan(bob, cash, 100, "")
	require.NoError(t, err)
	require.Equal(t, utt.Amount(105), plan.Total)
	require.Len(t, plan.Learns, 3)
	require.Contains(t, plan.Learns[2], utt.PIDOf(taxOffice).String())
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 100, "taxed"))
	sync1(t, net, b, office)
	require.Equal(t, wallet.Balance{Spendable: 395, Account: 100, Budget: 900}, a.Balance(cash), "tax costs no budget")
	require.Equal(t, wallet.Balance{Spendable: 100, Account: 100, Budget: 1000}, b.Balance(cash))
	require.Equal(t, wallet.Balance{Spendable: 55, Account: 100, Budget: 1000}, office.Balance(cash))
	require.Len(t, office.Received(), 1)
	require.Equal(t, utt.Amount(5), office.Received()[0].Amount)
	require.Empty(t, office.Received()[0].Memo, "the memo is the payee's")

	_, err = b.Pay(ctx, net, alice, cash, 97, "")
	requireFunds(t, err, wallet.FundsError{What: wallet.FundsMoney, Need: 102, Spendable: 100})
	done(t, b, net)(b.Pay(ctx, net, alice, cash, 19, "")) // of which not a whole unit is due, and a unit is taken
	sync1(t, net, office)
	require.Len(t, office.Received(), 2)
	require.Equal(t, utt.Amount(1), office.Received()[1].Amount)

	done(t, a, net)(a.Split(ctx, net, cash, 60))
	done(t, a, net)(a.Burn(ctx, net, cash, 60))
	require.Equal(t, wallet.Balance{Spendable: 354, Account: 160, Budget: 900}, a.Balance(cash))

	// the office pays tax to itself, and is paid with tax
	done(t, office, net)(office.Pay(ctx, net, bob, cash, 40, ""))
	done(t, a, net)(a.Pay(ctx, net, taxOffice, cash, 200, "dues"))
	sync1(t, net, office)
	require.Equal(t, wallet.Balance{Spendable: 56 - 40 + 200 + 10, Account: 100, Budget: 960}, office.Balance(cash))
	for identity, w := range map[string]*wallet.Wallet{alice: a, taxOffice: office} {
		sync1(t, net, w)
		again := restore(t, net, identity)
		sync1(t, net, again)
		require.Equal(t, stateOf(w), stateOf(again))
	}
}

// The sum that merges must reach includes the tax.
func TestTaxOfManyCoins(t *testing.T) {
	ctx := context.Background()
	net := newTaxed(t)
	join(t, net, taxOffice)
	join(t, net, bob)
	a := join(t, net, alice, 10, 10, 10, 10, 10, 10, 10, 10, 10)
	plan, err := a.Plan(bob, cash, 76, "")
	require.NoError(t, err)
	require.Equal(t, 0, plan.Merges)
	plan, err = a.Plan(bob, cash, 80, "")
	require.NoError(t, err)
	require.Equal(t, wallet.Plan{Case: utt.Anonymous, Asset: cash, Amount: 80, Total: 84, Merges: 1, Counter: "budget", Learns: plan.Learns}, *plan)
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 80, ""))
	require.Equal(t, []utt.Amount{6}, a.Coins(cash))
}

// A payment by the circuit without tax, valid but for that, is refused, and a wallet
// without the taxed circuit's key makes none.
func TestTaxIsNotEvaded(t *testing.T) {
	ctx := context.Background()
	net := newTaxed(t)
	join(t, net, taxOffice)
	a := join(t, net, alice, 500)
	join(t, net, bob)
	sync1(t, net, a)

	plain := &utt.Circuit{Key: net.ProvingKey(utt.Self).VerifyingKey()}
	var no *utt.Rejection
	require.ErrorAs(t, net.Submit(ctx, parse(t, partyOf(t, net, alice).Untaxed(plain, partyOf(t, net, bob), 100, net.ProvingKey(utt.Self)))[0]), &no)
	require.Equal(t, "POLICY-CIRCUIT", no.Label)
	require.Equal(t, utt.CodePolicy, no.Code)
	require.ErrorIs(t, no, utt.ErrPolicy)

	seed := utt.PIDOf("seed of " + alice)
	w, err := wallet.New(net.Parameters(), alice, seed[:], atStart(net.ProvingKey(utt.Self)))
	require.NoError(t, err)
	sync1(t, net, w)
	_, err = w.Pay(ctx, net, bob, cash, 100, "")
	require.ErrorIs(t, err, utt.ErrNotFound)
	done(t, w, net)(w.Split(ctx, net, cash, 100))
}
