package rangeproof

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
)

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
	if len(out) != k.outputs {
		// a caller that left an output out of the link would let it be anything
		panic(fmt.Sprintf("rangeproof: link of %d outputs to a circuit with %d", len(out), k.outputs))
	}
	s := slotsOf(k.outputs)
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
