package merkle

import (
	"math/bits"
	"slices"

	"github.com/utt-ecash/utt-go/internal/wire"
)

// Edge is the right edge of a tree: the roots of its maximal complete subtrees, of which
// there are as many as bits are set in the size. It is a value: With makes another. The
// zero Edge is that of the tree without leaves.
type Edge struct {
	size  uint64
	roots []Hash // from the left, that is, the largest first
}

// Size is the number of leaves.
func (e Edge) Size() uint64 { return e.size }

// With is the edge with further leaves at the end, given by their hashes.
func (e Edge) With(leaves ...Hash) Edge { return e.Grow(leaves, func(int, uint64, Hash) {}) }

// Grow is With, but that completed is called with the root of every subtree that the leaves
// complete, each leaf's own among them: those of a level in order.
func (e Edge) Grow(leaves []Hash, completed func(level int, index uint64, h Hash)) Edge {
	d := Edge{e.size, make([]Hash, len(e.roots), len(e.roots)+bits.Len(uint(len(leaves)))+1)}
	copy(d.roots, e.roots)
	for _, h := range leaves {
		completed(0, d.size, h)
		level := 0
		for n := d.size; n&1 == 1; n >>= 1 { // a complete subtree of this size is to the left
			last := len(d.roots) - 1
			h = Node(d.roots[last], h)
			d.roots = d.roots[:last]
			level++
			completed(level, n>>1, h)
		}
		d.roots = append(d.roots, h)
		d.size++
	}
	return d
}

// Root is that of the tree.
func (e Edge) Root() Hash {
	last := len(e.roots) - 1
	if last < 0 {
		return Empty
	}
	root := e.roots[last]
	for i := last - 1; i >= 0; i-- {
		root = Node(e.roots[i], root)
	}
	return root
}

// Complete is the root of a complete subtree, if it is one of those on the edge.
func (e Edge) Complete(level int, index uint64) (Hash, bool) {
	if level < 0 || level >= 64 || e.size>>level&1 == 0 || index != e.size>>level-1 {
		return Hash{}, false
	}
	return e.roots[bits.OnesCount64(e.size>>level)-1], true
}

// Equal reports whether two edges are the same.
func (e Edge) Equal(o Edge) bool { return e.size == o.size && slices.Equal(e.roots, o.roots) }

// Append appends the 64-bit size, and as many hashes as bits are set in it.
func (e Edge) Append(b []byte) []byte {
	b = wire.AppendUint64(b, e.size)
	for _, h := range e.roots {
		b = append(b, h[:]...)
	}
	return b
}

// ReadEdge reads an edge.
func ReadEdge(r *wire.Reader) (e Edge) {
	e.size = r.Uint64()
	if n := bits.OnesCount64(e.size); n > 0 && r.Len() >= n*len(Hash{}) {
		e.roots = make([]Hash, n)
		for i := range e.roots {
			r.Fill(e.roots[i][:])
		}
		return e
	} else if n > 0 {
		r.Fail("edge of a tree of %d leaves with %d bytes, of %d", e.size, r.Len(), n*len(Hash{}))
		return Edge{}
	}
	return e
}
