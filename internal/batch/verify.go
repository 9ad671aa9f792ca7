package batch

import (
	"context"
	"crypto/rand"
	"encoding/binary"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/parallel"
)

// Verify decides every item and returns one error for each, nil for a valid one. A
// test of some items takes all cores; what is tested, and the verdicts, do not depend
// on their number. If the context ends first, the items not yet decided get its
// error.
func Verify(ctx context.Context, items []*Claims) []error {
	errs := make([]error, len(items))
	for first := 0; first < len(items); first += maxTest {
		end := min(first+maxTest, len(items))
		verify(ctx, items[first:end], errs[first:end])
	}
	return errs
}

// maxTest bounds the items of one test: it shares the fixed costs, and its points
// stay in the cache.
const maxTest = 1024

// One decides a single item: a batch of one.
func One(c *Claims) error { return Verify(context.Background(), []*Claims{c})[0] }

// verify takes one class of claims after the other, each of the items that are left.
func verify(ctx context.Context, items []*Claims, errs []error) {
	for i, c := range items {
		errs[i] = c.Err()
	}
	for k := range classes {
		which := make([]int, 0, len(items))
		for i := range items {
			if errs[i] == nil {
				which = append(which, i)
			}
		}
		if len(which) > 0 {
			classes[k].decide(ctx, items, which, errs, unknown)
		}
	}
}

// class is one kind of claims.
type class struct {
	// hold decides whether all hold, of all items given. A wrong yes has probability
	// 2^-64 at most, a wrong no does not occur.
	hold func([]*Claims) bool
	// blame is the first of an item that fails. It tests them one by one and without
	// error.
	blame func(*Claims) *Error
}

var classes = []class{
	{membershipsHold, blameMembership},
	{relationsHold, blameRelation},
	{relations2Hold, blameRelation2},
	{productsHold, blameProduct},
}

// outlook is what is thought of some items before they are tested.
type outlook int

const (
	unknown outlook = iota
	failing         // some fail: those beside them hold, and all together do not
	crowded         // most may fail, like those beside them: a test would be in vain
)

// crowd is how many items are examined at once where most fail.
const crowd = 4

// decide bisects until every item that fails in the class stands alone, and returns how
// many did.
func (k *class) decide(ctx context.Context, items []*Claims, which []int, errs []error, o outlook) (failed int) {
	if err := ctx.Err(); err != nil {
		for _, i := range which {
			errs[i] = err
		}
		return len(which)
	}
	if o == unknown && k.hold(pick(items, which)) {
		return 0
	}
	if len(which) == 1 || o == crowded && len(which) <= crowd {
		return k.examine(items, which, errs, o)
	}
	half := len(which) / 2
	left, right := unknown, unknown
	if o == crowded {
		left = crowded
	}
	failed = k.decide(ctx, items, which[:half], errs, left)
	switch {
	case failed == 0 && o != crowded:
		right = failing
	case failed > 1 && 2*failed >= half:
		right = crowded
	}
	return failed + k.decide(ctx, items, which[half:], errs, right)
}

func pick(items []*Claims, which []int) []*Claims {
	claims := make([]*Claims, len(which))
	for j, i := range which {
		claims[j] = items[i]
	}
	return claims
}

// examine decides items one by one, claim by claim, which never errs, and returns how
// many fail. An item that was thought to fail because others passed is valid if all of
// its claims hold: a test of those gave a wrong yes.
func (k *class) examine(items []*Claims, which []int, errs []error, o outlook) (failed int) {
	parallel.For(len(which), func(j int) {
		i := which[j]
		if no := k.blame(items[i]); no != nil {
			errs[i] = no
		} else if o == unknown {
			errs[i] = &Error{"BATCH", "the item fails as a whole"} // not reached: a test that fails is right
		}
	})
	for _, i := range which {
		if errs[i] != nil {
			failed++
		}
	}
	return failed
}

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

func blameRelation(c *Claims) *Error {
	sums := make([][]curve.Term, len(c.relations))
	for i, r := range c.relations {
		sums[i] = r.terms
	}
	for i, p := range curve.MSMs(sums) {
		if !p.ClearCofactor().IsIdentity() {
			return &Error{c.relations[i].label, "the relation does not hold"}
		}
	}
	return nil
}

func blameProduct(c *Claims) *Error {
	for i, p := range c.products {
		if !productsHold([]*Claims{{products: c.products[i : i+1]}}) {
			return &Error{p.label, "the pairing equation does not hold"}
		}
	}
	return nil
}

func relationsHold(claims []*Claims) bool {
	n, terms := 0, 0
	for _, c := range claims {
		n += len(c.relations)
		for i := range c.relations {
			terms += len(c.relations[i].terms)
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
func productsHold(claims []*Claims) bool {
	n := 0
	for _, c := range claims {
		n += len(c.products)
	}
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
