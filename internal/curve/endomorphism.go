package curve

import (
	"encoding/binary"
	"math/bits"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

// The endomorphism φ(x, y) = (β·x, y) multiplies points of the subgroup by λ.

// lambda is λ, little-endian.
var lambda = [2]uint64{0x00000000ffffffff, 0xac45a4010001a402}

// inverseLambda is ⌊2^256/λ⌋.
var inverseLambda = [3]uint64{0x63f6e522f6cfee30, 0x7c6becf1e01faadd, 0x1}

var glvBeta fp.Element

func init() {
	if _, err := glvBeta.SetString("4002409555221667392624310435006688643935503118305586438271171395842971157480381377015405980053539358417135540939436"); err != nil {
		panic(err)
	}
}

// Split writes s·P as a sum of two multiples with scalars of half the length. Of a P
// off the subgroup, the sum has the part in the subgroup right.
func (t Term) Split() (Term, Term) {
	v := t.Scalar.e.Bits()
	q := divLambda(v)
	rest := sub3([3]uint64{v[0], v[1], v[2]}, mulLambda(q[0], q[1]))
	image := t.Point
	image.p.X.Mul(&image.p.X, &glvBeta)
	return Term{fromWords(rest), t.Point}, Term{fromWords(q), image}
}

// Shorten is the same multiple of a point of the subgroup with the smaller of s and
// −s as its scalar. Of a P off the subgroup, it has the part in the subgroup right.
func (t Term) Shorten() Term {
	if t.Scalar.e.LexicographicallyLargest() {
		return Term{t.Scalar.Neg(), t.Point.Neg()}
	}
	return t
}

func fromWords(k [3]uint64) Scalar {
	var b [ScalarSize]byte
	for i, v := range k {
		binary.BigEndian.PutUint64(b[ScalarSize-8*(i+1):], v)
	}
	var s Scalar
	s.e.SetBytes(b[:])
	return s
}

// divLambda is ⌊s·⌊2^256/λ⌋/2^256⌋, which is ⌊s/λ⌋ or one less, without a division.
func divLambda(s [4]uint64) [3]uint64 {
	var prod [7]uint64
	for i, x := range s {
		prod[i+3] = mulAdd(prod[i:i+3], inverseLambda[:], x)
	}
	return [3]uint64{prod[4], prod[5], prod[6]}
}

// mulLambda is (hi·2^64 + lo)·λ modulo 2^192.
func mulLambda(lo, hi uint64) (z [3]uint64) {
	z[2] = mulAdd(z[:2], lambda[:], lo)
	mulAdd(z[1:], lambda[:], hi)
	return z
}

// mulAdd adds x·y to z, which has as many words, and returns the word that does not
// fit.
func mulAdd(z, y []uint64, x uint64) (carry uint64) {
	for i := range y {
		hi, lo := bits.Mul64(x, y[i])
		var c uint64
		lo, c = bits.Add64(lo, carry, 0)
		hi += c
		z[i], c = bits.Add64(z[i], lo, 0)
		carry = hi + c
	}
	return carry
}

func add3(x, y [3]uint64) (z [3]uint64) {
	var c uint64
	for i := range z {
		z[i], c = bits.Add64(x[i], y[i], c)
	}
	return z
}

func sub3(x, y [3]uint64) (z [3]uint64) {
	var c uint64
	for i := range z {
		z[i], c = bits.Sub64(x[i], y[i], c)
	}
	return z
}
