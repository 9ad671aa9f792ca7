package threshold

import (
	"cmp"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// This file is how the packages above pack shares into messages of their own. It
// takes internal types and is of no use outside the module.

// Point is S_j.
func (s *SignatureShare) Point() curve.G1 { return cmp.Or(s, &noShare).s }

// ShareOf is the share with the value p, unchecked. A point of the curve will do:
// Combine and VerifyShares check the subgroup.
func ShareOf(g Generation, j Index, p curve.G1) *SignatureShare { return &SignatureShare{g, j, p} }
