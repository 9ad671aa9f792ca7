package curve

import (
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	hash "github.com/consensys/gnark-crypto/ecc/bls12-381/hash_to_curve"

	"github.com/utt-ecash/utt-go/internal/dst"
)

// HashToG1 is RFC 9380 BLS12381G1_XMD:SHA-256_SSWU_RO_.
func HashToG1(tag dst.Tag, msg []byte) G1 { return HashManyToG1(tag, [][]byte{msg})[0] }

// HashManyToG1 is HashToG1 of every message, for public messages. gnark-crypto's
// function inverts five times for each; here all share three inversions, and the
// two points of a message are added before the isogeny.
func HashManyToG1(tag dst.Tag, msgs [][]byte) []G1 {
	u := make([]fp.Element, 0, 2*len(msgs))
	for _, m := range msgs {
		two, err := fp.Hash(m, []byte(tag), 2)
		if err != nil {
			panic("curve: hash to G1: " + err.Error()) // only for tags above 255 bytes
		}
		u = append(u, two...)
	}
	return mapToG1(u)
}

// mapToG1 is the sum of the points that every two elements are mapped to, in G1.
func mapToG1(u []fp.Element) []G1 {
	var sums []bls12381.G1Jac
	if lanes && len(u) >= fewMaps {
		sums = mapInLanes(u)
	} else {
		sums = mapScalar(u)
	}
	out := make([]G1, len(sums))
	for i, p := range bls12381.BatchJacobianToAffineG1(sums) {
		out[i].p = p
	}
	return out
}

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

// x0 is −x₀ for the curve's parameter x₀.
const x0 uint64 = 0xd201000000010000

// mulX0 is −x₀·p for any point of the curve.
func mulX0(p *bls12381.G1Jac) bls12381.G1Jac {
	z := *p
	for i := 62; i >= 0; i-- {
		double(&z)
		if x0>>i&1 != 0 {
			z.AddAssign(p)
		}
	}
	return z
}

// clearCofactor multiplies by 1 − x₀, as RFC 9380 has it.
func clearCofactor(p *bls12381.G1Jac) {
	z := mulX0(p)
	p.AddAssign(&z)
}
