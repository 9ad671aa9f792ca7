package ifma

import (
	"os"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

//go:generate go run gen.go

// Enabled reports whether lanes are faster than gnark-crypto's field.
var Enabled = supported() && os.Getenv("UTT_LANES") != "off"

// Lanes is how many field elements are computed with at once.
const Lanes = 8

// Element is eight elements of Fp: limb j of lane l is at [j][l]. Functions allow their
// result to be an argument.
type Element [8][Lanes]uint64

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

// Zeros has bit l set if lane l of x, which is not a sum, is zero.
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

// Set puts an element into all lanes.
func (z *Element) Set(e *fp.Element) {
	z.Load(&[Lanes]*fp.Element{e, e, e, e, e, e, e, e})
}

// Load puts eight elements into the lanes.
func (z *Element) Load(from *[Lanes]*fp.Element) {
	z.gather(from)
	z.Mul(z, &toLanes)
}

// Store is the opposite of Load.
func (x *Element) Store(to *[Lanes]*fp.Element) {
	var t Element
	t.Mul(x, &fromLanes)
	t.scatter(to)
}

// gather has the words of gnark-crypto's elements, a·2^384, in limbs.
func (z *Element) gather(from *[Lanes]*fp.Element) {
	if Enabled {
		gatherLanes(z, from)
		return
	}
	for l, e := range from {
		z.split(l, e)
	}
}

// scatter is the opposite of gather, for an x that is not a sum.
func (x *Element) scatter(to *[Lanes]*fp.Element) {
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

func init() {
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
