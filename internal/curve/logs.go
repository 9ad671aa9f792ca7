package curve

import (
	"runtime"
	"sync/atomic"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"

	"github.com/utt-ecash/utt-go/internal/parallel"
)

// Logs finds the discrete logarithm m of m·G in an interval by baby steps and giant steps
// (Shanks). It holds the x-coordinates of i·G for 1 ≤ i ≤ n = 2^bits. They are those of
// −i·G too, so that one look-up decides 2n + 1 candidates. It is immutable and safe for
// concurrent use. Its time tells where the logarithm is.
type Logs struct {
	bits  int
	slots []uint64 // a hash table with linear probing, half full
	giant *walk    // in steps of −(2n + 1)·G
}

// A table of 2^bits steps takes 16·2^bits bytes.
const (
	MinLogBits = 8
	MaxLogBits = 24
)

// MaxLogWidth bounds an interval.
const MaxLogWidth = 1 << 56

// NewLogs makes a table of 2^bits steps, MinLogBits ≤ bits ≤ MaxLogBits.
func NewLogs(bits int) *Logs {
	n := 1 << bits
	step := Generator().Mul(Uint64(uint64(2*n + 1)))
	l := &Logs{bits: bits, slots: make([]uint64, 2*n), giant: newWalk(step.Neg())}
	places, keys := make([]uint32, n), make([]uint64, n)
	baby := newWalk(Generator())
	const perPart = 16 * walkPoints
	parallel.For((n+perPart-1)/perPart, func(part int) {
		center := part*perPart + 1 + walkHalf // a logarithm
		w := baby.from(Generator().Mul(Uint64(uint64(center))))
		for end := center + perPart; center < end; center += walkPoints {
			w.block(walkHalf, func(k int, x *fp.Element) bool {
				if i := center + k; i <= n {
					places[i-1], keys[i-1] = l.place(x)
				}
				return false
			})
		}
	})
	for i, key := range keys {
		at := places[i]
		for l.slots[at] != 0 {
			at = l.after(at)
		}
		l.slots[at] = key | uint64(i)
	}
	return l
}

// A slot has i − 1 and, above it, bits of the x-coordinate of i·G, the highest of which is
// set: an empty slot is 0.
const (
	slotUsed  = 1 << 63
	slotIndex = 1<<MaxLogBits - 1
)

// place is where to begin with an x-coordinate, and what a slot has of it.
func (l *Logs) place(x *fp.Element) (at uint32, key uint64) {
	return uint32(x[0] >> (63 - l.bits)), (x[1] | slotUsed) &^ slotIndex
}

func (l *Logs) after(at uint32) uint32 { return (at + 1) & uint32(len(l.slots)-1) }

// candidates calls f with every i for which ±i·G may have the x-coordinate, until it
// returns true.
func (l *Logs) candidates(x *fp.Element, f func(i uint64) bool) bool {
	at, key := l.place(x)
	for ; l.slots[at] != 0; at = l.after(at) {
		if s := l.slots[at]; s&^slotIndex == key && f(s&slotIndex+1) {
			return true
		}
	}
	return false
}

