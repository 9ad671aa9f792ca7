package curve

import bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

// FixedMSM is Σ s_i·P_i for many points that never change. It holds 2^(ck)·P_i for every
// point and every k, so that the digits of all positions share one set of buckets, and
// nothing is left to double. Its time depends on the scalars: these are public, or such as
// have digits distributed alike whatever is secret.
type FixedMSM struct {
	window int
	table  []bls12381.G1Affine // those of P_0 first
}

// NewFixedMSM prepares points, for windows of 2 bits or more, 10 for some hundred points.
func NewFixedMSM(points []G1, window int) *FixedMSM {
	f := &FixedMSM{window: window}
	jac := make([]bls12381.G1Jac, 0, len(points)*f.positions())
	for i := range points {
		var p bls12381.G1Jac
		p.FromAffine(&points[i].p)
		for range f.positions() {
			jac = append(jac, p)
			for range window {
				double(&p)
			}
		}
	}
	f.table = bls12381.BatchJacobianToAffineG1(jac)
	return f
}

// positions is how many signed digits a scalar has: of 255 bits, and a carry.
func (f *FixedMSM) positions() int { return scalarBits/f.window + 1 }

const scalarBits = 255

// Sum is the sum for as many scalars as there are points.
func (f *FixedMSM) Sum(scalars []Scalar) (z G1) {
	requireLengths(len(scalars)*f.positions(), len(f.table), 0, 0)
	half := 1 << (f.window - 1)
	digits := make([]int16, len(f.table))
	counts := make([]int, half)
	total := 0
	for i, s := range scalars {
		own := digits[i*f.positions() : (i+1)*f.positions()]
		signedDigits(own, s, f.window)
		for _, d := range own {
			if d != 0 {
				counts[max(d, -d)-1]++
				total++
			}
		}
	}
	space := borrow(total)
	defer space.giveBackSecret()
	buckets, free := make([][]bls12381.G1Affine, half), space.points
	for m, n := range counts {
		buckets[m], free = free[:0:n], free[n:]
	}
	for j, d := range digits {
		if d == 0 {
			continue
		}
		b := &buckets[max(d, -d)-1]
		*b = append(*b, f.table[j])
		if d < 0 {
			y := &(*b)[len(*b)-1].Y
			y.Neg(y)
		}
	}
	var a additions
	s := bucketSum{window: f.window, positions: a.bitSums([][][]bls12381.G1Affine{buckets})}
	return s.value()
}

// signedDigits recodes s = Σ d_i·2^(wi) with −2^(w−1) < d_i ≤ 2^(w−1).
func signedDigits(digits []int16, s Scalar, window int) {
	v, carry := s.e.Bits(), 0
	for i := range digits {
		word, bit := i*window/64, i*window%64
		d := uint64(0)
		if word < len(v) {
			d = v[word] >> bit
			if bit+window > 64 && word+1 < len(v) {
				d |= v[word+1] << (64 - bit)
			}
		}
		n := int(d&(1<<window-1)) + carry
		carry = 0
		if n > 1<<(window-1) {
			n, carry = n-1<<window, 1
		}
		digits[i] = int16(n)
	}
}
