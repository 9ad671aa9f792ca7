package curve

import (
	"math/big"
	"sync"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	hash "github.com/consensys/gnark-crypto/ecc/bls12-381/hash_to_curve"

	"github.com/utt-ecash/utt-go/internal/ifma"
)

// fewMaps is from how many elements on maps take less time in lanes.
const fewMaps = 4

// hashConstants are what hashing needs in all lanes.
type hashConstants struct {
	a, b, z  ifma.Element // of E': y² = x³ + a·x + b, and of the map to it
	root     ifma.Element // √−z
	isogeny  [4][]ifma.Element
	exponent []uint // digits of (p − 3)/4 to the base 32, lowest first
}

var hashInLanesConstants = sync.OnceValue(func() *hashConstants {
	c := new(hashConstants)
	a, b := hash.G1SSWUIsogenyCurveCoefficients()
	z := hash.G1SSWUIsogenyZ()
	var root fp.Element
	root.Neg(&z)
	if root.Sqrt(&root) == nil {
		panic("curve: −z is not a square")
	}
	c.a.Set(&a)
	c.b.Set(&b)
	c.z.Set(&z)
	c.root.Set(&root)
	for i, polynomial := range isogenyMap {
		c.isogeny[i] = make([]ifma.Element, len(polynomial))
		for k := range polynomial {
			c.isogeny[i][k].Set(&polynomial[k])
		}
	}
	e := fp.Modulus()
	e.Sub(e, big.NewInt(3)).Rsh(e, 2)
	for ; e.Sign() > 0; e.Rsh(e, 5) {
		c.exponent = append(c.exponent, uint(e.Uint64())&31)
	}
	return c
})

// mapInLanes is mapScalar. Sums that need another formula, on E' or on the curve, are made
// by the scalar code.
func mapInLanes(u []fp.Element) []bls12381.G1Jac {
	c := hashInLanesConstants()
	vectors := (len(u) + ifma.Lanes - 1) / ifma.Lanes
	points := make([]bls12381.G1Affine, vectors*ifma.Lanes)
	x, d, y := make([]ifma.Element, vectors), make([]ifma.Element, vectors), make([]ifma.Element, vectors)
	var at ifma.Pointers
	for i := range vectors {
		for l := range at {
			at[l] = &u[min(i*ifma.Lanes+l, len(u)-1)]
		}
		c.sswu(&x[i], &d[i], &y[i], &at)
	}
	if !ifma.Invert(d) { // never: −t and z are not 0
		return mapScalar(u)
	}
	for i := range vectors {
		x[i].Mul(&x[i], &d[i])
		own := points[i*ifma.Lanes:]
		for l := range at {
			at[l] = &own[l].X
		}
		x[i].Store(&at)
		for l := range at {
			at[l] = &own[l].Y
		}
		y[i].Store(&at)
	}
	points = points[:len(u)]
	exceptions := sumsOfPairs(points)
	sums := make([]bls12381.G1Jac, len(u)/2)
	var p ifma.Points
	for first := 0; first < len(sums); first += ifma.Lanes {
		own := sums[first:min(first+ifma.Lanes, len(sums))]
		var from [ifma.Lanes]*bls12381.G1Affine
		for l := range from {
			from[l] = &points[2*(first+l%len(own))]
		}
		c.image(&p, &from)
		clearCofactorInLanes(&p)
		storeSome(own, &p)
		wrong := p.Z.Zeros()
		for l := range own {
			if i := first + l; wrong>>l&1 != 0 || exceptions[i] {
				own[l] = imageOfSum(&points[2*i], &points[2*i+1], exceptions[i])
				clearCofactor(&own[l])
			}
		}
	}
	return sums
}

// storeSome is p.Store for the first lanes.
func storeSome(to []bls12381.G1Jac, p *ifma.Points) {
	var all [ifma.Lanes]bls12381.G1Jac
	var pointers [ifma.Lanes]*bls12381.G1Jac
	for l := range all {
		pointers[l] = &all[l]
	}
	p.Store(&pointers)
	copy(to, all[:])
}

