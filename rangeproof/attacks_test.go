package rangeproof

import (
	"errors"
	"slices"
	"testing"

	"github.com/consensys/gnark/frontend"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
)

// TestAttackDust: a payment cut into units pays no less tax than in one piece.
func TestAttackDust(t *testing.T) {
	for _, bp := range []uint16{1, 250, 9999, 10000} {
		byOutput, byTotal := compile(3, Tax(2, bp)), compile(2, TaxByTotal(bp))
		whole := rate(bp).on(1000)
		var parts Amount
		for range 1000 {
			o, v := Values{Out: make([]Amount, 3)}, Values{Out: make([]Amount, 2)}
			o.Out[0], v.Out[0] = 1, 1
			byOutput.Complete(&o)
			byTotal.Complete(&v)
			require.Equal(t, o.Out[2], v.Due)
			parts += v.Due
		}
		require.GreaterOrEqual(t, parts, whole)
		for free, c := range map[*Circuit]Values{
			byOutput: {In: []Amount{1}, Out: []Amount{1, 0, 0}},
			byTotal:  {In: []Amount{1}, Out: []Amount{1, 0}},
		} {
			require.ErrorIs(t, free.Holds(c, Public{Limit: 1}), ErrUnsatisfied)
			require.False(t, free.Solves(c, Public{Limit: 1}))
		}
	}
}

// TestAttackTaxOnAnotherAmount: the amount that is taxed is the one that D opens to, and
// the link gives that to the payee and to whoever sums the tax. See also TestLink.
func TestAttackTaxOnAnotherAmount(t *testing.T) {
	for name, p := range map[string]payment{"an output": taxedPayment(), "by total": totalPayment()} {
		t.Run(name, func(t *testing.T) {
			honest, _ := p.link()
			p.v.Out = slices.Clone(p.v.Out)
			p.v.Out[0]++ // of the payee's coin, out of the change
			p.v.Out[1]--
			_, w := p.link()
			var e *batch.Error
			require.ErrorAs(t, linked(t, honest, w, honest), &e)
			require.Equal(t, "TX-D", e.Label)
		})
	}
}

// TestAttackTotalOutsideItsRange: one t is accepted of each amount, none below zero and none
// that makes R wrap, whatever the change.
func TestAttackTotalOutsideItsRange(t *testing.T) {
	two64 := curve.ScalarFromUint128(1, 0)
	for _, bp := range []uint16{0, 1, 250, 9999, 10000} {
		c, s := compile(2, TaxByTotal(bp)), slotsOf(2)
		for _, paid := range []Amount{0, 1, 39, 40, 41, 1<<32 - 1, 1 << 32, maxAmount - 1, maxAmount} {
			x := assign(Values{Out: []Amount{paid, maxAmount}}, Public{PublicOut: maxAmount, Limit: maxAmount}, curve.Scalar{})
			due := curve.Uint64(uint64(rate(bp).on(paid)))
			spent := unspent(x, s).Neg()
			for name, off := range map[string]curve.Scalar{
				"due": {}, "one more": curve.Uint64(1), "one less": curve.Uint64(1).Neg(), "all": curve.Uint64(uint64(paid)),
				"none": due.Neg(), "below zero": due.Neg().Sub(curve.Uint64(1)), "2^64": two64, "−2^64": two64.Neg(),
			} {
				x[s.inSum] = spent.Add(due).Add(off)
				require.Equal(t, off.IsZero(), solves(t, c, x), "%s, %d of %d", name, bp, paid)
				require.Equal(t, off.IsZero(), satisfied(c, x) == nil, "%s, %d of %d", name, bp, paid)
			}
		}
	}
}

// TestAttackFractionalTotal: a tax of a half, modulo r, is within the range of R. The
// range of the outputs refutes it, unless the inputs are fractional too, which values of
// signed coins are not: in_sum is linked to them.
func TestAttackFractionalTotal(t *testing.T) {
	c, s := compile(2, TaxByTotal(1)), slotsOf(2)
	x := assign(Values{In: []Amount{5001}, Out: []Amount{5000, 0}}, Public{Limit: maxAmount}, curve.Scalar{})
	require.True(t, solves(t, c, x))
	x[s.inSum] = curve.Uint64(5000).Add(half())
	require.True(t, solves(t, c, x), "TX-D has to link in_sum to coins")
	x[s.inSum], x[s.out+1] = curve.Uint64(5001), half()
	require.False(t, solves(t, c, x))
	require.ErrorContains(t, satisfied(c, x), "[BAL-2]")
}

// pair is two amounts of which each is the tax, a half modulo r, so that both together pay
// 1 where 2 are due; and each is no amount.
type pair struct {
	outputs int
	rules   []Rule
	x       []curve.Scalar
}

func twoTaxes() map[string]pair {
	vector := func(halves ...int) []curve.Scalar {
		v := Values{In: []Amount{5001}, Out: make([]Amount, 2+len(halves))}
		v.Out[0] = 5000 // of which a tax of one basis point is a half
		x := assign(v, Public{Limit: maxAmount}, curve.Scalar{})
		for _, j := range halves {
			x[slotsOf(len(v.Out)).out+j] = half()
		}
		return x
	}
	return map[string]pair{
		"two taxes":           {4, []Rule{Tax(2, 1), Tax(3, 1)}, vector(2, 3)},
		"a total and a tax":   {3, []Rule{Tax(2, 1), TaxByTotal(1)}, vector(2)},
		"the other way round": {3, []Rule{TaxByTotal(1), Tax(2, 1)}, vector(2)},
		"of another's":        {4, []Rule{Tax(2, 1), renamed{Tax(3, 1).(Bounder)}}, vector(2, 3)},
		"two of others":       {4, []Rule{renamed{Tax(2, 1).(Bounder)}, renamedTwice{Tax(3, 1).(Bounder)}}, vector(2, 3)},
		// beside a total, a tax without the privilege is as sound as any output
		"a total beside a checked output": {3, []Rule{TaxByTotal(1), checked{Tax(2, 1)}}, vector(2)},
	}
}

