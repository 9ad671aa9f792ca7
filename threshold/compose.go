package threshold

import (
	"cmp"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// This file is how the packages above pack shares into messages of their own, and
// make committees without a dealer. It takes internal types and is of no use outside
// the module.

// Point is S_j.
func (s *SignatureShare) Point() curve.G1 { return cmp.Or(s, &noShare).s }

// ShareOf is the share with the value p, unchecked. A point of the curve will do:
// Combine and VerifyShares check the subgroup.
func ShareOf(g Generation, j Index, p curve.G1) *SignatureShare { return &SignatureShare{g, j, p} }

// Points are X2, all Y2_i and all Y1_i of a public key.
type Points struct {
	X2 curve.G2
	Y2 []curve.G2
	Y1 []curve.G1
}

// Points are those of a party, or of the group for j = 0; the zero value for none. The
// slices are not to be changed.
func (c *Committee) Points(j Index) (p Points) {
	switch {
	case c.Group() == nil || int(j) > c.Parties():
	case j == 0:
		p.X2, p.Y2, p.Y1 = c.group.Points()
	default:
		party := &c.parties[j-1]
		p = Points{party.x2, party.y2, party.y1}
	}
	return p
}

// CommitteeOf is the committee with threshold t and the keys of the group, first, and of
// all parties. They must lie on polynomials of degree t − 1, which is not checked;
// [SIG-KEY] of the group's is.
func CommitteeOf(t int, keys []Points) (*Committee, error) {
	if err := checkSize(t, len(keys)-1); err != nil {
		return nil, err
	}
	encoded, err := sig.NewPublicKey(keys[0].X2, keys[0].Y2, keys[0].Y1).MarshalBinary()
	if err != nil {
		return nil, err
	}
	group := new(sig.PublicKey)
	if err := group.UnmarshalBinary(encoded); err != nil {
		return nil, err
	}
	parties := make([]partyKey, len(keys)-1)
	for j, p := range keys[1:] {
		parties[j] = newPartyKey(p.X2, p.Y2, p.Y1)
	}
	return newCommittee(t, group, parties)
}

// KeyShareOf is party j's share, unchecked.
func KeyShareOf(g Generation, j Index, key *sig.SecretKey) *KeyShare { return &KeyShare{g, j, key} }

// Key is what the share consists of, nil of an empty one.
func (k *KeyShare) Key() *sig.SecretKey { return cmp.Or(k, &noKeyShare).key }

// Lagrange is the coefficients λ_j for which f(0) = Σ λ_j·f(at_j) for every f of degree
// below len(at). The indices must be distinct.
func Lagrange(at []Index) []curve.Scalar { return lagrange(0, at) }

// EncryptionCommitteeOf is the committee with threshold t and the keys of the group,
// first, and of all parties, if they satisfy [ENC-KEY].
func EncryptionCommitteeOf(t int, keys [][]curve.G1) (*EncryptionCommittee, error) {
	if err := checkSize(t, len(keys)-1); err != nil {
		return nil, err
	}
	c := &EncryptionCommittee{t: t, keys: keys}
	c.generation = transcript.Hash(dst.EncryptionKeys, c.appendBody(nil))
	if err := c.check(); err != nil {
		return nil, err
	}
	return c, nil
}

// Keys are those of party j, or of the group for j = 0. They are not to be changed.
func (c *EncryptionCommittee) Keys(j Index) []curve.G1 {
	if c == nil || int(j) >= len(c.keys) {
		return nil
	}
	return c.keys[j]
}

// EncryptionKeyShareOf is party j's share, unchecked.
func EncryptionKeyShareOf(g Generation, j Index, secrets []curve.Scalar) *EncryptionKeyShare {
	return &EncryptionKeyShare{g, j, secrets}
}

// Secrets are what the share consists of.
func (k *EncryptionKeyShare) Secrets() []curve.Scalar {
	return slices.Clone(cmp.Or(k, &noEncryptionShare).secrets)
}

// Encryption is a ciphertext in the making: the sums that its points are, for
// curve.SumsSecret, of as many values as there are keys; nil of another number. The nonce is
// not 0 and not used twice.
func (k *EncryptionKey) Encryption(nonce curve.Scalar, values ...curve.Scalar) [][]curve.Term {
	if k.Components() == 0 || len(values) != k.Components() {
		return nil
	}
	return k.encryption(nonce, values)
}

// CiphertextOf has the points of the sums of an Encryption, unchecked. For the draft of a
// statement they may be the identity.
func CiphertextOf(points []curve.G1) *Ciphertext { return &Ciphertext{points} }

// Points are E_0, E_1 …. They are not to be changed.
func (e *Ciphertext) Points() []curve.G1 { return cmp.Or(e, &noCiphertext).points }

// Append appends E_0, E_1 …, without a version or their number.
func (e *Ciphertext) Append(b []byte) []byte { return cmp.Or(e, &noCiphertext).appendPoints(b) }

// ReadCiphertext decodes what Append appended of a number of components. The points are on
// the curve and not 0; Claim checks the subgroup.
func ReadCiphertext(r *wire.Reader, components int) *Ciphertext {
	if components < 1 || components > MaxComponents {
		r.Fail("%d components", components)
		return new(Ciphertext)
	}
	return readPoints(r, components)
}

// Plus is the sum of two ciphertexts of as many components, unchecked: E_0 and the other
// points may be the identity. Nil is the sum of none. A CiphertextSum refuses a ciphertext
// with which E_0 vanishes; whoever cannot refuse one adds with Plus, and leaves [ENC-SUB] to
// who opens the sum.
func (e *Ciphertext) Plus(f *Ciphertext) *Ciphertext {
	switch {
	case e.Components() == 0:
		return f
	case f.Components() != e.Components():
		return e
	}
	points := make([]curve.G1, len(e.points))
	for i := range points {
		points[i] = e.points[i].Add(f.points[i])
	}
	return &Ciphertext{points}
}

// Secret reports E_0 ≠ 0: whether there is randomness in the ciphertext.
func (e *Ciphertext) Secret() bool { return e.Components() > 0 && !e.points[0].IsIdentity() }

// Plain is what everybody reads of a ciphertext without randomness, not ok of any other.
func (e *Ciphertext) Plain(component int) (m Plaintext, ok bool) {
	if e.Secret() || component < 0 || component >= e.Components() {
		return m, false
	}
	return Plaintext{e.points[1+component]}, true
}

// Only is the ciphertext of some of its components, counted from 0. The points of the others
// are the identity, so that nobody can ask for them and learn anything of what was in them.
func (e *Ciphertext) Only(components ...int) *Ciphertext {
	d := &Ciphertext{make([]curve.G1, len(e.Points()))}
	for i, p := range e.Points() {
		if i == 0 || slices.Contains(components, i-1) {
			d.points[i] = p
		}
	}
	return d
}

// AppendOnly appends E_0 and the points of some components, any of which may be the
// identity.
func (e *Ciphertext) AppendOnly(b []byte, components ...int) []byte {
	if e.Components() == 0 {
		return b
	}
	b = e.points[0].Append(b)
	for _, c := range components {
		b = e.points[1+c].Append(b)
	}
	return b
}

// ReadSum decodes a ciphertext of a number of components, of which Plus is the sum: of all,
// as Append appends them, or of some, as AppendOnly does. The points are on the curve.
func ReadSum(r *wire.Reader, components int, only ...int) *Ciphertext {
	if components < 1 || components > MaxComponents {
		r.Fail("%d components", components)
		return new(Ciphertext)
	}
	e := &Ciphertext{make([]curve.G1, 1+components)}
	for i := range e.points {
		if i == 0 || len(only) == 0 || slices.Contains(only, i-1) {
			e.points[i] = curve.ReadG1OrIdentity(r)
		}
	}
	return e
}

// Claim claims [ENC-SUB]: all points are in the subgroup, and E_0 is not 0.
func (e *Ciphertext) Claim(claims *batch.Claims) { e.claim(claims) }

// RelateNonce states E_0 = k·G.
func (e *Ciphertext) RelateNonce(st *sigma.Statement, label string, nonce sigma.Var) {
	st.Relation(label, sigma.Point(e.points[0]), sigma.Secret{Var: nonce, Base: curve.Generator()})
}

// Relate states m·G + k·P for the component c, from 0. The verifier must Claim as well.
func (e *Ciphertext) Relate(st *sigma.Statement, label string, key *EncryptionKey, c int, nonce, value sigma.Var) {
	e.RelateSum(st, label, key, c, nonce, Sum{Plus: []sigma.Var{value}})
}

// Sum is Σ Plus − Σ Minus + Public.
type Sum struct {
	Plus, Minus []sigma.Var
	Public      curve.Scalar
}

// RelateSum is Relate for a component that encrypts a sum.
func (e *Ciphertext) RelateSum(st *sigma.Statement, label string, key *EncryptionKey, c int, nonce sigma.Var, m Sum) {
	public := sigma.Point(e.points[1+c])
	if !m.Public.IsZero() {
		public = append(public, curve.Term{Scalar: m.Public.Neg(), Point: curve.Generator()})
	}
	secrets := make([]sigma.Secret, 0, len(m.Plus)+len(m.Minus)+1)
	for _, v := range m.Plus {
		secrets = append(secrets, sigma.Secret{Var: v, Base: curve.Generator()})
	}
	minus := curve.Generator().Neg()
	for _, v := range m.Minus {
		secrets = append(secrets, sigma.Secret{Var: v, Base: minus})
	}
	st.Relation(label, public, append(secrets, sigma.Secret{Var: nonce, Base: key.keys[c]})...)
}

// Points are the D_ij of the components asked for. They are not to be changed.
func (s *DecryptionShare) Points() []curve.G1 { return cmp.Or(s, &noDecryptionShare).points }

// DecryptionShareOf is the share with these points and proof, unchecked.
func DecryptionShareOf(g Generation, j Index, points []curve.G1, proof *sigma.Proof) *DecryptionShare {
	return &DecryptionShare{g, j, points, proof}
}

// ClaimOpening claims that t distinct shares are valid, and with them the plaintexts of what
// is asked for are m: [ENC-SHARE], [ENC-OPEN].
func (c *EncryptionCommittee) ClaimOpening(claims *batch.Claims, r *Request, s []*DecryptionShare, m []curve.Scalar) {
	if err := r.check(c.Components()); !claims.Require("ENC-OPEN", err == nil, "%v", err) {
		return
	}
	c.claimOpening(claims, r, s, m)
}

// Point is m·G.
func (p Plaintext) Point() curve.G1 { return p.p }