// sswu maps eight u to points (x/d, y) of E', as the function sswu does.
func (c *hashConstants) sswu(x, d, y *ifma.Element, from *ifma.Pointers) {
	var u, zu, t, n, nn, dd, g, gd ifma.Element
	u.Load(from)
	zu.Square(&u)
	zu.Mul(&zu, &c.z)
	t.Square(&zu)
	t.Add(&t, &zu)
	n.Add(&t, &ifma.One)
	n.Mul(&n, &c.b)
	d.Neg(&t)
	d.Blend(d.Zeros(), &c.z, d)
	d.Mul(d, &c.a)
	// g(n/d) = (n³ + a·n·d² + b·d³)/d³
	nn.Square(&n)
	dd.Square(d)
	t.Mul(&c.a, &dd)
	g.Add(&nn, &t)
	g.Mul(&g, &n)
	gd.Mul(&dd, d)
	t.Mul(&c.b, &gd)
	g.Add(&g, &t)
	// a root of g/gd, if there is one, is (g·gd³)^((p−3)/4)·g·gd; else one of z·g/gd is √−z
	// times that
	var root, product, check ifma.Element
	product.Mul(&g, &gd)
	root.Square(&gd)
	root.Mul(&root, &product)
	c.power(&root)
	root.Mul(&root, &product)
	check.Square(&root)
	check.Mul(&check, &gd)
	check.Sub(&check, &g)
	square := check.Zeros()
	t.Mul(&root, &c.root)
	t.Mul(&t, &zu)
	t.Mul(&t, &u)
	y.Blend(square, &root, &t)
	t.Mul(&n, &zu)
	x.Blend(square, &n, &t)
	t.Neg(y)
	y.Blend(u.Odd()^y.Odd(), &t, y)
}

// power is x^((p−3)/4).
func (c *hashConstants) power(x *ifma.Element) {
	var powers [32]ifma.Element
	powers[0], powers[1] = ifma.One, *x
	for i := 2; i < len(powers); i++ {
		powers[i].Mul(&powers[i-1], x)
	}
	top := len(c.exponent) - 1
	*x = powers[c.exponent[top]]
	for i := top - 1; i >= 0; i-- {
		x.SquareTimes(x, 5)
		x.Mul(x, &powers[c.exponent[i]])
	}
}

// image maps points of E' to the curve, as isogeny does.
func (c *hashConstants) image(p *ifma.Points, from *[ifma.Lanes]*bls12381.G1Affine) {
	var x, y, xn, xd, yn, yd, t ifma.Element
	ifma.LoadAffine(&x, &y, from)
	evaluate(&xn, c.isogeny[0], &x, false)
	evaluate(&xd, c.isogeny[1], &x, true)
	evaluate(&yn, c.isogeny[2], &x, false)
	evaluate(&yd, c.isogeny[3], &x, true)
	yn.Mul(&yn, &y)
	p.Z.Mul(&xd, &yd)
	yd.Square(&yd)
	t.Mul(&yd, &xd)
	p.X.Mul(&xn, &t)
	xd.Square(&xd)
	t.Mul(&t, &xd)
	p.Y.Mul(&yn, &t)
}

// evaluate is polynomial in lanes.
func evaluate(v *ifma.Element, c []ifma.Element, x *ifma.Element, monic bool) {
	*v = c[len(c)-1]
	if monic {
		v.Add(v, x)
	}
	for i := len(c) - 2; i >= 0; i-- {
		v.Mul(v, x)
		v.Add(v, &c[i])
	}
}

// clearCofactorInLanes is clearCofactor. If it fails in a lane, Z is zero there.
func clearCofactorInLanes(p *ifma.Points) {
	z := *p
	mulX0InLanes(&z, func() { z.Add(p) })
	p.Add(&z)
}

// mulX0InLanes is mulX0; add adds the point.
func mulX0InLanes(z *ifma.Points, add func()) {
	doublings := 0
	for i := 62; i >= 0; i-- {
		doublings++
		if x0>>i&1 != 0 {
			z.DoubleTimes(doublings)
			add()
			doublings = 0
		}
	}
	z.DoubleTimes(doublings)
}
