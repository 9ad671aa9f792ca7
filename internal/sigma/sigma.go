// Package sigma proves systems of linear relations over shared secret variables
// (generalised Schnorr, Maurer's unified proof), made non-interactive by a
// transcript.
//
// A Statement lists relations Y_k = Σ x_v·B_kv between public points and secret
// variables; prover and verifier build it with the same function. A proof holds
// the commitments A_k = Σ n_v·B_kv for random nonces n_v and the responses
// z_v = n_v + c·x_v for the challenge c, and is valid if for every k
//
//	A_k + c·Y_k − Σ z_v·B_kv = 0
//
// Commitments and responses, rather than challenge and responses, make many
// proofs verifiable with one multi-scalar multiplication.
package sigma

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// ErrWitness is returned by Check for a witness that does not satisfy the
// statement, and by Prove and Check for one without a value for a variable.
var ErrWitness = errors.New("sigma: the witness does not satisfy the statement")

// Var is a secret variable of a statement.
type Var int

// Secret is the product of a variable and a public point, which the verifier claims or
// knows to be in the subgroup.
type Secret struct {
	Var   Var
	Base  curve.G1
	times *curve.Scalar // by Scale
}

// Statement is a list of relations over shared variables.
type Statement struct {
	names     map[string]Var
	relations []relation
}

type relation struct {
	label   string
	public  []curve.Term
	secrets []Secret
}

// Var is the variable with a name; the same name is the same variable.
func (s *Statement) Var(name string) Var {
	if s.names == nil {
		s.names = make(map[string]Var)
	}
	v, ok := s.names[name]
	if !ok {
		v = Var(len(s.names))
		s.names[name] = v
	}
	return v
}

// Relation states Σ public = Σ x_v·B_v. Its label is that of the equation in the
// protocol document.
func (s *Statement) Relation(label string, public []curve.Term, secrets ...Secret) {
	s.relations = append(s.relations, relation{label, public, secrets})
}

// Scale multiplies a base wherever it occurs. It serves drafts, in which the base stands for
// a multiple of it that is not computed yet: see Commit.
func (s *Statement) Scale(base curve.G1, by curve.Scalar) {
	for _, r := range s.relations {
		for i := range r.secrets {
			if r.secrets[i].Base == base {
				r.secrets[i].times = &by
			}
		}
	}
}

// Size is the number of relations and of variables.
func (s *Statement) Size() (relations, variables int) { return len(s.relations), len(s.names) }

// Point is a public side that is a single point.
func Point(p curve.G1) []curve.Term { return []curve.Term{{Scalar: curve.Uint64(1), Point: p}} }

// Witness assigns values to the variables by name.
type Witness map[string]curve.Scalar

// Proof is the commitments, one per relation, and the responses, one per variable.
type Proof struct {
	Commitments []curve.G1
	Responses   []curve.Scalar
}

// Prove shows that the witness satisfies the statement, which the caller knows or
// has from Check: else the proof is invalid and tells how far off the witness is.
// The transcript must hold all that the proof is to be bound to; the statement
// itself is added here. The nonces are hedged: they derive from fresh randomness,
// the witness and the transcript, so that neither a broken generator nor a
// repeated one reveals the witness.
func (s *Statement) Prove(rand io.Reader, t *transcript.Transcript, w Witness) (*Proof, error) {
	n, sums, err := s.Commit(rand, t, w)
	if err != nil {
		return nil, err
	}
	return s.respond(t, n, curve.SumsSecret(sums)), nil
}

// Nonces are those of a proof that waits for its challenge. They answer one.
type Nonces struct{ values, nonces []curve.Scalar }

// Format prints "redacted".
func (n Nonces) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// Commit is the first half of Prove, for a prover who computes the commitments together
// with points of the statement. The statement is then a draft: it may lack its public
// sides and have bases that Scale multiplies. It is added to a transcript that serves the
// nonces only. With the witness, that must determine everything that the challenge will
// depend on, so that nonces never meet two challenges, not even if rand repeats itself.
// The sums, which SumsSecret computes, are the commitments for Respond.
func (s *Statement) Commit(rand io.Reader, t *transcript.Transcript, w Witness) (*Nonces, [][]curve.Term, error) {
	values, err := s.assign(w)
	if err != nil {
		return nil, nil, err
	}
	s.bind(t)
	nonces, err := s.nonces(rand, t, values)
	if err != nil {
		return nil, nil, err
	}
	sums := make([][]curve.Term, len(s.relations))
	for k, r := range s.relations {
		sums[k] = assigned(r.secrets, nonces)
	}
	return &Nonces{values, nonces}, sums, nil
}

// Respond is the second half: the statement is complete now and has the variables of the
// draft in their order, and the transcript is that of Prove. It panics if the nonces have
// answered before, or are of a statement of another size.
func (s *Statement) Respond(t *transcript.Transcript, n *Nonces, commitments []curve.G1) *Proof {
	s.bind(t)
	return s.respond(t, n, commitments)
}

func (s *Statement) respond(t *transcript.Transcript, n *Nonces, commitments []curve.G1) *Proof {
	if len(n.nonces) != len(s.names) || len(commitments) != len(s.relations) {
		panic("sigma: nonces used twice, or of another statement")
	}
	p := &Proof{commitments, make([]curve.Scalar, len(n.values))}
	c := s.challenge(t, p)
	for v := range n.values {
		p.Responses[v] = n.nonces[v].Add(c.Mul(n.values[v]))
	}
	clear(n.nonces)
	n.nonces = nil
	return p
}

