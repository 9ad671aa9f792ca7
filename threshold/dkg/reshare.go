package dkg

import (
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/threshold/dkg/internal/secret"
)

// claimConstant claims [RES-CONST]: an old party deals its own share, whose public part
// everybody has.
func (s *Session) claimConstant(c *batch.Claims, i OldIndex, f *secret.Feldman) {
	old := s.terms.Old.public(i)
	same := len(f.X) == 0 || f.X[0] == old.X2
	same = same && sameFirst(f.G1, old.G1) && sameFirst(f.Y2, old.Y2)
	c.Require("RES-CONST", same, "the constant terms are not the old share of dealer %d", i)
}

// sameFirst reports whether the first coefficients are these points.
func sameFirst[P curve.G1 | curve.G2](f [][]P, points []P) bool {
	return slices.EqualFunc(f, points, func(c []P, p P) bool { return len(c) > 0 && c[0] == p })
}

// sameKey reports [RES-SAME]: the group's key is the old one, all of it.
func (s *Session) sameKey(p *secret.Public) bool {
	if s.terms.Old == nil || !batch.Enforced("RES-SAME") {
		return true
	}
	old := s.terms.Old.group()
	return p.X2 == old.X2 && slices.Equal(p.G1, old.G1) && slices.Equal(p.Y2, old.Y2)
}
