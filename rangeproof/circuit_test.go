package rangeproof

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/consensys/gnark/frontend"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
)

const maxAmount = Amount(math.MaxUint64)

func compile(outputs int, rules ...Rule) *Circuit {
	c, err := Compile(outputs, rules...)
	if err != nil {
		panic(err)
	}
	return c
}

var (
	pay   = sync.OnceValue(func() *Circuit { return compile(2) })
	taxed = sync.OnceValue(func() *Circuit { return compile(3, Tax(2, 250)) })
)

// solves reports whether gnark's solver accepts an input vector.
func solves(t testing.TB, c *Circuit, x []curve.Scalar) bool {
	t.Helper()
	w, err := newWitness(x)
	require.NoError(t, err)
	return c.r1cs.IsSolved(w) == nil
}

func TestConstraintCounts(t *testing.T) {
	for j, want := range map[int]int{1: 138, 2: 203, 3: 268, 8: 593} {
		require.Equal(t, want, compile(j).Constraints(), "J = %d", j)
	}
	require.Equal(t, 233, taxed().Constraints(), "the tax is bounded by its rule")
	require.Equal(t, 328, compile(4, Tax(2, 250), Tax(3, 100)).Constraints(), "the second tax is not")
}

func TestAllSlotsArePublicToGnark(t *testing.T) {
	internal, secret, public := pay().r1cs.GetNbVariables()
	require.Zero(t, secret)
	require.Equal(t, 1+slotsOf(2).count(), public)
	require.Positive(t, internal)
	require.Equal(t, slots{inSum: 0, out: 1, budgetIn: 3, budgetOut: 4, lo: 5, hi: 6, rho: 7, publicOut: 8, budgeted: 9, limit: 10}, slotsOf(2))
}

func TestCircuitID(t *testing.T) {
	ids := map[[32]byte]string{}
	for _, c := range []*Circuit{pay(), compile(3), taxed(), compile(3, Tax(2, 251)), compile(3, Tax(1, 250)), compile(3, renamed{Tax(2, 250).(Bounder)})} {
		name := fmt.Sprint(c.outputs, c.rules)
		require.NotContains(t, ids, c.ID(), name)
		ids[c.ID()] = name
	}
	require.Equal(t, taxed().ID(), compile(3, Tax(2, 250)).ID(), "the same arguments give the same circuit")
}

// TestCircuitIDsStay: another ID makes all keys and ledgers of a circuit useless.
// The values were printed by this test, with gnark v0.16.3.
func TestCircuitIDsStay(t *testing.T) {
	for want, c := range map[string]*Circuit{
		"6aebe3c71d255a700b569bf2aab6ca1ba4022b82a6e27f5121556f818c411095": pay(),
		"510cd4cb1c8e975542e96ca7359c29767d9b0ca8c7d5361812cff4fc5bfd3ecd": taxed(),
	} {
		require.Equal(t, want, fmt.Sprintf("%x", c.ID()))
	}
}

type renamed struct{ Bounder }

func (renamed) Name() string { return "another" }

// valid are values that satisfy the circuit, edge cases among them.
func valid(c *Circuit) []struct {
	v   Values
	pub Public
} {
	type example = struct {
		v   Values
		pub Public
	}
	rest := make([]Amount, c.outputs-2)
	due := func(a Amount) Amount { return 0 }
	if len(c.rules) > 0 {
		due = func(a Amount) Amount { return a * 250 / 10000 }
	}
	out := func(a, b Amount) []Amount {
		o := append([]Amount{a, b}, rest...)
		if len(rest) > 0 {
			o[c.outputs-1] = due(a)
		}
		return o
	}
	total := func(o []Amount, more Amount) []Amount { return append([]Amount{more}, o...) }
	var e []example
	for _, a := range []Amount{0, 1, 39, 40, 41, 1000, 1<<32 - 1, 1 << 32, 1<<56 + 12345} {
		o := out(a, 7)
		e = append(e,
			example{Values{In: total(o, 0), Out: o}, Public{Limit: maxAmount}},
			example{Values{In: total(o, 5), Out: o}, Public{PublicOut: 5, Limit: a}},
			example{Values{In: total(o, maxAmount), Out: o}, Public{PublicOut: maxAmount, Limit: a + 1}},
			example{Values{In: total(o, 0), Out: o, BudgetIn: a, BudgetOut: 0}, Public{Budgeted: true}},
			example{Values{In: total(o, 0), Out: o, BudgetIn: maxAmount, BudgetOut: maxAmount - a}, Public{Budgeted: true, Limit: 3}})
	}
	return e
}

