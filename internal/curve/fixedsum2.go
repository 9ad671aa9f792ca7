package curve

import (
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

// FixedSum2 is FixedSum in G2.
type FixedSum2 struct {
	constant bls12381.G2Affine
	combs    [][]bls12381.G2Affine
	bits     int
	subsets  []bls12381.G2Affine
}

// NewFixedSum2 prepares the sum of a constant and multiples of points.
func NewFixedSum2(constant G2, scalars, bits []G2) *FixedSum2 {
	f := &FixedSum2{bits: len(bits)}
	for _, p := range scalars {
		f.combs = append(f.combs, newComb2(p.q))
	}
	var sum bls12381.G2Jac
	sum.FromAffine(&constant.q)
	var minus bls12381.G2Affine
	minus.Neg(&g2Generator)
	var jac []bls12381.G2Jac
	for len(bits) > 0 {
		n := min(bitGroup, len(bits))
		own := make([]bls12381.G2Jac, 1, 1<<bitGroup)
		own[0].FromAffine(&g2Generator)
		for _, p := range bits[:n] {
			for _, q := range own {
				q.AddMixed(&p.q)
				own = append(own, q)
			}
		}
		jac, bits = append(jac, append(own, make([]bls12381.G2Jac, 1<<bitGroup-len(own))...)...), bits[n:]
		sum.AddMixed(&minus)
	}
	f.constant.FromJacobian(&sum)
	f.subsets = affine2(jac)
	return f
}

func newComb2(p bls12381.G2Affine) []bls12381.G2Affine {
	var jac []bls12381.G2Jac
	var base bls12381.G2Jac
	base.FromAffine(&p)
	for range combDigits(sumWindow) {
		p, twice := base, base
		twice.DoubleAssign()
		for range 1 << (sumWindow - 1) {
			jac = append(jac, p)
			p.AddAssign(&twice)
		}
		for range sumWindow {
			base.DoubleAssign()
		}
	}
	return affine2(jac)
}

// affine2 converts points with one inversion.
func affine2(jac []bls12381.G2Jac) []bls12381.G2Affine {
	before := make([]bls12381.E2, len(jac)) // products of the z before
	var product bls12381.E2
	product.SetOne()
	for i := range jac {
		before[i] = product
		if !jac[i].Z.IsZero() {
			product.Mul(&product, &jac[i].Z)
		}
	}
	product.Inverse(&product)
	out := make([]bls12381.G2Affine, len(jac))
	for i := len(jac) - 1; i >= 0; i-- {
		if jac[i].Z.IsZero() {
			continue
		}
		var inverse, square bls12381.E2
		inverse.Mul(&product, &before[i])
		product.Mul(&product, &jac[i].Z)
		square.Square(&inverse)
		out[i].X.Mul(&jac[i].X, &square)
		out[i].Y.Mul(&jac[i].Y, square.Mul(&square, &inverse))
	}
	return out
}

// Value is the sum for secret scalars and bits, as many as there are points for.
func (f *FixedSum2) Value(scalars []Scalar, bits []byte) (z G2) {
	requireLengths(len(scalars), len(f.combs), len(bits), f.bits)
	const row = 1 << (sumWindow - 1)
	var sum bls12381.G2Jac
	sum.FromAffine(&f.constant)
	for i, c := range f.combs {
		for k, d := range blindedDigits(scalars[i], sumWindow) {
			sign := d >> 31 // 0 or −1
			p := c[k*row+((d^sign)-sign)>>1]
			var minus bls12381.E2
			minus.Neg(&p.Y)
			p.Y.Select(sign, &p.Y, &minus)
			sum.AddMixed(&p)
		}
	}
	for g := 0; g<<bitGroup < len(f.subsets); g++ {
		var p bls12381.G2Affine
		n := group(bits, g)
		for i, e := range f.subsets[g<<bitGroup : (g+1)<<bitGroup] {
			is := same(int32(i), n)
			for _, c := range [...][2]*fp.Element{{&p.X.A0, &e.X.A0}, {&p.X.A1, &e.X.A1}, {&p.Y.A0, &e.Y.A0}, {&p.Y.A1, &e.Y.A1}} {
				c[0].Select(is, c[0], c[1])
			}
		}
		sum.AddMixed(&p)
	}
	z.q.FromJacobian(&sum)
	return z
}
