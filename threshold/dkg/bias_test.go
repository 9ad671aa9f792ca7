package dkg

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/testrand"
)

// The attack of Gennaro, Jarecki, Krawczyk and Rabin: one of four sees what the others
// contribute and withholds its own part if the lowest bit of X2 is then 0, or with it 1.
// In Joint-Feldman, where what is withheld is not in the key, the bit is 0 in three of
// four keys; here in one of two.
//
// With 256 trials and 160 as the border between them, a fair bit is taken for a biased one,
// or one biased to 3/4 for a fair one, with probability at most e^(−2·256·(1/8)²) < 0.04 %
// (Hoeffding). The seeds are fixed, so that the test itself does not fail by chance.
const (
	biasTrials = 256
	biasBorder = 160
)

func lowestBit(q curve.G2) byte {
	b := q.Append(nil)
	return b[len(b)-1] & 1
}

// jointFeldman is the key of the protocol that can be biased, a double for the test.
func jointFeldman(t *testing.T, trial int) (x2 curve.G2) {
	r := testrand.New(fmt.Sprint("joint-feldman/", trial))
	var own curve.G2
	for i := range 4 {
		a, err := curve.RandomScalar(r)
		require.NoError(t, err)
		own = curve.Generator2().Mul(a)
		if i < 3 {
			x2 = x2.Add(own)
		}
	}
	if with := x2.Add(own); lowestBit(x2) == 1 || lowestBit(with) == 0 {
		return with // it takes part
	}
	return x2
}

func TestKeysAreNotBiased(t *testing.T) {
	zeros := 0
	for trial := range biasTrials {
		zeros += 1 - int(lowestBit(jointFeldman(t, trial)))
	}
	require.Greater(t, zeros, biasBorder, "the attack succeeds on Joint-Feldman")

	zeros, withheld := 0, 0
	for trial := range biasTrials {
		w := generate(t, uint64(1000+trial), Signing(0), 2, 1, 4)
		var with curve.G2
		w.run(map[int]cheat{4: in(Open, func(w *world, p *Participant, m []byte) []byte {
			var others curve.G2
			for _, q := range w.parties {
				x := q.polynomials().Feldman().X[0]
				if with = with.Add(x); q != p {
					others = others.Add(x)
				}
			}
			if lowestBit(with) == 1 && lowestBit(others) == 0 {
				withheld++
				return nil
			}
			return m
		})})
		x2 := w.outcome().Committee.Points(0).X2
		require.Equal(t, with, x2, "what is withheld is in the key")
		zeros += 1 - int(lowestBit(x2))
	}
	require.Greater(t, withheld, biasTrials/8, "it tries")
	require.Less(t, zeros, biasBorder)
	require.Greater(t, zeros, biasTrials-biasBorder)
}
