package curve

import (
	"sync"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/utt-ecash/utt-go/internal/ifma"
)

// fewInSubgroup is from how many on tests of membership take less time in lanes.
const fewInSubgroup = 3

var betaInLanes = sync.OnceValue(func() (b ifma.Element) {
	b.Set(&glvBeta)
	return b
})

// allInSubgroup reports whether at most ifma.Lanes points of the curve are in the subgroup.
func allInSubgroup(points []G1) bool {
	var in uint8
	if lanes && len(points) >= fewInSubgroup {
		in = subgroupInLanes(points)
	} else {
		for i := range points {
			if points[i].InSubgroup() {
				in |= 1 << i
			}
		}
	}
	all := uint8(1<<len(points) - 1)
	return in&all == all
}

// subgroupInLanes reports which of at most eight points of the curve are in the subgroup, as
// inSubgroup does: those with x₀²·φ(P) = −P. Those for which that is not decided, for
// an addition that the formulas do not make, are left to the scalar code.
func subgroupInLanes(points []G1) (in uint8) {
	var from [ifma.Lanes]*bls12381.G1Affine
	var undecided uint8
	for l := range from {
		if from[l] = &points[l%len(points)].p; from[l].IsInfinity() {
			from[l], undecided = &g1Generator, undecided|1<<l
		}
	}
	work := new(struct {
		once, twice     ifma.Points
		x, y, image, z2 ifma.Element
	})
	once, twice, x, y := &work.once, &work.twice, &work.x, &work.y
	ifma.LoadAffine(x, y, &from)
	beta := betaInLanes()
	work.image.Mul(x, &beta)
	once.SetAffine(&work.image, y)
	mulX0InLanes(once, func() { once.AddMixed(&work.image, y) })
	*twice = *once
	mulX0InLanes(twice, func() { twice.Add(once) })
	work.z2.Square(&twice.Z)
	x.Mul(x, &work.z2)
	x.Sub(x, &twice.X)
	work.z2.Mul(&work.z2, &twice.Z)
	y.Mul(y, &work.z2)
	y.Add(y, &twice.Y)
	y.Mul(y, &ifma.One) // no sum
	in = x.Zeros() & y.Zeros()
	undecided |= twice.Z.Zeros()
	for l := range points {
		if bit := uint8(1) << l; undecided&bit != 0 {
			if in &^= bit; points[l].InSubgroup() {
				in |= bit
			}
		}
	}
	return in
}

// allInSubgroup2 is allInSubgroup for G2.
func allInSubgroup2(points []G2) bool {
	var in uint8
	if lanes && len(points) >= fewInSubgroup {
		in = subgroup2InLanes(points)
	} else {
		for i := range points {
			if points[i].InSubgroup() {
				in |= 1 << i
			}
		}
	}
	all := uint8(1<<len(points) - 1)
	return in&all == all
}

// timesBeta multiplies the x of points, a multiple of ifma.Lanes of them.
func timesBeta(points []bls12381.G1Affine) {
	if !lanes {
		for i := range points {
			points[i].X.Mul(&points[i].X, &glvBeta)
		}
		return
	}
	beta := betaInLanes()
	for ; len(points) > 0; points = points[ifma.Lanes:] {
		var x ifma.Pointers
		for l := range x {
			x[l] = &points[l].X
		}
		beta.Scale(&x, &x)
	}
}
