package sig

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// Signature is S = x·h + Σ y_i·C_i.
type Signature struct{ s curve.G1 }

// Equal reports whether two signatures are the same.
func (s *Signature) Equal(t *Signature) bool {
	if s == nil || t == nil {
		return s == t
	}
	return s.s == t.s
}

// Signed is a commitment with its signature: issued, plain or presented.
type Signed struct {
	Commitment *Commitment
	Signature  *Signature
}

func (s *Signed) complete() bool { return s != nil && s.Commitment != nil && s.Signature != nil }

// Sign signs a commitment. It is deterministic. The caller answers for three
// things: that no other message is ever signed under the commitment's base, that
// the owner proved knowledge of the hidden attributes, and that every point is in
// the subgroup, as it is after Commit and UnmarshalBinary.
func (k *SecretKey) Sign(c *Commitment) (*Signature, error) {
	s, err := k.SignBatch([]*Commitment{c})
	if err != nil {
		return nil, err
	}
	return s[0], nil
}

// SignBatch is Sign for many commitments, on the calling goroutine. It shares the
// field inversions and signs all or none.
func (k *SecretKey) SignBatch(c []*Commitment) ([]*Signature, error) {
	if k.empty() {
		return nil, fmt.Errorf("%w: the key is empty", ErrArgument)
	}
	sums := make([][]curve.Term, len(c))
	for i := range c {
		var err error
		if sums[i], err = k.terms(c[i]); err != nil {
			return nil, err
		}
	}
	signatures := make([]*Signature, len(c))
	for i, s := range curve.SumsSecret(sums) {
		signatures[i] = &Signature{s}
	}
	return signatures, nil
}

// terms are those of S = x·h + Σ y_i·C_i.
func (k *SecretKey) terms(c *Commitment) ([]curve.Term, error) {
	switch {
	case c == nil || c.base.IsIdentity():
		return nil, fmt.Errorf("%w: the commitment is empty", ErrArgument)
	case len(c.parts) != len(k.y):
		return nil, fmt.Errorf("%w: %d attributes under a key for %d", ErrArgument, len(c.parts), len(k.y))
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
	return terms, nil
}
