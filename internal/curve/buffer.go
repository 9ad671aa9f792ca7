package curve

import (
	"sync"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// buffer is room for points. What was in it before stays there until it is written.
type buffer struct{ points []bls12381.G1Affine }

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

// giveBack lets others have the buffer.
func (b *buffer) giveBack() { buffers.Put(b) }

// giveBackSecret is giveBack for what secrets selected, which is cleared.
func (b *buffer) giveBackSecret() {
	clear(b.points)
	b.giveBack()
}
