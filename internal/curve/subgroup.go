package curve

import (
	"crypto/rand"
	"sync/atomic"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/utt-ecash/utt-go/internal/ifma"
	"github.com/utt-ecash/utt-go/internal/parallel"
)

const (
	subgroupPasses = 8 // of 8 bits each: error 2^-64
	subgroupBits   = 8
	subgroupBatch  = 128 // from here on the batched test is the cheaper one
)

// InSubgroup reports whether p has order r or is the identity.
func (p G1) InSubgroup() bool {
	var j bls12381.G1Jac
	j.FromAffine(&p.p)
	return inSubgroup(&j)
}

// Subgroup reports whether all points, which must be on the curve, are in the
// subgroup of order r. A wrong yes has probability at most 2^-64 over fresh
// randomness; a wrong no never occurs.
//
// Large batches go in 8 passes. A pass throws every point into one of 256
// random buckets; for each of the 8 bits of a bucket's number, the sum of the
// buckets with that bit is the sum of a uniformly random subset of the points.
// A point off the subgroup leaves such a sum off it with probability at least
// 1/2, independently for the 64 sums. With many cores parts of the points are tested each
// for itself, and a point is in 64 sums of its part.
func Subgroup(points []G1) bool {
	if len(points) < subgroupBatch {
		return allEight(points, allInSubgroup)
	}
	parts := subgroupParts(len(points))
	var failed atomic.Bool
	parallel.ForWith(subgroupPasses*len(parts), func() func(int) {
		a := additions{public: true}
		var random []byte
		return func(i int) {
			if failed.Load() {
				return
			}
			part := parts[i/subgroupPasses]
			if n := part.To - part.From; cap(random) < n {
				random = make([]byte, n)
			} else {
				random = random[:n]
			}
			_, _ = rand.Read(random) // never fails
			space := borrow(len(random))
			defer space.giveBack()
			if !a.subsetsInSubgroup(throw(points[part.From:part.To], random, space.points)) {
				failed.Store(true)
			}
		}
	})
	return !failed.Load()
}

// subgroupPart is how many points at least are worth passes of their own.
const subgroupPart = 1 << 10

// subgroupParts are points that are tested by themselves, for there are more cores than
// passes.
func subgroupParts(points int) []parallel.Range {
	n := max(1, min(points/subgroupPart, parallel.Tasks(points)/subgroupPasses))
	parts := make([]parallel.Range, n)
	for k := range parts {
		parts[k] = parallel.Range{From: k * points / n, To: (k + 1) * points / n}
	}
	return parts
}

// throw puts every point into the bucket that its random byte names.
func throw(points []G1, random []byte, space []bls12381.G1Affine) [][]bls12381.G1Affine {
	counts := make([]int, 1<<subgroupBits)
	for _, r := range random {
		counts[r]++
	}
	buckets := make([][]bls12381.G1Affine, len(counts))
	for b, n := range counts {
		buckets[b], space = space[:0:n], space[n:]
	}
	for i, r := range random {
		buckets[r] = append(buckets[r], points[i].p)
	}
	return buckets
}

// subsetsInSubgroup tests, for each bit, the sum of the buckets whose number has it.
func (a *additions) subsetsInSubgroup(buckets [][]bls12381.G1Affine) bool {
	sums := make([]G1, subgroupBits)
	for i, p := range a.bitSums([][][]bls12381.G1Affine{buckets})[0][:subgroupBits] {
		sums[i].p = p
	}
	return allInSubgroup(sums)
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

const (
	subgroup2Passes = 18 // error 13^-18 < 2^-66
	subgroup2Bases  = 13 // the least prime that divides the cofactor of G2
	subgroup2Batch  = 96
)

// Subgroup2 is Subgroup for G2. In lanes points are tested by themselves, eight at a time
// and without error. Else large batches are tested by small multiples.
func Subgroup2(points []G2) bool {
	if !lanes && len(points) >= subgroup2Batch {
		return subgroup2ByMultiples(points)
	}
	return allEight(points, allInSubgroup2)
}

// allEight reports whether f holds for all, of which it is given eight at most.
func allEight[T any](points []T, f func([]T) bool) bool {
	atOnce := 1
	if lanes {
		atOnce = ifma.Lanes
	}
	var failed atomic.Bool
	parallel.For((len(points)+atOnce-1)/atOnce, func(i int) {
		if !failed.Load() && !f(points[i*atOnce:min((i+1)*atOnce, len(points))]) {
			failed.Store(true)
		}
	})
	return !failed.Load()
}

// subgroup2ByMultiples tests in 18 passes. A pass tests Σ c_i·P_i for uniform 0 ≤ c_i < 13.
// If P_i is off the subgroup, the part of it that is has an order of 13 at least, so that
// whatever the other multiples are, one c_i at most leaves the sum in the subgroup.
func subgroup2ByMultiples(points []G2) bool {
	var failed atomic.Bool
	parallel.ForWith(subgroup2Passes, func() func(int) {
		multiples := make([]byte, len(points))
		return func(int) {
			if failed.Load() {
				return
			}
			below13(multiples)
			if sum := smallMultiples(points, multiples); !sum.IsInSubGroup() {
				failed.Store(true)
			}
		}
	})
	return !failed.Load()
}

// below13 fills b with uniform numbers below subgroup2Bases.
func below13(b []byte) {
	const most = 256 / subgroup2Bases * subgroup2Bases
	_, _ = rand.Read(b) // never fails
	for i := range b {
		for b[i] >= most {
			_, _ = rand.Read(b[i : i+1])
		}
		b[i] %= subgroup2Bases
	}
}

// smallMultiples is Σ c_i·P_i for c_i below subgroup2Bases.
func smallMultiples(points []G2, c []byte) bls12381.G2Jac {
	var buckets [subgroup2Bases]bls12381.G2Jac
	for i := range points {
		if c[i] > 0 {
			buckets[c[i]].AddMixed(&points[i].q)
		}
	}
	var sum, rest bls12381.G2Jac // rest is Σ of the buckets from m on
	for m := subgroup2Bases - 1; m > 0; m-- {
		rest.AddAssign(&buckets[m])
		sum.AddAssign(&rest)
	}
	return sum
}