// Find is the m with lo ≤ m ≤ hi and p = m·G, for any point of the curve. ok is false if
// there is none, if hi − lo is above MaxLogWidth, or if stop, which is called every few
// milliseconds by several goroutines, returned true first. It takes a batched addition for
// every 2n + 1 candidates, on all cores.
func (l *Logs) Find(p G1, lo, hi uint64, stop func() bool) (m uint64, ok bool) {
	if hi < lo || hi-lo > MaxLogWidth {
		return 0, false
	}
	n, width := uint64(1)<<l.bits, hi-lo
	perStep := 2*n + 1
	steps := width/perStep + 1
	half := min(steps/2, walkHalf)
	perBlock := 2*half + 1
	blocks := (steps + perBlock - 1) / perBlock
	var found atomic.Uint64
	var done atomic.Bool
	// confirm decides on the whole point whether m is lo + d. A d below 0 has wrapped around.
	confirm := func(d uint64) bool {
		if d > width || !p.Equal(Generator().Mul(Uint64(lo+d))) {
			return false
		}
		found.Store(lo + d)
		done.Store(true)
		return true
	}
	const perPart = 32 // blocks
	var next atomic.Uint64
	worker := func(int) {
		for b := next.Add(perPart) - perPart; b < blocks && !done.Load() && !stop(); b = next.Add(perPart) - perPart {
			// the giant step j leads to p − (lo + n + j·(2n + 1))·G
			before := Uint64(lo).Add(Uint64(n)).Add(Uint64(b*perBlock + half).Mul(Uint64(perStep)))
			w := l.giant.from(p.Sub(Generator().Mul(before)))
			for end := min(b+perPart, blocks); b < end && !done.Load(); b++ {
				center := b*perBlock + half
				if w.block(int(half), func(k int, x *fp.Element) bool {
					d := n + (center+uint64(k))*perStep
					if x == nil { // the only logarithm that p has
						confirm(d)
						return true
					}
					return l.candidates(x, func(i uint64) bool { return confirm(d+i) || confirm(d-i) })
				}) {
					return
				}
			}
		}
	}
	parallel.For(int(min((blocks+perPart-1)/perPart, uint64(runtime.GOMAXPROCS(0)))), worker)
	return found.Load(), done.Load()
}

// walk is the multiples of a step S by which blocks of points C + k·S, |k| ≤ walkHalf, are
// visited. For k and −k together, and for all of a block, they take one inversion.
type walk struct {
	multiples [walkHalf]bls12381.G1Affine // S, 2·S …
	next      bls12381.G1Affine           // from a center to the next one
}

const (
	walkHalf   = 256
	walkPoints = 2*walkHalf + 1
)

func newWalk(step G1) *walk {
	w := new(walk)
	at := step
	for k := range w.multiples {
		w.multiples[k] = at.p
		at = at.Add(step)
	}
	w.next = step.Mul(Uint64(walkPoints)).p
	return w
}

// walker is on its way by a walk.
type walker struct {
	*walk
	center                 bls12381.G1Affine
	denominators, products [walkHalf + 1]fp.Element
}

func (w *walk) from(center G1) *walker { return &walker{walk: w, center: center.p} }

// block calls visit with the x-coordinates of C + k·S for |k| ≤ half, until it returns
// true, and goes on to the next center if half is walkHalf. If one of the points is the
// identity, visit is called for this one alone, with nil.
func (w *walker) block(half int, visit func(k int, x *fp.Element) bool) bool {
	c := &w.center
	if c.IsInfinity() {
		return visit(0, nil)
	}
	var product fp.Element
	product.SetOne()
	far := half == walkHalf && c.X != w.next.X
	for k := range half {
		d, q := &w.denominators[k], &w.multiples[k]
		if d.Sub(&q.X, &c.X); d.IsZero() {
			if c.Y.Equal(&q.Y) {
				return visit(-k-1, nil)
			}
			return visit(k+1, nil)
		}
		w.products[k] = product
		product.Mul(&product, d)
	}
	if far {
		w.denominators[half].Sub(&w.next.X, &c.X)
		w.products[half] = product
		product.Mul(&product, &w.denominators[half])
	}
	product.Inverse(&product)
	next := *c
	if far {
		var inverse fp.Element
		inverse.Mul(&product, &w.products[half])
		product.Mul(&product, &w.denominators[half])
		addAffine(&next, &w.next, &inverse)
	} else {
		next.Add(c, &w.next)
	}
	if visit(0, &c.X) {
		return true
	}
	for k := half - 1; k >= 0; k-- {
		q := &w.multiples[k]
		var inverse, slope, sum, x fp.Element
		inverse.Mul(&product, &w.products[k])
		product.Mul(&product, &w.denominators[k])
		sum.Add(&c.X, &q.X)
		slope.Sub(&q.Y, &c.Y)
		slope.Mul(&slope, &inverse)
		x.Square(&slope)
		x.Sub(&x, &sum)
		if visit(k+1, &x) {
			return true
		}
		slope.Add(&q.Y, &c.Y) // of the chord to −q, up to its sign
		slope.Mul(&slope, &inverse)
		x.Square(&slope)
		x.Sub(&x, &sum)
		if visit(-k-1, &x) {
			return true
		}
	}
	*c = next
	return false
}
