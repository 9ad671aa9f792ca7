package rangeproof

import (
	"cmp"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// This file and link.go are how package utt composes proofs of balance. They take
// internal types and are of no use outside the module.

// ProofSize is the length of a proof inside another encoding: A, B, C, D.
const ProofSize = 3*curve.G1Size + curve.G2Size

// Append appends A, B, C, D, without a version.
func (p *Proof) Append(b []byte) []byte {
	p = cmp.Or(p, &noProof)
	return p.d.Append(p.c.Append(p.b.Append(p.a.Append(b))))
}

// ReadProof decodes what Append made. No point may be the identity, which an
// honest proof has with negligible probability; all are on their curves, and Claim
// sees to the subgroups, as far as they matter.
func ReadProof(r *wire.Reader) Proof {
	var p Proof
	p.a = curve.ReadG1(r)
	p.b = curve.ReadG2(r)
	p.c = curve.ReadG1(r)
	p.d = curve.ReadG1(r)
	return p
}

// Commitment is D.
func (p *Proof) Commitment() curve.G1 { return cmp.Or(p, &noProof).d }

// Lo and Hi are the halves of output 0, Rho is ρ: the variables of [TX-D] that are
// not values of coins.
func (o *Opening) Lo() curve.Scalar { return o.slot(func(s slots) int { return s.lo }) }

// Hi is the upper half of output 0.
func (o *Opening) Hi() curve.Scalar { return o.slot(func(s slots) int { return s.hi }) }

// Rho is ρ.
func (o *Opening) Rho() curve.Scalar { return o.slot(func(s slots) int { return s.rho }) }

// slot is a committed slot, 0 of an empty opening.
func (o *Opening) slot(which func(slots) int) curve.Scalar {
	if o == nil || len(o.x) == 0 {
		return curve.Scalar{}
	}
	return o.x[which(slotsOf(o.outputs))]
}
