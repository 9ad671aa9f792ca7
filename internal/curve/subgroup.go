package curve

import (
	"crypto/rand"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

const (
	subgroupPasses = 8   // of 8 bits each: error 2^-64
	subgroupBatch  = 128 // from here on the batched test is the cheaper one
)

// Subgroup reports whether all points, which must be on the curve, are in the
// subgroup of order r. A wrong yes has probability at most 2^-64 over fresh
// randomness; a wrong no never occurs.
//
// Large batches go in 8 passes. A pass throws every point into one of 256
// random buckets; for each of the 8 bits of a bucket's number, the sum of the
// buckets with that bit is the sum of a uniformly random subset of the points.
// A point off the subgroup leaves such a sum off it with probability at least
// 1/2, independently for the 64 sums.
func Subgroup(points []G1) bool {
	if len(points) < subgroupBatch {
		for i := range points {
			if !points[i].InSubgroup() {
				return false
			}
		}
		return true
	}
	random := make([]byte, len(points))
	for range subgroupPasses {
		_, _ = rand.Read(random) // never fails
		var buckets [256]bls12381.G1Jac
		for i := range points {
			buckets[random[i]].AddMixed(&points[i].p)
		}
		if !subsetsInSubgroup(&buckets) {
			return false
		}
	}
	return true
}

// subsetsInSubgroup tests the 8 subset sums, folding the upper half of the
// buckets onto the lower one after each.
func subsetsInSubgroup(buckets *[256]bls12381.G1Jac) bool {
	for half := len(buckets) / 2; half > 0; half /= 2 {
		var sum bls12381.G1Jac
		for i := half; i < 2*half; i++ {
			sum.AddAssign(&buckets[i])
			buckets[i-half].AddAssign(&buckets[i])
		}
		if !inSubgroup(&sum) {
			return false
		}
	}
	return true
}

// inSubgroup is the test of Scott (ePrint 2021/1130) for a point of the curve:
// x₀²·φ(P) = −P, as λ = x₀² − 1 and λ² + λ + 1 = 0 modulo r. A multiple by x₀² has
// the sign of neither factor.
func inSubgroup(p *bls12381.G1Jac) bool {
	z := *p
	z.X.Mul(&z.X, &glvBeta)
	z = mulX0(&z)
	z = mulX0(&z)
	z.Y.Neg(&z.Y)
	return z.Equal(p)
}

// Subgroup2 is Subgroup for G2, point by point.
func Subgroup2(points []G2) bool {
	for i := range points {
		if !points[i].InSubgroup() {
			return false
		}
	}
	return true
}
