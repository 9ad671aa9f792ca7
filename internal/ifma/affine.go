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
// A tangent's numerator 3x² is multiplied by 2^448 besides.

// Adder makes sums, with 400 bytes for each of the most at a time. It is for one goroutine
// at a time, and holds what it computed with until the next sums.
type Adder struct {
	vectors []vector            // the first has the empty product
	scratch *scratch            // by itself, as vectors are: without pointers, the heap aligns it
	spare   []bls12381.G1Affine // fills a vector up
}

// Add makes p += q for all sums, of which none is with the identity and none has x_p = x_q.
// No point may occur as p and again. If a sum has x_p = x_q, nothing is changed and Add is
// false.
func (a *Adder) Add(sums []Sum) bool { return a.sum(sums, false) }

// Double makes p += p for all sums, whose q are like p.
func (a *Adder) Double(sums []Sum) bool { return a.sum(sums, true) }

func (a *Adder) sum(sums []Sum, double bool) bool {
	if len(sums) == 0 {
		return true
	}
	if a.scratch == nil {
		a.scratch, a.spare = new(scratch), make([]bls12381.G1Affine, 2*Lanes)
	}
	for i := 0; len(sums)%Lanes != 0; i += 2 {
		p, q := &a.spare[i], &a.spare[i+1]
		*p, *q = bls12381.G1Affine{Y: fp.Element{1}}, bls12381.G1Affine{X: fp.Element{1}}
		sums = append(sums, Sum{p, q})
	}
	n := len(sums) / Lanes
	if len(a.vectors) <= n {
		a.vectors = make([]vector, 1+max(n, 2*len(a.vectors)))
	}
	a.vectors[0].product = One
	if double {
		a.tangents(sums, n)
	} else {
		a.chords(sums, n)
	}
	if !a.scratch.running.inverses(&a.vectors[n].product) {
		return false
	}
	a.intersect(sums, n)
	return true
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

func (a *Adder) chords(sums []Sum, n int) {
	if Enabled {
		chords(&sums[0], &a.vectors[1], n)
		return
	}
	for i := range n {
		v := &a.vectors[1+i]
		var x, y [2]Pointers
		for l, s := range sums[Lanes*i : Lanes*i+Lanes] {
			x[0][l], y[0][l], x[1][l], y[1][l] = &s.P.X, &s.P.Y, &s.Q.X, &s.Q.Y
		}
		v.abscissa.gather(&x[0])
		v.abscissas.gather(&x[1])
		v.denominator.sub(&v.abscissas, &v.abscissa)
		v.abscissas.add(&v.abscissas, &v.abscissa)
		v.ordinate.gather(&y[0])
		v.numerator.gather(&y[1])
		v.numerator.sub(&v.numerator, &v.ordinate)
		v.product.mul(&a.vectors[i].product, &v.denominator)
	}
}

func (a *Adder) tangents(sums []Sum, n int) {
	if Enabled {
		tangents(&sums[0], &a.vectors[1], n, &tangentFactor)
		return
	}
	for i := range n {
		v := &a.vectors[1+i]
		var x, y Pointers
		for l, s := range sums[Lanes*i : Lanes*i+Lanes] {
			x[l], y[l] = &s.P.X, &s.P.Y
		}
		v.abscissa.gather(&x)
		v.abscissas.add(&v.abscissa, &v.abscissa)
		v.numerator.mul(&v.abscissa, &v.abscissa)
		v.numerator.mul(&v.numerator, &tangentFactor)
		v.ordinate.gather(&y)
		v.denominator.add(&v.ordinate, &v.ordinate)
		v.product.mul(&a.vectors[i].product, &v.denominator)
	}
}

func (a *Adder) intersect(sums []Sum, n int) {
	if Enabled {
		intersect(&sums[Lanes*(n-1)], &a.vectors[n], n, a.scratch)
		return
	}
	var shift Element
	for l := range Lanes {
		shift.split(l, &shiftFactor)
	}
	w := a.scratch
	for i := n - 1; i >= 0; i-- {
		v := &a.vectors[1+i]
		w.inverse.mul(&w.running, &a.vectors[i].product)
		w.running.mul(&w.running, &v.denominator)
		w.slope.mul(&v.numerator, &w.inverse)
		w.shifted.mul(&w.slope, &shift)
		w.x.mul(&w.slope, &w.slope)
		w.x.sub(&w.x, &v.abscissas)
		w.difference.sub(&v.abscissa, &w.x)
		w.shifted.mul(&w.shifted, &w.difference)
		w.shifted.sub(&w.shifted, &v.ordinate)
		var x, y Pointers
		for l, s := range sums[Lanes*i : Lanes*i+Lanes] {
			x[l], y[l] = &s.P.X, &s.P.Y
		}
		w.x.scatter(&x)
		w.shifted.scatter(&y)
	}
}

// shiftFactor is 2^(416 + 16) as a number.
var shiftFactor = inverseFactor
