package curve

import (
	"slices"

	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"

	"github.com/utt-ecash/utt-go/internal/ifma"
	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Flags of the compressed encoding, in its three highest bits.
const (
	flagCompressed = 0x80
	flagLargerY    = 0x20
	flags          = 0xe0
)

// AppendCompressed appends the 48-byte encoding: x, and which of its two y.
func (p G1) AppendCompressed(b []byte) []byte {
	e := p.Compressed()
	return append(b, e[:]...)
}

// ReadG1Compressed decodes a canonical compressed point on the curve that is not the
// identity, which takes a square root. It does not check the subgroup.
func ReadG1Compressed(r *wire.Reader) G1 {
	var one [1]G1
	var square [1]fp.Element
	larger := readAbscissa(r, &one[0], &square[0])
	if r.Err() != nil {
		return G1{}
	}
	if !rootsScalar(one[:], square[:]) {
		r.Fail("point not on G1's curve")
		return G1{}
	}
	one[0].choose(larger)
	return one[0]
}

// fewRoots is from how many square roots on lanes take less time.
const fewRoots = 3

// ReadG1sCompressed is ReadG1Compressed of so many one after another, on all cores. They are all
// G1{} if one fails.
func ReadG1sCompressed(r *wire.Reader, n int) []G1 {
	points, squares, larger := make([]G1, n), make([]fp.Element, n), make([]bool, n)
	for i := range points {
		larger[i] = readAbscissa(r, &points[i], &squares[i])
	}
	if r.Err() != nil {
		return make([]G1, n)
	}
	parts := parallel.Split(n, ifma.Lanes)
	failed := make([]bool, len(parts))
	parallel.For(len(parts), func(k int) {
		own, square := points[parts[k].From:parts[k].To], squares[parts[k].From:parts[k].To]
		if lanes && len(own) >= fewRoots {
			failed[k] = !rootsInLanes(own, square)
		} else {
			failed[k] = !rootsScalar(own, square)
		}
	})
	if slices.Contains(failed, true) {
		r.Fail("point not on G1's curve")
		return make([]G1, n)
	}
	for i := range points {
		points[i].choose(larger[i])
	}
	return points
}

// choose takes the larger or the smaller y. It is not 0: no point has order 2.
func (p *G1) choose(larger bool) {
	if p.p.Y.LexicographicallyLargest() != larger {
		p.p.Y.Neg(&p.p.Y)
	}
}

// readAbscissa decodes x and the square of y, and whether y is the larger of two.
func readAbscissa(r *wire.Reader, p *G1, square *fp.Element) (larger bool) {
	b := r.Take(G1CompressedSize)
	if b == nil {
		return false
	}
	flag := b[0] & flags
	if flag != flagCompressed && flag != flagCompressed|flagLargerY {
		r.Fail("identity of G1, or point with unknown flags")
		return false
	}
	var x [fp.Bytes]byte
	copy(x[:], b)
	x[0] &^= flags
	if p.p.X.SetBytesCanonical(x[:]) != nil {
		r.Fail("coordinate not reduced")
		return false
	}
	var four fp.Element
	four.SetUint64(4)
	square.Square(&p.p.X).Mul(square, &p.p.X).Add(square, &four) // y² = x³ + 4
	return flag&flagLargerY != 0
}

// rootsScalar makes y a root of its square for every point, or reports one that has none.
func rootsScalar(points []G1, squares []fp.Element) bool {
	for i := range points {
		if points[i].p.Y.Sqrt(&squares[i]) == nil {
			return false
		}
	}
	return true
}

// rootsInLanes is rootsScalar: a root of s, if there is one, is s^((p+1)/4).
func rootsInLanes(points []G1, squares []fp.Element) bool {
	c := hashInLanesConstants()
	for first := 0; first < len(points); first += ifma.Lanes {
		var from, to ifma.Pointers
		var roots [ifma.Lanes]fp.Element
		for l := range from {
			from[l], to[l] = &squares[min(first+l, len(points)-1)], &roots[l]
		}
		var square, root, check ifma.Element
		square.Load(&from)
		root = square
		c.power(&root)
		root.Mul(&root, &square)
		check.Square(&root)
		check.Sub(&check, &square)
		if check.Zeros() != 1<<ifma.Lanes-1 {
			return false
		}
		root.Store(&to)
		for l := range points[first:min(first+ifma.Lanes, len(points))] {
			points[first+l].p.Y = roots[l]
		}
	}
	return true
}
