package curve

import (
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/utt-ecash/utt-go/internal/parallel"
)

// For sums of few terms: tables of odd multiples, and signed odd digits at places as far
// apart as they are wide. The points selected at one place are added first, in affine
// coordinates; one doubling chain per sum, as long as its longest scalar, does the rest.
// It uses no endomorphism, which would be wrong off the subgroup.
const (
	strausWindow = 5
	strausTable  = 1 << (strausWindow - 2) // multiples 1, 3 … 15 of a point
	strausAtOnce = 32                      // sums, at most
	strausPlaces = scalarBits + 1
)

// straus computes sums on all cores.
func straus(sums [][]Term) []G1 {
	out := make([]G1, len(sums))
	tasks := parallel.Split(len(sums), strausAtOnce/4)
	parallel.ForWith(len(tasks), func() func(int) {
		a := additions{public: true}
		return func(k int) {
			for from := tasks[k].From; from < tasks[k].To; from += strausAtOnce {
				a.straus(out[from:min(from+strausAtOnce, tasks[k].To)], sums[from:])
			}
		}
	})
	return out
}

// selection is a multiple in the tables for a place of a sum, or minus it.
type selection struct {
	bucket, multiple int32
	minus            bool
}

func (a *additions) straus(out []G1, sums [][]Term) {
	var points []G1
	for _, terms := range sums[:len(out)] {
		for i := range terms {
			if !terms[i].Scalar.IsOne() {
				points = append(points, terms[i].Point)
			}
		}
	}
	tables := a.oddMultiples(points, strausTable)
	// per sum a bucket for every place
	buckets := make([][]bls12381.G1Affine, strausPlaces*len(out))
	counts := make([]int, len(buckets))
	selected := make([]selection, 0, len(points)*scalarBits/(strausWindow+1))
	n := 0
	for k, terms := range sums[:len(out)] {
		for i := range terms {
			if terms[i].Scalar.IsOne() {
				counts[k*strausPlaces]++
				continue
			}
			sparseDigits(terms[i].Scalar, func(place, d int) {
				bucket := k*strausPlaces + place
				counts[bucket]++
				selected = append(selected, selection{int32(bucket), int32(n*strausTable + max(d, -d)/2), d < 0})
			})
			n++
		}
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	space := borrow(total)
	defer space.giveBack()
	free := space.points
	for i, n := range counts {
		buckets[i], free = free[:0:n], free[n:]
	}
	for _, s := range selected {
		b := &buckets[s.bucket]
		*b = append(*b, tables[s.multiple])
		if s.minus {
			y := &(*b)[len(*b)-1].Y
			y.Neg(y)
		}
	}
	for k, terms := range sums[:len(out)] {
		for i := range terms {
			if terms[i].Scalar.IsOne() {
				b := &buckets[k*strausPlaces]
				*b = append(*b, terms[i].Point.p)
			}
		}
	}
	a.addBuckets(buckets)
	jac := make([]bls12381.G1Jac, len(out))
	rows := make([][][]bls12381.G1Affine, len(out))
	for k := range rows {
		rows[k] = buckets[k*strausPlaces : (k+1)*strausPlaces]
	}
	horner(jac, rows, 1)
	for k, p := range bls12381.BatchJacobianToAffineG1(jac) {
		out[k].p = p
	}
}

// sparseDigits calls f with the digits of s = Σ d_i·2^i that are not 0, which are odd, of
// magnitude below 2^(strausWindow−1), and at least strausWindow places apart.
func sparseDigits(s Scalar, f func(place, d int)) {
	v, carry := s.e.Bits(), uint64(0)
	for i := 0; i < strausPlaces; {
		word, bit := i/64, i%64
		w := uint64(0)
		if word < len(v) {
			w = v[word] >> bit
			if bit > 64-strausWindow && word+1 < len(v) {
				w |= v[word+1] << (64 - bit)
			}
		}
		w = w&(1<<strausWindow-1) + carry
		if w&1 == 0 { // a carry that meets a 1 stays
			i++
			continue
		}
		d := int(w)
		carry = 0
		if d > 1<<(strausWindow-1) {
			d, carry = d-1<<strausWindow, 1
		}
		f(i, d)
		i += strausWindow
	}
}
