package curve

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// fixedPoints are n points of the subgroup.
func fixedPoints(name string, n int) []G1 {
	points := make([]G1, n)
	for i := range points {
		points[i] = HashToG1("UTT-V1/test/point", fmt.Append(nil, name, i))
	}
	return points
}

func randomBits(src *rand.Rand, n int) []byte {
	bits := make([]byte, n)
	for i := range bits {
		bits[i] = byte(src.IntN(2))
	}
	return bits
}

// TestFixedSums: sums of every shape, computed together, for bits and scalars of every
// kind, zeros and ones throughout among them.
func TestFixedSums(t *testing.T) {
	src := rand.New(rand.NewPCG(1, 2))
	constant := HashToG1("UTT-V1/test/point", []byte("constant"))
	edges := edgeScalars()
	var values []FixedValue
	var want []G1
	for _, shape := range [][2]int{{0, 0}, {0, 1}, {1, 0}, {2, 4}, {1, 5}, {3, 6}, {0, 23}} {
		scalars, bits := fixedPoints("scalar", shape[0]), fixedPoints("bit", shape[1])
		for _, c := range []G1{{}, constant} {
			f := NewFixedSum(c, scalars, bits)
			for k := range 6 {
				v := FixedValue{Sum: f, Bits: randomBits(src, len(bits)), Scalars: make([]Scalar, len(scalars))}
				sum := c
				for i := range scalars {
					v.Scalars[i] = edges[src.IntN(len(edges))]
					sum = sum.Add(naive(v.Scalars[i].big(), scalars[i]))
				}
				for j := range bits {
					if k < 2 {
						v.Bits[j] = byte(k)
					}
					if v.Bits[j] == 1 {
						sum = sum.Add(bits[j])
					}
				}
				values, want = append(values, v), append(want, sum)
			}
		}
	}
	require.Equal(t, want, SumsFixed(values...))
	require.Equal(t, want[len(want)-1:], SumsFixed(values[len(values)-1]))
	require.Empty(t, SumsFixed())
}

func TestFixedSum2(t *testing.T) {
	src := rand.New(rand.NewPCG(3, 4))
	g := Generator2()
	point := func(i int) G2 { return g.Mul(Uint64(uint64(1000 + 17*i))) }
	scalars, bits := []G2{point(1), point(2)}, []G2{}
	for i := range 12 {
		bits = append(bits, point(10+i))
	}
	f := NewFixedSum2(point(0), scalars, bits)
	for k, s := range append(edgeScalars(), random(t, "G2", 5)...) {
		b := randomBits(src, len(bits))
		if k < 2 {
			for j := range b {
				b[j] = byte(k)
			}
		}
		sum := point(0).Add(scalars[0].Mul(s)).Add(scalars[1].Mul(s.Neg().Add(Uint64(3))))
		for j := range b {
			if b[j] == 1 {
				sum = sum.Add(bits[j])
			}
		}
		require.Equal(t, sum, f.Value([]Scalar{s, s.Neg().Add(Uint64(3))}, b))
	}
	require.Equal(t, point(7), NewFixedSum2(point(7), nil, nil).Value(nil, nil))
}

// TestEveryEntryIsChosen: a subset table has a point for every group of bits, and the
// choice does not branch on which.
func TestEveryEntryIsChosen(t *testing.T) {
	f := NewFixedSum(G1{}, nil, fixedPoints("bit", bitGroup))
	for n := range int32(1 << bitGroup) {
		require.Equal(t, f.subsets[n], choose(f.subsets, n))
		require.False(t, f.subsets[n].IsInfinity(), "an addition that is left out would show")
		for m := range int32(1 << bitGroup) {
			require.Equal(t, n == m, same(n, m) == 1)
			require.Equal(t, n != m, same(n, m) == 0)
		}
	}
}

func TestFixedMSM(t *testing.T) {
	points := append(fixedPoints("many", 40), Generator(), Generator(), Generator().Neg(), G1{})
	for _, window := range []int{2, 5, 8, 10, 11} {
		f := NewFixedMSM(points, window)
		for k := range 4 {
			scalars := append(random(t, fmt.Sprint("many", k), len(points)-len(edgeScalars())%len(points)), edgeScalars()...)[:len(points)]
			if k == 3 {
				clear(scalars)
			}
			var want G1
			for i, s := range scalars {
				want = want.Add(naive(s.big(), points[i]))
			}
			require.Equal(t, want, f.Sum(scalars), "window %d", window)
		}
	}
	require.Equal(t, G1{}, NewFixedMSM(nil, 10).Sum(nil))
}

func TestSignedDigits(t *testing.T) {
	for _, window := range []int{2, 3, 5, 10, 12} {
		digits := make([]int16, scalarBits/window+1)
		for _, s := range append(edgeScalars(), random(t, "digits", 20)...) {
			signedDigits(digits, s, window)
			sum := new(big.Int)
			for i := len(digits) - 1; i >= 0; i-- {
				require.LessOrEqual(t, digits[i], int16(1)<<(window-1))
				require.Greater(t, digits[i], -int16(1)<<(window-1))
				sum.Lsh(sum, uint(window)).Add(sum, big.NewInt(int64(digits[i])))
			}
			require.Zero(t, s.big().Cmp(sum))
		}
	}
}

// TestBuffersOfSecretsAreCleared: what secrets selected does not stay for the next user.
func TestBuffersOfSecretsAreCleared(t *testing.T) {
	b := borrow(3)
	b.points[1] = g1Generator
	points := b.points
	b.giveBackSecret()
	for i := range points {
		require.True(t, points[i].IsInfinity())
	}
	require.Len(t, borrow(5).points, 5)
}

func TestFixedSumsRefuseOtherLengths(t *testing.T) {
	f := NewFixedSum(G1{}, fixedPoints("scalar", 1), fixedPoints("bit", 1))
	require.Panics(t, func() { SumsFixed(FixedValue{Sum: f, Scalars: []Scalar{Uint64(1)}}) })
	require.Panics(t, func() { SumsFixed(FixedValue{Sum: f, Bits: []byte{1}}) })
	require.Panics(t, func() { NewFixedMSM(fixedPoints("many", 2), 10).Sum([]Scalar{Uint64(1)}) })
}
