package rangeproof

import (
	"fmt"
	"io"

	"github.com/consensys/gnark-crypto/ecc"
	"github.com/consensys/gnark/backend/witness"
	cs "github.com/consensys/gnark/constraint/bls12-381"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
)

// Prove shows that the values satisfy the circuit. The error is ErrUnsatisfied,
// naming the equation, if they do not, and ErrArgument for a budget without a
// budgeted proof: D would commit to it, and the link to the coins leaves it out.
//
// ρ is read from rand, crypto/rand if nil. The randomness of (A, B, C) is always
// crypto/rand's: the same seed does not give the same proof.
//
// The first proof with a key takes 0.1 s more, for tables of some 7 megabytes that the key
// keeps.
func (k *ProvingKey) Prove(rand io.Reader, v Values, pub Public) (*Proof, *Opening, error) {
	if k.empty() {
		return nil, nil, fmt.Errorf("%w: an empty proving key", ErrKey)
	}
	if err := k.circuit.Holds(v, pub); err != nil {
		return nil, nil, err
	}
	if !pub.Budgeted && (v.BudgetIn != 0 || v.BudgetOut != 0) {
		return nil, nil, fmt.Errorf("%w: a budget in an unbudgeted proof", ErrArgument)
	}
	rho, err := curve.RandomScalar(rand)
	if err != nil {
		return nil, nil, err
	}
	x := assign(v, pub, rho)
	w, err := newWitness(x)
	if err != nil {
		return nil, nil, err
	}
	solution, err := k.circuit.r1cs.Solve(w)
	if err != nil {
		// gnark's text would show the values
		return nil, nil, fmt.Errorf("%w: the circuit rejects what its native twin accepts", ErrUnsatisfied)
	}
	r, err := curve.RandomScalar(nil)
	if err != nil {
		return nil, nil, err
	}
	s, err := curve.RandomScalar(nil)
	if err != nil {
		return nil, nil, err
	}
	k.once.Do(func() { k.prover = k.newProver() })
	o := &Opening{k.circuit.Outputs(), x[:slotsOf(k.circuit.Outputs()).committed()]}
	return k.prover.prove(solution.(*cs.R1CSSolution), o.x, r, s), o, nil
}

// Solves reports whether the constraints alone accept values that have the circuit's
// form, whatever the rules' native twins say. It is for tests of rules: it must be true
// exactly if Holds returns nil. What is Due, which has no slot, must be right.
func (c *Circuit) Solves(v Values, pub Public) bool {
	if c.fits(v) != nil {
		return false
	}
	x := assign(v, pub, curve.Scalar{})
	return c.due(v, x) && c.solves(x)
}

// solves reports whether the constraints accept a vector.
func (c *Circuit) solves(x []curve.Scalar) bool {
	w, err := newWitness(x)
	return err == nil && c.r1cs.IsSolved(w) == nil
}

// newWitness hands the input vector to gnark.
func newWitness(x []curve.Scalar) (witness.Witness, error) {
	w, err := witness.New(ecc.BLS12_381.ScalarField())
	if err != nil {
		return nil, err
	}
	elements := make(chan any, len(x))
	for _, s := range x {
		elements <- s.Element()
	}
	close(elements)
	return w, w.Fill(len(x), 0, elements)
}

// commit is D = Σ x_i·K_i + ρ·K_ρ over the committed slots.
func (k *VerifyingKey) commit(o *Opening) curve.G1 {
	terms := make([]curve.Term, len(o.x))
	for i, x := range o.x {
		terms[i] = curve.Term{Scalar: x, Point: k.k[1+i]}
	}
	return curve.SumSecret(terms...)
}

// VerifyOpened verifies a proof whose opening is shown, as to an auditor who may
// see the values: D is recomputed, and [TX-G16] verified for pub. The error is
// ErrInvalid.
//
// There is no Verify for a proof alone: who does not know an opening of D has
// proven nothing. (A, B, C) = (α, β + t·δ, t·α) satisfies [TX-G16] with
// D = −K_0 − Σ public x_k·K_k for any t. Package utt shows knowledge with [TX-D].
func (k *VerifyingKey) VerifyOpened(p *Proof, o *Opening, pub Public) error {
	if o == nil || k.empty() || o.outputs != k.Outputs() {
		return fmt.Errorf("%w: [TX-D] no opening of this circuit", ErrInvalid)
	}
	if p == nil || !p.d.Equal(k.commit(o)) {
		return fmt.Errorf("%w: [TX-D] D does not open so", ErrInvalid)
	}
	var claims batch.Claims
	k.Claim(&claims, p, pub)
	if err := batch.One(&claims); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}
