package curve

import (
	"math/bits"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/utt-ecash/utt-go/internal/parallel"
)

// Pippenger's method with the additions in affine coordinates. A scalar has signed
// digits to the base 2^c; for every position, the points go into buckets by the
// digit's magnitude, and Σ m·B_m is the sum of the buckets by the bits of m − 1:
//
//	Σ m·B_m = Σ_j 2^j·S_j + T,  S_j the sum of the B_m with bit j in m − 1, T that of all
//
// Nothing in it needs the subgroup. gnark-crypto's MultiExp is slower on the sizes
// at hand: it adds the buckets up in Jacobian coordinates, and each sum for itself.

// bucketSum is a sum prepared for it.
type bucketSum struct {
	pieces    []*piece
	terms     int
	window    int       // c, in bits
	halves    [5]uint64 // half a digit at every position, which added to scalars makes digits signed
	sorted    []sorted  // by position
	positions [][]bls12381.G1Affine
	ranges    [][][]bls12381.G1Affine // of positions whose buckets are several tasks
}

func newBucketSum(size size, window int) *bucketSum {
	s := &bucketSum{terms: size.terms, window: window}
	// 2 bits more than the longest: of what the positions hold, a scalar takes less than
	// 1/4 and the halves, with windows of 2 bits or more, at most 2/3
	s.positions = make([][]bls12381.G1Affine, (size.longest+1)/s.window+1)
	for k := range s.positions {
		bit := (k+1)*s.window - 1
		s.halves[bit/64] |= 1 << (bit % 64)
	}
	return s
}

// recode computes the digits −2^(c−1) ≤ d < 2^(c−1) of some terms, those at the lowest
// position first.
func (s *bucketSum) recode(terms []Term) []int16 {
	n := len(terms)
	digits := make([]int16, n*len(s.positions))
	for i := range terms {
		var v [5]uint64
		low, carry := terms[i].Scalar.e.Bits(), uint64(0)
		copy(v[:], low[:])
		for k := range v {
			v[k], carry = bits.Add64(v[k], s.halves[k], carry)
		}
		for k := range s.positions {
			word, bit := k*s.window/64, k*s.window%64
			d := v[word] >> bit
			if bit+s.window > 64 && word+1 < len(v) {
				d |= v[word+1] << (64 - bit)
			}
			digits[k*n+i] = int16(d&(1<<s.window-1)) - 1<<(s.window-1)
		}
	}
	return digits
}

// sorted is the terms at a position by buckets.
type sorted struct {
	ends  []int32 // of buckets, in terms
	terms []termAt
}

// termAt is the number of a piece, that of a term in it, and whether the digit is negative.
type termAt uint32

const minus termAt = 1

func (t termAt) of(pieces []*piece) *bls12381.G1Affine {
	return &pieces[t/(2*piecesAtOnce)].terms[t/2%piecesAtOnce].Point.p
}

// sort finds the buckets of a position, by the magnitudes of digits.
func (s *bucketSum) sort(position int) (z sorted) {
	z.ends = make([]int32, 1<<(s.window-1)+1) // of the magnitude before
	for _, p := range s.pieces {
		for _, d := range p.at(position) {
			z.ends[max(d, -d)]++
		}
	}
	all := int32(0)
	for m, n := range z.ends {
		if z.ends[m] = all; m > 0 {
			all += n
		}
	}
	z.terms = make([]termAt, all)
	for k, p := range s.pieces {
		for i, d := range p.at(position) {
			if d != 0 {
				end := &z.ends[max(d, -d)]
				z.terms[*end] = termAt(2*(k*piecesAtOnce+i)) | termAt(uint16(d)>>15)
				*end++
			}
		}
	}
	return z
}

// place is the buckets of a sum's position, or a range of them.
type place struct {
	sum            *bucketSum
	position, part int // of as many parts as the position has
	from, to       int
}

// room is how many points are in the buckets.
func (p *place) room() int {
	ends := p.sum.sorted[p.position].ends
	return int(ends[p.to] - ends[p.from])
}

// fill puts points into buckets, in a space for as many as there is room for.
func (p *place) fill(space []bls12381.G1Affine) [][]bls12381.G1Affine {
	buckets := make([][]bls12381.G1Affine, p.to-p.from)
	z := &p.sum.sorted[p.position]
	for m := range buckets {
		from, to := z.ends[p.from+m], z.ends[p.from+m+1]
		b := space[: to-from : to-from]
		space = space[to-from:]
		for i, term := range z.terms[from:to] {
			if b[i] = *term.of(p.sum.pieces); term&minus != 0 {
				b[i].Y.Neg(&b[i].Y)
			}
		}
		buckets[m] = b
	}
	return buckets
}

