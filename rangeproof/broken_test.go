//go:build uttbroken

package rangeproof

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
)

// TestBrokenCircuit takes each equation out of the circuit and demands that its
// cheats then pass: the negative tests fail for the reason they name.
func TestBrokenCircuit(t *testing.T) {
	for name, c := range cheats() {
		t.Run(c.label+"/"+name, func(t *testing.T) {
			x := c.vector(t)
			restore := batch.Break(c.label)
			broken := compile(2)
			restore()
			require.True(t, solves(t, broken, x))
			require.NotEqual(t, pay().ID(), broken.ID())
		})
	}
}

func TestBrokenTwoTaxes(t *testing.T) {
	restore := batch.Break("BAL-2")
	c, x := twoTaxes()
	restore()
	require.True(t, solves(t, c, x))
}

// TestBrokenRho: without a constraint on ρ there is no key.
func TestBrokenRho(t *testing.T) {
	restore := batch.Break("BAL-RHO")
	c := compile(2)
	restore()
	_, _, err := SetupSingleParty(context.Background(), c)
	require.ErrorIs(t, err, ErrKey)
	require.ErrorContains(t, err, "K_8 is 0")
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