func TestValidValuesSatisfy(t *testing.T) {
	for _, c := range []*Circuit{pay(), compile(3), taxed()} {
		for i, e := range valid(c) {
			require.NoError(t, c.Holds(e.v, e.pub), "example %d", i)
			require.True(t, solves(t, c, assign(e.v, e.pub, curve.Uint64(uint64(i)))), "example %d", i)
		}
	}
}

// cheat is an input vector that violates one equation and no other.
type cheat struct {
	label string
	pub   Public
	edit  func(x []curve.Scalar)
}

// vector is the cheat, starting from values that satisfy the circuit for J = 2.
func (c cheat) vector(t testing.TB) []curve.Scalar {
	t.Helper()
	good := Values{In: []Amount{60, 50}, Out: []Amount{70, 30}, BudgetIn: 100, BudgetOut: 30}
	x := assign(good, c.pub, curve.Uint64(5))
	require.NoError(t, balanced(x, 2))
	require.True(t, solves(t, pay(), x))
	c.edit(x)
	return x
}

func cheats() map[string]cheat {
	s := slotsOf(2)
	n := curve.Uint64
	minusOne, two64 := n(1).Neg(), curve.ScalarFromUint128(1, 0)
	budgeted, limited := Public{PublicOut: 10, Budgeted: true}, Public{PublicOut: 10, Limit: 70}
	set := func(pairs ...any) func(x []curve.Scalar) {
		return func(x []curve.Scalar) {
			for i := 0; i < len(pairs); i += 2 {
				x[pairs[i].(int)] = pairs[i+1].(curve.Scalar)
			}
		}
	}
	return map[string]cheat{
		"money created":      {"BAL-1", limited, set(s.inSum, n(109))},
		"money destroyed":    {"BAL-1", limited, set(s.inSum, n(111))},
		"more goes out":      {"BAL-1", limited, set(s.publicOut, n(11))},
		"change below zero":  {"BAL-2", limited, set(s.out+1, minusOne, s.inSum, n(79))},
		"change of 2^64":     {"BAL-2", limited, set(s.out+1, two64, s.inSum, two64.Add(n(80)))},
		"budget grows":       {"BAL-3", budgeted, set(s.budgetOut, n(31))},
		"budget shrinks":     {"BAL-3", budgeted, set(s.budgetOut, n(29))},
		"budget below zero":  {"BAL-4", budgeted, set(s.budgetIn, n(69), s.budgetOut, minusOne)},
		"budget of 2^64":     {"BAL-4", budgeted, set(s.budgetIn, two64.Add(n(70)), s.budgetOut, two64)},
		"above the limit":    {"BAL-4", limited, set(s.limit, n(69))},
		"budgeted twice":     {"BAL-4", limited, set(s.budgeted, n(2), s.budgetIn, n(100))},
		"payment below zero": {"BAL-5", budgeted, set(s.out, minusOne, s.budgetIn, n(29), s.inSum, n(39), s.lo, minusOne)},
		"payment of 2^64":    {"BAL-5", budgeted, set(s.out, two64, s.budgetIn, two64.Add(n(30)), s.inSum, two64.Add(n(40)), s.lo, two64)},
		"lo of another":      {"BAL-5", limited, set(s.lo, n(71))},
		"lo of 2^32":         {"BAL-5", limited, set(s.lo, n(1<<32+70), s.hi, minusOne)},
		"hi of 2^32":         {"BAL-5", budgeted, set(s.out, two64, s.lo, n(0), s.hi, n(1<<32), s.budgetIn, two64.Add(n(30)), s.inSum, two64.Add(n(40)))},
		"hi of 70·2^-32":     {"BAL-5", limited, set(s.lo, n(0), s.hi, n(70).Mul(n(1<<32).Inverse()))},
	}
}

