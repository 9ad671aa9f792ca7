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
	// blame is the first of an item that fails, nil if all hold, which is as wrong as a
	// yes of hold.
	blame func(*Claims) *Error
	// A set that fails is divided into some parts, 2 for 0, and the items of one as small
	// as few are tested alone. Many parts are good where a test costs little more than its
	// items.
	parts, few int
}

var classes = []class{
	{membershipsHold, blameMembership, 8, 32},
	{relationsHold, blameRelation, 8, 32},
	{productsHold, blameProduct, 2, 1},
}

// outlook is what is thought of some items before they are tested.
type outlook int

const (
	unknown   outlook = iota
	failing           // some fail: those beside them hold, and all together do not
	scattered         // some may fail, like those beside them: a test of all would be in vain
	crowded           // most may fail, like those beside them: so would one of each
)

// crowd is how many items are examined at once where most fail.
const crowd = 4

// decide divides until every item that fails in the class stands alone, and returns how
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
	if len(which) <= max(1, k.few) || o == crowded && len(which) <= crowd {
		return k.examine(items, which, errs, o)
	}
	n := min(max(2, k.parts), len(which))
	var before, last int // that failed, of all parts and of the one before
	for j := range n {
		from, to := j*len(which)/n, (j+1)*len(which)/n
		next := unknown
		switch {
		case j == 0 && o == crowded, j > 0 && most(last, from-(j-1)*len(which)/n):
			next = crowded
		case last > 0 && to-from <= k.few:
			next = scattered
		case j == n-1 && before == 0 && o != crowded:
			next = failing
		}
		last = k.decide(ctx, items, which[from:to], errs, next)
		before += last
	}
	return before
}

// most reports whether those beside may fail as well, if some of a number did.
func most(failed, of int) bool { return failed > 1 && 2*failed >= of }

func pick(items []*Claims, which []int) []*Claims {
	claims := make([]*Claims, len(which))
	for j, i := range which {
		claims[j] = items[i]
	}
	return claims
}

// examinedAtOnce is how many items are examined on all cores before what is thought of the
// next ones is considered.
const examinedAtOnce = 16

// examine decides items one by one and returns how many fail. Several are tested each, but
// where most fail, before a claim of theirs is blamed. An item that was thought to fail
// because others passed is valid if all of its claims hold: a test of those gave a wrong
// yes.
func (k *class) examine(items []*Claims, which []int, errs []error, o outlook) (failed int) {
	alone := len(which) == 1
	for from := 0; from < len(which); from += examinedAtOnce {
		part := which[from:min(from+examinedAtOnce, len(which))]
		parallel.For(len(part), func(j int) {
			i, fails := part[j], alone && o == unknown
			if !alone && o != crowded {
				if fails = !k.hold(items[i : i+1]); !fails {
					return
				}
			}
			if no := k.blame(items[i]); no != nil {
				errs[i] = no
			} else if fails {
				errs[i] = &Error{"BATCH", "the item fails as a whole"} // not reached: a test that fails is right
			}
		})
		now := 0
		for _, i := range part {
			if errs[i] != nil {
				now++
			}
		}
		if failed += now; most(now, len(part)) {
			o = crowded
		} else if !alone {
			o = unknown
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
	i := firstFailing(len(c.relations), func(from, to int) bool {
		return relationsHold([]*Claims{{relations: c.relations[from:to]}})
	})
	if i == len(c.relations) {
		return nil
	}
	return &Error{c.relations[i].label, "the relation does not hold"}
}

func blameProduct(c *Claims) *Error {
	i := firstFailing(len(c.products), func(from, to int) bool {
		return productsHold([]*Claims{{products: c.products[from:to]}})
	})
	if i == len(c.products) {
		return nil
	}
	return &Error{c.products[i].label, "the pairing equation does not hold"}
}

// firstFailing is the first of n claims that fails, n if none does. Half of those left are
// tested at a time, together, and the one that it returns alone, which never errs: that
// costs about as much as testing all together, twice. It is too late, or n where there is
// one, if a test gives a wrong yes.
func firstFailing(n int, hold func(from, to int) bool) int {
	from, to := 0, n
	for from < to {
		half := (from + to + 1) / 2
		switch {
		case hold(from, half):
			from = half
		case half == from+1:
			return from
		default:
			to = half
		}
	}
	if to < n { // all parts of what failed hold: a wrong yes
		for i := range n {
			if !hold(i, i+1) {
				return i
			}
		}
	}
	return n
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
	w := newWeights(n)
	fixed := newFixedSums()
	var pairs []curve.Pair
	var sums [][]curve.Term // the arguments of G1, those of pairs first
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
	points := curve.MSMs(append(sums, fixed.sums()...))
	for i := range pairs {
		pairs[i].P = points[i]
	}
	return curve.PairingCheck(fixed.pairs(points[len(pairs):]), pairs)
}

// weights draws the weights of a batch at once. At 64 bits an invalid batch passes
// with probability 2^-64 at most. The first is 1: dividing all by one of them
// changes nothing.
type weights struct {
	rest  []byte
	first bool
}

const weightSize = 8

func newWeights(n int) weights {
	b := make([]byte, weightSize*(n-1))
	_, _ = rand.Read(b) // never fails
	return weights{b, true}
}

func (w *weights) next() weight {
	if w.first {
		w.first = false
		return weight{curve.Uint64(1)}
	}
	v := binary.BigEndian.Uint64(w.rest)
	w.rest = w.rest[weightSize:]
	return weight{curve.Uint64(v)}
}

type weight struct{ curve.Scalar }

// by is the weight times a scalar.
func (w weight) by(s curve.Scalar) curve.Scalar {
	if s.IsOne() {
		return w.Scalar
	}
	return w.Mul(s)
}
