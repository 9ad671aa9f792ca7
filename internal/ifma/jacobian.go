package ifma

import bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

// SetAffine makes points of affine coordinates.
func (p *Points) SetAffine(x, y *Element) { p.X, p.Y, p.Z = *x, *y, One }

// DoubleTimes is p = 2^n·p on the curve, for an n > 0, with 3 multiplications and 4 squarings each:
//
//	(x, y, z) → (M² − 2S, M·(S − x') − 8y⁴, 2y·z)  with M = 3x², S = 4x·y²
//
// The kernel divides the sum of two products by 2^416 once.
func (p *Points) DoubleTimes(n int) {
	if Enabled {
		doubleLanes(p, n)
		return
	}
	m, s, t := &p.scratch[0], &p.scratch[1], &p.scratch[2]
	for range n {
		t.Square(&p.X)
		m.Add(t, t)
		m.Add(m, t)
		t.Add(&p.Y, &p.Y)
		p.Z.Mul(t, &p.Z)
		t.Square(t)
		s.Mul(&p.X, t)
		t.Mul(t, &p.Y)
		t.Mul(t, &p.Y)
		t.Add(t, t)
		p.X.Square(m)
		p.X.Sub(&p.X, s)
		p.X.Sub(&p.X, s)
		s.Sub(s, &p.X)
		s.Mul(s, m)
		p.Y.Sub(s, t)
	}
}

// AddMixed is p += (x, y), for p ≠ ±(x, y), with 8 multiplications and 3 squarings:
//
//	H = x·z² − X, S = y·z³ − Y, V = X·H²
//	(X, Y, Z) → (S² − H³ − 2V, S·(V − X') − Y·H³, Z·H)
//
// The kernel has the other sign in Y and Z, and divides the sum of two products by 2^416 once.
func (p *Points) AddMixed(x, y *Element) {
	if Enabled {
		addMixedLanes(p, x, y)
		return
	}
	h, s, v, t := &p.scratch[0], &p.scratch[1], &p.scratch[2], &p.scratch[3]
	t.Square(&p.Z)
	h.Mul(x, t)
	s.Mul(y, t)
	s.Mul(s, &p.Z)
	p.addTo(h, s, v, t, &p.X, &p.Y, &p.Z)
}

// AddAffine is p += q, for p ≠ ±q, as AddMixed.
func (p *Points) AddAffine(q *AffinePoints) {
	x, y := &p.scratch[6], &p.scratch[7] // none that AddMixed has
	x.shift(&q.X)
	y.shift(&q.Y)
	p.AddMixed(x, y)
}

// SetAffinePoints is p = q.
func (p *Points) SetAffinePoints(q *AffinePoints) {
	p.X.Mul(&q.X, &toLanes)
	p.Y.Mul(&q.Y, &toLanes)
	p.Z = One
}

// Add is p += q, for p ≠ ±q.
func (p *Points) Add(q *Points) {
	h, s, v, t, x, y := &p.scratch[0], &p.scratch[1], &p.scratch[2], &p.scratch[3], &p.scratch[4], &p.scratch[5]
	t.Square(&p.Z)
	v.Square(&q.Z)
	h.Mul(&q.X, t)
	s.Mul(&q.Y, t)
	s.Mul(s, &p.Z)
	x.Mul(&p.X, v)
	y.Mul(&p.Y, v)
	y.Mul(y, &q.Z)
	v.Mul(&p.Z, &q.Z)
	p.Z = *v
	p.addTo(h, s, v, t, x, y, &p.Z)
}

// addTo is the sum of (x, y) and (h, s), which have the common z.
func (p *Points) addTo(h, s, v, t, x, y, z *Element) {
	h.Sub(h, x)
	s.Sub(s, y)
	p.Z.Mul(z, h)
	t.Square(h)
	v.Mul(x, t)
	h.Mul(h, t)
	y.Mul(y, h)
	t.Square(s)
	t.Sub(t, h)
	t.Sub(t, v)
	t.Sub(t, v)
	v.Sub(v, t)
	v.Mul(v, s)
	p.Y.Sub(v, y)
	p.X = *t
}

// Blend is p with the lanes of q where mask has a bit set, those of r elsewhere.
func (p *Points) Blend(mask uint8, q, r *Points) {
	if mask == 0xff && p == q || mask == 0 && p == r {
		return
	}
	p.X.Blend(mask, &q.X, &r.X)
	p.Y.Blend(mask, &q.Y, &r.Y)
	p.Z.Blend(mask, &q.Z, &r.Z)
}

// Load puts eight points of the curve into the lanes, none of them the identity.
func (p *Points) Load(from *[Lanes]*bls12381.G1Affine) {
	LoadAffine(&p.X, &p.Y, from)
	p.Z = One
}

// LoadAffine puts coordinates into lanes.
func LoadAffine(x, y *Element, from *[Lanes]*bls12381.G1Affine) {
	ofX, ofY := coordinates(from)
	x.Load(&ofX)
	y.Load(&ofY)
}

// LoadToAdd is LoadAffine for AddMixed, and nothing else.
func LoadToAdd(x, y *Element, from *[Lanes]*bls12381.G1Affine) {
	ofX, ofY := coordinates(from)
	x.LoadFactors(&ofX)
	y.LoadFactors(&ofY)
}

func coordinates(from *[Lanes]*bls12381.G1Affine) (x, y Pointers) {
	for l, p := range from {
		x[l], y[l] = &p.X, &p.Y
	}
	return x, y
}

// Store is the opposite of Load.
func (p *Points) Store(to *[Lanes]*bls12381.G1Jac) {
	var e Pointers
	for l, q := range to {
		e[l] = &q.X
	}
	p.X.Store(&e)
	for l, q := range to {
		e[l] = &q.Y
	}
	p.Y.Store(&e)
	for l, q := range to {
		e[l] = &q.Z
	}
	p.Z.Store(&e)
}
