package curve

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/ifma"
	"github.com/utt-ecash/utt-go/internal/testrand"
)

// These tests compute in lanes wherever they run: without the instructions, in Go.

// inLanes is what f computes in lanes, and with scalar code.
func inLanes[T any](t testing.TB, f func() T) (T, T) {
	before := lanes
	defer func() { lanes = before }()
	lanes = true
	a := f()
	lanes = false
	return a, f()
}

// strangers are points as strangers choose them: the identity, points of the subgroup, of
// small order and with a part of small order, and the opposites of all.
func strangers(seed string) (points []G1) {
	points = []G1{{}, Generator(), HashToG1("UTT-V1/test/point", []byte(seed))}
	for _, q := range []int64{3, 11} {
		p := smallOrder(q)
		points = append(points, p, p.Add(p), FromG1Affine(testrand.OffSubgroup(q)))
	}
	for _, p := range points {
		points = append(points, p.Neg())
	}
	return points
}

func TestAdditionsInLanes(t *testing.T) {
	all := strangers("additions")
	for _, n := range []int{1, fewLaneSums - 1, fewLaneSums, 100, 2*laneSumsAtOnce + 3} {
		sums := func() []G1 {
			source := rand.New(rand.NewPCG(1, uint64(n)))
			p, q := make([]G1, n), make([]G1, n)
			var a additions
			for i := range p {
				p[i], q[i] = all[source.IntN(len(all))], all[source.IntN(len(all))]
				if i < len(all)*len(all) && n > 100 {
					p[i], q[i] = all[i/len(all)], all[i%len(all)] // every pair
				}
				want := p[i].Add(q[i])
				defer func() { require.Equal(t, want, p[i]) }()
				a.add(&p[i].p, &q[i].p)
			}
			a.flush()
			return p
		}
		got, want := inLanes(t, sums)
		require.Equal(t, want, got)
	}
}

func TestMapInLanes(t *testing.T) {
	source := rand.New(rand.NewPCG(3, 1))
	u := make([]fp.Element, 60)
	for i := range u {
		u[i].SetUint64(source.Uint64())
		u[i].Square(&u[i])
	}
	u[0].SetZero()
	u[3].SetZero()
	u[4].SetOne()
	u[5].SetOne() // one point twice
	u[6] = u[8]
	u[7].Neg(&u[6]) // opposite points
	u[10].SetZero()
	u[11].SetZero()
	u[13].SetOne()
	u[13].Neg(&u[13])
	for n := 0; n <= len(u); n += 2 {
		got, want := inLanes(t, func() []G1 { return mapToG1(u[:n]) })
		require.Equal(t, want, got)
	}
	require.True(t, mapToG1(u)[3].IsIdentity())
	got, want := inLanes(t, func() []G1 { return HashManyToG1("UTT-V1/test/many", [][]byte{{1}, {2}, {3}}) })
	require.Equal(t, want, got)
}

// Chains of different lengths and with gaps, with the identity, points of small order, and
// points that are equal or opposite to the sum that they are added to.
func TestHornerInLanes(t *testing.T) {
	all := strangers("horner")
	source := rand.New(rand.NewPCG(4, 1))
	for round := range 60 {
		n, window := 1+round%19, []int{1, secretWindow}[round%2]
		rows := make([][][]bls12381.G1Affine, n)
		want := make([]G1, n)
		for k := range rows {
			rows[k] = make([][]bls12381.G1Affine, source.IntN(5))
			var sum G1
			for i := len(rows[k]) - 1; i >= 0; i-- {
				sum = naive(pow2(uint(window)), sum)
				p := all[source.IntN(len(all))]
				switch source.IntN(8) {
				case 0:
					p = sum
				case 1:
					p = sum.Neg()
				case 2:
					continue
				}
				sum = sum.Add(p)
				rows[k][i] = []bls12381.G1Affine{p.p, all[1].p}
			}
			want[k] = sum
		}
		got, scalar := inLanes(t, func() []G1 {
			jac := make([]bls12381.G1Jac, n)
			horner(jac, rows, window)
			out := make([]G1, n)
			for k := range out {
				out[k].p.FromJacobian(&jac[k])
			}
			return out
		})
		require.Equal(t, want, scalar)
		require.Equal(t, want, got)
	}
}

