package curve

import (
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

// Additions in affine coordinates cost half of those in Jacobian ones where many
// share a field inversion.

// additions collects sums p += q to be made together. It is right for every point
// of the curve. No point may occur as p and again until the next flush.
type additions struct {
	list []addition
	// of the slopes: denominators, and the products of those before
	denominators, products []fp.Element
	lanes                  *laneAdditions
	public                 bool // of all points, and of what chose them
	keep                   bool // what lanes compute with, from one flush to the next, until release
}

type addition struct{ p, q *bls12381.G1Affine }

// additionsAtOnce makes an inversion cheap by the multiplications that it saves, and
// keeps what is in work in the cache.
const additionsAtOnce = 512

func (a *additions) add(p, q *bls12381.G1Affine) {
	if q.IsInfinity() {
		return
	}
	if p.IsInfinity() {
		*p = *q
		return
	}
	if lanes {
		a.addInLanes(p, q)
		return
	}
	a.addScalar(p, q)
}

// addScalar is add for points that are not the identity.
func (a *additions) addScalar(p, q *bls12381.G1Affine) {
	var d fp.Element
	if d.Sub(&q.X, &p.X); d.IsZero() {
		if !p.Y.Equal(&q.Y) {
			p.SetInfinity()
			return
		}
		d.Double(&p.Y) // never 0: no point has order 2
	}
	if a.list == nil {
		const n = additionsAtOnce / 8 // often enough
		a.list, a.denominators, a.products = make([]addition, 0, n), make([]fp.Element, 0, n), make([]fp.Element, 0, n)
	}
	a.list, a.denominators = append(a.list, addition{p, q}), append(a.denominators, d)
	if len(a.list) == additionsAtOnce {
		a.flushScalar()
	}
}

// flush makes the additions collected.
func (a *additions) flush() {
	a.flushLanes()
	a.flushScalar()
}

func (a *additions) flushScalar() {
	if len(a.list) == 0 {
		return
	}
	var product fp.Element
	product.SetOne()
	a.products = a.products[:0]
	for i := range a.denominators {
		a.products = append(a.products, product)
		product.Mul(&product, &a.denominators[i])
	}
	product.Inverse(&product)
	for i := len(a.list) - 1; i >= 0; i-- {
		var inverse fp.Element
		inverse.Mul(&product, &a.products[i])
		product.Mul(&product, &a.denominators[i])
		addAffine(a.list[i].p, a.list[i].q, &inverse)
	}
	a.list, a.denominators = a.list[:0], a.denominators[:0]
}

// addAffine is p += q for points that are not the identity or opposite, given the
// inverse of the slope's denominator: x_q − x_p, or 2y_p if they are equal.
func addAffine(p, q *bls12381.G1Affine, inverse *fp.Element) {
	var slope, x, y fp.Element
	if p.X.Equal(&q.X) {
		x.Square(&p.X)
		slope.Double(&x)
		slope.Add(&slope, &x)
	} else {
		slope.Sub(&q.Y, &p.Y)
	}
	slope.Mul(&slope, inverse)
	x.Square(&slope)
	x.Sub(&x, &p.X)
	x.Sub(&x, &q.X)
	y.Sub(&p.X, &x)
	y.Mul(&y, &slope)
	p.Y.Sub(&y, &p.Y)
	p.X = x
}

// addBuckets sums every bucket into its first point, pair by pair, and leaves that.
func (a *additions) addBuckets(buckets [][]bls12381.G1Affine) {
	for again := true; again; {
		again = false
		for k, b := range buckets {
			half := len(b) / 2
			for i := range half {
				a.add(&b[i], &b[len(b)-1-i])
			}
			buckets[k] = b[:len(b)-half]
			again = again || half > 0
		}
		a.flush()
	}
}

// oddMultiples are 1·P, 3·P, …, (2n − 1)·P for every point and an n that is a power of 2:
// m of them and 2m·P make the next m, of all points together.
func (a *additions) oddMultiples(points []G1, n int) []bls12381.G1Affine {
	out := make([]bls12381.G1Affine, len(points)*n)
	a.putOddMultiples(out, points, n)
	return out
}

// putOddMultiples is oddMultiples into a slice.
func (a *additions) putOddMultiples(out []bls12381.G1Affine, points []G1, n int) {
	space := borrow(2 * len(points))
	defer space.giveBackSecret()
	powers, next := space.points[:len(points)], space.points[len(points):]
	for i := range points {
		out[i*n], powers[i], next[i] = points[i].p, points[i].p, points[i].p
		a.add(&next[i], &powers[i])
	}
	a.flush()
	for m := 1; m < n; m *= 2 {
		powers, next = next, powers
		copy(next, powers)
		for i := range powers {
			own := out[i*n : (i+1)*n]
			copy(own[m:], own[:m])
			for j := m; j < 2*m; j++ {
				a.add(&own[j], &powers[i])
			}
			if 2*m < n {
				a.add(&next[i], &powers[i])
			}
		}
		a.flush()
	}
}

// signed is d times the point of a table of odd multiples, for an odd d.
func signed(table []bls12381.G1Affine, d int) (p bls12381.G1Affine) {
	putSigned(&p, table, d)
	return p
}

// putSigned is signed where the point is wanted.
func putSigned(p *bls12381.G1Affine, table []bls12381.G1Affine, d int) {
	sign := d >> 31 // 0 or −1
	t := &table[((d^sign)-sign)>>1]
	var minus fp.Element
	minus.Neg(&t.Y)
	p.X = t.X
	p.Y.Select(sign, &t.Y, &minus)
}

// double is p += p in Jacobian coordinates with 3 multiplications, 4 squarings and
// 7 cheap operations, half as many as in gnark-crypto's formula: the doubling that
// serves j = 0, (x, y, z) → (M² − 2S, M·(S − x') − y⁴, y·z) with M = 3x²/2, S = x·y².
func double(p *bls12381.G1Jac) {
	var m, s, t fp.Element
	t.Square(&p.X)
	m.Double(&t)
	m.Add(&m, &t)
	m.Halve()
	t.Square(&p.Y)
	s.Mul(&p.X, &t)
	p.Z.Mul(&p.Y, &p.Z)
	p.X.Square(&m)
	p.X.Sub(&p.X, &s)
	p.X.Sub(&p.X, &s)
	s.Sub(&s, &p.X)
	s.Mul(&s, &m)
	t.Square(&t)
	p.Y.Sub(&s, &t)
}
