package sigma

import "github.com/utt-ecash/utt-go/internal/curve"

// This file is the simulator: why proofs show nothing of the witness. It is for tests; a
// challenge that comes of a transcript cannot be chosen.

// Simulate makes the proof that verifies for the challenge c and any responses,
// without a witness.
func (s *Statement) Simulate(c curve.Scalar, responses []curve.Scalar) *Proof {
	p := &Proof{Responses: responses}
	for _, r := range s.relations {
		a := curve.MSM(r.public).Mul(c).Neg()
		p.Commitments = append(p.Commitments, a.Add(combine(r.secrets, responses)))
	}
	return p
}

// Holds evaluates the verification equations for the challenge c.
func (s *Statement) Holds(p *Proof, c curve.Scalar) bool {
	for k, r := range s.relations {
		left := p.Commitments[k].Add(curve.MSM(r.public).Mul(c))
		if !left.Equal(combine(r.secrets, p.Responses)) {
			return false
		}
	}
	return true
}
