package threshold

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/sig"
)

// Ciphertext is numbers m_1 … m_c under an EncryptionKey, each under a key of its own and all
// with one k (ElGamal, in the exponent):
//
//	E_0 = k·G,  E_i = m_i·G + k·P_i
//
// It is immutable; the zero value has no component. Whoever knows the keys reads m_i·G, and
// m_i if it is small. Components are counted from 0 where they are named: 0 is in E_1.
type Ciphertext struct{ points []curve.G1 } // E_0, E_1 …

// noCiphertext stands in for a nil one.
var noCiphertext Ciphertext

// Encrypt encrypts a number for every key under fresh randomness; a nil reader is
// crypto/rand. With a reader that repeats itself, differences of plaintexts show.
func (k *EncryptionKey) Encrypt(rand io.Reader, m ...sig.Attribute) (*Ciphertext, error) {
	if k.Components() == 0 || len(m) != k.Components() {
		return nil, fmt.Errorf("%w: %d numbers for %d keys", ErrArgument, len(m), k.Components())
	}
	nonce, err := curve.RandomNonZero(rand)
	if err != nil {
		return nil, err
	}
	values := make([]curve.Scalar, len(m))
	for i := range m {
		values[i] = m[i].Scalar()
	}
	return &Ciphertext{curve.SumsSecret(k.encryption(nonce, values))}, nil
}

// encryption is the sums E_0, E_1 … of as many numbers as there are keys.
func (k *EncryptionKey) encryption(nonce curve.Scalar, m []curve.Scalar) [][]curve.Term {
	sums := [][]curve.Term{{{Scalar: nonce, Point: curve.Generator()}}}
	for i, p := range k.keys {
		sums = append(sums, []curve.Term{{Scalar: m[i], Point: curve.Generator()}, {Scalar: nonce, Point: p}})
	}
	return sums
}

// Components is the number of keys that it is under.
func (e *Ciphertext) Components() int { return max(0, len(cmp.Or(e, &noCiphertext).points)-1) }

// Equal reports whether two ciphertexts are the same.
func (e *Ciphertext) Equal(f *Ciphertext) bool {
	if e == nil || f == nil {
		return e == f
	}
	return slices.Equal(e.points, f.points)
}

// claim claims
//
//	[ENC-SUB]  all points are in the subgroup, and E_0 ≠ 0
//
// With E_0 + T for T of small order, a share would tell part of a key share. With E_0 = 0,
// everybody reads.
func (e *Ciphertext) claim(claims *batch.Claims) {
	if claims.Require("ENC-SUB", e.Components() > 0, "a ciphertext without components") &&
		claims.Require("ENC-SUB", !e.points[0].IsIdentity(), "E_0 is the identity: there is no secret in the ciphertext") {
		claims.InG1("ENC-SUB", e.points...)
	}
}

// CiphertextSum is the sum of ciphertexts under the same keys, which encrypts the sums of
// what they encrypt. It is a type of its own, and has their number, so that none is opened
// as a sum. It is immutable; the zero value is the sum of none.
type CiphertextSum struct {
	count uint64
	total *Ciphertext // nil if count is 0
}

var noSum CiphertextSum

// Count is the number of ciphertexts in the sum.
func (s *CiphertextSum) Count() uint64 { return cmp.Or(s, &noSum).count }

// Ciphertext is the sum as a ciphertext, nil of none.
func (s *CiphertextSum) Ciphertext() *Ciphertext { return cmp.Or(s, &noSum).total }

// Add is the sum with further ciphertexts, under the same keys and in the subgroup. It
// fails with ErrInvalid, [ENC-SUB], if they cancel the randomness of those in the sum:
// everybody could read it then, and nobody would give shares on it. Of honest ciphertexts
// none ever does.
func (s *CiphertextSum) Add(e ...*Ciphertext) (*CiphertextSum, error) {
	s = cmp.Or(s, &noSum)
	all := e
	if s.count > 0 {
		all = append([]*Ciphertext{s.total}, e...)
	}
	if len(e) == 0 {
		return s, nil
	}
	for _, f := range all {
		if f.Components() == 0 || f.Components() != all[0].Components() {
			return nil, fmt.Errorf("%w: a sum of ciphertexts of %d and %d components", ErrArgument, all[0].Components(), f.Components())
		}
	}
	sums := make([][]curve.Term, 1+all[0].Components())
	for _, f := range all {
		for i, p := range f.points {
			sums[i] = append(sums[i], curve.Term{Scalar: curve.Uint64(1), Point: p})
		}
	}
	points := curve.MSMs(sums)
	var claims batch.Claims
	for _, p := range points {
		claims.Require("ENC-SUB", !p.IsIdentity(), "the randomness of the ciphertexts cancels in their sum: encrypt the last one anew")
	}
	if err := claims.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return &CiphertextSum{s.count + uint64(len(e)), &Ciphertext{points}}, nil
}