func TestLabels(t *testing.T) {
	for name, c := range cheats() {
		t.Run(name, func(t *testing.T) {
			x := c.vector(t)
			err := balanced(x, 2)
			require.ErrorIs(t, err, ErrUnsatisfied)
			require.ErrorContains(t, err, "["+c.label+"]")
			require.False(t, solves(t, pay(), x), "the circuit must reject it too")
		})
	}
}

// TestTwins: solver and native predicate agree on random vectors near valid ones.
func TestTwins(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 12))
	two64 := curve.ScalarFromUint128(1, 0)
	edges := []curve.Scalar{
		{}, curve.Uint64(1), curve.Uint64(2), curve.Uint64(1<<32 - 1), curve.Uint64(1 << 32), curve.Uint64(math.MaxUint64),
		two64, two64.Add(two64).Neg(), curve.Uint64(1).Neg(), curve.Uint64(1 << 32).Inverse(),
	}
	agreed := map[bool]int{}
	for _, c := range []*Circuit{pay(), compile(1), compile(3)} {
		s := slotsOf(c.outputs)
		for range 300 {
			v := Values{Out: make([]Amount, c.outputs), BudgetOut: Amount(rng.Uint64() >> rng.IntN(64))}
			for j := range v.Out {
				v.Out[j] = Amount(rng.Uint64() >> rng.IntN(64))
			}
			pub := Public{PublicOut: Amount(rng.Uint64() >> rng.IntN(64)), Budgeted: rng.IntN(2) == 0, Limit: maxAmount}
			x := assign(v, pub, edges[rng.IntN(len(edges))])
			x[s.inSum] = x[s.publicOut]
			for j := range c.outputs {
				x[s.inSum] = x[s.inSum].Add(x[s.out+j])
			}
			x[s.budgetIn] = x[s.budgetOut].Add(x[s.out])
			for range rng.IntN(3) {
				delta := edges[rng.IntN(len(edges))]
				i := rng.IntN(s.count())
				if rng.IntN(2) == 0 {
					x[i] = delta
				} else {
					x[i] = x[i].Add(delta)
				}
				if i == s.out && rng.IntN(2) == 0 { // carry the change through, to get past BAL-1
					x[s.inSum] = x[s.inSum].Add(delta)
				}
			}
			err := balanced(x, c.outputs)
			require.Equal(t, err == nil, solves(t, c, x), "%v", err)
			agreed[err == nil]++
		}
	}
	require.Greater(t, agreed[true], 200)
	require.Greater(t, agreed[false], 200)
}

func TestTaxTwins(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 13))
	for _, rate := range []uint16{0, 1, 250, 3333, 9999, 10000} {
		c := compile(3, Tax(2, rate))
		for _, paid := range []Amount{0, 1, 39, 40, 41, 9999, 10000, 10001, 1 << 32, maxAmount - 1, maxAmount, Amount(rng.Uint64())} {
			right := paid/10000*Amount(rate) + paid%10000*Amount(rate)/10000
			for _, due := range []Amount{right, right + 1, right - 1, 0, paid, maxAmount} {
				v := Values{In: []Amount{paid, due}, Out: []Amount{paid, 0, due}}
				pub := Public{Limit: maxAmount}
				err := c.Holds(v, pub)
				require.Equal(t, due == right, err == nil, "rate %d, paid %d, tax %d", rate, paid, due)
				require.Equal(t, err == nil, solves(t, c, assign(v, pub, curve.Scalar{})), "rate %d, paid %d, tax %d", rate, paid, due)
			}
		}
	}
}

func TestTaxIsDue(t *testing.T) {
	pub := Public{Limit: maxAmount}
	v := Values{In: []Amount{1025}, Out: []Amount{1000, 0, 25}}
	require.NoError(t, taxed().Holds(v, pub))
	plan := Values{Out: []Amount{1000, 0, 0}}
	taxed().Complete(&plan)
	require.Equal(t, v.Out, plan.Out)
	for _, evaded := range []Amount{0, 24, 26} {
		v := Values{In: []Amount{1000 + evaded}, Out: []Amount{1000, 0, evaded}}
		err := taxed().Holds(v, pub)
		require.ErrorIs(t, err, ErrUnsatisfied)
		require.ErrorContains(t, err, "tax/2/250")
		require.False(t, solves(t, taxed(), assign(v, pub, curve.Scalar{})))
	}
}

