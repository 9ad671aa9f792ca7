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

// MSM is Σ s_i·P_i for public scalars and any points of the curve, by
// Pippenger's method on the calling goroutine.
func MSM(terms []Term) G1 {
	var z G1
	if len(terms) == 0 {
		return z
	}
	points := make([]bls12381.G1Affine, len(terms))
	scalars := make([]fr.Element, len(terms))
	for i := range terms {
		points[i], scalars[i] = terms[i].Point.p, terms[i].Scalar.e
	}
	if _, err := z.p.MultiExp(points, scalars, ecc.MultiExpConfig{NbTasks: 1}); err != nil {
		panic("curve: msm: " + err.Error()) // only for unequal lengths
	}
	return z
}
