package rangeproof

import (
	"errors"
	"fmt"
	"math"
	"math/big"
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
	total = sync.OnceValue(func() *Circuit { return compile(2, Pays(), TaxByTotal(250)) })
	tiers = sync.OnceValue(func() *Circuit { return compile(2, Pays(), Limited()) })
)

// solves reports whether gnark's solver accepts an input vector.
func solves(t testing.TB, c *Circuit, x []curve.Scalar) bool {
	t.Helper()
	return c.solves(x)
}

// satisfied is the native predicate on a vector of any scalars, of rules of this package.
func satisfied(c *Circuit, x []curve.Scalar) error {
	if err := c.balanced(x); err != nil {
		return err
	}
	for _, r := range c.rules {
		if err := r.(slotRule).violated(x, slotsOf(c.Outputs())); err != nil {
			return fmt.Errorf("%w: %w", ErrUnsatisfied, err)
		}
	}
	return nil
}

// TestConstraintCounts: the domain decides what a proof costs.
func TestConstraintCounts(t *testing.T) {
	for _, e := range []struct {
		outputs, constraints, domain int
		rules                        []Rule
	}{
		{1, 138, 256, nil},
		{2, 203, 256, nil},
		{3, 268, 512, nil},
		{8, 593, 1024, nil},
		{2, 204, 256, []Rule{Pays()}},
		{2, 268, 512, []Rule{Limited()}},
		{2, 269, 512, []Rule{Pays(), Limited()}},
		{3, 233, 256, []Rule{Tax(2, 250)}}, // which bounds the tax
		{3, 234, 256, []Rule{Pays(), Tax(2, 250)}},
		{2, 232, 256, []Rule{TaxByTotal(250)}},
		{2, 233, 256, []Rule{Pays(), TaxByTotal(250)}},
		{2, 298, 512, []Rule{Pays(), Limited(), TaxByTotal(250)}},
	} {
		c := compile(e.outputs, e.rules...)
		require.Equal(t, e.constraints, c.Constraints(), "J = %d, %v", e.outputs, c.Rules())
		require.Equal(t, e.domain, int(c.shape().domain.Cardinality), "J = %d, %v", e.outputs, c.Rules())
	}
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
	for _, c := range []*Circuit{pay(), compile(3), taxed(), compile(3, Tax(2, 251)), compile(3, Tax(1, 250)), compile(3, renamed{Tax(2, 250).(Bounder)}),
		total(), tiers(), compile(2, Pays()), compile(2, Limited()), compile(2, Limited(), Pays()), compile(2, TaxByTotal(250)), compile(2, TaxByTotal(251))} {
		name := fmt.Sprint(c.Outputs(), c.rules)
		require.NotContains(t, ids, c.ID(), name)
		ids[c.ID()] = name
	}
	require.Equal(t, taxed().ID(), compile(3, Tax(2, 250)).ID(), "the same arguments give the same circuit")
}

// TestCircuitIDsStay: another ID makes all keys and ledgers of a circuit useless.
// The values were printed by this test, with gnark v0.16.3.
func TestCircuitIDsStay(t *testing.T) {
	for want, c := range map[string]*Circuit{
		"1ef67dd146df67095896142a0fc804a7fbd544c9044607c61e196ed6f50fd2d2": pay(),
		"427fe3c43d076b08c21d9aa9cebc96c465568e34b2541ac2912cc524e92b00c9": taxed(),
		"ebf884d899a0dedb59b84a6f6bd7c4eb741ebd2c8c4ddffe7aff5d98b9968597": compile(2, Pays()),
		"09448592dad1a2b5a883b8e574d40bb6c98410083cf716e1c903b6f3203ec51d": total(),
		"f8cd72adcd688a3ec773e532695cc84827f40b46bbe3f3964d69164902ac81b9": compile(2, Limited()),
		"22baf0bcc136cded9bef102029468d8c9e5ce1964523aec95d5f8a85225b4b54": tiers(),
	} {
		require.Equal(t, want, fmt.Sprintf("%x", c.ID()), "%v", c.Rules())
	}
}

type renamed struct{ Bounder }

func (renamed) Name() string { return "another" }

type example struct {
	v   Values
	pub Public
}

