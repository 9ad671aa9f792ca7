package curve

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// The digit of every position has one distribution, whatever the scalar: a chi-square
// of two samples each, for scalars of every shape. With fewer blinding bits it fails.
func TestDigitsAreAlikeForAllScalars(t *testing.T) {
	const samples, values = 20_000, 1 << (secretWindow + 1)
	random := rand.New(rand.NewPCG(3, 5))
	histogram := func(s Scalar, bits int) (h [2 * halfDigits][values]float64) {
		for range samples {
			a, b := random.Uint64()>>(64-bits), random.Uint64()>>(64-bits)
			k1, k2 := split(s, a, b|2)
			d1, d2 := digits(k1), digits(k2)
			for i := range halfDigits {
				h[i][int(d1[i])+values/2]++
				h[halfDigits+i][int(d2[i])+values/2]++
			}
		}
		return h
	}
	// worst is the largest chi-square of a position, in standard deviations
	worst := func(x, y [2 * halfDigits][values]float64) (z float64) {
		for i := range x {
			chi, degrees := 0.0, -1.0
			for v := range values {
				if sum := x[i][v] + y[i][v]; sum > 0 {
					chi += (x[i][v] - y[i][v]) * (x[i][v] - y[i][v]) / sum
					degrees++
				}
			}
			if degrees > 0 {
				z = max(z, (chi-degrees)/math.Sqrt(2*degrees))
			}
		}
		return z
	}
	var wide [64]byte
	for i := 0; i < len(wide); i += 8 {
		binary.BigEndian.PutUint64(wide[i:], random.Uint64())
	}
	scalars := []Scalar{{}, Uint64(1), Uint64(1 << 40), Uint64(1).Neg(), ScalarFromUint128(1, 0), ScalarFromWide(&wide)}
	first := histogram(scalars[0], blindBits)
	for i, s := range scalars {
		require.Less(t, worst(first, histogram(s, blindBits)), 6.0, "scalar %d", i)
	}
	require.Greater(t, worst(histogram(scalars[0], 8), histogram(scalars[5], 8)), 50.0, "or this test shows nothing")
}
