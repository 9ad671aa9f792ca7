package curve

import (
	"math/big"
	"testing"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
	"github.com/stretchr/testify/require"
)

// cofactor2 is the number of points of the twist by r, a polynomial in the curve's
// parameter.
func cofactor2() *big.Int {
	x := new(big.Int).SetUint64(x0)
	x.Neg(x)
	h := new(big.Int)
	for _, c := range []int64{1, -4, 5, 0, -4, 6, -4, -4, 13} {
		h.Mul(h, x).Add(h, big.NewInt(c))
	}
	return h.Div(h, big.NewInt(9))
}

// naive2 is s·q by double and add.
func naive2(s *big.Int, q G2) (z G2) {
	var sum bls12381.G2Jac
	for i := s.BitLen() - 1; i >= 0; i-- {
		sum.DoubleAssign()
		if s.Bit(i) == 1 {
			sum.AddMixed(&q.q)
		}
	}
	z.q.FromJacobian(&sum)
	return z
}

func TestLeastOrderOffG2(t *testing.T) {
	h := cofactor2()
	require.True(t, naive2(new(big.Int).Mul(h, fr.Modulus()), offSubgroup2()).IsIdentity(), "the order of the twist")
	divides := func(p int64) bool { return new(big.Int).Mod(h, big.NewInt(p)).Sign() == 0 }
	for p := int64(2); p < subgroup2Bases; p++ {
		require.False(t, divides(p), "%d", p)
	}
	require.True(t, divides(subgroup2Bases))
}

// order13 is a point of the least order off G2.
func order13(t *testing.T) G2 {
	n := new(big.Int).Mul(cofactor2(), fr.Modulus())
	for p := big.NewInt(subgroup2Bases); new(big.Int).Mod(n, p).Sign() == 0; {
		n.Div(n, p)
	}
	q := naive2(n, offSubgroup2())
	require.False(t, q.IsIdentity(), "another point is needed")
	for {
		next := naive2(big.NewInt(subgroup2Bases), q)
		if next.IsIdentity() {
			return q
		}
		q = next
	}
}

func TestSubgroup2AgreesWithTheSingleTest(t *testing.T) {
	g, low := Generator2(), order13(t)
	for _, n := range []int{2, subgroup2Batch - 1, subgroup2Batch, 300} {
		points := make([]G2, n)
		p := g
		for i := range points {
			if points[i] = p; i%17 == 5 {
				points[i] = G2{}
			}
			p = p.Add(g)
		}
		require.True(t, Subgroup2(points), "%d points", n)
		for name, bad := range map[string][]G2{
			"alone":    {offSubgroup2()},
			"order 13": {low},
			"plus G":   {low.Add(g)},
			"pair":     {low, naive2(big.NewInt(12), low)},
		} {
			spoilt := append([]G2(nil), points...)
			for i, q := range bad {
				require.False(t, q.InSubgroup())
				spoilt[i*n/2] = q
			}
			for range 3 {
				require.False(t, Subgroup2(spoilt), "%s among %d", name, n)
			}
		}
	}
}

// TestSmallMultiples: the sum of a pass is that of the multiples, and of the 13 multiples of
// a point of order 13 one alone hides it.
func TestSmallMultiples(t *testing.T) {
	g, low := Generator2(), order13(t)
	hidden := 0
	for c := range byte(subgroup2Bases) {
		sum := smallMultiples([]G2{low, g}, []byte{c, 5})
		var got G2
		got.q.FromJacobian(&sum)
		require.Equal(t, naive2(big.NewInt(int64(c)), low).Add(naive2(big.NewInt(5), g)), got)
		if sum.IsInSubGroup() {
			hidden++
		}
	}
	require.Equal(t, 1, hidden)
	b := make([]byte, 5000)
	below13(b)
	var counts [subgroup2Bases]int
	for _, c := range b {
		counts[c]++
	}
	for c, n := range counts {
		require.InDelta(t, len(b)/subgroup2Bases, n, 120, "%d", c)
	}
}
