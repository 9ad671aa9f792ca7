package batch

import (
	"context"
	"crypto/rand"
	"encoding/binary"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// Verify decides every item and returns one error for each, nil for a valid one. A
// test of some items takes all cores; what is tested, and the verdicts, do not depend
// on their number. If the context ends first, the items not yet decided get its
// error.
func Verify(ctx context.Context, items []*Claims) []error {
	errs := make([]error, len(items))
	pending := make([]int, 0, len(items))
	for i, c := range items {
		if errs[i] = c.Err(); errs[i] == nil {
			pending = append(pending, i)
		}
	}
	for len(pending) > 0 {
		n := min(len(pending), maxTest)
		decide(ctx, items, pending[:n], errs, false)
		pending = pending[n:]
	}
	return errs
}

// maxTest bounds the items of one test: it shares the fixed costs, and its points
// stay in the cache.
const maxTest = 1024

// One decides a single item: a batch of one.
func One(c *Claims) error { return Verify(context.Background(), []*Claims{c})[0] }

// decide bisects until every invalid item stands alone. Items known to fail as a set
// need no test of it.
func decide(ctx context.Context, items []*Claims, which []int, errs []error, fail bool) (valid bool) {
	if err := ctx.Err(); err != nil {
		for _, i := range which {
			errs[i] = err
		}
		return false
	}
	if !fail {
		claims := make([]*Claims, len(which))
		for k, i := range which {
			claims[k] = items[i]
		}
		if holds(claims) {
			return true
		}
	}
	if len(which) == 1 {
		errs[which[0]] = blame(items[which[0]], fail)
		return false
	}
	half := len(which) / 2
	left := decide(ctx, items, which[:half], errs, false)
	decide(ctx, items, which[half:], errs, left)
	return false
}

// blame names the first claim of a single item that fails. It tests them one by one
// and without error. If all hold, an item that was to fail because others passed is
// valid: a test of those gave a wrong yes.
func blame(c *Claims, inferred bool) error {
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
	for i := range c.relations {
		if !holds([]*Claims{{relations: c.relations[i : i+1]}}) {
			return &Error{c.relations[i].label, "the relation does not hold"}
		}
	}
	for i := range c.products {
		if !holds([]*Claims{{products: c.products[i : i+1]}}) {
			return &Error{c.products[i].label, "the pairing equation does not hold"}
		}
	}
	if inferred {
		return nil
	}
	return &Error{"BATCH", "the item fails as a whole"} // not reached: a test that fails is right
}

// holds decides whether all claims hold. A wrong yes has probability 2^-64 at most,
// a wrong no does not occur.
func holds(claims []*Claims) bool {
	var g1 []curve.G1
	var g2 []curve.G2
	relations, products := 0, 0
	for _, c := range claims {
		for i := range c.g1 {
			g1 = append(g1, c.g1[i].point)
		}
		for i := range c.g2 {
			g2 = append(g2, c.g2[i].point)
		}
		relations += len(c.relations)
		products += len(c.products)
	}
	if !curve.Subgroup(g1) || !curve.Subgroup2(g2) {
		return false
	}
	return relationsHold(claims, relations) && productsHold(claims, products)
}

func relationsHold(claims []*Claims, n int) bool {
	if n == 0 {
		return true
	}
	w := newWeights(n)
	sum := newCombination()
	for _, c := range claims {
		for i := range c.relations {
			weight := w.next()
			for _, t := range c.relations[i].terms {
				k := weight
				if !t.Scalar.IsOne() {
					k = k.Mul(t.Scalar)
				}
				sum.add(t.Point, k)
			}
		}
	}
	return curve.MSM(sum.terms).ClearCofactor().IsIdentity()
}

// productsHold raises every product to its weight. What an argument in E(Fp) holds
// off the subgroup does not show: the reduced pairing with a point of order r
// depends on the class of P in E(Fp)/r·E(Fp) only, and a point of order prime to r
// is in r·E(Fp).
func productsHold(claims []*Claims, n int) bool {
	if n == 0 {
		return true
	}
	w := newWeights(n)
	fixed := newFixedSums()
	var pairs []curve.Pair
	var sums [][]curve.Term // the arguments of G1, those of pairs first
	for _, c := range claims {
		for i := range c.products {
			weight := w.next()
			for _, p := range c.products[i].pairs {
				if p.Q != nil {
					fixed.add(&p, weight)
					continue
				}
				k := weight
				if p.Times != nil {
					k = k.Mul(*p.Times)
				}
				sums = append(sums, []curve.Term{{Scalar: k, Point: p.P}})
				pairs = append(pairs, curve.Pair{Q: p.Var})
			}
		}
	}
	points := curve.MSMs(append(sums, fixed.sums()...))
	for i := range pairs {
		pairs[i].P = points[i]
	}
	return curve.PairingCheck(fixed.pairs(points[len(pairs):]), pairs)
}

// weights draws the weights of a batch at once. At 80 bits an invalid batch passes
// with probability 2^-80 at most. The first is 1: dividing all by one of them
// changes nothing.
type weights struct {
	rest  []byte
	first bool
}

const weightSize = 10

func newWeights(n int) weights {
	b := make([]byte, weightSize*(n-1))
	_, _ = rand.Read(b) // never fails
	return weights{b, true}
}

func (w *weights) next() curve.Scalar {
	if w.first {
		w.first = false
		return curve.Uint64(1)
	}
	hi, lo := binary.BigEndian.Uint16(w.rest), binary.BigEndian.Uint64(w.rest[2:])
	w.rest = w.rest[weightSize:]
	return curve.ScalarFromUint128(uint64(hi), lo)
}
