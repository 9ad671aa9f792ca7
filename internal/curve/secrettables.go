package curve

import (
	"crypto/rand"
	"encoding/binary"
	"slices"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
)

// table holds the multiples 1, 3 … 31 of a point of the subgroup and of its image
// under φ.
type table struct{ direct, image []bls12381.G1Affine }

// newTables prepares points, in a buffer that is to be given back.
func (a *additions) newTables(points []G1) ([]table, *buffer) {
	all := len(points) * secretTable
	space := borrow(2 * all)
	direct, image := space.points[:all], space.points[all:]
	a.putOddMultiples(direct, points, secretTable)
	copy(image, direct)
	timesBeta(image)
	tables := make([]table, len(points))
	for i := range tables {
		from, to := i*secretTable, (i+1)*secretTable
		tables[i] = table{direct[from:to], image[from:to]}
	}
	return tables, space
}

// secretSum is a sum over distinct points with their tables, and a multiple of the generator.
type secretSum struct {
	multiples []secretMultiple
	generator Scalar
	withBase  bool
}

type secretMultiple struct {
	point  int // which of all
	tables []table
	scalar Scalar
}

// prepare makes tables of all points but the generator: of P, or of P and 2^(5n)·P,
// 2^(10n)·P … for every n digits, which share n positions and their doublings.
func (a *additions) prepare(sums [][]Term) ([]secretSum, *buffer) {
	numbers := make(map[G1]int)
	var order []G1
	var alone []int // how many sums have no other point
	generator := Generator()
	prepared := make([]secretSum, len(sums))
	for k, terms := range sums {
		own := &prepared[k]
		own.multiples = make([]secretMultiple, 0, len(terms))
		for i := range terms {
			p := &terms[i].Point
			if *p == generator {
				own.generator, own.withBase = own.generator.Add(terms[i].Scalar), true
				continue
			}
			number, ok := numbers[*p]
			if !ok {
				number = len(order)
				numbers[*p], order, alone = number, append(order, *p), append(alone, 0)
			}
			same := slices.IndexFunc(own.multiples, func(m secretMultiple) bool { return m.point == number })
			if same < 0 {
				own.multiples = append(own.multiples, secretMultiple{point: number, scalar: terms[i].Scalar})
			} else {
				own.multiples[same].scalar = own.multiples[same].scalar.Add(terms[i].Scalar)
			}
		}
		if len(own.multiples) == 1 {
			alone[own.multiples[0].point]++
		}
	}
	shares, total := make([]int, len(order)), 0
	for i := range order {
		shares[i] = 1
		switch {
		case alone[i] >= 4:
			shares[i] = 4
		case alone[i] >= 2:
			shares[i] = 2
		}
		total += shares[i]
	}
	affine := order
	if total > len(order) {
		affine = shifted(order, shares, total)
	}
	tables, space := a.newTables(affine)
	of := make([][]table, len(order))
	for i := range order {
		of[i], tables = tables[:shares[i]], tables[shares[i]:]
	}
	for k := range prepared {
		for i := range prepared[k].multiples {
			m := &prepared[k].multiples[i]
			m.tables = of[m.point]
		}
	}
	return prepared, space
}

// shifted are P, 2^(5n)·P … for every point, as many as its share and total in all, where
// n is how many digits each has.
func shifted(points []G1, shares []int, total int) []G1 {
	jac := make([]bls12381.G1Jac, 0, total)
	for i := range points {
		var q bls12381.G1Jac
		q.FromAffine(&points[i].p)
		for k := range shares[i] {
			for range min(k, 1) * secretWindow * positions(shares[i]) {
				double(&q)
			}
			jac = append(jac, q)
		}
	}
	out := make([]G1, total)
	for i, p := range bls12381.BatchJacobianToAffineG1(jac) {
		out[i].p = p
	}
	return out
}

// positions is how many digits each of n tables has.
func positions(n int) int { return (halfDigits + n - 1) / n }

// shape is how many points there are at one position, and how many positions.
func (s *secretSum) shape() (points, long int) {
	for i := range s.multiples {
		t := s.multiples[i].tables
		points, long = points+2*len(t), max(long, positions(len(t)))
	}
	return points, long
}

// blindDigits are those of s = k1 + k2·λ for fresh k1 and k2.
func blindDigits(s Scalar) (d1, d2 [halfDigits]int8) {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	a, b := binary.LittleEndian.Uint64(random[:8])>>(64-blindBits), binary.LittleEndian.Uint64(random[8:])>>(64-blindBits)
	k1, k2 := split(s, a, b|2)
	return digits(k1), digits(k2)
}
