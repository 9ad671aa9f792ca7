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
	if k == nil || !s.complete() || o == nil {
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
	base := curve.SumSecret(curve.Term{Scalar: u, Point: c.base})
	fresh := &Opening{o.m, make([]curve.Scalar, len(o.m))}
	for _, i := range hide {
		if fresh.r[i], err = curve.RandomNonZero(rand); err != nil {
			return nil, nil, err
		}
	}
	shown, err := CommitOpening(base, fresh, hide...)
	if err != nil {
		return nil, nil, err
	}
	terms := []curve.Term{{Scalar: u, Point: s.Signature.s}}
	for i := range o.r {
		if a := fresh.r[i].Sub(u.Mul(o.r[i])); !a.IsZero() {
			terms = append(terms, curve.Term{Scalar: a, Point: k.y1[i]})
		}
	}
	return &Signed{shown, &Signature{curve.SumSecret(terms...)}}, fresh, nil
}
