package curve

import (
	"math/bits"

	"github.com/consensys/gnark-crypto/ecc"
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"

	"github.com/utt-ecash/utt-go/internal/dst"
)

// Sums in G2, which key generation alone needs in number.

// Term2 is Scalar·Point in G2.
type Term2 struct {
	Scalar Scalar
	Point  G2
}

// HashToG2 is RFC 9380 BLS12381G2_XMD:SHA-256_SSWU_RO_.
func HashToG2(tag dst.Tag, msg []byte) (z G2) {
	var err error
	if z.q, err = bls12381.HashToG2(msg, []byte(tag)); err != nil {
		panic("curve: hash to G2: " + err.Error()) // only for tags above 255 bytes
	}
	return z
}

// MSM2 is Σ s_i·Q_i for public scalars and any points of the twist. It runs on the
// calling goroutine.
func MSM2(terms []Term2) (z G2) {
	if len(terms) < manyTerms2 {
		return straus2(terms)
	}
	points, scalars := make([]bls12381.G2Affine, len(terms)), make([]fr.Element, len(terms))
	for i, t := range terms {
		points[i], scalars[i] = t.Point.q, t.Scalar.e
	}
	if _, err := z.q.MultiExp(points, scalars, ecc.MultiExpConfig{NbTasks: 1}); err != nil {
		panic("curve: sum in G2: " + err.Error()) // only for unequal lengths
	}
	return z
}

// manyTerms2 is from how many on buckets are the faster method.
const manyTerms2 = 32

// straus2 is straus for one sum in G2, without buckets.
func straus2(terms []Term2) (z G2) {
	tables := make([]bls12381.G2Jac, len(terms)*strausTable)
	digits, top := make([][strausPlaces]int8, len(terms)), -1
	for i, t := range terms {
		multiples := tables[i*strausTable : (i+1)*strausTable]
		multiples[0].FromAffine(&t.Point.q)
		twice := multiples[0]
		twice.DoubleAssign()
		for j := 1; j < strausTable; j++ {
			multiples[j] = multiples[j-1]
			multiples[j].AddAssign(&twice)
		}
		sparseDigits(t.Scalar, func(place, d int) {
			digits[i][place] = int8(d)
			top = max(top, place)
		})
	}
	affine := affine2(tables)
	var sum bls12381.G2Jac
	for place := top; place >= 0; place-- {
		sum.DoubleAssign()
		for i := range terms {
			d := int(digits[i][place])
			if d == 0 {
				continue
			}
			q := affine[i*strausTable+max(d, -d)/2]
			if d < 0 {
				q.Neg(&q)
			}
			sum.AddMixed(&q)
		}
	}
	z.q.FromJacobian(&sum)
	return z
}

// Evaluate is Σ x^k·P_k, for any points of the curve and a small x: the value at x of a
// polynomial that is given in the exponent.
func Evaluate(points []G1, x uint64) (z G1) {
	var sum bls12381.G1Jac
	for k := len(points) - 1; k >= 0; k-- {
		p := sum
		sum = bls12381.G1Jac{}
		for i := bits.Len64(x) - 1; i >= 0; i-- {
			if double(&sum); x>>i&1 == 1 {
				sum.AddAssign(&p)
			}
		}
		sum.AddMixed(&points[k].p)
	}
	z.p.FromJacobian(&sum)
	return z
}

// Evaluate2 is Evaluate in G2.
func Evaluate2(points []G2, x uint64) (z G2) {
	var sum bls12381.G2Jac
	for k := len(points) - 1; k >= 0; k-- {
		p := sum
		sum = bls12381.G2Jac{}
		for i := bits.Len64(x) - 1; i >= 0; i-- {
			if sum.DoubleAssign(); x>>i&1 == 1 {
				sum.AddAssign(&p)
			}
		}
		sum.AddMixed(&points[k].q)
	}
	z.q.FromJacobian(&sum)
	return z
}