func TestSumsInLanes(t *testing.T) {
	scalars := append(edgeScalars(), random(t, "lanes", 20)...)
	hashed := HashManyToG1("UTT-V1/test/many", [][]byte{{1}, {2}, {3}, {4}, {5}})
	points := append(strangers("sums"), hashed...)
	source := rand.New(rand.NewPCG(5, 1))
	pick := func(points []G1, most int) (terms []Term) {
		for range source.IntN(most + 1) {
			terms = append(terms, Term{scalars[source.IntN(len(scalars))], points[source.IntN(len(points))]})
		}
		return terms
	}
	var public, secret [][]Term
	for range 40 {
		public = append(public, pick(points, 6), pick(points, 1))
		secret = append(secret, pick(append(hashed, G1{}, Generator()), 4))
	}
	public = append(public, pick(points, 600))
	got, want := inLanes(t, func() []G1 { return MSMs(public) })
	require.Equal(t, want, got)
	got, want = inLanes(t, func() []G1 { return SumsSecret(secret) })
	require.Equal(t, want, got)
	require.Equal(t, MSMs(secret), got)
	// one point in all places: every addition of the tables' points may be exceptional
	for i := range secret {
		secret[i] = nil
		for range 4 {
			secret[i] = append(secret[i], Term{scalars[i%3], hashed[0]}, Term{scalars[i%3].Neg(), hashed[0].Neg()})
		}
	}
	got, want = inLanes(t, func() []G1 { return SumsSecret(secret) })
	require.Equal(t, want, got)
	require.Equal(t, MSMs(secret), got)
}

func TestSubgroupInLanes(t *testing.T) {
	in := []G1{{}, Generator(), Generator().Mul(Uint64(7)), Generator().Neg()}
	var out []G1
	for _, q := range testrand.SmallOrders {
		p := smallOrder(q)
		out = append(out, p, p.Add(Generator()), p.Neg())
	}
	require.True(t, Subgroup(in))
	for n := 1; n <= ifma.Lanes; n++ {
		for first := range out {
			points, want := mixed(in, out, n, first)
			require.Equal(t, want, subgroupInLanes(points)&(1<<n-1))
			one, scalar := inLanes(t, func() bool { return Subgroup(points) })
			require.Equal(t, n == 1, one)
			require.Equal(t, scalar, one)
		}
	}
}

// mixed is n points, of which every third is one of out, and the set of those of in.
func mixed[P any](in, out []P, n, first int) (points []P, want uint8) {
	points = make([]P, n)
	for l := range points {
		if l%3 != 1 {
			points[l] = in[(first+l)%len(in)]
			want |= 1 << l
		} else {
			points[l] = out[(first+l)%len(out)]
		}
	}
	return points, want
}

func TestSubgroup2InLanes(t *testing.T) {
	in := []G2{{}, Generator2(), Generator2().Mul(Uint64(7)), Generator2().Mul(Uint64(1).Neg())}
	out := []G2{FromG2Affine(testrand.OffSubgroup2())}
	for _, q := range testrand.SmallOrders2 {
		p := FromG2Affine(testrand.SmallOrder2(q))
		out = append(out, p, p.Add(Generator2()))
	}
	require.True(t, Subgroup2(in))
	for n := 1; n <= ifma.Lanes; n++ {
		for first := range out {
			points, want := mixed(in, out, n, first)
			require.Equal(t, want, subgroup2InLanes(points)&(1<<n-1))
			one, scalar := inLanes(t, func() bool { return Subgroup2(points) })
			require.Equal(t, n == 1, one)
			require.Equal(t, scalar, one)
		}
	}
}

