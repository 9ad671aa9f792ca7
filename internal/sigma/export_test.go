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
