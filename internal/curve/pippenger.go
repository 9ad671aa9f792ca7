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
	terms     []Term
	scalars   [][5]uint64 // with half a digit added at every position, which makes digits signed
	window    int         // c, in bits
	positions [][]bls12381.G1Affine
}

func newBucketSum(terms []Term, size size, window int) *bucketSum {
	s := &bucketSum{terms: terms, scalars: make([][5]uint64, len(terms)), window: window}
	for i := range terms {
		v := terms[i].Scalar.e.Bits()
		copy(s.scalars[i][:], v[:])
	}
	// 2 bits more than the longest: of what the positions hold, a scalar takes less than
	// 1/4 and the halves, with windows of 2 bits or more, at most 2/3
	s.positions = make([][]bls12381.G1Affine, (size.longest+1)/s.window+1)
	var halves [5]uint64
	for k := range s.positions {
		bit := (k+1)*s.window - 1
		halves[bit/64] |= 1 << (bit % 64)
	}
	for i := range s.scalars {
		v, carry := &s.scalars[i], uint64(0)
		for k := range v {
			v[k], carry = bits.Add64(v[k], halves[k], carry)
		}
	}
	return s
}

// digit is that of scalar i at a position: −2^(c−1) ≤ d < 2^(c−1).
func (s *bucketSum) digit(i, position int) int {
	v, at := &s.scalars[i], position*s.window
	word, bit := at/64, at%64
	d := v[word] >> bit
	if bit+s.window > 64 && word+1 < len(v) {
		d |= v[word+1] << (64 - bit)
	}
	return int(d&(1<<s.window-1)) - 1<<(s.window-1)
}

// sort puts the points of a position into buckets by magnitude, in a space for as
// many points as there are terms.
func (s *bucketSum) sort(position int, space []bls12381.G1Affine) [][]bls12381.G1Affine {
	magnitude := func(d int) int { return max(d, -d) - 1 }
	counts := make([]int, 1<<(s.window-1))
	for i := range s.scalars {
		if d := s.digit(i, position); d != 0 {
			counts[magnitude(d)]++
		}
	}
	buckets := make([][]bls12381.G1Affine, len(counts))
	for m, n := range counts {
		buckets[m], space = space[:0:n], space[n:]
	}
	for i := range s.scalars {
		d := s.digit(i, position)
		if d == 0 {
			continue
		}
		b := &buckets[magnitude(d)]
		*b = append(*b, s.terms[i].Point.p)
		if d < 0 {
			y := &(*b)[len(*b)-1].Y
			y.Neg(y)
		}
	}
	return buckets
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

// pointsAtOnce is from how many points on a task is worth a goroutine.
const pointsAtOnce = 1 << 13

// sumBuckets computes all sums on all cores: a task is some positions of some sums.
func sumBuckets(sums []*bucketSum) {
	type place struct {
		sum      *bucketSum
		position int
	}
	var tasks [][]place
	size := pointsAtOnce
	for _, s := range sums {
		for k := range s.positions {
			if size >= pointsAtOnce {
				tasks, size = append(tasks, nil), 0
			}
			t := &tasks[len(tasks)-1]
			*t, size = append(*t, place{s, k}), size+len(s.terms)
		}
	}
	parallel.ForWith(len(tasks), func() func(int) {
		a := additions{public: true}
		return func(i int) {
			room := 0
			for _, p := range tasks[i] {
				room += len(p.sum.terms)
			}
			space := borrow(room)
			defer space.giveBack()
			free := space.points
			rows := make([][][]bls12381.G1Affine, len(tasks[i]))
			for k, p := range tasks[i] {
				n := len(p.sum.terms)
				rows[k], free = p.sum.sort(p.position, free[:n]), free[n:]
			}
			for k, sums := range a.bitSums(rows) {
				p := tasks[i][k]
				p.sum.positions[p.position] = sums
			}
		}
	})
}