type renamedTwice struct{ Bounder }

func (renamedTwice) Name() string { return "yet another" }

// checked is a rule whose output the circuit checks.
type checked struct{ Rule }

func (checked) Name() string { return "checked" }

// TestAttackTwoBounders: one amount at most may be bounded by the balance.
func TestAttackTwoBounders(t *testing.T) {
	for name, e := range twoTaxes() {
		c, err := Compile(e.outputs, e.rules...)
		if name == "a total beside a checked output" {
			require.NoError(t, err)
			require.False(t, solves(t, c, e.x))
			require.ErrorContains(t, c.balanced(e.x), "[BAL-2]")
			continue
		}
		require.ErrorIs(t, err, ErrArgument, name)
		var r *RuleError
		require.ErrorAs(t, err, &r, name)
		require.Equal(t, e.rules[1].Name(), r.Rule, name)
		require.ErrorContains(t, err, "[RULE-BOUNDER]", name)
	}
}

// careless is a Bounder that constrains nothing.
type careless struct{}

func (careless) Name() string                            { return "careless" }
func (careless) Constrain(_ frontend.API, _ Wires) error { return nil }
func (careless) Holds(Values, Public) error              { return nil }
func (careless) Bounds() int                             { return 1 }

// vandal wipes the wires it is shown.
type vandal struct{ rule }

func (vandal) Name() string { return "vandal" }
func (vandal) Constrain(_ frontend.API, w Wires) error {
	clear(w.Out)
	return nil
}

// TestAttackSlotWithoutConstraint: a rule cannot leave a slot to the prover's choice.
func TestAttackSlotWithoutConstraint(t *testing.T) {
	_, err := Compile(2, careless{})
	require.ErrorIs(t, err, ErrArgument)
	var slot *SlotError
	require.ErrorAs(t, err, &slot)
	require.Equal(t, SlotError{Slot: "v_out[1]", Rule: "careless"}, *slot)

	c := compile(3, vandal{}, Tax(2, 250))
	require.Equal(t, taxed().relation, c.relation, "it wiped its own copy")
	for slot, n := range c.occurrences() {
		require.Positive(t, n, "slot %d", slot-1)
	}
}

// impostor is a rule under a name that may be another's.
type impostor string

func (i impostor) Name() string                          { return string(i) }
func (impostor) Constrain(_ frontend.API, _ Wires) error { return nil }
func (impostor) Holds(Values, Public) error              { return nil }

// TestAttackNameOfAnother: names say what the rules of this package are, and of others
// that they are not.
func TestAttackNameOfAnother(t *testing.T) {
	for _, name := range []string{"pays", "limited", "tax/2/250", "tax-by-total/250", "pays/2", "tax", "tax/02/250", "tax/2/250/", "tax-by-total/0250"} {
		_, err := Compile(3, impostor(name))
		var r *RuleError
		require.ErrorAs(t, err, &r, name)
		require.ErrorIs(t, err, ErrArgument)
		require.Equal(t, name, r.Rule)
		require.ErrorContains(t, err, "[RULE-NAME]")
	}
	_, err := Compile(2, impostor("mine"), impostor("mine"))
	var r *RuleError
	require.ErrorAs(t, err, &r)
	require.Equal(t, "mine", r.Rule)
	for _, name := range []string{"mine", "payset", "taxes/2/250", "x/tax/2/250"} {
		require.NotEqual(t, pay().ID(), compile(2, impostor(name)).ID())
	}
}

// TestAttackTwinThatDiffers: what the native twin lets through, the circuit stops, and no
// proof comes of it.
func TestAttackTwinThatDiffers(t *testing.T) {
	below32 := rule{"below32", func(api frontend.API, w Wires) error { api.AssertIsEqual(w.Hi, 0); return nil }}
	k := setup(compile(2, below32)) // its twin has nothing to say
	for paid, ok := range map[Amount]bool{0: true, 1: true, 1<<32 - 1: true, 1 << 32: false, maxAmount: false} {
		v, pub := Values{In: []Amount{paid}, Out: []Amount{paid, 0}}, Public{Limit: maxAmount}
		require.NoError(t, k.Circuit().Holds(v, pub))
		require.Equal(t, ok, k.Circuit().Solves(v, pub))
		p, o, err := k.Prove(nil, v, pub)
		require.Equal(t, ok, err == nil)
		if !ok {
			require.ErrorIs(t, err, ErrUnsatisfied)
			require.ErrorContains(t, err, "native twin")
			require.Nil(t, p)
			require.Nil(t, o)
		}
	}
	strict := compile(2, refusing{})
	v := Values{In: []Amount{1}, Out: []Amount{1, 0}}
	require.Error(t, strict.Holds(v, Public{Limit: 1}))
	require.True(t, strict.Solves(v, Public{Limit: 1}), "what the circuit does not say, Solves shows")
}

type refusing struct{ impostor }

func (refusing) Name() string               { return "refusing" }
func (refusing) Holds(Values, Public) error { return errors.New("no") }
