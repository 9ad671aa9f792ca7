package curve

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
