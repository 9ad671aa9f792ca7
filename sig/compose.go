package sig

import (
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/transcript"
)

// This file is how the packages above compose signatures into proofs. It takes
// internal types and is of no use outside the module.

// Hidden is an attribute committed to as p.
func Hidden(p curve.G1) Part { return Part{hidden: true, point: p} }

// Public is an attribute that everybody knows.
func Public(a Attribute) Part { return Part{value: a} }

// Assemble makes a commitment of its parts. Nothing is checked.
func Assemble(base curve.G1, parts ...Part) *Commitment { return &Commitment{base, parts} }

// NewOpening pairs attributes with blindings, 0 for a public one or a missing one.
func NewOpening(m []Attribute, r []curve.Scalar) *Opening {
	o := &Opening{make([]curve.Scalar, len(m)), make([]curve.Scalar, len(m))}
	copy(o.r, r)
	for i := range m {
		o.m[i] = m[i].Scalar()
	}
	return o
}

// CommitOpening is the commitment under base that o opens, if its blindings of
// the public attributes are 0.
func CommitOpening(base curve.G1, o *Opening, hide ...int) (*Commitment, error) {
	if base.IsIdentity() || o == nil {
		return nil, fmt.Errorf("%w: the base is the identity, or there is no opening", ErrArgument)
	}
	if err := checkHidden(len(o.m), hide); err != nil {
		return nil, err
	}
	sums := make([][]curve.Term, len(hide))
	for k, i := range hide {
		sums[k] = openingTerms(base, o.m[i], o.r[i])
	}
	c := &Commitment{base, make([]Part, len(o.m))}
	for i := range o.m {
		c.parts[i] = Public(fromScalar(o.m[i]))
	}
	for k, p := range curve.SumsSecret(sums) {
		c.parts[hide[k]] = Hidden(p)
	}
	return c, nil
}

// Base is h.
func (c *Commitment) Base() curve.G1 {
	if c == nil {
		return curve.G1{}
	}
	return c.base
}

// Point is C_i, the identity for a public attribute or none.
func (c *Commitment) Point(i int) curve.G1 {
	if i < 0 || i >= c.Attributes() {
		return curve.G1{}
	}
	return c.parts[i].point
}

// Values are the opening's attribute and blinding i, 0 if it has none.
func (o *Opening) Values(i int) (m, r curve.Scalar) {
	if o == nil || i < 0 || i >= len(o.m) {
		return m, r
	}
	return o.m[i], o.r[i]
}

// Point is S.
func (s *Signature) Point() curve.G1 {
	if s == nil {
		return curve.G1{}
	}
	return s.s
}

// SignatureOf is the signature with the value s, unchecked.
func SignatureOf(s curve.G1) *Signature { return &Signature{s} }

// Reveal is s as a signature on the attributes themselves, under the same base, by which
// whoever knows the opening shows them and not the blindings: S − Σ r_i·Y1_i. With another
// opening than that of s it does not verify.
func (k *PublicKey) Reveal(s *Signed, o *Opening) (*Signed, error) {
	if k.empty() || !s.complete() || o == nil || len(o.m) != len(k.y1) || len(s.Commitment.parts) != len(k.y1) {
		return nil, fmt.Errorf("%w: no key, signature or opening, or of another number of attributes", ErrArgument)
	}
	c := &Commitment{s.Commitment.base, make([]Part, len(o.m))}
	var terms []curve.Term
	for i := range o.m {
		c.parts[i] = Public(fromScalar(o.m[i]))
		if !o.r[i].IsZero() {
			terms = append(terms, curve.Term{Scalar: o.r[i].Neg(), Point: k.y1[i]})
		}
	}
	shown := s.Signature.s
	if len(terms) > 0 {
		shown = shown.Add(curve.SumSecret(terms...))
	}
	return &Signed{c, &Signature{shown}}, nil
}

// Relate states C_i = (Σ m)·h + r·G for the hidden attribute i.
func (c *Commitment) Relate(st *sigma.Statement, label string, i int, r sigma.Var, m ...sigma.Var) {
	secrets := make([]sigma.Secret, 0, len(m)+1)
	for _, v := range m {
		secrets = append(secrets, sigma.Secret{Var: v, Base: c.base})
	}
	secrets = append(secrets, sigma.Secret{Var: r, Base: curve.Generator()})
	st.Relation(label, sigma.Point(c.parts[i].point), secrets...)
}

// RelateConstant states C_i = m·h + r·G for a public m.
func (c *Commitment) RelateConstant(st *sigma.Statement, label string, i int, r sigma.Var, m Attribute) {
	st.Relation(label, append(sigma.Point(c.parts[i].point), curve.Term{Scalar: m.Scalar().Neg(), Point: c.base}),
		sigma.Secret{Var: r, Base: curve.Generator()})
}

// ClaimPoints claims that the hidden parts are in the subgroup.
func (c *Commitment) ClaimPoints(claims *batch.Claims, label string) {
	for _, p := range c.parts {
		if p.hidden {
			claims.InG1(label, p.point)
		}
	}
}

