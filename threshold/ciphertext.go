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

// Ciphertext is an ElGamal encryption of m_1 … m_c, with one k and a key for each:
//
//	E_0 = k·G,  E_i = m_i·G + k·P_i
//
// It is immutable. Whoever knows the keys reads m_i·G, and m_i if it is small.
type Ciphertext struct {
	e0 curve.G1
	e  []curve.G1
}

var noCiphertext Ciphertext

// Encrypt encrypts a number for every key under fresh randomness; a nil reader is
// crypto/rand. With a reader that repeats itself, differences of plaintexts show.
func (c *EncryptionCommittee) Encrypt(rand io.Reader, m ...sig.Attribute) (*Ciphertext, error) {
	if c.Parties() == 0 || len(m) != c.Components() {
		return nil, fmt.Errorf("%w: %d numbers for %d keys", ErrArgument, len(m), c.Components())
	}
	k, err := curve.RandomNonZero(rand)
	if err != nil {
		return nil, err
	}
	values := make([]curve.Scalar, len(m))
	for i := range m {
		values[i] = m[i].Scalar()
	}
	p := curve.SumsSecret(c.Key().sums(k, values))
	return &Ciphertext{p[0], p[1:]}, nil
}

// sums are E_0, E_1 … of as many numbers as there are keys.
func (k *EncryptionKey) sums(nonce curve.Scalar, m []curve.Scalar) [][]curve.Term {
	sums := [][]curve.Term{{{Scalar: nonce, Point: curve.Generator()}}}
	for i, p := range k.keys {
		sums = append(sums, []curve.Term{{Scalar: m[i], Point: curve.Generator()}, {Scalar: nonce, Point: p}})
	}
	return sums
}

// Components is the number of keys that it is under.
func (e *Ciphertext) Components() int { return len(cmp.Or(e, &noCiphertext).e) }

// Equal reports whether two ciphertexts are the same.
func (e *Ciphertext) Equal(f *Ciphertext) bool {
	if e == nil || f == nil {
		return e == f
	}
	return e.e0 == f.e0 && slices.Equal(e.e, f.e)
}

// claimPoints claims
//
//	[ENC-SUB]  all points are in the subgroup, and E_0 ≠ 0
//
// With E_0 + T for T of small order, a share would tell part of a key share. With E_0 = 0,
// everybody reads.
func (e *Ciphertext) claimPoints(claims *batch.Claims, label string) {
	if claims.Require(label, !cmp.Or(e, &noCiphertext).e0.IsIdentity(), "E_0 is the identity: there is no secret in the ciphertext") {
		claims.InG1(label, e.e0)
		claims.InG1(label, e.e...)
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
		sums[0] = append(sums[0], curve.Term{Scalar: curve.Uint64(1), Point: f.e0})
		for i, p := range f.e {
			sums[1+i] = append(sums[1+i], curve.Term{Scalar: curve.Uint64(1), Point: p})
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
	return &CiphertextSum{s.count + uint64(len(e)), &Ciphertext{points[0], points[1:]}}, nil
}
