package ifma

import (
	"os"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

//go:generate go run ./gen

// Enabled reports whether lanes are faster than gnark-crypto's field.
var Enabled = supported() && os.Getenv("UTT_LANES") != "off"

// Mul is z = x·y.
func (z *Element) Mul(x, y *Element) {
	if Enabled {
		mulLanes(z, x, y)
		return
	}
	z.mul(x, y)
}

// Square is z = x².
func (z *Element) Square(x *Element) { z.SquareTimes(x, 1) }

// SquareTimes is z = x^(2^n) for an n > 0.
func (z *Element) SquareTimes(x *Element, n int) {
	if Enabled {
		squareLanes(z, x, n)
		return
	}
	z.mul(x, x)
	for range n - 1 {
		z.mul(z, z)
	}
}

// Add is z = x + y.
func (z *Element) Add(x, y *Element) {
	if Enabled {
		addLanes(z, x, y)
		return
	}
	z.add(x, y)
}

// Sub is z = x − y.
func (z *Element) Sub(x, y *Element) {
	if Enabled {
		subLanes(z, x, y)
		return
	}
	z.sub(x, y)
}

// Neg is z = −x.
func (z *Element) Neg(x *Element) { z.Sub(&Element{}, x) }

// Halve is z = x/2.
func (z *Element) Halve(x *Element) {
	if Enabled {
		halveLanes(z, x)
		return
	}
	z.halve(x)
}

// Zeros has bit l set if lane l of x, which is below 3p, is zero.
func (x *Element) Zeros() (mask uint8) {
	if Enabled {
		var m uint64
		zerosLanes(x, &m)
		return uint8(m)
	}
	return x.zeros()
}

// Blend is z with the lanes of x where mask has a bit set, those of y elsewhere.
func (z *Element) Blend(mask uint8, x, y *Element) {
	if Enabled {
		blendLanes(z, x, y, uint64(mask))
		return
	}
	z.blend(mask, x, y)
}

// Odd has bit l set if lane l, which is not a sum, is an odd number below p.
func (x *Element) Odd() (mask uint8) {
	var number Element
	number.Mul(x, &unit)
	var e [Lanes]fp.Element
	var to Pointers
	for l := range e {
		to[l] = &e[l]
	}
	number.scatter(&to)
	for l := range e {
		mask |= uint8(e[l][0]&1) << l
	}
	return mask
}

// Invert is x = 1/x for all, with one inversion in gnark-crypto for each lane. It is false and
// changes nothing if a lane of one, none of which is a sum, is zero.
func Invert(x []Element) bool {
	products := make([]Element, 1+len(x)) // of those before
	products[0] = One
	for i := range x {
		products[i+1].Mul(&products[i], &x[i])
	}
	var e [Lanes]fp.Element
	var pointers Pointers
	for l := range e {
		pointers[l] = &e[l]
	}
	products[len(x)].Store(&pointers)
	for l := range e {
		if e[l].IsZero() {
			return false
		}
	}
	inverses := fp.BatchInvert(e[:])
	for l := range e {
		pointers[l] = &inverses[l]
	}
	var running, inverse Element
	running.Load(&pointers)
	for i := len(x) - 1; i >= 0; i-- {
		inverse.Mul(&running, &products[i])
		running.Mul(&running, &x[i])
		x[i] = inverse
	}
	return true
}

// Set puts an element into all lanes.
func (z *Element) Set(e *fp.Element) {
	z.Load(&Pointers{e, e, e, e, e, e, e, e})
}

// Load puts eight elements into the lanes.
func (z *Element) Load(from *Pointers) {
	z.gather(from)
	z.Mul(z, &toLanes)
}

// LoadFactors is Load without a multiplication. The values, below 2^33·p, are for products with
// one that is not a sum, which are below 1.2p, and for nothing else.
func (z *Element) LoadFactors(from *Pointers) {
	z.gather(from)
	z.shift(z)
}

// shift is z = 2^32·x as a number, for an x that is not a sum: between the factors 2^384 and
// 2^416.
func (z *Element) shift(x *Element) {
	if Enabled {
		shiftLanes(z, x)
		return
	}
	for l := range Lanes {
		v := x.lane(l)
		for j := range v {
			z[j][l] = v[j] << 32 & mask52
			if j > 0 {
				z[j][l] |= v[j-1] >> 20
			}
		}
	}
}

// Store is the opposite of Load.
func (x *Element) Store(to *Pointers) {
	var t Element
	t.Mul(x, &fromLanes)
	t.scatter(to)
}

// Scale is to = x·from for elements of gnark-crypto.
func (x *Element) Scale(to, from *Pointers) {
	var t Element
	t.gather(from)
	t.Mul(&t, x) // a factor 2^384 stays, 2^416 goes
	t.scatter(to)
}

// gather has the words of gnark-crypto's elements, a·2^384, in limbs.
func (z *Element) gather(from *Pointers) {
	if Enabled {
		gatherLanes(z, from)
		return
	}
	for l, e := range from {
		z.split(l, e)
	}
}

// scatter is the opposite of gather, for an x that is not a sum.
func (x *Element) scatter(to *Pointers) {
	if Enabled {
		scatterLanes(to, x)
		return
	}
	for l, e := range to {
		*e = x.join(l)
	}
}

// One is 1 in all lanes. toLanes and fromLanes change between the factors 2^384 and 2^416.
var One, toLanes, fromLanes Element

// unit is the number 1, not the element.
var unit Element

func init() {
	unit.power2(0)
	One.power2(416)
	toLanes.power2(416 + 32)
	fromLanes.power2(416 - 32)
}

// power2 is the number 2^n modulo p in all lanes.
func (z *Element) power2(n int) {
	e := fp.Element{1} // a number, not in Montgomery's form: doubling is the same
	for range n {
		e.Double(&e)
	}
	for l := range Lanes {
		z.split(l, &e)
	}
}
