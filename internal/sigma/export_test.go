package sigma

import (
	"io"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/transcript"
)

// ProveWithNonces is Prove with chosen nonces and with shift[k], if there is one,
// added to commitment k: what a cheating or rewound prover does.
func (s *Statement) ProveWithNonces(t *transcript.Transcript, w Witness, nonces []curve.Scalar, shift map[int]curve.G1) (*Proof, curve.Scalar, error) {
	values, err := s.assign(w)
	if err != nil {
		return nil, curve.Scalar{}, err
	}
	s.bind(t)
	p := new(Proof)
	for k, r := range s.relations {
		p.Commitments = append(p.Commitments, combine(r.secrets, nonces).Add(shift[k]))
	}
	c := s.challenge(t, p)
	for v := range values {
		p.Responses = append(p.Responses, nonces[v].Add(c.Mul(values[v])))
	}
	return p, c, nil
}

// Nonces are those that Prove draws.
func (s *Statement) Nonces(rand io.Reader, t *transcript.Transcript, w Witness) ([]curve.Scalar, error) {
	values, err := s.assign(w)
	if err != nil {
		return nil, err
	}
	s.bind(t)
	return s.nonces(rand, t, values)
}

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