// Loops in lanes and in scalar code have one value after the final exponentiation.
func TestMillerInLanes(t *testing.T) {
	scalars := random(t, "miller", 40)
	for _, n := range []int{0, 1, 2, 3, 7, 8, 9, 17, 33} {
		var pairs []Pair
		for i := range n {
			pairs = append(pairs, Pair{Generator().Mul(scalars[i]), Generator2().Mul(scalars[39-i])})
			switch {
			case n > 8 && i == 3:
				pairs[i].P = G1{}
			case n > 8 && i == 6:
				pairs[i].Q = G2{}
			}
		}
		got, want := inLanes(t, func() bls12381.GT {
			f := millerLoop(pairs)
			return bls12381.FinalExponentiation(&f)
		})
		require.Equal(t, want, got, "%d pairs", n)
		require.Equal(t, n > 0, !got.IsOne())
	}
}

func TestFixedSumsInLanes(t *testing.T) {
	points := append(HashManyToG1("UTT-V1/test/many", make([][]byte, 1)), Generator(), Generator().Neg())
	scalars := append(edgeScalars(), random(t, "fixed", 20)...)
	var some []G1
	for i := range scalars {
		some = append(some, points[i%len(points)])
	}
	msm := NewFixedMSM(some, 7)
	sum := NewFixedSum(points[0], some, points)
	got, want := inLanes(t, func() []G1 {
		return append(SumsFixed(
			FixedValue{sum, scalars, []byte{1, 0, 1}},
			FixedValue{sum, scalars, []byte{0, 0, 0}},
			FixedValue{sum, make([]Scalar, len(scalars)), []byte{1, 1, 1}}), msm.Sum(scalars))
	})
	require.Equal(t, want, got)
}

// FuzzLanes adds points in an order that the input chooses, among them all that are
// exceptional.
func FuzzLanes(f *testing.F) {
	all := strangers("fuzz")
	f.Add([]byte("equal and opposite"), uint64(7))
	f.Add([]byte{0, 0, 1, 1, 1, 8, 3, 10, 3, 3, 5, 12}, uint64(0))
	f.Fuzz(func(t *testing.T, choice []byte, scalar uint64) {
		var terms []Term
		for i, c := range choice[:min(len(choice), 200)] {
			terms = append(terms, Term{Uint64(scalar >> (i % 64) * uint64(1+c>>4)), all[int(c)%len(all)]})
		}
		got, want := inLanes(t, func() string {
			var a additions
			buckets := [][]bls12381.G1Affine{nil}
			for _, t := range terms {
				buckets[0] = append(buckets[0], t.Point.p)
			}
			a.addBuckets(buckets)
			return fmt.Sprint(MSM(terms), MSMs([][]Term{terms[:len(terms)/2], terms[len(terms)/2:], terms[:len(terms)/3]}), buckets)
		})
		require.Equal(t, want, got)
	})
}

// After secret sums, what the pool gives to others is zero; after public ones it need not.
func TestLanesForgetSecrets(t *testing.T) {
	for _, public := range []bool{true, false} {
		inLanes(t, func() []G1 {
			if !lanes {
				return nil
			}
			points := HashManyToG1("UTT-V1/test/many", make([][]byte, 2*fewLaneSums))
			for i := range points {
				points[i] = points[i].Mul(Uint64(uint64(i + 1)))
			}
			a := additions{public: public, lanes: new(laneAdditions)}
			for i := range fewLaneSums {
				a.add(&points[2*i].p, &points[2*i+1].p)
			}
			own := a.lanes
			a.flush()
			for _, s := range append(own.chords[:cap(own.chords)], own.tangents[:cap(own.tangents)]...) {
				require.Zero(t, s)
			}
			vectors := reflect.ValueOf(&own.adder).Elem().FieldByName("vectors")
			require.Positive(t, vectors.Len())
			cleared := true
			for i := range vectors.Len() {
				cleared = cleared && vectors.Index(i).IsZero()
			}
			require.Equal(t, !public, cleared)
			return nil
		})
	}
}
