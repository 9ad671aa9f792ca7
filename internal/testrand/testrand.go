// Package testrand is what the tests of several packages share: a deterministic
// source of randomness and points of small order. Only tests import it.
package testrand

import (
	"crypto/sha256"
	"io"
	"math/big"
	"math/rand/v2"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// New is a reader of the ChaCha8 stream under SHA-256(seed): the same seed gives
// the same bytes, for ever. It is not safe for concurrent use.
func New(seed string) io.Reader { return rand.NewChaCha8(sha256.Sum256([]byte(seed))) }

// Constant is a broken generator: every byte it yields is b.
func Constant(b byte) io.Reader { return constant(b) }

type constant byte

func (c constant) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(c)
	}
	return len(b), nil
}

// Failing is a generator that yields n bytes and then the error err.
func Failing(n int, err error) io.Reader { return &failing{n, err} }

type failing struct {
	left int
	err  error
}

func (f *failing) Read(b []byte) (int, error) {
	if f.left == 0 {
		return 0, f.err
	}
	n := min(len(b), f.left)
	clear(b[:n])
	f.left -= n
	return n, nil
}

// SmallOrders are the prime factors of the cofactor of G1,
// h = 3 · 11² · 10177² · 859267² · 52437899².
var SmallOrders = []int64{3, 11, 10177, 859267, 52437899}

// SmallOrder is a point of the given order, one of SmallOrders; the same at
// every call.
func SmallOrder(order int64) bls12381.G1Affine {
	q := big.NewInt(order)
	n := without(q, cofactor1)
	for x := uint64(1); ; x++ {
		p, ok := lift(x)
		if !ok {
			continue
		}
		z := multiply(p, n) // in the q-part of the curve, which has exponent q
		if z.Z.IsZero() {
			continue
		}
		if y := multiply(z, q); !y.Z.IsZero() {
			panic("testrand: the q-part has another exponent than q")
		}
		var a bls12381.G1Affine
		return *a.FromJacobian(&z)
	}
}

// OffSubgroup is the sum of a point of the subgroup and SmallOrder(order).
func OffSubgroup(order int64) bls12381.G1Affine {
	_, _, g, _ := bls12381.Generators()
	p := SmallOrder(order)
	g.Add(&g, &p)
	return g
}

// OffSubgroup2 is a point of the twist outside the subgroup of G2; its
// x-coordinate is small.
func OffSubgroup2() bls12381.G2Affine {
	for x := uint64(1); ; x++ {
		if q, ok := lift2(x); ok && !q.IsInSubGroup() {
			return q
		}
	}
}

// lift2 is a point of the twist with the x-coordinate x, if there is one.
func lift2(x uint64) (q bls12381.G2Affine, ok bool) {
	var rhs, b bls12381.E2
	b.A0.SetUint64(4)
	b.A1.SetUint64(4)
	q.X.A0.SetUint64(x)
	rhs.Square(&q.X)
	rhs.Mul(&rhs, &q.X)
	rhs.Add(&rhs, &b)
	if rhs.Legendre() != 1 {
		return q, false
	}
	q.Y.Sqrt(&rhs)
	return q, true
}

// SmallOrders2 are the prime factors below 2^64 of the cofactor of G2,
// h2 = 13² · 23² · 2713 · 11953 · 262069 · p136.
var SmallOrders2 = []int64{13, 23, 2713, 11953, 262069}

// SmallOrder2 is a point of the twist of the given order, one of SmallOrders2; the
// same at every call.
func SmallOrder2(order int64) bls12381.G2Affine {
	q := big.NewInt(order)
	n := without(q, cofactor2)
	for x := uint64(1); ; x++ {
		var p bls12381.G2Jac
		a, ok := lift2(x)
		if !ok {
			continue
		}
		p.FromAffine(&a)
		z := multiply(p, n)
		if z.Z.IsZero() {
			continue
		}
		for next := multiply(z, q); !next.Z.IsZero(); next = multiply(z, q) {
			z = next
		}
		return *a.FromJacobian(&z)
	}
}

const (
	cofactor1 = "396c8c005555e1568c00aaab0000aaab"
	cofactor2 = "5d543a95414e7f1091d50792876a202cd91de4547085abaa68a205b2e5a7ddfa" +
		"628f1cb4d9e82ef21537e293a6691ae1616ec6e786f0c70cf1c38e31c7238e5"
)

func number(hex string) *big.Int {
	n, ok := new(big.Int).SetString(hex, 16)
	if !ok {
		panic("testrand: number")
	}
	return n
}

// lift is a point of the curve with the x-coordinate x, if there is one.
func lift(x uint64) (p bls12381.G1Jac, ok bool) {
	var a bls12381.G1Affine
	var rhs, b fp.Element
	b.SetUint64(4)
	a.X.SetUint64(x)
	rhs.Square(&a.X)
	rhs.Mul(&rhs, &a.X)
	rhs.Add(&rhs, &b)
	if a.Y.Sqrt(&rhs) == nil {
		return p, false
	}
	p.FromAffine(&a)
	return p, true
}

// jacobian is a point of one of the curves. The zero value is the identity.
type jacobian[P any] interface {
	*P
	DoubleAssign() *P
	AddAssign(*P) *P
}

// multiply is s·p by double and add, right for every point of the curve.
func multiply[P any, J jacobian[P]](p P, s *big.Int) P {
	var z P
	for i := s.BitLen() - 1; i >= 0; i-- {
		J(&z).DoubleAssign()
		if s.Bit(i) == 1 {
			J(&z).AddAssign(&p)
		}
	}
	return z
}

// without is the order of a curve, whose cofactor is given, without its factors q.
func without(q *big.Int, cofactor string) *big.Int {
	n, m := new(big.Int).Mul(number(cofactor), fr.Modulus()), new(big.Int)
	for m.Mod(n, q).Sign() == 0 {
		n.Div(n, q)
	}
	return n
}
