package sig

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// Signature is S = x·h + Σ y_i·C_i.
type Signature struct{ s curve.G1 }

// Equal reports whether two signatures are the same.
func (s *Signature) Equal(t *Signature) bool { return s.s == t.s }

// Signed is a commitment with its signature: issued, plain or presented.
type Signed struct {
	Commitment *Commitment
	Signature  *Signature
}

// Sign signs a commitment. It is deterministic. The caller answers for two
// things: that no other message is ever signed under the commitment's base, and
// that the owner proved knowledge of the hidden attributes.
func (k *SecretKey) Sign(c *Commitment) (*Signature, error) {
	if c == nil || len(c.parts) != len(k.y) || c.base.IsIdentity() {
		return nil, fmt.Errorf("%w: commitment for another number of attributes than %d", ErrArgument, len(k.y))
	}
	// public attributes are multiples of the base: one scalar for all of them
	onBase := k.x
	terms := make([]curve.Term, 1, 1+len(k.y))
	for i, p := range c.parts {
		if p.hidden {
			terms = append(terms, curve.Term{Scalar: k.y[i], Point: p.point})
		} else {
			onBase = onBase.Add(k.y[i].Mul(p.value.Scalar()))
		}
	}
	terms[0] = curve.Term{Scalar: onBase, Point: c.base}
	return &Signature{curve.SumSecret(terms...)}, nil
}
