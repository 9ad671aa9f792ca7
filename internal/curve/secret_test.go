package curve

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// Sums of one shape, in lanes and not: of points that have nothing to do with each other, and of
// such that are multiples by what digits are, of which some additions are exceptional.
func TestSumsSecretInLanes(t *testing.T) {
	own := HashManyToG1("UTT-V1/test/many", make([][]byte, 40))
	for i := range own {
		own[i] = own[i].Mul(Uint64(uint64(i + 1)))
	}
	h := own[39]
	s := append(edgeScalars(), random(t, "sums in lanes", 60)...)
	for _, n := range []int{1, fewSecretSums - 1, fewSecretSums, 8, 9, sumsAtOnce, sumsAtOnce + 5} {
		for m := range 5 {
			sums := make([][]Term, n)
			for i := range sums {
				for k := range m {
					sums[i] = append(sums[i], Term{s[(7*i+5*k)%len(s)], own[(i*m+k)%39]})
				}
			}
			checkSumsSecret(t, sums)
		}
	}
	// as many points for a digit, of other tables
	checkSumsSecret(t, [][]Term{
		{{s[1], own[1]}, {s[2], own[2]}, {s[3], own[3]}}, {{s[4], own[4]}, {s[5], own[5]}},
		{{s[6], own[5]}}, {{s[7], own[5]}}, {{s[8], own[6]}, {s[9], own[7]}, {s[10], own[8]}},
	})
	checkSumsSecret(t, [][]Term{
		{{s[1], own[1]}, {s[2], own[2]}, {s[3], own[3]}}, {{s[4], own[4]}, {s[5], own[5]}},
		{{s[8], own[6]}, {s[9], own[7]}, {s[10], own[8]}}, {{s[8], own[9]}, {s[9], Generator()}},
	})
	related := []G1{h.Neg(), h.Mul(Uint64(2)), h.Mul(Uint64(3)).Neg(), endomorphism(h), endomorphism(h).Neg(), {}}
	for _, p := range related {
		sums := make([][]Term, 10)
		for i := range sums {
			sums[i] = []Term{{s[40+i], own[i]}, {s[50+i], own[10+i]}}
		}
		for _, i := range []int{0, 9} {
			sums[i] = []Term{{s[60], h}, {s[61], p}}
			checkSumsSecret(t, sums)
		}
		sums[5] = []Term{{s[60], h}, {s[60].Neg(), h}} // the identity
		checkSumsSecret(t, sums)
	}
}

func endomorphism(p G1) G1 {
	p.p.X.Mul(&p.p.X, &glvBeta)
	return p
}

func checkSumsSecret(t *testing.T, sums [][]Term) {
	t.Helper()
	got, scalar := inLanes(t, func() []G1 { return SumsSecret(sums) })
	require.Equal(t, scalar, got)
	for i := range sums {
		require.Equal(t, MSM(sums[i]), got[i], "sum %d", i)
	}
}

// What lanes do not add they leave to others, and change nothing.
func TestSumsInLanesRefuse(t *testing.T) {
	own := HashManyToG1("UTT-V1/test/many", make([][]byte, 40))
	for i := range own {
		own[i] = own[i].Mul(Uint64(uint64(i + 1)))
	}
	s := random(t, "refused", 20)
	made := func(p G1, of Scalar) bool {
		sums := make([][]Term, 9)
		for i := range sums {
			sums[i] = []Term{{s[i], own[2*i]}, {s[9+i], own[2*i+1]}}
		}
		sums[8] = []Term{{s[8], own[0]}, {of, p}}
		ok, _ := inLanes(t, func() bool {
			a := additions{keep: true}
			defer a.release()
			prepared, space := a.prepare(sums)
			defer space.giveBackSecret()
			if !lanes {
				return fitsLanes(prepared)
			}
			require.True(t, fitsLanes(prepared))
			out := make([]G1, len(sums))
			made := a.sumsInLanes(out, prepared)
			if !made {
				require.Equal(t, make([]G1, len(sums)), out)
			}
			return made
		})
		return ok
	}
	require.True(t, made(own[39], s[19]))
	require.False(t, made(G1{}, s[19]))
	require.False(t, made(own[0].Neg(), s[8]), "the identity")
	for _, q := range []int64{3, 11} {
		require.False(t, made(smallOrder(q), s[19]))
	}
}

// What a pool gets from secret sums is cleared.
func TestSumsInLanesForget(t *testing.T) {
	own := HashManyToG1("UTT-V1/test/many", make([][]byte, 16))
	for i := range own {
		own[i] = own[i].Mul(Uint64(uint64(i + 1)))
	}
	inLanes(t, func() []G1 {
		if !lanes {
			return nil
		}
		sums := make([][]Term, 8)
		for i, s := range random(t, "forgotten", 8) {
			sums[i] = []Term{{s, own[2*i]}, {s, own[2*i+1]}}
		}
		a := additions{keep: true}
		prepared, space := a.prepare(sums)
		out := make([]G1, len(sums))
		require.True(t, a.sumsInLanes(out, prepared))
		space.giveBackSecret()
		work := a.lanes
		require.NotEmpty(t, work.points)
		a.release()
		for _, p := range work.points {
			require.Zero(t, p)
		}
		for _, sum := range work.chords[:cap(work.chords)] {
			require.Zero(t, sum)
		}
		vectors := reflect.ValueOf(&work.adder).Elem().FieldByName("vectors")
		for i := range vectors.Len() {
			require.True(t, vectors.Index(i).IsZero())
		}
		return nil
	})
}

// BenchmarkSumsSecret is 32 sums of three points, as shares of signatures are.
func BenchmarkSumsSecret(b *testing.B) {
	points := HashManyToG1("UTT-V1/test/many", make([][]byte, 96))
	for i := range points {
		points[i] = points[i].Mul(Uint64(uint64(i + 1)))
	}
	scalars := random(b, "secret sums", 3)
	sums := make([][]Term, 32)
	for i := range sums {
		for k, s := range scalars {
			sums[i] = append(sums[i], Term{s, points[3*i+k]})
		}
	}
	for b.Loop() {
		SumsSecret(sums)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(sums)), "ns/sum")
}
