package ifma

import (
	"math/big"
	"math/rand/v2"
	"testing"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/stretchr/testify/require"
)

// points are some of the curve.
func points(n int, seed uint64) []bls12381.G1Affine {
	source := rand.New(rand.NewPCG(seed, 8))
	out := make([]bls12381.G1Affine, n)
	for i := range out {
		for { // off the subgroup as a rule
			x := random(source)
			var y fp.Element
			y.Square(&x).Mul(&y, &x)
			four := fp.NewElement(4)
			if y.Add(&y, &four); y.Sqrt(&y) != nil {
				out[i] = bls12381.G1Affine{X: x, Y: y}
				break
			}
		}
	}
	return out
}

func TestAdder(t *testing.T) {
	eachWay(t, func(t *testing.T) {
		a := new(Adder)
		for _, n := range []int{0, 1, 7, 8, 9, 100, 512} {
			p, q := points(n, 1), points(n, 2)
			want, twice := make([]bls12381.G1Affine, n), make([]bls12381.G1Affine, n)
			sums := make([]Sum, n)
			for i := range sums {
				want[i].Add(&p[i], &q[i])
				twice[i].Double(&q[i])
				sums[i] = Sum{&p[i], &q[i]}
			}
			require.True(t, a.Add(sums, nil))
			require.Equal(t, want, p)
			for i := range sums {
				sums[i] = Sum{&q[i], &q[i]}
			}
			require.True(t, a.Add(nil, sums))
			require.Equal(t, twice, q)
			// both at once
			p, q = points(n, 1), points(n, 2)
			for i := range sums {
				sums[i] = Sum{&p[i], &q[i]}
				if i%3 == 0 {
					want[i].Double(&p[i])
				}
			}
			var chords, tangents []Sum
			for i, s := range sums {
				if i%3 == 0 {
					tangents = append(tangents, Sum{s.P, s.P})
				} else {
					chords = append(chords, s)
				}
			}
			require.True(t, a.Add(chords, tangents))
			require.Equal(t, want, p)
		}
	})
}

// A sum that the formula cannot make stops all, and nothing has changed.
func TestAdderRefuses(t *testing.T) {
	eachWay(t, func(t *testing.T) {
		a := new(Adder)
		for _, at := range []int{0, 5, 8, 40} {
			p, q := points(41, 1), points(41, 2)
			for _, opposite := range []bool{false, true} {
				q[at] = p[at]
				if opposite {
					q[at].Neg(&p[at])
				}
				sums := make([]Sum, len(p))
				for i := range sums {
					sums[i] = Sum{&p[i], &q[i]}
				}
				before, other := append([]bls12381.G1Affine{}, p...), append([]bls12381.G1Affine{}, q...)
				require.False(t, a.Add(sums, nil))
				require.Equal(t, before, p)
				require.Equal(t, other, q)
			}
		}
		// the curve has no point with y = 0, but what is not a point may come
		p := points(3, 1)
		p[1].Y = fp.Element{}
		before := append([]bls12381.G1Affine{}, p...)
		require.False(t, a.Add(nil, []Sum{{&p[0], &p[0]}, {&p[1], &p[1]}, {&p[2], &p[2]}}))
		require.Equal(t, before, p)
	})
}

// Coordinates 0, and points of order 3: the sums of what is at the edge.
func TestAdderEdges(t *testing.T) {
	var order3 bls12381.G1Affine // x = 0, y = 2
	order3.Y.SetUint64(2)
	require.True(t, order3.IsOnCurve())
	order := new(big.Int)
	order.SetString("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001", 16)
	eachWay(t, func(t *testing.T) {
		a := new(Adder)
		p := points(1, 3)[0]
		got, want := order3, bls12381.G1Affine{}
		want.Add(&order3, &p)
		require.True(t, a.Add([]Sum{{&got, &p}}, nil))
		require.Equal(t, want, got)
		got = order3
		want.Neg(&order3)
		require.True(t, a.Add(nil, []Sum{{&got, &got}}))
		require.Equal(t, want, got, "2P = −P")
	})
}

func BenchmarkAdder(b *testing.B) {
	p, q := points(512, 1), points(512, 2)
	sums := make([]Sum, len(p))
	for i := range sums {
		sums[i] = Sum{&p[i], &q[i]}
	}
	a := new(Adder)
	for b.Loop() {
		a.Add(sums, nil)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/512, "ns/sum")
}

// Sums from words into lanes, and of lanes, are those that gnark-crypto makes; what the
// formula cannot add stops all before anything has changed.
func TestAdderInLanes(t *testing.T) {
	eachWay(t, func(t *testing.T) {
		a := new(Adder)
		require.True(t, a.AddTo(nil, nil))
		require.True(t, a.AddPoints(nil, nil))
		for _, n := range []int{1, 2, 9} {
			p, q, r := points(n*Lanes, 1), points(n*Lanes, 2), points(n*Lanes, 3)
			before := append([]bls12381.G1Affine{}, p...)
			var chords, others []Sum
			for i := range p {
				chords, others = append(chords, Sum{&p[i], &q[i]}), append(others, Sum{&r[i], &q[i]})
			}
			one, two := make([]AffinePoints, n), make([]AffinePoints, n)
			require.True(t, a.AddTo(one, chords))
			require.True(t, a.AddTo(two, others))
			require.Equal(t, before, p)
			require.True(t, a.AddPoints(one, two)) // p + q + r + q
			require.True(t, a.AddPoints(one, two)) // p + 2q + 2r + q
			for i := range one {
				var set, added Points
				set.SetAffinePoints(&one[i])
				from := lanesOf(p[i*Lanes:])
				added.Load(&from)
				added.AddAffine(&one[i])
				for l, got := range set.affine() {
					at := i*Lanes + l
					var want, other bls12381.G1Affine
					want.Add(&p[at], &q[at])
					other.Add(&r[at], &q[at])
					want.Add(&want, &other)
					want.Add(&want, &other)
					require.Equal(t, want, got)
					want.Add(&want, &p[at])
					require.Equal(t, want, added.affine()[l])
				}
			}
			same := append([]AffinePoints{}, one...)
			for l := range Lanes { // equal points in one lane, the same number or not
				for j := range same[n-1].X {
					two[n-1].X[j][l], two[n-1].Y[j][l] = one[n-1].X[j][l], one[n-1].Y[j][l]
				}
				if l%2 == 0 {
					v := one[n-1].X.number(l)
					two[n-1].X.setNumber(l, v.Add(v, fp.Modulus()))
				}
				require.False(t, a.AddPoints(one, two))
				require.Equal(t, same, one)
				two[n-1].X[0][l] ^= 1
				require.True(t, a.AddPoints(append([]AffinePoints{}, one...), two))
			}
			q[n*Lanes-1].Neg(&p[n*Lanes-1])
			require.False(t, a.AddTo(one, chords))
			require.Equal(t, same, one)
		}
		a.Clear()
		for i := range a.vectors {
			require.Zero(t, a.vectors[i])
		}
		require.Zero(t, *a.scratch)
	})
}
