package batch

import (
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/parallel"
)

func membershipsHold(claims []*Claims) bool {
	n1, n2 := 0, 0
	for _, c := range claims {
		n1, n2 = n1+len(c.g1), n2+len(c.g2)
	}
	g1, g2 := make([]curve.G1, 0, n1), make([]curve.G2, 0, n2)
	for _, c := range claims {
		for i := range c.g1 {
			g1 = append(g1, c.g1[i].point)
		}
		for i := range c.g2 {
			g2 = append(g2, c.g2[i].point)
		}
	}
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

func relationsHold(claims []*Claims) bool {
	n, terms := 0, 0
	for _, c := range claims {
		n += len(c.relations)
		for i := range c.relations {
			terms += len(c.relations[i].terms) + 2*len(c.relations[i].bases)
		}
	}
	if n == 0 {
		return true
	}
	w := newWeights(n)
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
	return curve.MSM(sum.split()).ClearCofactor().IsIdentity()
}

// productsHold raises every product to its weight. What an argument in E(Fp) holds
// off the subgroup does not show: the reduced pairing with a point of order r
// depends on the class of P in E(Fp)/r·E(Fp) only, and a point of order prime to r
// is in r·E(Fp).
func productsHold(claims []*Claims) bool {
	n := 0
	for _, c := range claims {
		n += len(c.products)
	}
	if n == 0 {
		return true
	}
	fixed, pairs, sums := weigh(claims, newWeights(n))
	points := curve.MSMs(append(sums, fixed.sums()...))
	for i := range pairs {
		pairs[i].P = points[i]
	}
	return curve.PairingCheck(fixed.pairs(points[len(pairs):]), pairs)
}

// weigh multiplies products by weights: what is paired with fixed points, and the pairs
// with others, of which the points of G1 are the values of sums.
func weigh(claims []*Claims, w weights) (fixed *fixedSums, pairs []curve.Pair, sums [][]curve.Term) {
	fixed = newFixedSums()
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
				sums = append(sums, []curve.Term{{Scalar: k, Point: p.P}})
				pairs = append(pairs, curve.Pair{Q: p.Var})
			}
		}
	}
	return fixed, pairs, sums
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
		c := claims[i]
		w := newWeights(1 + len(c.products))
		w.next()
		fixed, pairs, sums := weigh(claims[i:i+1], w)
		points := curve.MSMs(append(sums, fixed.sums()...))
		for k := range pairs {
			pairs[k].P = points[k]
		}
		items[i] = weighed{fixed.pairs(points[len(pairs):]), curve.NewLoop(pairs)}
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
