package curve

import "math/bits"

// Term is Scalar·Point.
type Term struct {
	Scalar Scalar
	Point  G1
}

// size is what the methods' costs depend on.
type size struct{ terms, bits, longest int }

func sizeOf(terms []Term) size {
	s := size{terms: len(terms)}
	for i := range terms {
		n := bitLen(terms[i].Scalar)
		s.bits, s.longest = s.bits+n, max(s.longest, n)
	}
	return s
}

// bitLen is how many bits a scalar has.
func bitLen(s Scalar) (n int) {
	for k, word := range s.e.Bits() {
		if word != 0 {
			n = 64*k + bits.Len64(word)
		}
	}
	return n
}
