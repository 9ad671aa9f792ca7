package ifma

import bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

// Mul is z = x·y.
func (z *E2) Mul(x, y *E2) {
	if Enabled {
		mul2Lanes(z, x, y)
		return
	}
	var a, b, c Element
	a.Mul(&x.A0, &y.A0)
	b.Mul(&x.A1, &y.A1)
	c.Mul(&x.A0, &y.A1)
	z.A1.Mul(&x.A1, &y.A0)
	z.A1.Add(&z.A1, &c)
	z.A1.Mul(&z.A1, &One)
	z.A0.Sub(&a, &b)
}

// Square is z = x².
func (z *E2) Square(x *E2) {
	if Enabled {
		square2Lanes(z, x)
		return
	}
	var sum, difference Element
	sum.Add(&x.A0, &x.A1)
	difference.Sub(&x.A0, &x.A1)
	z.A1.Mul(&x.A0, &x.A1)
	z.A1.Add(&z.A1, &z.A1)
	z.A0.Mul(&sum, &difference)
}

// Add is z = x + y.
func (z *E2) Add(x, y *E2) {
	z.A0.Add(&x.A0, &y.A0)
	z.A1.Add(&x.A1, &y.A1)
}

// Sub is z = x − y.
func (z *E2) Sub(x, y *E2) {
	z.A0.Sub(&x.A0, &y.A0)
	z.A1.Sub(&x.A1, &y.A1)
}

// Halve is z = x/2.
func (z *E2) Halve(x *E2) {
	z.A0.Halve(&x.A0)
	z.A1.Halve(&x.A1)
}

// Triple is z = 3x.
func (z *E2) Triple(x *E2) {
	var twice E2
	twice.Add(x, x)
	z.Add(&twice, x)
}

// Scale is z = x·y for a y of Fp.
func (z *E2) Scale(x *E2, y *Element) {
	z.A0.Mul(&x.A0, y)
	z.A1.Mul(&x.A1, y)
}

// Conjugate is z = A0 − A1·u.
func (z *E2) Conjugate(x *E2) {
	z.A0 = x.A0
	z.A1.Neg(&x.A1)
}

// Zeros has bit l set if lane l of x, which is not a sum, is zero.
func (x *E2) Zeros() uint8 { return x.A0.Zeros() & x.A1.Zeros() }

// Set puts an element into all lanes.
func (z *E2) Set(e *bls12381.E2) {
	z.A0.Set(&e.A0)
	z.A1.Set(&e.A1)
}

// Load puts eight elements into the lanes.
func (z *E2) Load(from *[Lanes]*bls12381.E2) {
	var e Pointers
	for l, x := range from {
		e[l] = &x.A0
	}
	z.A0.Load(&e)
	for l, x := range from {
		e[l] = &x.A1
	}
	z.A1.Load(&e)
}

// Store is the opposite of Load.
func (x *E2) Store(to *[Lanes]*bls12381.E2) {
	var e Pointers
	for l, z := range to {
		e[l] = &z.A0
	}
	x.A0.Store(&e)
	for l, z := range to {
		e[l] = &z.A1
	}
	x.A1.Store(&e)
}

// Dots makes all.
func Dots(dots []Dot) {
	if Enabled {
		dotsLanes(&dots[0], len(dots))
		return
	}
	for _, d := range dots {
		*d.Z = Element{}
		for _, f := range d.Products {
			var t Element
			t.mul(f.X, f.Y)
			d.Z.add(d.Z, &t)
		}
		d.Z.mul(d.Z, &One)
	}
}
