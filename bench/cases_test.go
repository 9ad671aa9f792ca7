package bench

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
)

// BenchmarkCases verifies a batch of payments in each case, and of payments that are taxed by
// total, in turn, all of two coins: audited-ratio and taxed-ratio are times by that of
// anonymous ones without tax, and taxed-pu is what the tax adds to a payment. The faster the
// rest, the more a ratio makes of the same addition.
func BenchmarkCases(b *testing.B) {
	for _, n := range []int{256} {
		b.Run(fmt.Sprintf("batch=%d", n), func(b *testing.B) { benchmarkCases(b, n) })
	}
}

func benchmarkCases(b *testing.B, n int) {
	plain := newCases(b, local.Config{Held: []utt.Row{
		{Case: utt.Audited, Limit: 1 << 40, Audit: utt.Audit{Reveals: utt.RevealAmount, Expire: time.Hour}},
	}})
	taxed := newCases(b, local.Config{Tax: 500, TaxOffice: taxOffice, TaxByTotal: true})
	groups := []struct {
		net *local.Network
		ops []utt.Operation
	}{
		{plain.net, plain.payments(b, utt.Anonymous, n)},
		{plain.net, plain.payments(b, utt.Audited, n)},
		{taxed.net, taxed.payments(b, utt.Anonymous, n)},
	}
	times := make([]series, len(groups))
	u := newUnit(b, 2*n)
	for b.Loop() {
		for i, g := range groups {
			times[i].measure(u.k, func() {
				if _, err := g.net.Parameters().Check(context.Background(), g.net.Ledger().Head().Time, g.ops); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
	for i, g := range groups {
		v, err := g.net.Parameters().Check(context.Background(), g.net.Ledger().Head().Time, g.ops)
		require.NoError(b, err)
		for _, op := range g.ops {
			require.NoError(b, v.Err(op))
		}
		b.ReportMetric(float64(len(encoded(b, g.ops[:1])[0])), []string{"bytes", "audited-bytes", "taxed-bytes"}[i])
	}
	signs := func(i int) int { return groups[i].ops[0].(*utt.Transfer).Outputs() }
	require.Equal(b, signs(0), signs(2), "a tax by total adds nothing to sign")
	b.ReportMetric(times[0].best()/float64(n), "pu/payment")
	b.ReportMetric(times[1].best()/times[0].best(), "audited-ratio")
	b.ReportMetric(times[2].best()/times[0].best(), "taxed-ratio")
	b.ReportMetric((times[2].best()-times[0].best())/float64(n), "taxed-pu")
}

// cases are users with two coins each, and their keys, to make payments of any case with.
type cases struct {
	net   *local.Network
	users []caseUser
}

type caseUser struct {
	keys               *utt.Keys
	member             *utt.Member
	credential, budget *utt.Holding
	coins              []*utt.Holding
}

const caseUsers = 16

func newCases(tb testing.TB, c local.Config) *cases {
	ctx := context.Background()
	net, err := local.New(ctx, c)
	require.NoError(tb, err)
	w := &cases{net: net, users: make([]caseUser, caseUsers)}
	for i := range w.users {
		u, err := net.Wallet(name(i), seed(name(i)))
		require.NoError(tb, err)
		require.NoError(tb, net.Enroll(ctx, u, name(i), 0))
		require.NoError(tb, net.Issue(ctx, name(i), asset, 2*coinValue))
		require.NoError(tb, u.Sync(ctx, net))
		for range 2 {
			id, err := u.Mint(ctx, net, asset, coinValue)
			require.NoError(tb, err)
			require.NoError(tb, u.Await(ctx, net, id))
		}
		w.users[i].keys, err = utt.DeriveKeys(net.Parameters(), utt.PIDOf(name(i)), seed(name(i)))
		require.NoError(tb, err)
	}
	records, err := net.Signed(ctx)
	require.NoError(tb, err)
	for _, r := range records {
		for i := range w.users {
			w.users[i].take(tb, net.Parameters(), r)
		}
	}
	return w
}

func (u *caseUser) take(tb testing.TB, p *utt.Parameters, r *utt.Record) {
	if e, err := r.Entry(p); err == nil && e.Kind == utt.KindRegistration && e.PID == u.keys.PID() {
		u.member, err = r.Member(p)
		require.NoError(tb, err)
	}
	for _, o := range u.keys.Look(r).Received(false) {
		h, err := o.Holding()
		require.NoError(tb, err)
		switch o.Role {
		case utt.Credential:
			u.credential = h
		case utt.Granted:
			u.budget = h
		default:
			u.coins = append(u.coins, h)
		}
	}
}

// payments are n, of which those of one user spend the same coins.
func (w *cases) payments(tb testing.TB, use utt.Case, n int) []utt.Operation {
	key, ops, errs := w.net.ProvingKey(use), make([]utt.Operation, n), make([]error, n)
	parallel.For(n, func(i int) {
		u, amount := &w.users[i%caseUsers], utt.Amount(coinValue+1+i/caseUsers)
		d := &utt.Draft{
			Case: use, Asset: asset, Epoch: 1, Credential: u.credential, Inputs: u.coins, Values: []utt.Amount{amount, 0},
			Payee: w.users[(i+1)%caseUsers].member,
		}
		if use == utt.Anonymous {
			d.Budget, d.Change = u.budget, 1000-amount
		}
		due := utt.Amount(0)
		if rate, ok := key.VerifyingKey().TaxByTotal(); ok {
			due = (amount*utt.Amount(rate) + 9999) / 10000
		}
		d.Values[1] = 2*coinValue - amount - due
		ops[i], errs[i] = u.keys.Transfer(nil, d, key)
	})
	for _, err := range errs {
		require.NoError(tb, err)
	}
	return ops
}
