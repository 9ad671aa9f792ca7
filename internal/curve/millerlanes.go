package curve

import (
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/utt-ecash/utt-go/internal/ifma"
)

// Miller loops in lanes: eight pairs make a vector, and all vectors share the squarings of
// one f, whose lanes are multiplied at the end. A point T of the twist is in homogeneous
// coordinates; lines are those of Aranha, Karabina, Longa, Gebotys and López, "Faster
// explicit formulas for computing pairings over ordinary curves" (ePrint 2010/526), each up
// to a factor of Fp2, which the final exponentiation takes away.
//
// Fp12 is Fp2[w] with w⁶ = ξ = 1 + u. A line is r0 + r1·w² + r2·w³. Products in Fp12 are
// sums of products in Fp, with one reduction for each coordinate.

// factor is an element of Fp2 by which others are multiplied, and −A1.
type factor struct {
	ifma.E2
	minus ifma.Element
}

func (f *factor) set() { f.minus.Neg(&f.A1) }

// setXi is z = ξ·x, as a factor.
func (f *factor) setXi(x *ifma.E2) {
	f.A0.Sub(&x.A0, &x.A1)
	f.A1.Add(&x.A0, &x.A1)
	f.set()
}

// fp12 is eight elements of Fp12, by powers of w.
type fp12 [6]ifma.E2

// coordinates are sums of products of Fp2 to be made: one Dot for each coordinate.
func coordinates(z *ifma.E2, x []*ifma.E2, y []*factor) []ifma.Dot {
	dots := []ifma.Dot{{Z: &z.A0}, {Z: &z.A1}}
	for i, x := range x {
		y := y[i]
		dots[0].Products = append(dots[0].Products, ifma.Product{X: &x.A0, Y: &y.A0}, ifma.Product{X: &x.A1, Y: &y.minus})
		dots[1].Products = append(dots[1].Products, ifma.Product{X: &x.A0, Y: &y.A1}, ifma.Product{X: &x.A1, Y: &y.A0})
	}
	return dots
}

// accumulator is f.
type accumulator struct {
	values *accumulated // without pointers, which has the heap align it
	now    int          // f is values.f[now]
	square [2][]ifma.Dot
	line   [2][]ifma.Dot
}

type accumulated struct {
	f      [2]fp12
	powers [6][2]factor // f's coordinates and ξ times them, for squaring
	twice  fp12
	line   [3][2]factor // a line's coordinates and ξ times them
}

func newAccumulator() *accumulator {
	a := &accumulator{values: new(accumulated)}
	v := a.values
	v.f[0][0].A0 = ifma.One
	for now := range v.f {
		f, next := &v.f[now], &v.f[1-now]
		for k := range f {
			var x []*ifma.E2
			var y []*factor
			for i := range f { // w^i·w^j, with i ≤ j and i + j = k or k + 6
				j := (k - i + 6) % 6
				if i > j {
					continue
				}
				wrap := (i + j) / 6
				if y = append(y, &v.powers[j][wrap]); i < j {
					x = append(x, &v.twice[i])
				} else {
					x = append(x, &f[i])
				}
			}
			a.square[now] = append(a.square[now], coordinates(&next[k], x, y)...)
			x, y = nil, nil
			for i, power := range []int{0, 2, 3} {
				wrap := 0
				if k < power {
					wrap = 1
				}
				x, y = append(x, &f[(k-power+6)%6]), append(y, &v.line[i][wrap])
			}
			a.line[now] = append(a.line[now], coordinates(&next[k], x, y)...)
		}
	}
	return a
}

// squared is f = f².
func (a *accumulator) squared() {
	v := a.values
	for k := range v.f[a.now] {
		x := &v.f[a.now][k]
		v.twice[k].Add(x, x)
		v.powers[k][0].E2 = *x
		v.powers[k][0].set()
		v.powers[k][1].setXi(x)
	}
	ifma.Dots(a.square[a.now])
	a.now = 1 - a.now
}

// timesLine is f = f·(r0 + r1·x·w² + r2·y·w³), for r in values.line.
func (a *accumulator) timesLine(x, y *ifma.Element) {
	l := &a.values.line
	l[1][0].Scale(&l[1][0].E2, x)
	l[2][0].Scale(&l[2][0].E2, y)
	for i := range l {
		l[i][0].set()
		if i > 0 {
			l[i][1].setXi(&l[i][0].E2)
		}
	}
	ifma.Dots(a.line[a.now])
	a.now = 1 - a.now
}

