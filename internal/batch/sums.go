package batch

import (
	"crypto/rand"
	"encoding/binary"
	"math/bits"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// combination is a sum of multiples of points in the making. Points that recur, in an
// item or in all, are merged as far as a table without collisions finds them: each
// point has one place in it, and the last one there stays.
type combination struct {
	terms []curve.Term
	bases []bool  // which terms have points in the subgroup
	table []int32 // 1 + the index of a term
	shift int     // of a hash to a place in it
	key   uint64  // random, or an adversary could choose the collisions
}

// maxCombinationBits bounds the size of the table: of some dozen points that all items have
// in common, few are displaced between one item and the next.
const maxCombinationBits = 12

// newCombination has room for so many terms.
func newCombination(terms int) *combination {
	var key [8]byte
	_, _ = rand.Read(key[:]) // never fails
	n := min(maxCombinationBits, bits.Len(uint(terms))+2)
	return &combination{
		terms: make([]curve.Term, 0, terms),
		bases: make([]bool, 0, terms),
		table: make([]int32, 1<<n),
		shift: 64 - n,
		key:   binary.LittleEndian.Uint64(key[:]),
	}
}

// add adds s·p for any point of the curve.
func (c *combination) add(p curve.G1, s curve.Scalar) { c.addTerm(p, s, false) }

// addBase adds s·p for a point of the subgroup.
func (c *combination) addBase(p curve.G1, s curve.Scalar) { c.addTerm(p, s, true) }

func (c *combination) addTerm(p curve.G1, s curve.Scalar, base bool) {
	place := &c.table[p.Hash(c.key)>>c.shift]
	if i := *place - 1; i >= 0 && c.terms[i].Point == p {
		c.terms[i].Scalar = c.terms[i].Scalar.Add(s)
		c.bases[i] = c.bases[i] || base
		return
	}
	c.terms, c.bases = append(c.terms, curve.Term{Scalar: s, Point: p}), append(c.bases, base)
	*place = int32(len(c.terms))
}

// split are the terms with those of bases as two each, of half the length.
func (c *combination) split() []curve.Term {
	for i, base := range c.bases {
		if base {
			a, b := c.terms[i].Split()
			c.terms[i] = a
			c.terms = append(c.terms, b)
		}
	}
	return c.terms
}

// fixedSums collects, for every fixed point of G2, what some items pair with it. Points
// with one factor in common, such as the kind of all coins of an asset, are summed
// first and multiplied once.
type fixedSums struct {
	items    int            // how many
	points   []*curve.Fixed // in order of appearance
	plain    map[*curve.Fixed]*combination
	factors  []factor
	multiple map[factor][]curve.Term
}

type factor struct {
	q     *curve.Fixed
	times curve.Scalar
}

// commonFactor is from how many points on a common factor is taken out.
const commonFactor = 10

func newFixedSums(items int) *fixedSums {
	return &fixedSums{items: items, plain: make(map[*curve.Fixed]*combination), multiple: make(map[factor][]curve.Term)}
}

func (f *fixedSums) add(p *Pair, weight curve.Scalar) {
	sum := f.plain[p.Q]
	if sum == nil {
		sum = newCombination(f.items)
		f.plain[p.Q] = sum
		f.points = append(f.points, p.Q)
	}
	if p.Times == nil || p.Times.IsOne() {
		sum.add(p.P, weight)
		return
	}
	k := factor{p.Q, *p.Times}
	if f.multiple[k] == nil {
		f.factors = append(f.factors, k)
	}
	f.multiple[k] = append(f.multiple[k], curve.Term{Scalar: weight, Point: p.P})
}

// variable is the pairs whose points of G2 are not fixed. Their points of G1 are the values
// of sums.
type variable struct {
	pairs []curve.Pair
	sums  []curve.Parts
}

// joinedSums is the sums of all items: one for each fixed point, and behind them one for
// each factor that is taken out.
type joinedSums struct {
	points []*curve.Fixed
	common []factor
	sums   []curve.Parts
}

func joinSums(parts []*fixedSums) *joinedSums {
	j := new(joinedSums)
	index, multiple := make(map[*curve.Fixed]int), make(map[factor]curve.Parts)
	var factors []factor
	for _, f := range parts {
		for _, q := range f.points {
			i, ok := index[q]
			if !ok {
				i = len(j.points)
				index[q], j.points, j.sums = i, append(j.points, q), append(j.sums, nil)
			}
			j.sums[i] = append(j.sums[i], f.plain[q].terms)
		}
		for _, k := range f.factors {
			if multiple[k] == nil {
				factors = append(factors, k)
			}
			multiple[k] = append(multiple[k], f.multiple[k])
		}
	}
	for _, k := range factors {
		n := 0
		for _, terms := range multiple[k] {
			n += len(terms)
		}
		if n >= commonFactor {
			j.common, j.sums = append(j.common, k), append(j.sums, multiple[k])
			continue
		}
		var split []curve.Term
		for _, terms := range multiple[k] {
			for _, t := range terms {
				// a product sees nothing but the parts in the subgroup
				a, b := curve.Term{Scalar: t.Scalar.Mul(k.times), Point: t.Point}.Split()
				split = append(split, a, b)
			}
		}
		i := index[k.q]
		j.sums[i] = append(j.sums[i], split)
	}
	return j
}

// values computes the arguments of the pairings with fixed points, and those of others.
func (j *joinedSums) values(others variable) []curve.PairFixed {
	points := curve.MSMsOfParts(append(others.sums, j.sums...))
	for i := range others.pairs {
		others.pairs[i].P, points = points[0], points[1:]
	}
	fixed := make([]curve.PairFixed, len(j.points))
	index := make(map[*curve.Fixed]int, len(j.points))
	for i, q := range j.points {
		fixed[i], index[q] = curve.PairFixed{P: points[i], Q: q}, i
	}
	for i, k := range j.common {
		p := &fixed[index[k.q]].P
		*p = p.Add(points[len(j.points)+i].Mul(k.times)) // in the subgroup, as Pair demands
	}
	return fixed
}
