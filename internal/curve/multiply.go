package curve

import (
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/utt-ecash/utt-go/internal/parallel"
)

// Term is Scalar·Point.
type Term struct {
	Scalar Scalar
	Point  G1
}

// MSM is Σ s_i·P_i for public scalars and any points of the curve.
func MSM(terms []Term) G1 { return MSMs([][]Term{terms})[0] }

// MSMs is MSM of every list, on all cores if there is enough to do.
func MSMs(sums [][]Term) []G1 {
	out := make([]G1, len(sums))
	var long []*bucketSum
	var short [][]Term
	for _, terms := range sums {
		if len(terms) >= manyTerms {
			long = append(long, newBucketSum(terms))
		} else {
			short = append(short, terms)
		}
	}
	sumBuckets(long)
	few := straus(short)
	for i, terms := range sums {
		if len(terms) >= manyTerms {
			out[i], long = long[0].value(), long[1:]
		} else {
			out[i], few = few[0], few[1:]
		}
	}
	return out
}

// manyTerms is from how many on buckets are the faster method.
const manyTerms = 32

const (
	strausWindow = 4
	strausTable  = 1 << (strausWindow - 1) // multiples 1 … 8 of a point
	strausAtOnce = 32                      // sums
)

// straus is MSMs for sums of few terms: for each one doubling chain, as long as its
// longest scalar, and signed digits. It uses no endomorphism, which would be wrong
// off the subgroup.
func straus(sums [][]Term) []G1 {
	out := make([]G1, len(sums))
	parallel.ForWith((len(sums)+strausAtOnce-1)/strausAtOnce, func() func(int) {
		a := additions{public: true}
		return func(i int) {
			from := i * strausAtOnce
			a.straus(out[from:min(from+strausAtOnce, len(out))], sums[from:])
		}
	})
	return out
}

func (a *additions) straus(out []G1, sums [][]Term) {
	var points []G1 // those of scalars that are not 1
	var digits [][65]int8
	for _, terms := range sums[:len(out)] {
		for i := range terms {
			if !terms[i].Scalar.IsOne() {
				points, digits = append(points, terms[i].Point), append(digits, publicDigits(terms[i].Scalar))
			}
		}
	}
	tables := a.multiples(points)
	jac := make([]bls12381.G1Jac, len(out))
	for k := range out {
		sum, n, top := &jac[k], 0, -1
		for i := range sums[k] {
			if !sums[k][i].Scalar.IsOne() {
				top = max(top, lastDigit(&digits[n]))
				n++
			}
		}
		for j := top; j >= 0; j-- {
			for range strausWindow {
				double(sum)
			}
			for i := range n {
				switch d := int(digits[i][j]); {
				case d > 0:
					sum.AddMixed(&tables[i*strausTable+d-1])
				case d < 0:
					p := tables[i*strausTable-d-1]
					p.Y.Neg(&p.Y)
					sum.AddMixed(&p)
				}
			}
		}
		for i := range sums[k] {
			if sums[k][i].Scalar.IsOne() {
				sum.AddMixed(&sums[k][i].Point.p)
			}
		}
		digits, tables = digits[n:], tables[n*strausTable:]
	}
	for k, p := range bls12381.BatchJacobianToAffineG1(jac) {
		out[k].p = p
	}
}

// publicDigits recodes s = Σ d_i·2^(4i) with −8 ≤ d_i < 8.
func publicDigits(s Scalar) (d [65]int8) {
	k, carry := s.e.Bits(), int8(0)
	for i := range d {
		v := carry
		if i < 64 {
			v += int8(k[i/16] >> (4 * (i % 16)) & 15)
		}
		carry = 0
		if v >= strausTable {
			v, carry = v-2*strausTable, 1
		}
		d[i] = v
	}
	return d
}

// lastDigit is the index of the last that is not 0, −1 for none.
func lastDigit(d *[65]int8) int {
	i := len(d) - 1
	for i >= 0 && d[i] == 0 {
		i--
	}
	return i
}

// multiples are 1·P, …, 8·P for every point: n of them and n·P make the next n, of
// all points together.
func (a *additions) multiples(points []G1) []bls12381.G1Affine {
	out := make([]bls12381.G1Affine, len(points)*strausTable)
	for i := range points {
		out[i*strausTable] = points[i].p
	}
	for n := 1; n < strausTable; n *= 2 {
		for i := range points {
			own := out[i*strausTable : (i+1)*strausTable]
			copy(own[n:], own[:n])
			for j := n; j < 2*n; j++ {
				a.add(&own[j], &own[n-1])
			}
		}
		a.flush()
	}
	return out
}
