package secret

import (
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// Share is the values of polynomials at one index, or a sum of such. It prints as
// "redacted".
type Share struct {
	x []g2Secret // one, or none of encryption keys
	y []dualSecret
	a []g1Secret
	b []blinding // of every component, x first; nil when resharing
}

// OfSigningKey is a copy of a finished share, which is Erased by itself.
func OfSigningKey(key *sig.SecretKey) *Share {
	scalars := key.Scalars()
	defer clear(scalars)
	s := &Share{x: []g2Secret{{scalars[0]}}, y: make([]dualSecret, len(scalars)-1)}
	for i, y := range scalars[1:] {
		s.y[i] = dualSecret{y}
	}
	return s
}

// OfEncryptionKeys is OfSigningKey of shares of encryption keys.
func OfEncryptionKeys(keys []curve.Scalar) *Share {
	s := &Share{a: make([]g1Secret, len(keys))}
	for i, a := range keys {
		s.a[i] = g1Secret{a}
	}
	return s
}

// kind is that of the key that the share is of.
func (s *Share) kind() Kind { return Kind{s.x != nil, max(len(s.y), len(s.a))} }

// Size is the length of an encoded share.
func (k Kind) Size(blinded bool) int {
	if blinded {
		return 2 * k.Components() * curve.ScalarSize
	}
	return k.Components() * curve.ScalarSize
}

// Append appends the values of all components, x first, each before its blinding if the
// share is blinded.
func (s *Share) Append(b []byte) []byte {
	c := 0
	component := func(v curve.Scalar) {
		b = v.Append(b)
		if s.b != nil {
			b = s.b[c].s.Append(b)
		}
		c++
	}
	for _, x := range s.x {
		component(x.s)
	}
	for _, y := range s.y {
		component(y.s)
	}
	for _, a := range s.a {
		component(a.s)
	}
	return b
}

// ReadShare decodes a share for a kind.
func ReadShare(r *wire.Reader, k Kind, blinded bool) *Share {
	s := new(Share)
	component := func() curve.Scalar {
		v := curve.ReadScalar(r)
		if blinded {
			s.b = append(s.b, blinding{curve.ReadScalar(r)})
		}
		return v
	}
	if k.signing {
		s.x = []g2Secret{{component()}}
	}
	for range k.n {
		if k.signing {
			s.y = append(s.y, dualSecret{component()})
		} else {
			s.a = append(s.a, g1Secret{component()})
		}
	}
	return s
}

// ClaimPedersen claims f(j)·G2g + f′(j)·H2 = Σ j^k·B_k for x, and the same in G1 for the
// others. Both sides are multiplied by a uniform z of 128 bits, so that the share is not
// multiplied as it is: verification takes variable time.
func (s *Share) ClaimPedersen(claims *batch.Claims, label string, c *Pedersen, j uint64) {
	s.claim(claims, label, c.X, c.G1, s.b, j)
}

// ClaimFeldman claims f(j)·G2g = Σ j^k·A_k for x, and the same in G1 for the others, of
// which those in G2 are tied to them by ClaimPairs.
func (s *Share) ClaimFeldman(claims *batch.Claims, label string, f *Feldman, j uint64) {
	s.claim(claims, label, f.X, f.G1, nil, j)
}

func (s *Share) claim(claims *batch.Claims, label string, x []curve.G2, g1 [][]curve.G1, b []blinding, j uint64) {
	for i := range s.x {
		z := curve.RandomUint128()
		terms := []curve.Term2{s.x[i].term(z)}
		if b != nil {
			terms = append(terms, b[0].times(z).term2())
			b = b[1:]
		}
		power := z.Neg()
		for _, p := range x {
			terms = append(terms, curve.Term2{Scalar: power, Point: p})
			power = power.Mul(curve.Uint64(j))
		}
		claims.Relation2(label, terms)
	}
	claimFirst(claims, label, s.y, g1, b, j)
	claimFirst(claims, label, s.a, g1, b, j)
}

func claimFirst[E inFirst[E]](claims *batch.Claims, label string, values []E, g1 [][]curve.G1, b []blinding, j uint64) {
	for c := range values {
		z := curve.RandomUint128()
		terms := []curve.Term{values[c].term1(z)}
		if b != nil {
			terms = append(terms, b[c].times(z).term1())
		}
		power := z.Neg()
		for _, p := range g1[c] {
			terms = append(terms, curve.Term{Scalar: power, Point: p})
			power = power.Mul(curve.Uint64(j))
		}
		claims.Relation(label, terms)
	}
}

// CombineShares is Σ w_i·s_i without blindings; nil weights are all 1.
func CombineShares(w []curve.Scalar, shares []*Share) *Share {
	if w == nil {
		for range shares {
			w = append(w, curve.Uint64(1))
		}
	}
	out, first := new(Share), shares[0]
	for c := range first.x {
		out.x = append(out.x, sum(w, func(i int) g2Secret { return shares[i].x[c] }))
	}
	for c := range first.y {
		out.y = append(out.y, sum(w, func(i int) dualSecret { return shares[i].y[c] }))
	}
	for c := range first.a {
		out.a = append(out.a, sum(w, func(i int) g1Secret { return shares[i].a[c] }))
	}
	return out
}

// SigningKey is a finished share as a key of package sig, nil of encryption keys.
func (s *Share) SigningKey() *sig.SecretKey {
	if len(s.x) == 0 {
		return nil
	}
	scalars := make([]curve.Scalar, 1+len(s.y))
	defer clear(scalars)
	scalars[0] = s.x[0].s
	for i, y := range s.y {
		scalars[1+i] = y.s
	}
	return sig.NewSecretKey(scalars) // which copies them
}

// EncryptionKeys is a finished share of encryption keys.
func (s *Share) EncryptionKeys() []curve.Scalar {
	scalars := make([]curve.Scalar, len(s.a))
	for i, a := range s.a {
		scalars[i] = a.s
	}
	return scalars
}

// Erase overwrites the values.
func (s *Share) Erase() {
	if s != nil {
		clear(s.x)
		clear(s.y)
		clear(s.a)
		clear(s.b)
	}
}

// Format prints "redacted".
func (s *Share) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }
