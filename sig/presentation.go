package sig

import (
	"fmt"
	"io"
	"slices"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// Presentation is one in the making: what it takes is drawn, and nothing computed. It
// serves a proof about the presentation, whose commitments are computed together with it.
type Presentation struct {
	key     *PublicKey
	from    *Signed
	opening *Opening // of from
	hide    []int
	u       curve.Scalar
	fresh   *Opening
}

// Format prints "redacted".
func (p Presentation) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (p Presentation) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// Present draws the randomness of Rerandomize.
func (k *PublicKey) Present(rand io.Reader, s *Signed, o *Opening, hide ...int) (*Presentation, error) {
	if k.empty() || !s.complete() || o == nil {
		return nil, fmt.Errorf("%w: nothing to present", ErrArgument)
	}
	c := s.Commitment
	if len(c.parts) != len(k.y2) || len(o.m) != len(c.parts) {
		return nil, fmt.Errorf("%w: %d attributes and %d openings under a key for %d",
			ErrArgument, len(c.parts), len(o.m), len(k.y2))
	}
	if err := checkHidden(len(c.parts), hide); err != nil {
		return nil, err
	}
	u, err := curve.RandomNonZero(rand)
	if err != nil {
		return nil, err
	}
	fresh := &Opening{o.m, make([]curve.Scalar, len(o.m))}
	for _, i := range hide {
		if fresh.r[i], err = curve.RandomNonZero(rand); err != nil {
			return nil, err
		}
	}
	return &Presentation{k, s, o, slices.Clone(hide), u, fresh}, nil
}

func (p *Presentation) empty() bool { return p == nil || p.from == nil }

// Opening is that of the presentation.
func (p *Presentation) Opening() *Opening {
	if p.empty() {
		return nil
	}
	return p.fresh
}
