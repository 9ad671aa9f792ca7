package curve

import (
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	hash "github.com/consensys/gnark-crypto/ecc/bls12-381/hash_to_curve"
)

func mapScalar(u []fp.Element) []bls12381.G1Jac {
	points := make([]bls12381.G1Affine, len(u)) // on E', which is isogenous to the curve
	denominators := make([]fp.Element, len(u))
	for i := range u {
		points[i], denominators[i] = sswu(&u[i])
	}
	for i, inverse := range fp.BatchInvert(denominators) {
		points[i].X.Mul(&points[i].X, &inverse)
	}
	exceptions := sumsOfPairs(points)
	sums := make([]bls12381.G1Jac, len(u)/2)
	for i := range sums {
		sums[i] = imageOfSum(&points[2*i], &points[2*i+1], exceptions[i])
		clearCofactor(&sums[i])
	}
	return sums
}

// imageOfSum is the image of p + q on the curve, of which p is the sum already unless it is
// an exception of sumsOfPairs.
func imageOfSum(p, q *bls12381.G1Affine, exception bool) bls12381.G1Jac {
	sum := isogeny(p)
	if exception {
		q := isogeny(q)
		sum.AddAssign(&q)
	}
	return sum
}

// sumsOfPairs adds every second point of E' to the one before it, but for equal and
// opposite ones, which are exceptions: equal points have another slope on E', and are
// added on the curve.
func sumsOfPairs(points []bls12381.G1Affine) (exceptions []bool) {
	exceptions = make([]bool, len(points)/2)
	a := additions{public: true}
	for i := range exceptions {
		p, q := &points[2*i], &points[2*i+1]
		if exceptions[i] = p.X.Equal(&q.X); !exceptions[i] {
			a.add(p, q)
		}
	}
	a.flush()
	return exceptions
}

// sswu maps u to the point (p.X/d, p.Y) of E'; the steps are those of RFC 9380,
// appendix F.2, before the division.
func sswu(u *fp.Element) (p bls12381.G1Affine, d fp.Element) {
	a, b := hash.G1SSWUIsogenyCurveCoefficients()
	var one, zu, t, n, nn, dd, g, gd, y fp.Element
	one.SetOne()
	zu.Square(u)
	hash.G1MulByZ(&zu, &zu) // Z·u²
	t.Square(&zu)
	t.Add(&t, &zu)
	n.Add(&t, &one)
	n.Mul(&n, &b)
	if t.IsZero() {
		d = hash.G1SSWUIsogenyZ()
	} else {
		d.Neg(&t)
	}
	d.Mul(&d, &a)
	// g(n/d) = (n³ + a·n·d² + b·d³)/d³
	nn.Square(&n)
	dd.Square(&d)
	t.Mul(&a, &dd)
	g.Add(&nn, &t)
	g.Mul(&g, &n)
	gd.Mul(&dd, &d)
	t.Mul(&b, &gd)
	g.Add(&g, &t)
	if hash.G1SqrtRatio(&y, &g, &gd) == 0 {
		p.X, p.Y = n, y
	} else {
		p.X.Mul(&zu, &n)
		p.Y.Mul(&zu, u)
		p.Y.Mul(&p.Y, &y)
	}
	if hash.G1Sgn0(u) != hash.G1Sgn0(&p.Y) {
		p.Y.Neg(&p.Y)
	}
	return p, d
}

var isogenyMap = hash.G1IsogenyMap()

// isogeny maps a point of E' to the curve, as a fraction in each coordinate that
// Jacobian coordinates take up without a division.
func isogeny(p *bls12381.G1Affine) (q bls12381.G1Jac) {
	xn, xd := polynomial(isogenyMap[0], &p.X, false), polynomial(isogenyMap[1], &p.X, true)
	yn, yd := polynomial(isogenyMap[2], &p.X, false), polynomial(isogenyMap[3], &p.X, true)
	yn.Mul(&yn, &p.Y)
	// z = xd·yd, x = (xn/xd)·z² = xn·xd·yd², y = (yn/yd)·z³ = yn·xd³·yd²
	var yd2, xd2 fp.Element
	q.Z.Mul(&xd, &yd)
	yd2.Square(&yd)
	xd2.Square(&xd)
	q.X.Mul(&xn, &xd)
	q.X.Mul(&q.X, &yd2)
	q.Y.Mul(&yn, &xd)
	q.Y.Mul(&q.Y, &xd2)
	q.Y.Mul(&q.Y, &yd2)
	return q
}

// polynomial has its coefficients in ascending order; a monic one leaves the
// highest out.
func polynomial(c []fp.Element, x *fp.Element, monic bool) fp.Element {
	v := c[len(c)-1]
	if monic {
		v.Add(&v, x)
	}
	for i := len(c) - 2; i >= 0; i-- {
		v.Mul(&v, x)
		v.Add(&v, &c[i])
	}
	return v
}
