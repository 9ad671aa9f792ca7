//go:build uttbroken

package rangeproof

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
)

// breakAll takes the checks of labels out until the returned function is called.
func breakAll(labels ...string) (restore func()) {
	var all []func()
	for _, l := range labels {
		all = append(all, batch.Break(l))
	}
	return func() {
		for _, r := range all {
			r()
		}
	}
}

// TestBrokenCircuit takes each equation out of the circuit and demands that its
// cheats then pass: the negative tests fail for the reason they name.
func TestBrokenCircuit(t *testing.T) {
	for name, c := range cheats() {
		t.Run(c.label+"/"+name, func(t *testing.T) {
			circuit, x := c.vector(t)
			restore := breakAll(c.label, "RULE-SLOT") // without an equation, slots may be in none
			broken := c.circuit()
			restore()
			require.True(t, solves(t, broken, x))
			require.NotEqual(t, circuit.ID(), broken.ID())
		})
	}
}

// TestBrokenTotal: were t not what the inputs hold beyond the outputs, anything could be
// made of nothing. Nor would there be a key: no constraint has in_sum.
func TestBrokenTotal(t *testing.T) {
	lie := Values{Out: []Amount{0, 1 << 63}}
	require.False(t, solves(t, compile(2, TaxByTotal(250)), assign(lie, Public{}, curve.Scalar{})))
	defer batch.Break("TAX-1")()
	_, err := Compile(2, TaxByTotal(250))
	var slot *SlotError
	require.ErrorAs(t, err, &slot)
	require.Equal(t, "in_sum", slot.Slot)
	defer batch.Break("RULE-SLOT")()
	require.True(t, solves(t, compile(2, TaxByTotal(250)), assign(lie, Public{}, curve.Scalar{})))
}

// TestBrokenTwoTaxes: two amounts whose range is left to the balance.
func TestBrokenTwoTaxes(t *testing.T) {
	defer batch.Break("RULE-BOUNDER")()
	for name, e := range twoTaxes() {
		believed := name != "a total beside a checked output"
		require.Equal(t, believed, solves(t, compile(e.outputs, e.rules...), e.x), name)
	}
}

// TestBrokenTotalBesideATax: the same with the range of outputs taken out.
func TestBrokenTotalBesideATax(t *testing.T) {
	e := twoTaxes()["a total beside a checked output"]
	require.False(t, solves(t, compile(e.outputs, e.rules...), e.x))
	defer batch.Break("BAL-2")()
	require.True(t, solves(t, compile(e.outputs, e.rules...), e.x))
}

// TestBrokenSlots: without a constraint on ρ, or on what a rule should bound, no circuit
// is compiled; were it, then without ρ there is no key, and the output can be anything.
func TestBrokenSlots(t *testing.T) {
	restore := batch.Break("BAL-RHO")
	_, err := Compile(2)
	var slot *SlotError
	require.ErrorAs(t, err, &slot)
	require.Equal(t, "ρ", slot.Slot)
	off := batch.Break("RULE-SLOT")
	c := compile(2)
	restore()
	_, _, err = SetupSingleParty(context.Background(), c)
	require.ErrorIs(t, err, ErrKey)
	require.ErrorContains(t, err, "K_8 is 0")

	c = compile(2, careless{})
	off()
	x := assign(Values{In: []Amount{10}, Out: []Amount{11, 0}}, Public{Limit: 11}, curve.Scalar{})
	x[slotsOf(2).out+1] = curve.Uint64(1).Neg()
	require.True(t, solves(t, c, x), "11 out of 10")
}

// TestBrokenNames: a circuit that says it has a rule, and has not.
func TestBrokenNames(t *testing.T) {
	defer batch.Break("RULE-NAME")()
	c := compile(2, impostor("pays"))
	require.True(t, c.Pays())
	require.True(t, c.Solves(Values{In: []Amount{1}, Out: []Amount{0, 1}}, Public{}))
}

func TestBrokenClaim(t *testing.T) {
	p := limitedPayment()
	p.pub.PublicOut++
	require.ErrorContains(t, p.claim(), "[TX-G16]")
	defer batch.Break("TX-G16")()
	require.NoError(t, p.claim())
}

func TestBrokenLink(t *testing.T) {
	st, w := limitedPayment().link()
	w["in0"] = w["in0"].Add(curve.Uint64(1))
	require.ErrorContains(t, linked(t, st, w, st), "[TX-D]")
	defer batch.Break("TX-D")()
	require.NoError(t, linked(t, st, w, st))
}
