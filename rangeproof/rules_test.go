package rangeproof

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/consensys/gnark/frontend"
	"github.com/stretchr/testify/require"
)

// Rules as a third party writes them.

// twice: output 1 is as much as the payment, and bounded by that.
type twice struct{}

func (twice) Name() string { return "twice" }
func (twice) Bounds() int  { return 1 }
func (twice) Constrain(api frontend.API, w Wires) error {
	api.AssertIsEqual(w.Out[0], w.Out[1])
	return nil
}
func (twice) Holds(v Values, _ Public) error {
	if v.Out[0] != v.Out[1] {
		return errors.New("the outputs differ")
	}
	return nil
}

// capped is a tax of at most 2^32.
type capped struct{}

func (capped) Name() string { return "capped" }
func (capped) Constrain(api frontend.API, w Wires) error {
	api.ToBinary(api.Sub(uint64(1<<32), w.Due), 33)
	return nil
}
func (capped) Holds(v Values, _ Public) error {
	if v.Due > 1<<32 {
		return errors.New("too much tax")
	}
	return nil
}

// fives are payments in multiples of 5: v/5 modulo r is below 2^62 for no others.
type fives struct{}

func (fives) Name() string { return "fives" }
func (fives) Constrain(api frontend.API, w Wires) error {
	api.ToBinary(api.Div(w.Out[0], 5), 62)
	return nil
}
func (fives) Holds(v Values, _ Public) error {
	if v.Out[0]%5 != 0 {
		return errors.New("not a multiple of 5")
	}
	return nil
}

// TestRulesAndTheirTwinsAgree: circuit and native predicate say the same of values at the
// edges and at random, whatever the rules.
func TestRulesAndTheirTwinsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 6))
	edges := []Amount{0, 1, 5, 1<<32 - 1, 1 << 32, 1<<32 + 4, math.MaxUint64 - 5, math.MaxUint64}
	amount := func() Amount {
		if rng.IntN(4) > 0 {
			return edges[rng.IntN(len(edges))]
		}
		return Amount(rng.Uint64() >> rng.IntN(64))
	}
	for _, e := range []struct {
		name    string
		outputs int
		rules   []Rule
	}{
		{"none", 2, nil},
		{"pays", 2, []Rule{Pays()}},
		{"limited", 2, []Rule{Limited()}},
		{"tiers", 2, []Rule{Pays(), Limited()}},
		{"no tax", 3, []Rule{Tax(2, 0)}},
		{"tax", 3, []Rule{Tax(1, 333)}},
		{"all of it", 3, []Rule{Tax(2, 10000)}},
		{"by total", 2, []Rule{TaxByTotal(250)}},
		{"nothing by total", 2, []Rule{TaxByTotal(0)}},
		{"all by total", 2, []Rule{Pays(), TaxByTotal(10000)}},
		{"everything", 3, []Rule{Pays(), Limited(), TaxByTotal(1), checked{Tax(2, 9999)}, fives{}}},
		{"twice", 2, []Rule{twice{}}},
		{"capped", 2, []Rule{TaxByTotal(9999), capped{}}},
		{"fives", 1, []Rule{fives{}}},
	} {
		t.Run(e.name, func(t *testing.T) {
			c := compile(e.outputs, e.rules...)
			seen := map[bool]int{}
			try := func(paid Amount) {
				v, pub := Values{Out: make([]Amount, e.outputs)}, Public{PublicOut: amount(), Limit: amount(), Budgeted: rng.IntN(2) == 0}
				for j := range v.Out {
					v.Out[j] = amount()
				}
				if v.Out[0] = paid; e.name == "twice" {
					v.Out[1] = paid
				}
				c.Complete(&v)
				if e.name == "everything" {
					v.Out[2] = rate(9999).on(paid)
				}
				if rng.IntN(3) > 0 {
					pub.Limit = max(pub.Limit, paid)
				}
				if pub.Budgeted {
					v.BudgetOut = min(amount(), math.MaxUint64-paid)
					v.BudgetIn = paid + v.BudgetOut
				}
				slips := rng.IntN(3)
				if slips == 1 { // something that the balance follows
					*[]*Amount{&v.Out[rng.IntN(e.outputs)], &pub.PublicOut, &v.BudgetIn, &v.BudgetOut}[rng.IntN(4)] += []Amount{1, math.MaxUint64, 1 << 32}[rng.IntN(3)]
				}
				if _, ok := c.TaxByTotal(); ok && slips == 1 && rng.IntN(2) == 0 {
					v.Due += []Amount{1, math.MaxUint64}[rng.IntN(2)]
				}
				v.In = append([]Amount{pub.PublicOut, v.Due}, v.Out...)
				if slips == 2 && rng.IntN(2) == 0 {
					v.In[rng.IntN(len(v.In))] += []Amount{1, math.MaxUint64}[rng.IntN(2)]
				}
				err := c.Holds(v, pub)
				require.NotErrorIs(t, err, ErrArgument)
				require.Equal(t, err == nil, c.Solves(v, pub), "%v", err)
				seen[err == nil]++
			}
			for range 12 {
				for _, paid := range edges {
					try(paid)
				}
			}
			for range 50 {
				try(Amount(rng.Uint64() >> rng.IntN(64)))
			}
			require.Greater(t, seen[true], 10)
			require.Greater(t, seen[false], 10)
		})
	}
}