// twoTaxes cheats a circuit with two taxes of one basis point: modulo r they are
// 1/10000 and −1/10000, which balance and have remainders 4999 and 5001.
func twoTaxes() (*Circuit, []curve.Scalar) {
	c, s := compile(4, Tax(2, 1), Tax(3, 1)), slotsOf(4)
	x := assign(Values{In: []Amount{5000}, Out: []Amount{5000, 0, 0, 0}}, Public{Limit: maxAmount}, curve.Scalar{})
	x[s.out+2] = curve.Uint64(wholeRate).Inverse()
	x[s.out+3] = x[s.out+2].Neg()
	return c, x
}

// TestTwoTaxes: if every Bounder were believed, both outputs would go unchecked.
func TestTwoTaxes(t *testing.T) {
	c, x := twoTaxes()
	require.False(t, solves(t, c, x))
	require.ErrorContains(t, balanced(x, 4), "[BAL-2]")
}

func TestCompileRefuses(t *testing.T) {
	long := make([]byte, maxRuleName+1)
	for name, compile := range map[string]func() (*Circuit, error){
		"no outputs":          func() (*Circuit, error) { return Compile(0) },
		"too many outputs":    func() (*Circuit, error) { return Compile(MaxOutputs + 1) },
		"tax on nothing":      func() (*Circuit, error) { return Compile(2, Tax(2, 1)) },
		"tax as payment":      func() (*Circuit, error) { return Compile(2, Tax(0, 1)) },
		"tax above the whole": func() (*Circuit, error) { return Compile(3, Tax(2, 10001)) },
		"one rule twice":      func() (*Circuit, error) { return Compile(3, Tax(2, 1), Tax(2, 1)) },
		"nameless rule":       func() (*Circuit, error) { return Compile(2, rule{}) },
		"long name":           func() (*Circuit, error) { return Compile(2, rule{name: string(long)}) },
		"failing rule": func() (*Circuit, error) {
			return Compile(2, rule{"r", func(frontend.API, Wires) error { return errors.New("no") }})
		},
		"panicking rule": func() (*Circuit, error) {
			return Compile(2, rule{"r", func(_ frontend.API, w Wires) error { _ = w.Out[9]; return nil }})
		},
		"rule with a commitment": func() (*Circuit, error) {
			return Compile(2, rule{"r", func(api frontend.API, w Wires) error {
				_, err := api.(frontend.Committer).Commit(w.In)
				return err
			}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := compile()
			require.ErrorIs(t, err, ErrArgument)
		})
	}
}

type rule struct {
	name      string
	constrain func(frontend.API, Wires) error
}

func (r rule) Name() string                              { return r.name }
func (r rule) Constrain(api frontend.API, w Wires) error { return r.constrain(api, w) }
func (rule) Holds(Values, Public) error                  { return nil }

func TestHoldsCounts(t *testing.T) {
	ok := Values{In: make([]Amount, MaxInputs), Out: make([]Amount, 2)}
	require.NoError(t, pay().Holds(ok, Public{}))
	require.ErrorIs(t, pay().Holds(Values{In: make([]Amount, MaxInputs+1), Out: make([]Amount, 2)}, Public{}), ErrArgument)
	require.ErrorIs(t, pay().Holds(Values{Out: make([]Amount, 3)}, Public{}), ErrArgument)
	require.ErrorIs(t, pay().Holds(Values{}, Public{}), ErrArgument)
}

// TestInputSumAbove64Bits: eight inputs of 2^64 − 1 add up, they do not wrap.
func TestInputSumAbove64Bits(t *testing.T) {
	in := make([]Amount, MaxInputs)
	for i := range in {
		in[i] = maxAmount
	}
	c := compile(MaxOutputs)
	pub := Public{Limit: maxAmount}
	require.NoError(t, c.Holds(Values{In: in, Out: in}, pub))
	require.True(t, solves(t, c, assign(Values{In: in, Out: in}, pub, curve.Scalar{})))
	wrapped := Values{In: in, Out: []Amount{maxAmount - 7, 0}} // the sum modulo 2^64
	require.ErrorContains(t, pay().Holds(wrapped, pub), "[BAL-1]")
	require.False(t, solves(t, pay(), assign(wrapped, pub, curve.Scalar{})))
}
