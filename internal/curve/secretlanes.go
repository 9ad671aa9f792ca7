package curve

import (
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/utt-ecash/utt-go/internal/ifma"
)

// fewSecretSums is from how many sums on lanes that stay apart take less time.
const fewSecretSums = 4

// fitsLanes reports whether sums fit for sumsInLanes: each over as many points, of one table each.
func fitsLanes(sums []secretSum) bool {
	if !lanes || len(sums) < fewSecretSums {
		return false
	}
	for i := range sums {
		if sums[i].withBase || len(sums[i].multiples) != len(sums[0].multiples) {
			return false
		}
		for k := range sums[i].multiples {
			if len(sums[i].multiples[k].tables) != 1 {
				return false
			}
		}
	}
	return len(sums[0].multiples) > 0
}

// sumsInLanes puts the values of sums into out, eight sums in eight lanes from the points
// that digits select on: these are added in pairs, a multiple's direct one and its image,
// then multiple to multiple, then position to position. It is false, and out is not
// changed, if an addition is not one of two points with different x: then the sums are
// left to sumsInBuckets.
func (a *additions) sumsInLanes(out []G1, sums []secretSum) bool {
	groups := (len(sums) + ifma.Lanes - 1) / ifma.Lanes
	n := groups * halfDigits // vectors of one multiple
	space := borrow(2 * n * ifma.Lanes)
	defer space.giveBackSecret()
	work := a.laneAdditions()
	points := work.room(n * len(sums[0].multiples))
	for k := range sums[0].multiples {
		for j := range groups * ifma.Lanes {
			m := &sums[min(j, len(sums)-1)].multiples[k] // the last one fills its vector up
			t := &m.tables[0]
			for i := range t.direct {
				if p := &t.direct[i]; p.X[0] == 0 && p.IsInfinity() {
					return false
				}
			}
			d1, d2 := blindDigits(m.scalar)
			own := space.points[2*(j/ifma.Lanes*halfDigits*ifma.Lanes+j%ifma.Lanes):]
			for i := range halfDigits {
				putSigned(&own[2*i*ifma.Lanes], t.direct, int(d1[i]))
				putSigned(&own[2*i*ifma.Lanes+1], t.image, int(d2[i]))
			}
		}
		work.chords = work.chords[:0]
		for i := range n * ifma.Lanes {
			work.chords = append(work.chords, ifma.Sum{P: &space.points[2*i], Q: &space.points[2*i+1]})
		}
		made := work.adder.AddTo(points[k*n:(k+1)*n], work.chords)
		if work.chords = forgotten(work.chords); !made {
			return false
		}
	}
	for k := n; k < len(points); k += n {
		if !work.adder.AddPoints(points[:n], points[k:k+n]) {
			return false
		}
	}
	jac := make([]bls12381.G1Jac, len(sums))
	horner := hornerPool.Get().(*hornerWork)
	defer horner.giveBack()
	p := &horner.p
	for g := range groups {
		own := points[g*halfDigits : (g+1)*halfDigits]
		p.SetAffinePoints(&own[halfDigits-1])
		for i := halfDigits - 2; i >= 0; i-- {
			p.DoubleTimes(secretWindow)
			p.AddAffine(&own[i])
		}
		if p.Z.Zeros() != 0 {
			return false
		}
		storeSome(jac[g*ifma.Lanes:], p)
	}
	for k, p := range bls12381.BatchJacobianToAffineG1(jac) {
		out[k].p = p
	}
	return true
}
