package curve

import "github.com/utt-ecash/utt-go/internal/parallel"

// MSM is Σ s_i·P_i for public scalars and any points of the curve.
func MSM(terms []Term) G1 { return MSMs([][]Term{terms})[0] }

// MSMs is MSM of every list, on all cores if there is enough to do.
func MSMs(sums [][]Term) []G1 {
	parts := make([]Parts, len(sums))
	for i := range sums {
		parts[i] = sums[i : i+1]
	}
	return MSMsOfParts(parts)
}

// MSMsOfParts is MSMs of lists in parts.
func MSMsOfParts(sums []Parts) []G1 {
	pieces := cut(sums)
	parallel.For(len(pieces), func(k int) {
		for i := range pieces[k] {
			p := &pieces[k][i]
			p.size = sizeOf(p.terms)
		}
	})
	sizes := make([]size, len(sums))
	for _, task := range pieces {
		for i := range task {
			s, n := &sizes[task[i].sum], task[i].size
			*s = size{s.terms + n.terms, s.bits + n.bits, max(s.longest, n.longest)}
		}
	}
	inBuckets := make([]*bucketSum, len(sums))
	var long []*bucketSum
	var short [][]Term
	for i, s := range sizes {
		if window, cost := s.buckets(); cost < s.straus() {
			inBuckets[i] = newBucketSum(s, window)
			long = append(long, inBuckets[i])
		} else {
			short = append(short, sums[i].all())
		}
	}
	for _, task := range pieces {
		for i := range task {
			if s := inBuckets[task[i].sum]; s != nil {
				s.pieces = append(s.pieces, &task[i])
			}
		}
	}
	parallel.For(len(pieces), func(k int) {
		for i := range pieces[k] {
			p := &pieces[k][i]
			if s := inBuckets[p.sum]; s != nil {
				p.digits = s.recode(p.terms)
			}
		}
	})
	sumBuckets(long)
	values := make([]G1, len(long))
	parallel.For(len(long), func(i int) { values[i] = long[i].value() })
	few := straus(short)
	out := make([]G1, len(sums))
	for i := range sums {
		if inBuckets[i] != nil {
			out[i], values = values[0], values[1:]
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
