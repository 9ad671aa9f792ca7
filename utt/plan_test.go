package utt_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// rich is a user who joined and has so many coins, minted in one block.
func rich(t testing.TB, net *local.Network, identity string, coins []utt.Amount) *wallet.Wallet {
	t.Helper()
	ctx := context.Background()
	w := join(t, net, identity)
	var sum utt.Amount
	u, ops := partyOf(t, net, identity), []utt.Operation(nil)
	for i, v := range coins {
		ops = append(ops, u.Minted(u.Nonce+uint64(i), cash, v))
		sum += v
	}
	require.NoError(t, net.Issue(ctx, identity, cash, sum))
	receipts, err := net.Execute(ctx, ops...)
	require.NoError(t, err)
	for _, r := range receipts {
		require.NoError(t, r.Err())
	}
	sync1(t, net, w)
	return w
}

// A plan is what happens: as many transfers are handed in as it says, whatever the coins
// are, and the largest payment is the largest.
func TestPlanIsWhatHappens(t *testing.T) {
	sequential(t)
	ctx := context.Background()
	random := rand.New(rand.NewPCG(1, 2))
	drawn := func(n, most int) []utt.Amount {
		coins := make([]utt.Amount, n)
		for i := range coins {
			coins[i] = utt.Amount(1 + random.IntN(most))
		}
		return coins
	}
	for name, c := range map[string]struct {
		coins  []utt.Amount
		merges int // -1 if it is of no concern
	}{
		"100 of 1": {slices.Repeat([]utt.Amount{1}, 100), 14},
		"64 of 1":  {slices.Repeat([]utt.Amount{1}, 64), 8},
		"65 of 1":  {slices.Repeat([]utt.Amount{1}, 65), 9},
		"a few":    {drawn(6, 30), 0},
		"some":     {drawn(23, 9), -1},
		"many":     {drawn(71, 5), -1},
		"uneven":   {append(drawn(40, 2), 500, 100), -1},
	} {
		t.Run(name, func(t *testing.T) {
			net := newNetwork(t)
			join(t, net, bob)
			a := rich(t, net, alice, c.coins)
			most, err := a.MaxPayment(cash)
			require.NoError(t, err)
			require.Equal(t, min(a.Balance(cash).Spendable, 1000), most)
			plan, err := a.Plan(bob, cash, most, "")
			require.NoError(t, err)
			if c.merges >= 0 {
				require.Equal(t, c.merges, plan.Merges)
			}
			_, err = a.Plan(bob, cash, most+1, "")
			require.ErrorIs(t, err, utt.ErrInsufficient)
			handed := 0
			n := &node{Node: net, submit: func(ctx context.Context, op utt.Operation) error {
				handed++
				return net.Submit(ctx, op)
			}}
			h, err := a.Pay(ctx, n, bob, cash, most, "")
			require.NoError(t, err)
			require.NoError(t, a.Await(ctx, net, h))
			require.Equal(t, plan.Merges+1, handed)
		})
	}
}

// All 10 coins, and a tax of 10 %, rounded up: 90 can be paid.
func TestMaxPayment(t *testing.T) {
	ctx := context.Background()
	net, err := local.New(ctx, local.Config{Policy: testPolicy, Tax: 1000, TaxOffice: taxOffice})
	require.NoError(t, err)
	join(t, net, taxOffice)
	b := join(t, net, bob)
	a := rich(t, net, alice, slices.Repeat([]utt.Amount{10}, 10))
	most := func(w *wallet.Wallet) utt.Amount {
		t.Helper()
		v, err := w.MaxPayment(cash)
		require.NoError(t, err)
		return v
	}
	require.Equal(t, utt.Amount(90), most(a))
	_, err = a.Pay(ctx, net, bob, cash, 91, "")
	require.ErrorIs(t, err, utt.ErrInsufficient)
	h, err := a.Split(ctx, dropping(net, nil), cash, 1)
	require.NoError(t, err)
	require.Equal(t, utt.Amount(81), most(a), "of 90 that are free")
	require.NoError(t, a.Resubmit(ctx, net, h))
	require.NoError(t, a.Await(ctx, net, h))
	done(t, a, net)(a.Pay(ctx, net, bob, cash, most(a), "all"))
	require.Equal(t, []utt.Amount{1}, a.Coins(cash))
	require.Zero(t, most(a), "not a unit and the tax on it")

	sync1(t, net, b)
	require.Equal(t, utt.Amount(81), most(b))
	require.NoError(t, net.Advance(ctx, month))
	sync1(t, net, b)
	require.Zero(t, most(b), "no budget")
	done(t, b, net)(b.RequestBudget(ctx, net, cash, 2))
	require.Equal(t, utt.Amount(81), most(b))
	require.NoError(t, net.Issue(ctx, bob, cash, 5000))
	sync1(t, net, b)
	done(t, b, net)(b.Mint(ctx, net, cash, 5000))
	require.Equal(t, utt.Amount(1000), most(b), "within the budget")
	_, err = b.MaxPayment("tulips")
	require.ErrorIs(t, err, utt.ErrPolicy)
	viewer, err := wallet.New(net.Parameters(), bob, seedOf(bob), atStart())
	require.NoError(t, err)
	sync1(t, net, viewer)
	_, err = viewer.MaxPayment(cash)
	require.ErrorIs(t, err, utt.ErrNotFound, "no proving key")
}

// Without an output for change, only coins that fit can be paid with.
func TestMaxPaymentWithoutChange(t *testing.T) {
	ctx := context.Background()
	n := found(t, []*rangeproof.ProvingKey{setUp(t, 1), setUp(t, 1, rangeproof.Pays())}, uses(0, utt.Row{})...)
	n.join(bob, cash)
	w := n.join(alice, cash, 700, 600, 250)
	require.NoError(t, w.Sync(ctx, n))
	most, err := w.MaxPayment(cash)
	require.NoError(t, err)
	require.Equal(t, utt.Amount(950), most, "700 and 250: 1000 can be paid, and not with these coins")
	n.done(w)(w.Pay(ctx, n, bob, cash, 950, ""))
	require.Equal(t, []utt.Amount{600}, w.Coins(cash))
	most, err = w.MaxPayment(cash)
	require.NoError(t, err)
	require.Zero(t, most, "50 of budget are left")
}
