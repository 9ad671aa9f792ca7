package sig

import (
	"fmt"
	"io"
	"slices"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/transcript"
)

// Presentation is one in the making: what it takes is drawn, and nothing computed. It
// serves a proof about the presentation, whose commitments are computed together with it.
type Presentation struct {
	key     *PublicKey
	from    *Signed
	opening *Opening // of from
	hide    []int
	u       curve.Scalar
	fresh   *Opening
}

// Format prints "redacted".
func (p Presentation) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (p Presentation) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// Present draws the randomness of Rerandomize.
func (k *PublicKey) Present(rand io.Reader, s *Signed, o *Opening, hide ...int) (*Presentation, error) {
	if k.empty() || !s.complete() || o == nil {
		return nil, fmt.Errorf("%w: nothing to present", ErrArgument)
	}
	c := s.Commitment
	if len(c.parts) != len(k.y2) || len(o.m) != len(c.parts) {
		return nil, fmt.Errorf("%w: %d attributes and %d openings under a key for %d",
			ErrArgument, len(c.parts), len(o.m), len(k.y2))
	}
	if err := checkHidden(len(c.parts), hide); err != nil {
		return nil, err
	}
	u, err := curve.RandomNonZero(rand)
	if err != nil {
		return nil, err
	}
	fresh := &Opening{o.m, make([]curve.Scalar, len(o.m))}
	for _, i := range hide {
		if fresh.r[i], err = curve.RandomNonZero(rand); err != nil {
			return nil, err
		}
	}
	return &Presentation{k, s, o, slices.Clone(hide), u, fresh}, nil
}

func (p *Presentation) empty() bool { return p == nil || p.from == nil }

// Opening is that of the presentation.
func (p *Presentation) Opening() *Opening {
	if p.empty() {
		return nil
	}
	return p.fresh
}

// Sums are, for SumsSecret,
//
//	h' = u·h,  S' = u·S + Σ (r_i' − u·r_i)·Y1_i,  C_i' = (u·m_i)·h + r_i'·G
func (p *Presentation) Sums() [][]curve.Term {
	if p.empty() {
		return nil
	}
	h := p.from.Commitment.base
	sums := make([][]curve.Term, 2, 2+len(p.hide))
	sums[0] = []curve.Term{{Scalar: p.u, Point: h}}
	sums[1] = []curve.Term{{Scalar: p.u, Point: p.from.Signature.s}}
	for i := range p.opening.r {
		if a := p.fresh.r[i].Sub(p.u.Mul(p.opening.r[i])); !a.IsZero() {
			sums[1] = append(sums[1], curve.Term{Scalar: a, Point: p.key.y1[i]})
		}
	}
	for _, i := range p.hide {
		sums = append(sums, openingTerms(h, p.u.Mul(p.opening.m[i]), p.fresh.r[i]))
	}
	return sums
}

// Finish makes the presentation of the values of its sums, nil if they are of another
// number.
func (p *Presentation) Finish(points []curve.G1) *Signed {
	if p.empty() || len(points) != 2+len(p.hide) {
		return nil
	}
	c := &Commitment{points[0], p.publicParts()}
	for n, i := range p.hide {
		c.parts[i] = Hidden(points[2+n])
	}
	return &Signed{c, &Signature{points[1]}}
}

func (p *Presentation) publicParts() []Part {
	parts := make([]Part, len(p.opening.m))
	for i, m := range p.opening.m {
		parts[i] = Public(fromScalar(m))
	}
	return parts
}

// Draft is the commitment of the presentation before it is computed, for the draft of a
// statement: under h, and with nothing in the place of the hidden points.
func (p *Presentation) Draft() *Commitment {
	if p.empty() {
		return new(Commitment)
	}
	c := &Commitment{p.from.Commitment.base, p.publicParts()}
	for _, i := range p.hide {
		c.parts[i] = Hidden(curve.G1{})
	}
	return c
}

// Scale turns the draft of a statement about Draft into one about the presentation: h into
// u·h. No other presentation in it may have this h.
func (p *Presentation) Scale(st *sigma.Statement) {
	if !p.empty() {
		st.Scale(p.from.Commitment.base, p.u)
	}
}

// Bind adds to a transcript, which is secret then, all that determines the presentation
// under its key.
func (p *Presentation) Bind(t *transcript.Transcript) {
	if p.empty() {
		return
	}
	b := p.u.Append(p.from.Signature.s.Append(p.from.Commitment.base.Append(nil)))
	for i := range p.opening.m {
		b = p.fresh.r[i].Append(p.opening.r[i].Append(p.opening.m[i].Append(b)))
	}
	t.Append("presentation", b)
}
