package sig_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/sig"
)

// everyPoint lists h, the hidden C_i and S.
func everyPoint(s *sig.Signed) []curve.G1 {
	p := []curve.G1{s.Commitment.Base(), s.Signature.Point()}
	for i := range s.Commitment.Attributes() {
		if _, public := s.Commitment.Public(i); !public {
			p = append(p, s.Commitment.Point(i))
		}
	}
	return p
}

// TestPresentationsShareNoPoint: not with the original, first of all not the first
// presentation of a signature issued on public attributes, and not with each other.
func TestPresentationsShareNoPoint(t *testing.T) {
	k := generate(t, "key", 3)
	for issued := range 8 {
		s, o := issue(t, k, "1", subset(issued)...)
		seen := map[curve.G1]bool{}
		for _, p := range everyPoint(s) {
			seen[p] = true
		}
		for shown := range 8 {
			for range 2 {
				p, _, err := k.Public().Rerandomize(nil, s, o, subset(shown)...)
				require.NoError(t, err)
				for _, q := range everyPoint(p) {
					require.False(t, q.IsIdentity())
					require.False(t, seen[q], "issued %b, shown %b", issued, shown)
					require.False(t, seen[q.Neg()], "issued %b, shown %b", issued, shown)
					seen[q] = true
				}
			}
		}
	}
}

// scalars is a reader from which RandomScalar reads the given scalars.
func scalars(list ...curve.Scalar) io.Reader {
	var b []byte
	for _, s := range list {
		b = s.Append(append(b, make([]byte, 64-curve.ScalarSize)...))
	}
	return bytes.NewReader(b)
}

// TestAnyOtherSignatureExplainsAPresentation: for a presentation of one signature
// and any other with the same revealed attributes there are u and r_i' that make
// that very presentation of the other. So it tells nothing of which it came from.
// Known discrete logarithms, a_j for base j, let the test compute them:
//
//	u_2 = u_1·a_1/a_2,  r_2,i' = (m_1,i − m_2,i)·u_1·a_1 + r_1,i'
func TestAnyOtherSignatureExplainsAPresentation(t *testing.T) {
	const l = 3
	k := generate(t, "key", l)
	rand := testrand.New("unlinkable")
	draw := func() curve.Scalar {
		s, err := curve.RandomNonZero(rand)
		require.NoError(t, err)
		return s
	}
	for shown := range 1 << l {
		for issued := range 1 << l { // what was hidden when they were issued does not matter
			make1 := func(m []sig.Attribute, hidden int) (*sig.Signed, *sig.Opening, curve.Scalar) {
				a := draw()
				r := make([]curve.Scalar, l)
				for _, i := range subset(hidden) {
					r[i] = draw()
				}
				o := sig.NewOpening(m, r)
				c, err := sig.CommitOpening(curve.Generator().Mul(a), o, subset(hidden)...)
				require.NoError(t, err)
				s, err := k.Sign(c)
				require.NoError(t, err)
				return &sig.Signed{Commitment: c, Signature: s}, o, a
			}
			m1, m2 := attributes(l), attributes(l)
			for _, i := range subset(shown) {
				m2[i] = attr.FromScalar(draw())
			}
			s1, o1, a1 := make1(m1, issued)
			s2, o2, a2 := make1(m2, (1<<l-1)&^issued)

			u := draw()
			random1, random2 := []curve.Scalar{u}, []curve.Scalar{u.Mul(a1).Mul(a2.Inverse())}
			for _, i := range subset(shown) {
				r := draw()
				random1 = append(random1, r)
				random2 = append(random2, m1[i].Scalar().Sub(m2[i].Scalar()).Mul(u).Mul(a1).Add(r))
			}
			p1, _, err := k.Public().Rerandomize(scalars(random1...), s1, o1, subset(shown)...)
			require.NoError(t, err)
			p2, _, err := k.Public().Rerandomize(scalars(random2...), s2, o2, subset(shown)...)
			require.NoError(t, err)
			require.Equal(t, p1, p2, "shown %b, issued %b", shown, issued)
			require.False(t, s1.Commitment.Equal(s2.Commitment))
		}
	}
}

// TestRandomnessDeterminesAPresentation: other u or r_i' give another one, so that
// the map of the test above is one to one and uniform randomness makes a uniform
// presentation.
func TestRandomnessDeterminesAPresentation(t *testing.T) {
	k := generate(t, "key", 2)
	s, o := issue(t, k, "1", 0)
	base := []curve.Scalar{curve.Uint64(2), curve.Uint64(3), curve.Uint64(5)}
	show := func(r ...curve.Scalar) []curve.G1 {
		p, _, err := k.Public().Rerandomize(scalars(r...), s, o, 0, 1)
		require.NoError(t, err)
		return everyPoint(p)
	}
	want := show(base...)
	for i := range base {
		r := append([]curve.Scalar(nil), base...)
		r[i] = r[i].Add(curve.Uint64(1))
		got := show(r...)
		require.NotEqual(t, want, got)
		require.Equal(t, i > 0, got[0] == want[0], "h' depends on u alone")
	}
}
