package curve

import (
	"sync"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// buffer is room for points, and for lists of them. What points were in it before stay there
// until they are written.
type buffer struct {
	points  []bls12381.G1Affine
	buckets [][]bls12381.G1Affine
}

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// borrow is a buffer for so many points.
func borrow(n int) *buffer {
	b := buffers.Get().(*buffer)
	if cap(b.points) < n {
		b.points = make([]bls12381.G1Affine, n)
	}
	b.points = b.points[:n]
	return b
}

// lists are n empty ones.
func (b *buffer) lists(n int) [][]bls12381.G1Affine {
	if cap(b.buckets) < n {
		b.buckets = make([][]bls12381.G1Affine, n)
	}
	b.buckets = b.buckets[:n]
	clear(b.buckets)
	return b.buckets
}

// giveBack lets others have the buffer.
func (b *buffer) giveBack() {
	clear(b.buckets)
	buffers.Put(b)
}

// giveBackSecret is giveBack for what secrets selected, which is cleared.
func (b *buffer) giveBackSecret() {
	clear(b.points)
	b.giveBack()
}
