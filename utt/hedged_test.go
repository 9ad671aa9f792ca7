package utt_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/utt"
)

// TestRepeatedGeneratorRevealsNoWitness: payments with the same coins by a generator that
// repeats itself have the same presentations, and yet no commitment to nonces in common if
// they differ in anything. Two challenges on one commitment would show the witness.
func TestRepeatedGeneratorRevealsNoWitness(t *testing.T) {
	w := sharedWorld()
	seen := map[curve.G1]string{}
	var presented []curve.G1
	for _, p := range []struct {
		name, memo string
		v          utt.Amount
	}{{"a payment", "a", 120}, {"of another memo", "b", 120}, {"of another amount", "a", 130}} {
		op, commitments, shown := w.PayRepeating(p.memo, p.v)
		v, err := w.Parameters.Check(t.Context(), w.head.Time, []utt.Operation{op})
		require.NoError(t, err)
		require.NoError(t, v.Err(op), p.name)
		for _, a := range commitments {
			require.Empty(t, seen[a], p.name)
			seen[a] = p.name
		}
		if presented == nil {
			presented = shown
		}
		require.Equal(t, presented, shown, "the generator repeats itself")
	}
}

func TestNobodyPaysWithOneCoinTwice(t *testing.T) {
	require.ErrorContains(t, sharedWorld().PayTwice(), "[TX-NF-DISTINCT]")
}
