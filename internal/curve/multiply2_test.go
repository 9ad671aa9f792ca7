package curve

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
)

// points2 are in the subgroup but for every third.
func points2(n int) []G2 {
	points := make([]G2, n)
	for i := range points {
		points[i] = HashToG2("UTT-V1/test/point2", []byte{byte(i)})
		if i%3 == 2 {
			points[i] = points[i].Add(FromG2Affine(testrand.SmallOrder2(13)))
		}
	}
	return points
}

func TestHashToG2(t *testing.T) {
	// RFC 9380, appendix J.10.1, of the message "abc"
	q := HashToG2("QUUX-V01-CS02-with-BLS12381G2_XMD:SHA-256_SSWU_RO_", []byte("abc"))
	require.Equal(t, "2c2d18e033b960562aae3cab37a27ce00d80ccd5ba4b7fe0e7a210245129dbec7780ccc7954725f4168aff2787776e6", q.q.X.A0.Text(16))
	require.True(t, q.InSubgroup())
}

func TestMSM2(t *testing.T) {
	require.Equal(t, G2{}, MSM2(nil))
	for _, n := range []int{1, 2, 7, 31, 32, 70} {
		terms, want := make([]Term2, n), G2{}
		for i, q := range points2(n) {
			terms[i] = Term2{random(t, "msm2", n)[i], q}
			switch i % 5 {
			case 1:
				terms[i].Scalar = Uint64(uint64(i))
			case 2:
				terms[i].Scalar = Scalar{}
			case 3:
				terms[i].Scalar = Uint64(uint64(i)).Neg()
			}
			want = want.Add(naive2(terms[i].Scalar.big(), q))
		}
		require.Equal(t, want, MSM2(terms), n)
	}
	q := Generator2()
	require.Equal(t, G2{}, MSM2([]Term2{{Uint64(5), q}, {Uint64(5).Neg(), q}}))
	require.Equal(t, G2{}, MSM2([]Term2{{Uint64(5), G2{}}}))
}

func TestEvaluate(t *testing.T) {
	points := points2(6)
	first := make([]G1, 6)
	for i := range first {
		first[i] = HashToG1("UTT-V1/test/point", []byte{byte(i)}).Add(FromG1Affine(testrand.SmallOrder(11)))
	}
	for _, x := range []uint64{0, 1, 2, 3, 10, 32, 1 << 16} {
		power, sum1, sum2 := Uint64(1), G1{}, G2{}
		for k := range points {
			sum2 = sum2.Add(naive2(power.big(), points[k]))
			sum1 = sum1.Add(naive(power.big(), first[k]))
			power = power.Mul(Uint64(x))
		}
		require.Equal(t, sum2, Evaluate2(points, x))
		require.Equal(t, sum1, Evaluate(first, x))
	}
	require.Equal(t, G1{}, Evaluate(nil, 3))
	require.Equal(t, G2{}, Evaluate2(nil, 3))
}

func BenchmarkMSM2(b *testing.B) {
	terms := make([]Term2, 0, 420)
	for _, s := range random(b, "bench", 420) {
		terms = append(terms, Term2{s, HashToG2("UTT-V1/test/point2", []byte("bench"))})
	}
	for name, n := range map[string]int{"7": 7, "31": 31, "42": 42, "420": 420} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				MSM2(terms[:n])
			}
		})
	}
	b.Run("member", func(b *testing.B) {
		for b.Loop() {
			terms[0].Point.InSubgroup()
		}
	})
}