// Check reports whether the witness satisfies every relation, naming the first
// that it does not.
func (s *Statement) Check(w Witness) error {
	values, err := s.assign(w)
	if err != nil {
		return err
	}
	for _, r := range s.relations {
		if !curve.MSM(r.public).Equal(combine(r.secrets, values)) {
			return fmt.Errorf("%w: [%s]", ErrWitness, r.label)
		}
	}
	return nil
}

// Verify claims that a proof is valid. A commitment may lie off the subgroup:
// see batch.Claims.Relation.
func (s *Statement) Verify(claims *batch.Claims, t *transcript.Transcript, p *Proof) {
	if !claims.Require("SIGMA", p != nil, "no proof") ||
		!claims.Require("SIGMA", len(p.Commitments) == len(s.relations) && len(p.Responses) == len(s.names),
			"proof of %d relations in %d variables where %d in %d are stated",
			len(p.Commitments), len(p.Responses), len(s.relations), len(s.names)) {
		return
	}
	s.bind(t)
	c := s.challenge(t, p)
	negated := make([]curve.Scalar, len(p.Responses))
	for v := range negated {
		negated[v] = p.Responses[v].Neg()
	}
	one := curve.Uint64(1)
	for k, r := range s.relations {
		terms, bases := make([]curve.Term, 0, 1+len(r.public)), make([]curve.Term, 0, len(r.secrets))
		terms = append(terms, curve.Term{Scalar: one, Point: p.Commitments[k]})
		for _, y := range r.public {
			terms = append(terms, curve.Term{Scalar: c.Mul(y.Scalar), Point: y.Point})
		}
		for _, x := range r.secrets {
			bases = append(bases, curve.Term{Scalar: negated[x.Var], Point: x.Base})
		}
		claims.Relation(r.label, terms, bases...)
	}
}

// bind adds the statement to the transcript: labels, shapes, points, scalars.
func (s *Statement) bind(t *transcript.Transcript) {
	const most = 4 + curve.ScalarSize + curve.G1Size // of a term
	room := 4
	for _, r := range s.relations {
		room += 4 + len(r.label) + 8 + most*(len(r.public)+len(r.secrets))
	}
	b := wire.AppendUint32(make([]byte, 0, room), uint32(len(s.names)))
	for _, r := range s.relations {
		b = wire.AppendBytes(b, []byte(r.label))
		b = wire.AppendUint32(b, uint32(len(r.public)))
		for _, y := range r.public {
			b = y.Point.Append(y.Scalar.Append(b))
		}
		b = wire.AppendUint32(b, uint32(len(r.secrets)))
		for _, x := range r.secrets {
			b = x.Base.Append(wire.AppendUint32(b, uint32(x.Var)))
			if x.times != nil {
				b = x.times.Append(b)
			}
		}
	}
	t.Append("statement", b)
}

func (s *Statement) challenge(t *transcript.Transcript, p *Proof) curve.Scalar {
	t.AppendPoints("commitments", p.Commitments...)
	return t.Challenge("sigma")
}

func (s *Statement) assign(w Witness) ([]curve.Scalar, error) {
	values := make([]curve.Scalar, len(s.names))
	for name, v := range s.names {
		x, ok := w[name]
		if !ok {
			return nil, fmt.Errorf("%w: no value for %s", ErrWitness, name)
		}
		values[v] = x
	}
	return values, nil
}

func (s *Statement) nonces(rand io.Reader, t *transcript.Transcript, values []curve.Scalar) ([]curve.Scalar, error) {
	var fresh [32]byte
	if err := curve.ReadRandom(rand, fresh[:]); err != nil {
		return nil, err
	}
	h := sha256.New()
	state := t.State()
	_, _ = h.Write(wire.Frame(fresh[:], state[:]))
	for _, x := range values {
		b := x.Bytes()
		_, _ = h.Write(b[:])
	}
	seed := h.Sum(nil)
	nonces := make([]curve.Scalar, len(values))
	for v := range nonces {
		nonces[v] = curve.HashToScalar(dst.SigmaNonce, wire.AppendUint32(seed, uint32(v)))
	}
	return nonces, nil
}

func combine(secrets []Secret, values []curve.Scalar) curve.G1 {
	return curve.SumSecret(assigned(secrets, values)...)
}

func assigned(secrets []Secret, values []curve.Scalar) []curve.Term {
	terms := make([]curve.Term, len(secrets))
	for i, x := range secrets {
		terms[i] = curve.Term{Scalar: values[x.Var], Point: x.Base}
		if x.times != nil {
			terms[i].Scalar = x.times.Mul(values[x.Var])
		}
	}
	return terms
}

// Append appends the proof behind its counts.
func (p *Proof) Append(b []byte) []byte {
	b = wire.AppendUint16(b, uint16(len(p.Commitments)))
	for i := range p.Commitments {
		b = p.Commitments[i].Append(b)
	}
	b = wire.AppendUint16(b, uint16(len(p.Responses)))
	for i := range p.Responses {
		b = p.Responses[i].Append(b)
	}
	return b
}

// Read decodes a proof of at most max relations and max variables. Commitments
// may be the identity and off the subgroup.
func Read(r *wire.Reader, max int) *Proof {
	p := new(Proof)
	p.Commitments = make([]curve.G1, r.Count(max, curve.G1Size))
	for i := range p.Commitments {
		p.Commitments[i] = curve.ReadG1OrIdentity(r)
	}
	p.Responses = make([]curve.Scalar, r.Count(max, curve.ScalarSize))
	for i := range p.Responses {
		p.Responses[i] = curve.ReadScalar(r)
	}
	return p
}
