package batch

import (
	"crypto/rand"
	"encoding/binary"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// weights draws the weights of a batch at once. At 64 bits an invalid batch passes
// with probability 2^-64 at most. The first is 1: dividing all by one of them
// changes nothing.
type weights struct {
	rest  []byte
	first bool
}

const weightSize = 8

func newWeights(n int) weights {
	b := make([]byte, weightSize*(n-1))
	_, _ = rand.Read(b) // never fails
	return weights{b, true}
}

func (w *weights) next() weight {
	if w.first {
		w.first = false
		return weight{curve.Uint64(1)}
	}
	v := binary.BigEndian.Uint64(w.rest)
	w.rest = w.rest[weightSize:]
	return weight{curve.Uint64(v)}
}

type weight struct{ curve.Scalar }

// by is the weight times a scalar.
func (w weight) by(s curve.Scalar) curve.Scalar {
	if s.IsOne() {
		return w.Scalar
	}
	return w.Mul(s)
}