// join makes the sums of every position of those of its ranges: of two neighbours at a time,
// of which the second has one bit more.
func (s *bucketSum) join() {
	if s.ranges == nil {
		return
	}
	a := additions{public: true}
	for len(s.ranges[0]) > 1 {
		for k, ranges := range s.ranges {
			joined := make([][]bls12381.G1Affine, len(ranges)/2)
			for r := range joined {
				low, high := ranges[2*r], ranges[2*r+1]
				n := len(low) - 1 // bits
				out := append(append(make([]bls12381.G1Affine, 0, n+2), low[:n]...), high[n], low[n])
				for j := range n {
					a.add(&out[j], &high[j])
				}
				a.add(&out[n+1], &high[n])
				joined[r] = out
			}
			s.ranges[k] = joined
		}
		a.flush()
	}
	for k, ranges := range s.ranges {
		s.positions[k] = ranges[0]
	}
	s.ranges = nil
}

// value puts the positions together.
func (s *bucketSum) value() G1 {
	var sum bls12381.G1Jac
	for k := len(s.positions) - 1; k >= 0; k-- {
		for j := s.window - 1; j >= 0; j-- {
			double(&sum)
			if j < s.window-1 {
				sum.AddMixed(&s.positions[k][j])
			}
		}
		sum.AddMixed(&s.positions[k][s.window-1])
	}
	var z G1
	z.p.FromJacobian(&sum)
	return z
}

// bitSums turns every row of 2^n buckets into the n sums over those whose index has
// bit j, and the sum of all.
func (a *additions) bitSums(rows [][][]bls12381.G1Affine) [][]bls12381.G1Affine {
	var buckets [][]bls12381.G1Affine
	for _, row := range rows {
		buckets = append(buckets, row...)
	}
	a.addBuckets(buckets)
	flat := make([][]bls12381.G1Affine, len(rows))
	for r, row := range rows {
		flat[r] = make([]bls12381.G1Affine, len(row))
		for m := range row {
			if b := buckets[m]; len(b) > 0 {
				flat[r][m] = b[0]
			}
		}
		buckets = buckets[len(row):]
	}
	// the upper half of what is left has the highest bit; it is added to the lower one
	largest := 0
	for _, f := range flat {
		largest = max(largest, len(f))
	}
	var uppers [][]bls12381.G1Affine
	for half := largest / 2; half > 0; half /= 2 {
		for _, f := range flat {
			if 2*half > len(f) {
				continue
			}
			for i := range half {
				a.add(&f[i], &f[half+i])
			}
			uppers = append(uppers, f[half:2*half])
		}
		a.flush()
	}
	a.addBuckets(uppers)
	sums := make([][]bls12381.G1Affine, len(rows))
	for r, f := range flat {
		for at := 1; at < len(f); at *= 2 {
			sums[r] = append(sums[r], f[at])
		}
		sums[r] = append(sums[r], f[0])
	}
	return sums
}

// pointsAtOnce is how many points make a task, but for more of one position, and fewestPoints
// what is worth a goroutine.
const (
	pointsAtOnce = 1 << 13
	fewestPoints = 1 << 12
)

// places are the tasks of some sums: some positions of some of them each, or a part of the
// buckets of one where there are more cores than positions.
func places(sums []*bucketSum) (tasks [][]place) {
	total := 0
	for _, s := range sums {
		total += s.terms * len(s.positions)
	}
	most := total / parallel.Tasks(total/fewestPoints)
	size := pointsAtOnce
	for _, s := range sums {
		buckets, parts := 1<<(s.window-1), 1
		for parts*most < s.terms && 2*parts < buckets {
			parts *= 2
		}
		s.sorted = make([]sorted, len(s.positions))
		if parts > 1 {
			s.ranges = make([][][]bls12381.G1Affine, len(s.positions))
		}
		for k := range s.positions {
			if parts > 1 {
				s.ranges[k] = make([][]bls12381.G1Affine, parts)
			}
			for part := range parts {
				if size >= min(most, pointsAtOnce) {
					tasks, size = append(tasks, nil), 0
				}
				t := &tasks[len(tasks)-1]
				*t = append(*t, place{s, k, part, part * buckets / parts, (part + 1) * buckets / parts})
				if size += s.terms; parts > 1 {
					size = pointsAtOnce // one part is a task
				}
			}
		}
	}
	return tasks
}

// sumBuckets computes all sums on all cores.
func sumBuckets(sums []*bucketSum) {
	tasks := places(sums)
	var whole []place // positions
	for _, task := range tasks {
		for _, p := range task {
			if p.part == 0 {
				whole = append(whole, p)
			}
		}
	}
	parallel.For(len(whole), func(i int) {
		p := &whole[i]
		p.sum.sorted[p.position] = p.sum.sort(p.position)
	})
	parallel.ForWith(len(tasks), func() func(int) {
		a := additions{public: true}
		return func(i int) { a.sumPlaces(tasks[i]) }
	})
	parallel.For(len(sums), func(i int) { sums[i].join() })
}

func (a *additions) sumPlaces(places []place) {
	room := 0
	for k := range places {
		room += places[k].room()
	}
	space := borrow(room)
	defer space.giveBack()
	free := space.points
	rows := make([][][]bls12381.G1Affine, len(places))
	for k := range places {
		rows[k], free = places[k].fill(free), free[places[k].room():]
	}
	for k, sums := range a.bitSums(rows) {
		if p := places[k]; p.sum.ranges != nil {
			p.sum.ranges[p.position][p.part] = sums
		} else {
			p.sum.positions[p.position] = sums
		}
	}
}
