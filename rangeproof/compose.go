package rangeproof

import (
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// This file and link.go are how package utt composes proofs of balance. They take
// internal types and are of no use outside the module.

// ProofSize is the length of a proof inside another encoding: A, B, C, D.
const ProofSize = 3*curve.G1Size + curve.G2Size

// Append appends A, B, C, D, without a version.
func (p *Proof) Append(b []byte) []byte {
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
func (p *Proof) Commitment() curve.G1 { return p.d }

// Lo and Hi are the halves of output 0, Rho is ρ: the variables of [TX-D] that are
// not values of coins.
func (o *Opening) Lo() curve.Scalar { return o.x[slotsOf(o.outputs).lo] }

// Hi is the upper half of output 0.
func (o *Opening) Hi() curve.Scalar { return o.x[slotsOf(o.outputs).hi] }

// Rho is ρ.
func (o *Opening) Rho() curve.Scalar { return o.x[slotsOf(o.outputs).rho] }