// valid are values that satisfy the circuit, edge cases among them.
func valid(c *Circuit) (all []example) {
	for _, a := range []Amount{0, 1, 39, 40, 41, 1000, 1<<32 - 1, 1 << 32, 1<<56 + 12345} {
		if a == 0 && c.Pays() {
			continue
		}
		v := Values{Out: make([]Amount, c.Outputs())}
		v.Out[0], v.Out[1] = a, 7
		c.Complete(&v)
		in := func(more Amount) []Amount { return append([]Amount{more, v.Due}, v.Out...) }
		budgeted := func(in []Amount, before Amount, limit Amount) example {
			return example{Values{In: in, Out: v.Out, BudgetIn: before, BudgetOut: before - a, Due: v.Due}, Public{Budgeted: true, Limit: limit}}
		}
		unused := Amount(3)
		if c.Limited() {
			unused = a
		}
		all = append(all,
			example{Values{In: in(0), Out: v.Out, Due: v.Due}, Public{Limit: maxAmount}},
			example{Values{In: in(5), Out: v.Out, Due: v.Due}, Public{PublicOut: 5, Limit: a}},
			example{Values{In: in(maxAmount), Out: v.Out, Due: v.Due}, Public{PublicOut: maxAmount, Limit: a + 1}},
			budgeted(in(0), a, maxAmount),
			budgeted(in(0), maxAmount, unused))
	}
	return all
}

func TestValidValuesSatisfy(t *testing.T) {
	for _, c := range []*Circuit{pay(), compile(3), taxed(), total(), tiers()} {
		for i, e := range valid(c) {
			require.NoError(t, c.Holds(e.v, e.pub), "example %d", i)
			require.True(t, c.Solves(e.v, e.pub), "example %d", i)
			require.True(t, solves(t, c, assign(e.v, e.pub, curve.Uint64(uint64(i)))), "example %d", i)
		}
	}
}

// cheat is an input vector that violates one equation and no other.
type cheat struct {
	label string
	pub   Public
	edit  func(x []curve.Scalar)
	rules []Rule // of the circuit, which has an output more for Tax
}

func (c cheat) circuit() *Circuit {
	outputs := 2
	for _, r := range c.rules {
		if _, ok := r.(tax); ok {
			outputs = 3
		}
	}
	return compile(outputs, c.rules...)
}

// vector is the cheat, starting from values that satisfy the circuit.
func (c cheat) vector(t testing.TB) (*Circuit, []curve.Scalar) {
	t.Helper()
	circuit := c.circuit()
	good := Values{Out: []Amount{70, 30}, BudgetIn: 100, BudgetOut: 30}
	if circuit.Outputs() == 3 {
		good.Out = append(good.Out, 0)
	}
	circuit.Complete(&good)
	good.In = append([]Amount{10, good.Due}, good.Out...)
	x := assign(good, c.pub, curve.Uint64(5))
	require.NoError(t, satisfied(circuit, x))
	require.True(t, solves(t, circuit, x))
	c.edit(x)
	return circuit, x
}

// half is 1/2 modulo r.
func half() curve.Scalar { return curve.Uint64(2).Inverse() }

