package curve

import (
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

// Additions in affine coordinates cost half of those in Jacobian ones where many
// share a field inversion.

// addBuckets sums every bucket into its first point, pair by pair, with one field
// inversion a round.
func addBuckets(buckets [][]bls12381.G1Affine) {
	var slopes []fp.Element
	for {
		slopes = slopes[:0]
		for _, b := range buckets {
			for i := range len(b) / 2 {
				var dx fp.Element
				dx.Sub(&b[len(b)-1-i].X, &b[i].X)
				slopes = append(slopes, dx)
			}
		}
		if len(slopes) == 0 {
			return
		}
		inverse := fp.BatchInvert(slopes)
		for k, b := range buckets {
			half := len(b) / 2
			for i := range half {
				addAffine(&b[i], &b[len(b)-1-i], &inverse[i])
			}
			buckets[k], inverse = b[:len(b)-half], inverse[half:]
		}
	}
}

// addAffine is p += q, given 1/(x_q − x_p), 0 if that is not defined.
func addAffine(p, q *bls12381.G1Affine, inverse *fp.Element) {
	if inverse.IsZero() || p.IsInfinity() || q.IsInfinity() {
		p.Add(p, q)
		return
	}
	var slope, x, y fp.Element
	slope.Sub(&q.Y, &p.Y)
	slope.Mul(&slope, inverse)
	x.Square(&slope)
	x.Sub(&x, &p.X)
	x.Sub(&x, &q.X)
	y.Sub(&p.X, &x)
	y.Mul(&y, &slope)
	p.Y.Sub(&y, &p.Y)
	p.X = x
}

// doubleAffine is p += p, given 1/2y, 0 for the identity.
func doubleAffine(p *bls12381.G1Affine, inverse *fp.Element) {
	var slope, x, y fp.Element
	x.Square(&p.X)
	slope.Double(&x)
	slope.Add(&slope, &x)
	slope.Mul(&slope, inverse)
	x.Square(&slope)
	x.Sub(&x, &p.X)
	x.Sub(&x, &p.X)
	y.Sub(&p.X, &x)
	y.Mul(&y, &slope)
	p.Y.Sub(&y, &p.Y)
	p.X = x
}

// oddMultiples are 1·P, 3·P, …, 31·P for every point: n of them and 2n·P make the
// next n, with one field inversion for all points.
func oddMultiples(points []G1) []bls12381.G1Affine {
	out := make([]bls12381.G1Affine, len(points)*secretTable)
	power := make([]bls12381.G1Affine, len(points)) // 2n·P
	slopes := make([]fp.Element, 0, len(points)*(secretTable/2+1))
	for i := range points {
		out[i*secretTable], power[i] = points[i].p, points[i].p
		slopes = append(slopes, *new(fp.Element).Double(&power[i].Y))
	}
	inverse := fp.BatchInvert(slopes)
	for i := range power {
		doubleAffine(&power[i], &inverse[i])
	}
	for n := 1; n < secretTable; n *= 2 {
		slopes = slopes[:0]
		for i := range power {
			for _, p := range out[i*secretTable : i*secretTable+n] {
				slopes = append(slopes, *new(fp.Element).Sub(&power[i].X, &p.X))
			}
			slopes = append(slopes, *new(fp.Element).Double(&power[i].Y))
		}
		inverse = fp.BatchInvert(slopes)
		for i := range power {
			own := out[i*secretTable : (i+1)*secretTable]
			copy(own[n:], own[:n])
			for j := range n {
				addAffine(&own[n+j], &power[i], &inverse[j])
			}
			doubleAffine(&power[i], &inverse[n])
			inverse = inverse[n+1:]
		}
	}
	return out
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
