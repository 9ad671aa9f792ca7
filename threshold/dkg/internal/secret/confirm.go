package secret

import (
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Confirmation is a proof of knowledge of a share, by Schnorr: of x in G2, of the others
// in G1 by package sigma.
type Confirmation struct {
	x      bool
	a      curve.G2
	z      curve.Scalar
	others *sigma.Proof
}

// statement is that of the components in G1.
func (p *Public) statement() *sigma.Statement {
	s := new(sigma.Statement)
	for i, q := range p.G1 {
		s.Relation("DKG-CONFIRM", sigma.Point(q), sigma.Secret{Var: s.Var(fmt.Sprint("secret ", i)), Base: curve.Generator()})
	}
	return s
}

// Confirm proves knowledge of a finished share. The transcript holds what the proof is
// bound to; the public key is added.
func (s *Share) Confirm(rand io.Reader, t *transcript.Transcript, p *Public) (*Confirmation, error) {
	c := new(Confirmation)
	var nonce curve.Scalar
	if len(s.x) > 0 {
		var fresh [32]byte
		if err := curve.ReadRandom(rand, fresh[:]); err != nil {
			return nil, err
		}
		// hedged, as the nonces of package sigma are
		state := t.State()
		nonce = curve.HashToScalar(dst.DKGNonce, s.x[0].s.Append(wire.Frame(fresh[:], state[:])))
		c.x, c.a = true, g2Secret{nonce}.point()
		bindX(t, p, c.a)
	}
	w := make(sigma.Witness)
	for i, y := range s.y {
		w[fmt.Sprint("secret ", i)] = y.s
	}
	for i, a := range s.a {
		w[fmt.Sprint("secret ", i)] = a.s
	}
	if len(w) > 0 {
		var err error
		if c.others, err = p.statement().Prove(rand, t, w); err != nil {
			return nil, err
		}
	}
	if c.x {
		c.z = nonce.Add(t.Challenge("x").Mul(s.x[0].s))
	}
	return c, nil
}

func bindX(t *transcript.Transcript, p *Public, a curve.G2) {
	t.Append("X2", p.X2.Append(nil))
	t.Append("commitment", a.Append(nil))
}

// ClaimConfirmation claims [DKG-CONFIRM] under the public key of a share:
// A + c·X2 = z·G2g, and the relations of the components in G1.
func (p *Public) ClaimConfirmation(claims *batch.Claims, t *transcript.Transcript, c *Confirmation) {
	if c.x {
		bindX(t, p, c.a)
		claims.InG2("DKG-CONFIRM", c.a)
	}
	if len(p.G1) > 0 {
		p.statement().Verify(claims, t, c.others)
	}
	if c.x {
		claims.Relation2("DKG-CONFIRM", []curve.Term2{
			{Scalar: curve.Uint64(1), Point: c.a}, {Scalar: t.Challenge("x"), Point: p.X2}, inG2(c.z.Neg())})
	}
}

// Append appends A and z of x, if there is one, and the proof of the others.
func (c *Confirmation) Append(b []byte) []byte {
	if c.x {
		b = c.z.Append(c.a.Append(b))
	}
	if c.others != nil {
		b = c.others.Append(b)
	}
	return b
}

// ReadConfirmation decodes a confirmation for a kind.
func ReadConfirmation(r *wire.Reader, k Kind) *Confirmation {
	c := &Confirmation{x: k.signing}
	if k.signing {
		c.a, c.z = curve.ReadG2(r), curve.ReadScalar(r)
	}
	if k.n > 0 {
		c.others = sigma.Read(r, k.n)
	}
	return c
}