func cheats() map[string]cheat {
	s, s3 := slotsOf(2), slotsOf(3)
	n := curve.Uint64
	minusOne, two64 := n(1).Neg(), curve.ScalarFromUint128(1, 0)
	budgeted, limited := Public{PublicOut: 10, Budgeted: true}, Public{PublicOut: 10, Limit: 70}
	limitedToo := Public{PublicOut: 10, Budgeted: true, Limit: 70}
	pays, tiered, tax, byTotal := []Rule{Pays()}, []Rule{Limited()}, []Rule{Tax(2, 250)}, []Rule{TaxByTotal(250)} // 1.75, hence 2, of 70
	set := func(pairs ...any) func(x []curve.Scalar) {
		return func(x []curve.Scalar) {
			for i := 0; i < len(pairs); i += 2 {
				x[pairs[i].(int)] = pairs[i+1].(curve.Scalar)
			}
		}
	}
	return map[string]cheat{
		"money created":      {"BAL-1", limited, set(s.inSum, n(109)), nil},
		"money destroyed":    {"BAL-1", limited, set(s.inSum, n(111)), nil},
		"more goes out":      {"BAL-1", limited, set(s.publicOut, n(11)), nil},
		"change below zero":  {"BAL-2", limited, set(s.out+1, minusOne, s.inSum, n(79)), nil},
		"change of 2^64":     {"BAL-2", limited, set(s.out+1, two64, s.inSum, two64.Add(n(80))), nil},
		"budget grows":       {"BAL-3", budgeted, set(s.budgetOut, n(31)), nil},
		"budget shrinks":     {"BAL-3", budgeted, set(s.budgetOut, n(29)), nil},
		"budget below zero":  {"BAL-4", budgeted, set(s.budgetIn, n(69), s.budgetOut, minusOne), nil},
		"budget of 2^64":     {"BAL-4", budgeted, set(s.budgetIn, two64.Add(n(70)), s.budgetOut, two64), nil},
		"above the limit":    {"BAL-4", limited, set(s.limit, n(69)), nil},
		"budgeted twice":     {"BAL-4", limited, set(s.budgeted, n(2), s.budgetIn, n(100)), nil},
		"payment below zero": {"BAL-5", budgeted, set(s.out, minusOne, s.budgetIn, n(29), s.inSum, n(39), s.lo, minusOne), nil},
		"payment of 2^64":    {"BAL-5", budgeted, set(s.out, two64, s.budgetIn, two64.Add(n(30)), s.inSum, two64.Add(n(40)), s.lo, two64), nil},
		"lo of another":      {"BAL-5", limited, set(s.lo, n(71)), nil},
		"lo of 2^32":         {"BAL-5", limited, set(s.lo, n(1<<32+70), s.hi, minusOne), nil},
		"hi of 2^32":         {"BAL-5", budgeted, set(s.out, two64, s.lo, n(0), s.hi, n(1<<32), s.budgetIn, two64.Add(n(30)), s.inSum, two64.Add(n(40))), nil},
		"hi of 70·2^-32":     {"BAL-5", limited, set(s.lo, n(0), s.hi, n(70).Mul(n(1<<32).Inverse())), nil},

		"payment of nothing":         {"BAL-6", limited, set(s.out, n(0), s.lo, n(0), s.inSum, n(40)), pays},
		"payment of nothing, budget": {"BAL-6", budgeted, set(s.out, n(0), s.lo, n(0), s.inSum, n(40), s.budgetIn, n(30)), pays},
		"above the limit, budgeted":  {"BAL-7", limitedToo, set(s.limit, n(69)), tiered},
		"no limit, budgeted":         {"BAL-7", limitedToo, set(s.limit, n(0)), tiered},
		"within the limit, broke":    {"BAL-4", limitedToo, set(s.budgetIn, n(69), s.budgetOut, minusOne), tiered},

		"no tax":              {"TAX-OUT", limited, set(s3.out+2, n(0), s3.out+1, n(32)), tax},
		"tax rounded down":    {"TAX-OUT", limited, set(s3.out+2, n(1), s3.out+1, n(31)), tax},
		"too much tax":        {"TAX-OUT", limited, set(s3.out+2, n(3), s3.out+1, n(29)), tax},
		"tax on less":         {"TAX-OUT", limited, set(s3.out, n(140), s3.lo, n(140), s3.limit, n(140), s3.inSum, n(182)), tax},
		"tax and half a unit": {"BAL-2", limited, set(s3.out+2, half().Add(n(2)), s3.out+1, n(30).Sub(half())), tax},
		"no total":            {"TAX-2", limited, set(s.inSum, n(110)), byTotal},
		"total rounded down":  {"TAX-2", limited, set(s.inSum, n(111)), byTotal},
		"total of too much":   {"TAX-2", limited, set(s.inSum, n(113)), byTotal}, // R = 12500 < 2^14
		"total below zero":    {"TAX-2", limited, set(s.inSum, n(109)), byTotal},
		"total of 2^64":       {"TAX-2", limited, set(s.inSum, two64.Add(n(110))), byTotal},
		"total on less":       {"TAX-2", limited, set(s.out, n(140), s.lo, n(140), s.limit, n(140), s.inSum, n(182)), byTotal},
		"total put in public": {"TAX-2", limited, set(s.publicOut, n(12)), byTotal},
		"total put in change": {"TAX-2", limited, set(s.out+1, n(32)), byTotal},
		"total and half":      {"BAL-2", limited, set(s.out+1, n(30).Sub(half())), byTotal},
		"total, huge payment": {"BAL-5", budgeted, set(s.out, two64, s.lo, two64, s.budgetIn, two64.Add(n(30)), s.inSum, two64.Add(n(40)).Add(ceilOf(250))), byTotal},
	}
}

// ceilOf is the tax on 2^64.
func ceilOf(bp uint64) curve.Scalar {
	quotient := new(big.Int).Lsh(big.NewInt(int64(bp)), 64)
	quotient.Add(quotient, big.NewInt(wholeRate-1)).Div(quotient, big.NewInt(wholeRate))
	return curve.Uint64(quotient.Uint64())
}

