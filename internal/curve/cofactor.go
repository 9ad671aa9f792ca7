package curve

import bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

// ClearCofactor maps every point of the curve into the subgroup; a point of the
// subgroup to a multiple that is zero only if the point is.
func (p G1) ClearCofactor() (z G1) {
	var j bls12381.G1Jac
	j.FromAffine(&p.p)
	clearCofactor(&j)
	z.p.FromJacobian(&j)
	return z
}

// x0 is −x₀ for the curve's parameter x₀.
const x0 uint64 = 0xd201000000010000

// mulX0 is −x₀·p for any point of the curve.
func mulX0(p *bls12381.G1Jac) bls12381.G1Jac {
	z := *p
	for i := 62; i >= 0; i-- {
		double(&z)
		if x0>>i&1 != 0 {
			z.AddAssign(p)
		}
	}
	return z
}

// clearCofactor multiplies by 1 − x₀, as RFC 9380 has it.
func clearCofactor(p *bls12381.G1Jac) {
	z := mulX0(p)
	p.AddAssign(&z)
}
