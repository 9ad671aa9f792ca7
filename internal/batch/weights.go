package batch

import (
	"crypto/rand"
	"encoding/binary"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// weights draws the weights of some claims at once. At 64 bits an invalid batch passes
// with probability 2^-64 at most. The first of all may be 1: dividing all by one of them
// changes nothing.
type weights struct {
	rest  []byte
	first bool
}

const weightSize = 8

// newWeights draws n weights. With one, the first is 1.
func newWeights(n int, one bool) weights {
	if one {
		n--
	}
	b := make([]byte, weightSize*max(n, 0))
	_, _ = rand.Read(b) // never fails
	return weights{b, one}
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