// ClaimOpening claims that o opens c, up to what its points hold off the subgroup:
// Σ z_i·(C_i − m_i·h − r_i·G) = 0 over the hidden attributes for uniform z_i, which a
// wrong opening passes with probability 2^-128, and by which the attributes are not
// multiplied as they are.
func (c *Commitment) ClaimOpening(claims *batch.Claims, label string, o *Opening) {
	if !claims.Require(label, o != nil && len(o.m) == len(c.parts), "no opening, or of another number of attributes") {
		return
	}
	var onBase, onG curve.Scalar
	var terms []curve.Term
	for i, p := range c.parts {
		if !p.hidden {
			if !claims.Require(label, p.value.Scalar().Equal(o.m[i]) && o.r[i].IsZero(), "attribute %d is another", i) {
				return
			}
			continue
		}
		z := curve.RandomUint128()
		terms = append(terms, curve.Term{Scalar: z, Point: p.point})
		onBase, onG = onBase.Sub(z.Mul(o.m[i])), onG.Sub(z.Mul(o.r[i]))
	}
	if len(terms) > 0 {
		claims.Relation(label, terms,
			curve.Term{Scalar: onBase, Point: c.base}, curve.Term{Scalar: onG, Point: curve.Generator()})
	}
}

// Claim claims [SIG-1] under k, and that every point is in the subgroup.
func (s *Signed) Claim(claims *batch.Claims, label string, k *PublicKey) {
	if s.claimEquation(claims, label, k) {
		claims.InG1(label, s.Commitment.base, s.Signature.s)
		s.Commitment.ClaimPoints(claims, label)
	}
}

// ClaimHashed is Claim for a commitment under a Base, hence in the subgroup, whose
// hidden points the caller opens or does not use.
func (s *Signed) ClaimHashed(claims *batch.Claims, label string, k *PublicKey) {
	if s.claimEquation(claims, label, k) {
		claims.InG1(label, s.Signature.s)
	}
}

// ClaimShown is Claim for a presentation that comes with a proof of its hidden
// attributes and is then forgotten: only h must be in the subgroup, since a base
// of small order would make the equation vacuous. What the other points hold off
// the subgroup no check sees, in a batch or alone, and nobody computes with them
// again. Points that are kept or signed need Claim.
func (s *Signed) ClaimShown(claims *batch.Claims, label string, k *PublicKey) {
	if s.claimEquation(claims, label, k) {
		claims.InG1(label, s.Commitment.base)
	}
}

func (s *Signed) claimEquation(claims *batch.Claims, label string, k *PublicKey) bool {
	if !claims.Require(label, s.complete(), "nothing signed") ||
		!claims.Require(label, !k.empty(), "no key") {
		return false
	}
	c := s.Commitment
	if !claims.Require(label, len(c.parts) == len(k.y2), "%d attributes under a key for %d", len(c.parts), len(k.y2)) ||
		!claims.Require(label, !c.base.IsIdentity(), "the base is the identity") {
		return false
	}
	x2, done := k.x2, -1
	if f := k.folded; f != nil && !c.parts[f.i].hidden && c.parts[f.i].value.Scalar().Equal(f.m) {
		x2, done = f.x2, f.i
	}
	pairs := make([]batch.Pair, 0, 2+len(c.parts))
	pairs = append(pairs,
		batch.Pair{P: c.base, Q: x2},
		batch.Pair{P: s.Signature.s.Neg(), Q: curve.FixedGenerator2})
	for i, p := range c.parts {
		if i == done {
			continue
		}
		if p.hidden {
			pairs = append(pairs, batch.Pair{P: p.point, Q: k.y2[i]})
			continue
		}
		m := p.value.Scalar()
		pairs = append(pairs, batch.Pair{P: c.base, Times: &m, Q: k.y2[i]})
	}
	claims.Pairing(label, pairs...) // [SIG-1]
	return true
}

// Fold is the same key, prepared for signatures whose attribute i is public with
// the value m: they verify with one pairing less. Without such an attribute it is k.
func (k *PublicKey) Fold(i int, m Attribute) *PublicKey {
	if k.empty() || i < 0 || i >= len(k.y2) {
		return k
	}
	d := *k
	x2 := k.x2.G2().Add(k.y2[i].G2().Mul(m.Scalar()))
	d.folded = &folded{i, m.Scalar(), curve.NewFixed(x2)}
	return &d
}

// NewSecretKey is the key (x, y_1 … y_l), as package threshold shares it; without x
// the zero key.
func NewSecretKey(s []curve.Scalar) *SecretKey {
	if len(s) == 0 {
		return new(SecretKey)
	}
	k := &SecretKey{x: s[0], y: slices.Clone(s[1:])}
	k.public = &PublicKey{
		x2: curve.NewFixed(curve.MulSecret2(k.x)),
		y2: make([]*curve.Fixed, len(k.y)),
		y1: make([]curve.G1, len(k.y)),
	}
	for i, y := range k.y {
		k.public.y2[i] = curve.NewFixed(curve.MulSecret2(y))
		k.public.y1[i] = curve.SumSecret(curve.Term{Scalar: y, Point: curve.Generator()})
	}
	return k
}

// Scalars are (x, y_1 … y_l).
func (k *SecretKey) Scalars() []curve.Scalar {
	if k.empty() {
		return nil
	}
	return append([]curve.Scalar{k.x}, k.y...)
}

// NewPublicKey is the key with the points X2, Y2_i and Y1_i, unchecked.
func NewPublicKey(x2 curve.G2, y2 []curve.G2, y1 []curve.G1) *PublicKey {
	k := &PublicKey{x2: curve.NewFixed(x2), y2: make([]*curve.Fixed, len(y2)), y1: slices.Clone(y1)}
	for i, y := range y2 {
		k.y2[i] = curve.NewFixed(y)
	}
	return k
}

// Points are X2, all Y2_i and all Y1_i.
func (k *PublicKey) Points() (x2 curve.G2, y2 []curve.G2, y1 []curve.G1) {
	if k.empty() {
		return x2, nil, nil
	}
	y2 = make([]curve.G2, len(k.y2))
	for i, y := range k.y2 {
		y2[i] = y.G2()
	}
	return k.x2.G2(), y2, slices.Clone(k.y1)
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
