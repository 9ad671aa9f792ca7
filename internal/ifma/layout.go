package ifma

import (
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
)

// Lanes is how many field elements are computed with at once.
const Lanes = 8

// Element is eight elements of Fp: limb j of lane l is at [j][l]. Functions allow their
// result to be an argument.
type Element [8][Lanes]uint64

// Pointers are to eight elements of gnark-crypto.
type Pointers [Lanes]*fp.Element

// Points, with coordinates below 16p, are eight points (X/Z², Y/Z³) of the curve or of E', which is isogenous to it. Once Z
// is zero in a lane, it stays so: an addition of equal or opposite points or of one
// with Z = 0 gives Z = 0, whatever follows, and Z = 0 at the end says that the lane's
// result means nothing. Kernels know the order.
type Points struct {
	X, Y, Z Element
	scratch [8]Element
}

// AffinePoints are eight points in affine coordinates, as an Adder has them: not the identity,
// with a factor 2^384. Kernels know the order.
type AffinePoints struct{ X, Y Element }

// E2 is eight elements A0 + A1·u of Fp2, where u² = −1. Bounds are those of Element, and
// functions allow their result to be an argument.
type E2 struct{ A0, A1 Element }

// Dot is z = Σ x·y over at most 16 products, one at least. z is no factor of it or of what
// follows.
type Dot struct {
	Z        *Element
	Products []Product
}

// Product is x·y.
type Product struct{ X, Y *Element }

// Sum is p += q, to be made.
type Sum struct{ P, Q *bls12381.G1Affine }

// vector is eight sums: p's coordinates, the slope's denominator and numerator and the product
// of all denominators up to this one. Kernels know the order.
type vector struct {
	denominator, product, numerator, abscissa, ordinate Element
}

const vectorSize = 5 * 8 * 8 * Lanes // bytes

// scratch is what a kernel has in work. Kernels know the order.
type scratch struct {
	running, inverse, slope, shifted, x, difference Element
}