func TestLabels(t *testing.T) {
	for name, c := range cheats() {
		t.Run(name, func(t *testing.T) {
			circuit, x := c.vector(t)
			err := satisfied(circuit, x)
			require.ErrorIs(t, err, ErrUnsatisfied)
			require.ErrorContains(t, err, "["+c.label+"]")
			require.False(t, solves(t, circuit, x), "the circuit must reject it too")
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
	for _, c := range []*Circuit{pay(), compile(1), compile(3), taxed(), total(), tiers(), compile(1, Limited(), TaxByTotal(9999))} {
		s := slotsOf(c.Outputs())
		for range 300 {
			v := Values{Out: make([]Amount, c.Outputs()), BudgetOut: Amount(rng.Uint64() >> rng.IntN(64))}
			for j := range v.Out {
				v.Out[j] = Amount(rng.Uint64() >> rng.IntN(64))
			}
			pub := Public{PublicOut: Amount(rng.Uint64() >> rng.IntN(64)), Budgeted: rng.IntN(2) == 0, Limit: maxAmount}
			c.Complete(&v)
			x := assign(v, pub, edges[rng.IntN(len(edges))])
			x[s.inSum] = x[s.publicOut].Add(curve.Uint64(uint64(v.Due)))
			for j := range c.Outputs() {
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
			err := satisfied(c, x)
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
			right := paid/10000*Amount(rate) + (paid%10000*Amount(rate)+9999)/10000
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
	v := Values{In: []Amount{1027}, Out: []Amount{1001, 0, 26}} // 25.025, rounded up
	require.NoError(t, taxed().Holds(v, pub))
	plan := Values{Out: []Amount{1001, 0, 0}}
	taxed().Complete(&plan)
	require.Equal(t, v.Out, plan.Out)
	for _, evaded := range []Amount{0, 25, 27} {
		v := Values{In: []Amount{1001 + evaded}, Out: []Amount{1001, 0, evaded}}
		err := taxed().Holds(v, pub)
		require.ErrorIs(t, err, ErrUnsatisfied)
		require.ErrorContains(t, err, "tax/2/250")
		require.False(t, taxed().Solves(v, pub))
	}
}

// A tax by total is what the inputs hold beyond the outputs, and the values say so.
func TestTaxByTotalIsDue(t *testing.T) {
	pub := Public{PublicOut: 10, Limit: maxAmount}
	v := Values{In: []Amount{1000, 136}, Out: []Amount{1001, 99}, Due: 26}
	require.NoError(t, total().Holds(v, pub))
	require.True(t, total().Solves(v, pub))
	plan := Values{Out: []Amount{1001, 99}}
	total().Complete(&plan)
	require.Equal(t, v.Due, plan.Due)
	for _, due := range []Amount{0, 25, 27, maxAmount} {
		lie := v
		lie.Due = due
		err := total().Holds(lie, pub)
		require.ErrorIs(t, err, ErrUnsatisfied)
		require.ErrorContains(t, err, "[TAX-1]")
		require.False(t, total().Solves(lie, pub))
		lie.In = []Amount{1000, 110, due}
		require.ErrorContains(t, total().Holds(lie, pub), "[TAX-2]")
		require.False(t, total().Solves(lie, pub))
	}
	require.ErrorIs(t, pay().Holds(Values{In: []Amount{3}, Out: []Amount{1, 1}, Due: 1}, Public{Limit: 1}), ErrArgument)
	require.False(t, pay().Solves(Values{In: []Amount{2}, Out: []Amount{1, 1}, Due: 1}, Public{Limit: 1}))
}

func TestCompileRefuses(t *testing.T) {
	long := make([]byte, maxRuleName+1)
	for name, compile := range map[string]func() (*Circuit, error){
		"no outputs":          func() (*Circuit, error) { return Compile(0) },
		"too many outputs":    func() (*Circuit, error) { return Compile(MaxOutputs + 1) },
		"tax on nothing":      func() (*Circuit, error) { return Compile(2, Tax(2, 1)) },
		"total above all":     func() (*Circuit, error) { return Compile(2, TaxByTotal(10001)) },
		"nil rule":            func() (*Circuit, error) { return Compile(2, nil) },
		"too many rules":      func() (*Circuit, error) { return Compile(2, make([]Rule, maxRules+1)...) },
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
