package curve

import (
	"crypto/rand"
	"encoding/binary"
	"sync"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// blindedBits bounds s + k·r for a scalar s and k of 63 bits.
const blindedBits = 318

// comb holds d·2^(wi)·P for odd 1 ≤ d < 2^w and every i, for windows of w bits.
type comb struct {
	window int
	table  []bls12381.G1Affine
}

// generatorWindow is for points that many multiply: half a megabyte each.
const generatorWindow = 8

// generatorComb is that of G, made at first use.
var generatorComb = sync.OnceValue(func() *comb { return newComb(g1Generator, generatorWindow) })

// FixedG1 is a point of the subgroup that many secrets multiply. At first use it
// makes a table of half a megabyte, by which it is thrice as fast as SumSecret.
type FixedG1 struct{ comb func() *comb }

// NewFixedG1 prepares a point.
func NewFixedG1(p G1) *FixedG1 {
	return &FixedG1{sync.OnceValue(func() *comb { return newComb(p.p, generatorWindow) })}
}

// MulSecret is s·P.
func (f *FixedG1) MulSecret(s Scalar) (z G1) {
	// one by one: for a single sum, the inversions of affine additions cost more
	var sum bls12381.G1Jac
	for _, p := range f.comb().append(nil, s) {
		sum.AddMixed(&p)
	}
	z.p.FromJacobian(&sum)
	return z
}

func newComb(p bls12381.G1Affine, window int) *comb {
	row := 1 << (window - 1)
	jac := make([]bls12381.G1Jac, 0, combDigits(window)*row)
	var base bls12381.G1Jac
	base.FromAffine(&p)
	for range combDigits(window) {
		p, twice := base, base
		twice.DoubleAssign()
		for range row {
			jac = append(jac, p)
			p.AddAssign(&twice)
		}
		for range window {
			base.DoubleAssign()
		}
	}
	return &comb{window, bls12381.BatchJacobianToAffineG1(jac)}
}

// append adds combDigits points to a list, whose sum is s·P.
func (c *comb) append(points []bls12381.G1Affine, s Scalar) []bls12381.G1Affine {
	row := 1 << (c.window - 1)
	for i, d := range blindedDigits(s, c.window) {
		points = append(points, signed(c.table[i*row:(i+1)*row], d))
	}
	return points
}

// combDigits is how many digits of some bits a blinded scalar has.
func combDigits(window int) int { return (blindedBits + window - 1) / window }

// blindedDigits are odd digits of s + k·r, of magnitude below 2^window, for a random k of
// 63 bits: without the endomorphism, multiples of r do blind. The lowest bit of k makes
// the sum odd.
func blindedDigits(s Scalar, window int) []int {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	v := s.e.Bits()
	k := binary.LittleEndian.Uint64(random[:])>>1&^1 | v[0]&1 ^ 1
	z := addMultiple(v, k)
	digits := make([]int, combDigits(window))
	for i := range digits {
		word, bit := i*window/64, i*window%64
		d := z[word] >> bit
		if bit+window >= 64 && word+1 < len(z) {
			d |= z[word+1] << (64 - bit)
		}
		digits[i] = int(d&(2<<window-1)|1) - 1<<window
		if i == len(digits)-1 {
			digits[i] = int(d&(1<<window-1) | 1)
		}
	}
	return digits
}

// addMultiple is s + k·r.
func addMultiple(s [4]uint64, k uint64) (z [5]uint64) {
	copy(z[:], s[:])
	z[4] = mulAdd(z[:4], order[:], k)
	return z
}

// order is r, little-endian.
var order = [4]uint64{0xffffffff00000001, 0x53bda402fffe5bfe, 0x3339d80809a1d805, 0x73eda753299d7d48}
