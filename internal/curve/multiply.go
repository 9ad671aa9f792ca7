package curve

import (
	"github.com/consensys/gnark-crypto/ecc"
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// Term is Scalar·Point.
type Term struct {
	Scalar Scalar
	Point  G1
}

// MSM is Σ s_i·P_i for public scalars and any points of the curve, on the calling
// goroutine.
func MSM(terms []Term) G1 {
	if len(terms) < pippenger {
		return straus(terms)
	}
	points := make([]bls12381.G1Affine, len(terms))
	scalars := make([]fr.Element, len(terms))
	for i := range terms {
		points[i], scalars[i] = terms[i].Point.p, terms[i].Scalar.e
	}
	var z G1
	if _, err := z.p.MultiExp(points, scalars, ecc.MultiExpConfig{NbTasks: 1}); err != nil {
		panic("curve: msm: " + err.Error()) // only for unequal lengths
	}
	return z
}

// pippenger is from how many points on gnark-crypto's method is the faster one.
const pippenger = 96

const (
	strausWindow = 4
	strausTable  = 1 << (strausWindow - 1) // multiples 1 … 8 of a point
)

// straus is MSM for few points: one doubling chain, as long as the longest scalar,
// and signed digits. It uses no endomorphism, which would be wrong off the subgroup.
func straus(terms []Term) G1 {
	var ones bls12381.G1Jac
	points := make([]G1, 0, len(terms))
	digits := make([][65]int8, len(terms))
	top := -1
	for _, t := range terms {
		if t.Scalar.IsOne() {
			ones.AddMixed(&t.Point.p)
			continue
		}
		top = max(top, publicDigits(&digits[len(points)], t.Scalar))
		points = append(points, t.Point)
	}
	tables := multiples(points)
	var sum bls12381.G1Jac
	for k := top; k >= 0; k-- {
		for range strausWindow {
			double(&sum)
		}
		for i := range points {
			switch d := int(digits[i][k]); {
			case d > 0:
				sum.AddMixed(&tables[i*strausTable+d-1])
			case d < 0:
				p := tables[i*strausTable-d-1]
				p.Y.Neg(&p.Y)
				sum.AddMixed(&p)
			}
		}
	}
	sum.AddAssign(&ones)
	var z G1
	z.p.FromJacobian(&sum)
	return z
}

// publicDigits recodes s = Σ d_i·2^(4i) with −8 ≤ d_i < 8 and returns the index of
// the last digit that is not 0, −1 for none.
func publicDigits(d *[65]int8, s Scalar) int {
	k, top, carry := s.e.Bits(), -1, int8(0)
	for i := range d {
		v := carry
		if i < 64 {
			v += int8(k[i/16] >> (4 * (i % 16)) & 15)
		}
		carry = 0
		if v >= strausTable {
			v, carry = v-2*strausTable, 1
		}
		if d[i] = v; v != 0 {
			top = i
		}
	}
	return top
}

// multiples are 1·P, …, 8·P for every point, sharing one field inversion.
func multiples(points []G1) []bls12381.G1Affine {
	if len(points) == 0 {
		return nil
	}
	jac := make([]bls12381.G1Jac, 0, len(points)*strausTable)
	for i := range points {
		var p bls12381.G1Jac
		p.FromAffine(&points[i].p)
		for j := range strausTable {
			jac = append(jac, p)
			if j == 0 {
				p.DoubleAssign()
			} else {
				p.AddMixed(&points[i].p)
			}
		}
	}
	return bls12381.BatchJacobianToAffineG1(jac)
}
