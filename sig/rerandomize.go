package sig

import (
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// Rerandomize makes a presentation of s that hides the attributes with the given
// indices and reveals the others, with its opening. Whoever does not know the
// opening cannot tell which Signed it came from, among those with the same
// revealed attributes. The opening must be that of s, which is not checked: with
// another, the presentation does not verify. A nil reader is crypto/rand.
func (k *PublicKey) Rerandomize(rand io.Reader, s *Signed, o *Opening, hide ...int) (*Signed, *Opening, error) {
	if k.empty() || !s.complete() || o == nil {
		return nil, nil, fmt.Errorf("%w: nothing to present", ErrArgument)
	}
	c := s.Commitment
	if len(c.parts) != len(k.y2) || len(o.m) != len(c.parts) {
		return nil, nil, fmt.Errorf("%w: %d attributes and %d openings under a key for %d",
			ErrArgument, len(c.parts), len(o.m), len(k.y2))
	}
	if err := checkHidden(len(c.parts), hide); err != nil {
		return nil, nil, err
	}
	u, err := curve.RandomNonZero(rand)
	if err != nil {
		return nil, nil, err
	}
	fresh := &Opening{o.m, make([]curve.Scalar, len(o.m))}
	for _, i := range hide {
		if fresh.r[i], err = curve.RandomNonZero(rand); err != nil {
			return nil, nil, err
		}
	}
	// h' = u·h, S' = u·S + Σ a_i·Y1_i, C_i' = (u·m_i)·h + r_i'·G: one batch of sums
	sums := make([][]curve.Term, 2, 2+len(hide))
	sums[0] = []curve.Term{{Scalar: u, Point: c.base}}
	sums[1] = []curve.Term{{Scalar: u, Point: s.Signature.s}}
	for i := range o.r {
		if a := fresh.r[i].Sub(u.Mul(o.r[i])); !a.IsZero() {
			sums[1] = append(sums[1], curve.Term{Scalar: a, Point: k.y1[i]})
		}
	}
	for _, i := range hide {
		sums = append(sums, openingTerms(c.base, u.Mul(o.m[i]), fresh.r[i]))
	}
	points := curve.SumsSecret(sums)
	shown := &Commitment{points[0], make([]Part, len(o.m))}
	for i := range o.m {
		shown.parts[i] = Public(fromScalar(o.m[i]))
	}
	for n, i := range hide {
		shown.parts[i] = Hidden(points[2+n])
	}
	return &Signed{shown, &Signature{points[1]}}, fresh, nil
}
