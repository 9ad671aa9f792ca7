package ifma

import (
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

// Additions in affine coordinates, on the points of gnark-crypto as they are: x stands for
// x·2^384 there and here. A product has a factor 2^(384 + 384 − 416) too few, which a
// factor in the inverse makes up for: with 1/d of the denominators as 2^432/d,
//
//	s = (y_q − y_p)/(x_q − x_p)     as s·2^(384 + 432 − 416) = s·2^400
//	x = s² − x_p − x_q              as s²·2^(400 + 400 − 416) = s²·2^384
//	y = (2^16·s)·(x_p − x) − y_p    as …·2^(416 + 384 − 416), 2^16·s a shift of limbs
//
// The shift is of a number below 1.001p; its product with one below 3.2p is, like others,
// below 1.001p. Sums in lanes are below 1.1p.
//
// A tangent's numerator 3x² is multiplied by 2^448 besides.

// Adder makes sums, with 320 bytes for each of the most at a time. It is for one goroutine
// at a time, and holds what it computed with until Clear.
type Adder struct {
	vectors []vector            // the first has the empty product
	scratch *scratch            // by itself, as vectors are: without pointers, the heap aligns it
	spare   []bls12381.G1Affine // fills a vector up
	used    int                 // vectors, the most since they were cleared
}

// Add makes p += q for all chords, of which none is with the identity and none has
// x_p = x_q, and for all tangents, whose q are like p. No point may occur as p and again. If a
// denominator is zero after all, nothing is changed and Add is false.
func (a *Adder) Add(chords, tangents []Sum) bool {
	if a.spare == nil {
		a.spare = make([]bls12381.G1Affine, 4*Lanes)
	}
	chords, tangents = a.fill(chords, a.spare[:2*Lanes]), a.fill(tangents, a.spare[2*Lanes:])
	n, all := len(chords)/Lanes, (len(chords)+len(tangents))/Lanes
	if all == 0 {
		return true
	}
	vectors := a.room(all)
	a.chords(chords, vectors[:n+1])
	a.tangents(tangents, vectors[n:])
	if !a.scratch.running.inverses(&vectors[all].product) {
		return false
	}
	a.intersect(tangents, vectors[n:], false)
	a.intersect(chords, vectors[:n+1], true)
	return true
}

// AddTo is Add of chords, eight for each to, that leaves the sums there.
func (a *Adder) AddTo(to []AffinePoints, chords []Sum) bool {
	if len(to) == 0 {
		return true
	}
	vectors := a.room(len(to))
	a.chords(chords, vectors)
	return a.intersectPoints(to, vectors)
}

// AddPoints makes p += q for as many of both, like Add.
func (a *Adder) AddPoints(p, q []AffinePoints) bool {
	if len(p) == 0 {
		return true
	}
	vectors := a.room(len(p))
	if Enabled {
		chordsOfPoints(&p[0], &q[0], &vectors[1], len(p))
		return a.intersectPoints(p, vectors)
	}
	for i := range p {
		v := &vectors[1+i]
		v.abscissa, v.ordinate = p[i].X, p[i].Y
		v.denominator.sub(&q[i].X, &p[i].X)
		v.numerator.sub(&q[i].Y, &p[i].Y)
		v.product.mul(&vectors[i].product, &v.denominator)
	}
	return a.intersectPoints(p, vectors)
}

// room is for so many vectors, after one that has the empty product.
func (a *Adder) room(n int) []vector {
	if a.scratch == nil {
		a.scratch = new(scratch)
	}
	if len(a.vectors) < 2+n {
		clear(a.vectors[:a.used])
		a.vectors, a.used = make([]vector, max(2+n, 2*len(a.vectors))), 0
	}
	a.used = max(a.used, 2+n)
	vectors := a.vectors[1 : 2+n]
	vectors[0].product = One
	return vectors
}

// Clear forgets what the Adder has computed with.
func (a *Adder) Clear() {
	if a.scratch == nil {
		return
	}
	clear(a.vectors[:a.used])
	a.used = 0
	*a.scratch = scratch{}
	clear(a.spare)
}

// fill adds sums of two spare points until their number is a multiple of Lanes.
func (a *Adder) fill(sums []Sum, spare []bls12381.G1Affine) []Sum {
	for i := 0; len(sums)%Lanes != 0; i += 2 {
		p, q := &spare[i], &spare[i+1]
		*p, *q = bls12381.G1Affine{Y: fp.Element{1}}, bls12381.G1Affine{X: fp.Element{1}}
		sums = append(sums, Sum{p, q})
	}
	return sums
}

var tangentFactor, inverseFactor = func() (t Element, i fp.Element) {
	t.power2(448)
	var twice Element
	twice.add(&t, &t)
	t.add(&t, &twice)
	i.SetOne()
	for range 48 { // gnark-crypto's 1 is 2^384
		i.Double(&i)
	}
	return t, i
}()

// inverses is 2^816/x in every lane, if none is zero.
func (z *Element) inverses(x *Element) bool {
	var e [Lanes]fp.Element
	var pointers Pointers
	for l := range e {
		pointers[l] = &e[l]
	}
	x.scatter(&pointers)
	for l := range e {
		if e[l].IsZero() {
			return false
		}
	}
	// 1/(x·2^-384) is 2^768/x here; the factor is 2^432 and loses 2^384
	inverses := fp.BatchInvert(e[:])
	for l := range e {
		e[l].Mul(&inverses[l], &inverseFactor)
	}
	z.gather(&pointers)
	return true
}

// chords prepares vectors but for the first, which has the product so far.
func (a *Adder) chords(sums []Sum, vectors []vector) {
	n := len(sums) / Lanes
	if Enabled && n > 0 {
		chords(&sums[0], &vectors[1], n)
		return
	}
	for i := range n {
		v := &vectors[1+i]
		x, y := summands(sums[Lanes*i:], func(s Sum) *bls12381.G1Affine { return s.P })
		v.abscissa.gather(&x)
		v.ordinate.gather(&y)
		x, y = summands(sums[Lanes*i:], func(s Sum) *bls12381.G1Affine { return s.Q })
		v.denominator.gather(&x)
		v.denominator.sub(&v.denominator, &v.abscissa)
		v.numerator.gather(&y)
		v.numerator.sub(&v.numerator, &v.ordinate)
		v.product.mul(&vectors[i].product, &v.denominator)
	}
}

// tangents is chords for sums of points to themselves.
func (a *Adder) tangents(sums []Sum, vectors []vector) {
	n := len(sums) / Lanes
	if Enabled && n > 0 {
		tangents(&sums[0], &vectors[1], n, &tangentFactor)
		return
	}
	for i := range n {
		v := &vectors[1+i]
		x, y := summands(sums[Lanes*i:], func(s Sum) *bls12381.G1Affine { return s.P })
		v.abscissa.gather(&x)
		v.numerator.mul(&v.abscissa, &v.abscissa)
		v.numerator.mul(&v.numerator, &tangentFactor)
		v.ordinate.gather(&y)
		v.denominator.add(&v.ordinate, &v.ordinate)
		v.product.mul(&vectors[i].product, &v.denominator)
	}
}

// none is x_q − x_p of equal points.
var none Element

// intersect makes the sums of chords or tangents, from the last one on.
func (a *Adder) intersect(sums []Sum, vectors []vector, chords bool) {
	n := len(sums) / Lanes
	if Enabled && n > 0 {
		difference, stride := &none, 0
		if chords {
			difference, stride = &vectors[n].denominator, vectorSize
		}
		intersect(&sums[Lanes*(n-1)], &vectors[n], n, a.scratch, difference, stride)
		return
	}
	for i := n - 1; i >= 0; i-- {
		a.third(vectors[i:i+2], chords)
		x, y := summands(sums[Lanes*i:], func(s Sum) *bls12381.G1Affine { return s.P })
		a.scratch.x.scatter(&x)
		a.scratch.shifted.scatter(&y)
	}
}

// intersectPoints is intersect of chords into lanes; nothing is changed if it is false.
func (a *Adder) intersectPoints(to []AffinePoints, vectors []vector) bool {
	n := len(to)
	if !a.scratch.running.inverses(&vectors[n].product) {
		return false
	}
	if Enabled {
		intersectPoints(&to[n-1], &vectors[n], n, a.scratch, &vectors[n].denominator, vectorSize)
		return true
	}
	for i := n - 1; i >= 0; i-- {
		a.third(vectors[i:i+2], true)
		to[i] = AffinePoints{a.scratch.x, a.scratch.shifted}
	}
	return true
}

// third makes the sums of the second vector, and takes its denominators out of what runs.
func (a *Adder) third(vectors []vector, chord bool) {
	var shift Element
	for l := range Lanes {
		shift.split(l, &shiftFactor)
	}
	w, v := a.scratch, &vectors[1]
	w.inverse.mul(&w.running, &vectors[0].product)
	w.running.mul(&w.running, &v.denominator)
	w.slope.mul(&v.numerator, &w.inverse)
	w.shifted.mul(&w.slope, &shift)
	w.x.mul(&w.slope, &w.slope)
	w.x.sub(&w.x, &v.abscissa)
	w.x.sub(&w.x, &v.abscissa)
	if chord {
		w.x.sub(&w.x, &v.denominator)
	}
	w.difference.sub(&v.abscissa, &w.x)
	w.shifted.mul(&w.shifted, &w.difference)
	w.shifted.sub(&w.shifted, &v.ordinate)
}

// summands have the coordinates of the first eight sums' points.
func summands(sums []Sum, of func(Sum) *bls12381.G1Affine) (x, y Pointers) {
	var points [Lanes]*bls12381.G1Affine
	for l, s := range sums[:Lanes] {
		points[l] = of(s)
	}
	return coordinates(&points)
}

// shiftFactor is 2^(416 + 16) as a number.
var shiftFactor = inverseFactor
