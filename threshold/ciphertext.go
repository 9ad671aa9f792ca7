package threshold

import (
	"cmp"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Ciphertext is values m_c under an EncryptionKey, each with a key of its own and all with
// one k: E_0 = k·G, E_c = m_c·G + k·P_c (ElGamal, in the exponent). It is immutable; the
// zero value has no component.
type Ciphertext struct{ points []curve.G1 } // E_0, E_1 …

// noCiphertext stands in for a nil one.
var noCiphertext Ciphertext

// Components is the number of values.
func (e *Ciphertext) Components() int { return max(0, len(cmp.Or(e, &noCiphertext).points)-1) }

// Encryption is a ciphertext in the making: the sums that its points are, for
// curve.SumsSecret, given k and the values.
func (k *EncryptionKey) Encryption(nonce curve.Scalar, values ...curve.Scalar) [][]curve.Term {
	sums := [][]curve.Term{{{Scalar: nonce, Point: curve.Generator()}}}
	for c, m := range values {
		sums = append(sums, []curve.Term{{Scalar: m, Point: curve.Generator()}, {Scalar: nonce, Point: k.keys[c]}})
	}
	return sums
}

// CiphertextOf has the points of the sums of an Encryption. Nothing is checked.
func CiphertextOf(points []curve.G1) *Ciphertext { return &Ciphertext{points} }

// Append appends E_0, E_1 …, without a version or their number.
func (e *Ciphertext) Append(b []byte) []byte {
	for _, p := range cmp.Or(e, &noCiphertext).points {
		b = p.Append(b)
	}
	return b
}

// ReadCiphertext decodes what Append appended of a number of values. The points are on the
// curve; E_0 is not 0.
func ReadCiphertext(r *wire.Reader, components int) *Ciphertext {
	e := &Ciphertext{make([]curve.G1, 1+components)}
	for i := range e.points {
		e.points[i] = curve.ReadG1(r)
	}
	return e
}

// Claim claims that all points are in the subgroup: a share a·(E_0 + T) would tell a
// modulo the order of T [ENC-SUB].
func (e *Ciphertext) Claim(claims *batch.Claims) {
	if claims.Require("ENC-SUB", e.Components() > 0 && !e.points[0].IsIdentity(), "a ciphertext without points") {
		claims.InG1("ENC-SUB", e.points...)
	}
}

// RelateNonce states E_0 = k·G.
func (e *Ciphertext) RelateNonce(st *sigma.Statement, label string, nonce sigma.Var) {
	st.Relation(label, sigma.Point(e.points[0]), sigma.Secret{Var: nonce, Base: curve.Generator()})
}

// Relate states E_c = m·G + k·P_c, of the component c from 0.
func (e *Ciphertext) Relate(st *sigma.Statement, label string, key *EncryptionKey, c int, nonce, value sigma.Var) {
	st.Relation(label, sigma.Point(e.points[1+c]),
		sigma.Secret{Var: value, Base: curve.Generator()},
		sigma.Secret{Var: nonce, Base: key.keys[c]})
}
