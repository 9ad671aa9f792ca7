package curve

import (
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/utt-ecash/utt-go/internal/ifma"
)

// lanes says whether to compute in eight lanes where it pays. What is exceptional in a
// formula is found first, or by an exact test of its result before that is used, and left
// to the scalar code; so results are the same with and without.
var lanes = ifma.Enabled

// laneAdditions are additions to be made in lanes: of points with different x, and of
// points to themselves.
type laneAdditions struct {
	sums, doubles []ifma.Sum
	adder         ifma.Adder
}

const (
	laneSumsAtOnce = 1024
	fewLaneSums    = 24 // for less, scalar code takes less time
)

// addInLanes is addScalar, by lanes. All exceptional cases are left here: the coordinates
// are reduced, so that equal ones have equal words.
func (a *additions) addInLanes(p, q *bls12381.G1Affine) {
	l := &a.lanes
	switch {
	case p.X != q.X:
		l.sums = append(l.sums, ifma.Sum{P: p, Q: q})
	case p.Y == q.Y:
		l.doubles = append(l.doubles, ifma.Sum{P: p, Q: q})
	default:
		p.SetInfinity()
	}
	if max(len(l.sums), len(l.doubles)) == laneSumsAtOnce {
		a.flush()
	}
}

// flushLanes makes the additions collected for lanes, or leaves them to flushScalar.
func (a *additions) flushLanes() {
	l := &a.lanes
	sum := func(sums []ifma.Sum, in func([]ifma.Sum) bool) []ifma.Sum {
		if len(sums) < fewLaneSums || !in(sums) {
			for _, s := range sums {
				a.addScalar(s.P, s.Q)
			}
		}
		return sums[:0]
	}
	l.sums = sum(l.sums, l.adder.Add)
	l.doubles = sum(l.doubles, l.adder.Double)
}
