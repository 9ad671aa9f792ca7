package curve

import "math/bits"

// Term is Scalar·Point.
type Term struct {
	Scalar Scalar
	Point  G1
}

// MSM is Σ s_i·P_i for public scalars and any points of the curve.
func MSM(terms []Term) G1 { return MSMs([][]Term{terms})[0] }

// MSMs is MSM of every list, on all cores if there is enough to do.
func MSMs(sums [][]Term) []G1 {
	out := make([]G1, len(sums))
	var long []*bucketSum
	var short [][]Term
	inBuckets := make([]bool, len(sums))
	for i, terms := range sums {
		s := sizeOf(terms)
		window, cost := s.buckets()
		if inBuckets[i] = cost < s.straus(); inBuckets[i] {
			long = append(long, newBucketSum(terms, s, window))
		} else {
			short = append(short, terms)
		}
	}
	sumBuckets(long)
	few := straus(short)
	for i := range sums {
		if inBuckets[i] {
			out[i], long = long[0].value(), long[1:]
		} else {
			out[i], few = few[0], few[1:]
		}
	}
	return out
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

// maxWindow bounds the size of a position's buckets.
const maxWindow = 12

// buckets is the best window for bucketSum, and its additions: of points to buckets, and
// twice as many as there are buckets.
func (s size) buckets() (window, cost int) {
	for c := 2; c <= maxWindow; c++ {
		n := s.bits/c + s.terms + ((s.longest+1)/c+1)*(1<<c)
		if window == 0 || n < cost {
			window, cost = c, n
		}
	}
	return window, cost
}

// straus is its additions: for the tables, and for a digit in every strausWindow + 1 bits.
func (s size) straus() int { return s.bits/(strausWindow+1) + (1+strausTable)*s.terms }
