package curve

import (
	"crypto/rand"
	"encoding/binary"
	"sync"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

const (
	combDigits = 40           // bytes of a blinded scalar
	combRow    = 1 << (8 - 1) // multiples 1, 3 … 255
)

// comb holds d·2^(8i)·G for odd 1 ≤ d < 256 and every i.
var comb = sync.OnceValue(func() []bls12381.G1Affine { return newComb(g1Generator) })

// FixedG1 is a point of the subgroup that many secrets multiply. At first use it
// makes a table of half a megabyte, by which it is thrice as fast as SumSecret.
type FixedG1 struct{ comb func() []bls12381.G1Affine }

// NewFixedG1 prepares a point.
func NewFixedG1(p G1) *FixedG1 {
	return &FixedG1{sync.OnceValue(func() []bls12381.G1Affine { return newComb(p.p) })}
}

// MulSecret is s·P.
func (f *FixedG1) MulSecret(s Scalar) (z G1) {
	// one by one: for a single sum, the inversions of affine additions cost more
	var sum bls12381.G1Jac
	for _, p := range combPoints(f.comb(), s) {
		sum.AddMixed(&p)
	}
	z.p.FromJacobian(&sum)
	return z
}

func newComb(p bls12381.G1Affine) []bls12381.G1Affine {
	jac := make([]bls12381.G1Jac, 0, combDigits*combRow)
	var base bls12381.G1Jac
	base.FromAffine(&p)
	for range combDigits {
		p, twice := base, base
		twice.DoubleAssign()
		for range combRow {
			jac = append(jac, p)
			p.AddAssign(&twice)
		}
		for range 8 {
			base.DoubleAssign()
		}
	}
	return bls12381.BatchJacobianToAffineG1(jac)
}

// combPoints are points whose sum is s·P, from the odd digits of s + k·r for a
// random k of 63 bits: without the endomorphism, multiples of r do blind. The
// lowest bit of k makes the sum odd.
func combPoints(table []bls12381.G1Affine, s Scalar) []bls12381.G1Affine {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	v := s.e.Bits()
	k := binary.LittleEndian.Uint64(random[:])>>1&^1 | v[0]&1 ^ 1
	z := addMultiple(v, k)
	points := make([]bls12381.G1Affine, combDigits)
	for i := range points {
		d := z[i/8] >> (8 * (i % 8))
		if i%8 == 7 && i/8 < len(z)-1 {
			d |= z[i/8+1] << 8
		}
		digit := int(d&511|1) - 256
		if i == combDigits-1 {
			digit = int(d | 1)
		}
		points[i] = signed(table[i*combRow:(i+1)*combRow], digit)
	}
	return points
}

// addMultiple is s + k·r.
func addMultiple(s [4]uint64, k uint64) (z [5]uint64) {
	copy(z[:], s[:])
	z[4] = mulAdd(z[:4], order[:], k)
	return z
}

// order is r, little-endian.
var order = [4]uint64{0xffffffff00000001, 0x53bda402fffe5bfe, 0x3339d80809a1d805, 0x73eda753299d7d48}
