package rangeproof

import (
	"cmp"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
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

// Claim claims
//
//	[TX-G16]  e(A, B) = e(α, β) · e(K_0 + D + Σ public x_k·K_k, γ) · e(C, δ)
//
// and that A and B are in their subgroups. What C and D hold off it no check sees,
// and nobody computes with them again. It means nothing unless knowledge of an
// opening of D is shown as well, with [TX-D].
func (k *VerifyingKey) Claim(claims *batch.Claims, p *Proof, pub Public) {
	const label = "TX-G16"
	if !claims.Require(label, p != nil && !k.empty(), "no proof or no key") {
		return
	}
	claims.InG1(label, p.a)
	claims.InG2(label, p.b)
	pairs := make([]batch.Pair, 0, 8)
	pairs = append(pairs,
		batch.Pair{P: p.a, Var: p.b},
		batch.Pair{P: k.negAlpha, Q: k.beta},
		batch.Pair{P: k.negPublic[0], Q: k.gamma},
		batch.Pair{P: p.d.Neg(), Q: k.gamma},
		batch.Pair{P: p.c.Neg(), Q: k.delta})
	// the same points for every proof: a batch merges them
	for i, x := range pub.scalars() {
		if !x.IsZero() {
			pairs = append(pairs, batch.Pair{P: k.negPublic[1+i], Times: &x, Q: k.gamma})
		}
	}
	claims.Pairing(label, pairs...) // [TX-G16]
}

// BudgetVars are the budget before and after.
type BudgetVars struct{ In, Out sigma.Var }

// Link states that D opens to the values of a statement:
//
//	[TX-D]  D = (Σ v_i)·K_in + Σ v_out,j·K_out,j + b·K_b + b_out·K_b' + lo·K_lo + hi·K_hi + ρ·K_ρ
//
// for in the v_i and out the v_out,j, one for each output of the circuit. A nil
// budget leaves its two slots out: D then opens with b = b_out = 0.
func (k *VerifyingKey) Link(st *sigma.Statement, d curve.G1, in, out []sigma.Var, budget *BudgetVars, lo, hi, rho sigma.Var) {
	if len(out) != k.Outputs() {
		// a caller that left an output out of the link would let it be anything
		panic(fmt.Sprintf("rangeproof: link of %d outputs to a circuit with %d", len(out), k.Outputs()))
	}
	s := slotsOf(k.Outputs())
	secrets := make([]sigma.Secret, 0, len(in)+len(out)+5)
	add := func(slot int, v sigma.Var) {
		secrets = append(secrets, sigma.Secret{Var: v, Base: k.k[1+slot]})
	}
	for _, v := range in {
		add(s.inSum, v)
	}
	for j, v := range out {
		add(s.out+j, v)
	}
	if budget != nil {
		add(s.budgetIn, budget.In)
		add(s.budgetOut, budget.Out)
	}
	add(s.lo, lo)
	add(s.hi, hi)
	add(s.rho, rho)
	st.Relation("TX-D", sigma.Point(d), secrets...)
}
