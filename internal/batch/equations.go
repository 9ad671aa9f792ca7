package batch

import (
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/parallel"
)

// fewItems are worth a goroutine of their own.
const fewItems = 16

// places are where what items hold some of begins, and in the end how much there is.
func places(claims []*Claims, count func(*Claims) int) []int {
	at := make([]int, len(claims)+1)
	for i, c := range claims {
		at[i+1] = at[i] + count(c)
	}
	return at
}

func membershipsHold(claims []*Claims) bool {
	at1 := places(claims, func(c *Claims) int { return len(c.g1) })
	at2 := places(claims, func(c *Claims) int { return len(c.g2) })
	g1, g2 := make([]curve.G1, at1[len(claims)]), make([]curve.G2, at2[len(claims)])
	parts := parallel.Split(len(claims), fewItems)
	parallel.For(len(parts), func(k int) {
		for i := parts[k].From; i < parts[k].To; i++ {
			for j := range claims[i].g1 {
				g1[at1[i]+j] = claims[i].g1[j].point
			}
			for j := range claims[i].g2 {
				g2[at2[i]+j] = claims[i].g2[j].point
			}
		}
	})
	return curve.Subgroup(g1) && curve.Subgroup2(g2)
}

func blameMembership(c *Claims) *Error {
	for _, m := range c.g1 {
		if !curve.Subgroup([]curve.G1{m.point}) {
			return &Error{m.label, "a point is not in the subgroup"}
		}
	}
	for _, m := range c.g2 {
		if !curve.Subgroup2([]curve.G2{m.point}) {
			return &Error{m.label, "a point is not in the subgroup"}
		}
	}
	return nil
}

// relationsHold combines parts of the items by themselves, whose points in common are few.
func relationsHold(claims []*Claims) bool {
	parts := parallel.Split(len(claims), fewItems)
	sum := make(curve.Parts, len(parts))
	parallel.For(len(parts), func(k int) {
		sum[k] = combine(claims[parts[k].From:parts[k].To], k == 0)
	})
	return curve.MSMsOfParts([]curve.Parts{sum})[0].ClearCofactor().IsIdentity()
}

// combine are the terms of the relations of some items under weights, of which the first
// may be 1.
func combine(claims []*Claims, one bool) []curve.Term {
	n, terms := 0, 0
	for _, c := range claims {
		n += len(c.relations)
		for i := range c.relations {
			terms += len(c.relations[i].terms) + 2*len(c.relations[i].bases)
		}
	}
	if n == 0 {
		return nil
	}
	w := newWeights(n, one)
	sum := newCombination(terms)
	for _, c := range claims {
		for i := range c.relations {
			weight := w.next()
			for _, t := range c.relations[i].terms {
				sum.add(t.Point, weight.by(t.Scalar))
			}
			for _, t := range c.relations[i].bases {
				sum.addBase(t.Point, weight.by(t.Scalar))
			}
		}
	}
	return sum.split()
}

// productsHold raises every product to its weight. What an argument in E(Fp) holds
// off the subgroup does not show: the reduced pairing with a point of order r
// depends on the class of P in E(Fp)/r·E(Fp) only, and a point of order prime to r
// is in r·E(Fp).
func productsHold(claims []*Claims) bool {
	parts := parallel.Split(len(claims), fewItems)
	fixed, some := make([]*fixedSums, len(parts)), make([]variable, len(parts))
	parallel.For(len(parts), func(k int) {
		fixed[k], some[k] = weigh(claims[parts[k].From:parts[k].To], k == 0)
	})
	var all variable
	for _, v := range some {
		all.pairs, all.sums = append(all.pairs, v.pairs...), append(all.sums, v.sums...)
	}
	joined := joinSums(fixed)
	if len(all.pairs)+len(joined.points) == 0 {
		return true
	}
	return curve.PairingCheck(joined.values(all), all.pairs)
}

// weigh multiplies the products of some items by weights, of which the first may be 1: what
// is paired with fixed points, and the pairs with others.
func weigh(claims []*Claims, one bool) (fixed *fixedSums, others variable) {
	n := 0
	for _, c := range claims {
		n += len(c.products)
	}
	w := newWeights(n, one)
	fixed = newFixedSums(len(claims))
	for _, c := range claims {
		for i := range c.products {
			weight := w.next()
			for _, p := range c.products[i].pairs {
				if p.Q != nil {
					fixed.add(&p, weight.Scalar)
					continue
				}
				k := weight.Scalar
				if p.Times != nil {
					k = k.Mul(*p.Times)
				}
				others.sums = append(others.sums, curve.Parts{{{Scalar: k, Point: p.P}}})
				others.pairs = append(others.pairs, curve.Pair{Q: p.Var})
			}
		}
	}
	return fixed, others
}

// weighed is the products of an item under weights: what is paired with each fixed point,
// and the loop of the other pairs.
type weighed struct {
	points []curve.PairFixed
	loop   curve.Loop
}

// prepareProducts weighs the products of every item for itself, so that a set of items is
// tested without their variable pairs. All tests have the same weights then, of which none
// is 1: with that for one product of every item, two items could cancel.
func prepareProducts(claims []*Claims) func([]*Claims) bool {
	items := make([]weighed, len(claims))
	parallel.For(len(claims), func(i int) {
		fixed, others := weigh(claims[i:i+1], false)
		points := joinSums([]*fixedSums{fixed}).values(others)
		items[i] = weighed{points, curve.NewLoop(others.pairs)}
	})
	index := make(map[*Claims]*weighed, len(claims))
	for i, c := range claims {
		index[c] = &items[i]
	}
	return func(claims []*Claims) bool {
		var fixed []curve.PairFixed
		var sums [][]curve.Term
		var loops []curve.Loop
		place := make(map[*curve.Fixed]int)
		for _, c := range claims {
			item := index[c]
			loops = append(loops, item.loop)
			for _, p := range item.points {
				k, ok := place[p.Q]
				if !ok {
					k = len(fixed)
					place[p.Q] = k
					fixed, sums = append(fixed, curve.PairFixed{Q: p.Q}), append(sums, nil)
				}
				sums[k] = append(sums[k], curve.Term{Scalar: curve.Uint64(1), Point: p.P})
			}
		}
		for k, p := range curve.MSMs(sums) {
			fixed[k].P = p
		}
		return curve.PairingCheck(fixed, nil, loops...)
	}
}
