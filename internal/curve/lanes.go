package curve

import (
	"sync"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/utt-ecash/utt-go/internal/ifma"
)

// lanes says whether to compute in eight lanes where it pays. What is exceptional in a
// formula is found first, or by an exact test of its result before that is used, and left
// to the scalar code; so results are the same with and without.
var lanes = ifma.Enabled

// laneAdditions are additions to be made in lanes: of points with different x, whose slope is
// that of a chord, and of points to themselves.
type laneAdditions struct {
	chords, tangents []ifma.Sum
	adder            ifma.Adder
	points           []ifma.AffinePoints // of sumsInLanes
}

// room is for so many points.
func (l *laneAdditions) room(n int) []ifma.AffinePoints {
	if len(l.points) < n {
		clear(l.points)
		l.points = make([]ifma.AffinePoints, n)
	}
	return l.points[:n]
}

var laneAdditionsPool = sync.Pool{New: func() any { return new(laneAdditions) }}

const (
	laneSumsAtOnce = 2048
	fewLaneSums    = 24 // for less, scalar code takes less time
)

// laneAdditions are those in work.
func (a *additions) laneAdditions() *laneAdditions {
	if a.lanes == nil {
		a.lanes = laneAdditionsPool.Get().(*laneAdditions)
	}
	return a.lanes
}

// addInLanes is addScalar, by lanes. All exceptional cases are left here: the coordinates
// are reduced, so that equal ones have equal words.
func (a *additions) addInLanes(p, q *bls12381.G1Affine) {
	l := a.laneAdditions()
	switch {
	case p.X[0] != q.X[0], p.X != q.X:
		l.chords = append(l.chords, ifma.Sum{P: p, Q: q})
	case p.Y == q.Y:
		l.tangents = append(l.tangents, ifma.Sum{P: p, Q: q})
	default:
		p.SetInfinity()
	}
	if len(l.chords)+len(l.tangents) == laneSumsAtOnce {
		a.flush()
	}
}

// flushLanes makes the additions collected for lanes, or leaves them to flushScalar.
func (a *additions) flushLanes() {
	l := a.lanes
	if l == nil {
		return
	}
	if len(l.chords)+len(l.tangents) < fewLaneSums || !l.adder.Add(l.chords, l.tangents) {
		for _, s := range l.chords {
			a.addScalar(s.P, s.Q)
		}
		for _, s := range l.tangents {
			a.addScalar(s.P, s.Q)
		}
	}
	l.chords, l.tangents = forgotten(l.chords), forgotten(l.tangents)
	if !a.keep {
		a.release()
	}
}

// release lets others have what lanes computed with, which holds no secret then.
func (a *additions) release() {
	if a.lanes == nil {
		return
	}
	if !a.public {
		a.lanes.adder.Clear()
		clear(a.lanes.points)
	}
	laneAdditionsPool.Put(a.lanes)
	a.lanes = nil
}

// forgotten is room for further sums, without pointers to those that were in it, nor to those
// with which the Adder filled a vector up.
func forgotten(sums []ifma.Sum) []ifma.Sum {
	clear(sums[:min(cap(sums), len(sums)+ifma.Lanes)])
	return sums[:0]
}