// product is that of all lanes.
func (a *accumulator) product() bls12381.GT {
	var lanes [ifma.Lanes]bls12381.GT
	coordinate := func(k int, of func(*bls12381.GT) *bls12381.E2) {
		var to [ifma.Lanes]*bls12381.E2
		for l := range lanes {
			to[l] = of(&lanes[l])
		}
		a.values.f[a.now][k].Store(&to)
	}
	coordinate(0, func(f *bls12381.GT) *bls12381.E2 { return &f.C0.B0 })
	coordinate(2, func(f *bls12381.GT) *bls12381.E2 { return &f.C0.B1 })
	coordinate(4, func(f *bls12381.GT) *bls12381.E2 { return &f.C0.B2 })
	coordinate(1, func(f *bls12381.GT) *bls12381.E2 { return &f.C1.B0 })
	coordinate(3, func(f *bls12381.GT) *bls12381.E2 { return &f.C1.B1 })
	coordinate(5, func(f *bls12381.GT) *bls12381.E2 { return &f.C1.B2 })
	for l := 1; l < ifma.Lanes; l++ {
		lanes[0].Mul(&lanes[0], &lanes[l])
	}
	return lanes[0]
}

// vectorOfPairs is eight pairs on their way.
type vectorOfPairs struct {
	x, minusY ifma.Element // of P
	q         [2]ifma.E2
	t         [3]ifma.E2
	work      [6]ifma.E2
}

// double is T = 2T and the coordinates of the tangent at T.
func (v *vectorOfPairs) double(line *[3][2]factor) {
	x, y, z := &v.t[0], &v.t[1], &v.t[2]
	a, b, e, f, h, g := &v.work[0], &v.work[1], &v.work[2], &v.work[3], &v.work[4], &v.work[5]
	r0, r1, r2 := &line[0][0].E2, &line[1][0].E2, &line[2][0].E2
	a.Mul(x, y)
	a.Halve(a)
	b.Square(y)
	h.Mul(y, z)
	h.Add(h, h)
	f.Square(z)
	e.A0.Sub(&f.A0, &f.A1) // 3b' = 12ξ
	e.A1.Add(&f.A0, &f.A1)
	e.Triple(e)
	e.Add(e, e)
	e.Add(e, e)
	f.Triple(e)
	r0.Sub(e, b)
	r1.Square(x)
	r1.Triple(r1)
	*r2 = *h
	g.Add(b, f)
	g.Halve(g)
	f.Sub(b, f)
	x.Mul(a, f)
	z.Mul(b, h)
	y.Square(g)
	e.Square(e)
	e.Triple(e)
	y.Sub(y, e)
}

// add is T = T + Q, for T ≠ ±Q, and the coordinates of the line through them.
func (v *vectorOfPairs) add(line *[3][2]factor) {
	x, y, z := &v.t[0], &v.t[1], &v.t[2]
	theta, lambda, c, d, e, g := &v.work[0], &v.work[1], &v.work[2], &v.work[3], &v.work[4], &v.work[5]
	r0, r1, r2 := &line[0][0].E2, &line[1][0].E2, &line[2][0].E2
	theta.Mul(&v.q[1], z)
	theta.Sub(y, theta)
	lambda.Mul(&v.q[0], z)
	lambda.Sub(x, lambda)
	c.Square(theta)
	d.Square(lambda)
	e.Mul(lambda, d)
	c.Mul(z, c)
	g.Mul(x, d)
	c.Add(c, e)
	d.Add(g, g)
	c.Sub(c, d) // λ³ + Z·θ² − 2X·λ²
	x.Mul(lambda, c)
	g.Sub(g, c)
	g.Mul(theta, g)
	y.Mul(e, y)
	y.Sub(g, y)
	z.Mul(z, e)
	r0.Mul(lambda, &v.q[1])
	c.Mul(theta, &v.q[0])
	r0.Sub(r0, c)
	*r1, *r2 = *theta, *lambda
}

// millerInLanes is the product of Miller loops for pairs of points that are not the
// identity, up to factors that the final exponentiation takes away. Vectors are filled up
// with pairs of P = (0, 0), whose lines are in Fp2.
func millerInLanes(p []bls12381.G1Affine, q []bls12381.G2Affine) (f bls12381.GT) {
	vectors := make([]vectorOfPairs, (len(p)+ifma.Lanes-1)/ifma.Lanes)
	for i := range vectors {
		v := &vectors[i]
		var from [ifma.Lanes]*bls12381.G1Affine
		var x, y [ifma.Lanes]*bls12381.E2
		for l := range from {
			from[l], x[l], y[l] = new(bls12381.G1Affine), &g2Generator.X, &g2Generator.Y
			if k := i*ifma.Lanes + l; k < len(p) {
				from[l], x[l], y[l] = &p[k], &q[k].X, &q[k].Y
			}
		}
		ifma.LoadAffine(&v.x, &v.minusY, &from)
		v.minusY.Neg(&v.minusY)
		v.q[0].Load(&x)
		v.q[1].Load(&y)
		v.t[0], v.t[1], v.t[2].A0 = v.q[0], v.q[1], ifma.One
	}
	a := newAccumulator()
	for i := len(bls12381.LoopCounter) - 2; i >= 0; i-- {
		a.squared()
		for k := range vectors {
			v := &vectors[k]
			v.double(&a.values.line)
			a.timesLine(&v.x, &v.minusY)
			if bls12381.LoopCounter[i] != 0 {
				v.add(&a.values.line)
				a.timesLine(&v.x, &v.minusY)
			}
		}
	}
	f = a.product()
	return *f.Conjugate(&f) // the curve's parameter is negative
}
