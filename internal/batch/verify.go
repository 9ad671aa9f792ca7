package batch

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"runtime"
	"sync"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// Verify decides every item and returns one error for each, nil for a valid one.
// It uses GOMAXPROCS goroutines; the verdicts do not depend on their number. If
// the context ends first, the items not yet decided get its error.
func Verify(ctx context.Context, items []*Claims) []error {
	errs := make([]error, len(items))
	pending := make([]int, 0, len(items))
	for i, c := range items {
		if errs[i] = c.Err(); errs[i] == nil {
			pending = append(pending, i)
		}
	}
	workers := min(runtime.GOMAXPROCS(0), (len(pending)+minChunk-1)/minChunk)
	chunks := max(workers, (len(pending)+maxChunk-1)/maxChunk)
	var wg sync.WaitGroup
	next := make(chan []int, chunks)
	for k := range chunks {
		next <- pending[k*len(pending)/chunks : (k+1)*len(pending)/chunks]
	}
	close(next)
	for range workers {
		wg.Go(func() {
			for chunk := range next {
				decide(ctx, items, chunk, errs)
			}
		})
	}
	wg.Wait()
	return errs
}

// Chunks are verified one per goroutine: large enough to share the fixed costs,
// small enough that the points stay in the cache.
const (
	minChunk = 8
	maxChunk = 1024
)

// One decides a single item: a batch of one.
func One(c *Claims) error { return Verify(context.Background(), []*Claims{c})[0] }

// decide bisects until every invalid item stands alone.
func decide(ctx context.Context, items []*Claims, which []int, errs []error) {
	if err := ctx.Err(); err != nil {
		for _, i := range which {
			errs[i] = err
		}
		return
	}
	claims := make([]*Claims, len(which))
	for k, i := range which {
		claims[k] = items[i]
	}
	if holds(claims) {
		return
	}
	if len(which) == 1 {
		errs[which[0]] = blame(claims[0])
		return
	}
	decide(ctx, items, which[:len(which)/2], errs)
	decide(ctx, items, which[len(which)/2:], errs)
}

// blame names the first claim of a single item that fails.
func blame(c *Claims) error {
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
	// reached with probability 2^-64 at most
	return &Error{"BATCH", "the item fails as a whole"}
}

// holds decides whether all claims hold, up to an error of 2^-64.
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
	var sum combination
	for _, c := range claims {
		for i := range c.relations {
			weight := w.next()
			for _, t := range c.relations[i].terms {
				sum.add(t.Point, &t.Scalar, &weight)
			}
		}
	}
	return sum.value().ClearCofactor().IsIdentity()
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
	sums := newFixedSums()
	var pairs []curve.Pair
	for _, c := range claims {
		for i := range c.products {
			weight := w.next()
			for _, p := range c.products[i].pairs {
				if p.Q != nil {
					sums.add(&p, &weight)
					continue
				}
				k := weight
				if p.Times != nil {
					k = k.Mul(*p.Times)
				}
				pairs = append(pairs, curve.Pair{P: p.P.Mul(k), Q: p.Var})
			}
		}
	}
	return curve.PairingCheck(sums.pairs(), pairs)
}

// fixedSums collects, for every fixed point of G2, what is paired with it. Points
// with one factor in common, such as the kind of all coins of an asset, are summed
// first and multiplied once.
type fixedSums struct {
	sums  map[sumKey]*combination
	order []sumKey
}

type sumKey struct {
	q     *curve.Fixed
	times curve.Scalar
}

// commonFactor is from how many points on a common factor is taken out.
const commonFactor = 10

func newFixedSums() *fixedSums { return &fixedSums{sums: make(map[sumKey]*combination)} }

func (f *fixedSums) add(p *Pair, weight *curve.Scalar) {
	k := sumKey{p.Q, curve.Uint64(1)}
	if p.Times != nil {
		k.times = *p.Times
	}
	s := f.sums[k]
	if s == nil {
		s = new(combination)
		f.sums[k] = s
		f.order = append(f.order, k)
	}
	s.short.add(p.P, *weight)
}

func (f *fixedSums) pairs() []curve.PairFixed {
	var pairs []curve.PairFixed
	index := make(map[*curve.Fixed]int)
	plain := make(map[*curve.Fixed]*combination)
	for _, k := range f.order {
		if _, ok := index[k.q]; !ok {
			index[k.q] = len(pairs)
			pairs = append(pairs, curve.PairFixed{Q: k.q})
			plain[k.q] = new(combination)
		}
		s := f.sums[k]
		switch {
		case k.times.IsOne():
			plain[k.q].short = s.short
		case len(s.short.list) < commonFactor:
			for _, t := range s.short.list {
				plain[k.q].long.add(t.Point, t.Scalar.Mul(k.times))
			}
		default:
			p := &pairs[index[k.q]].P
			*p = p.Add(s.value().Mul(k.times)) // in the subgroup, as Pair demands
		}
	}
	for q, i := range index {
		pairs[i].P = pairs[i].P.Add(plain[q].value())
	}
	return pairs
}

// combination is a sum of points in the making. Equal points are merged, and
// scalars that are a weight alone are kept apart: they are short.
type combination struct{ short, long terms }

type terms struct {
	index map[curve.G1]int
	list  []curve.Term
}

// add adds weight·s·p.
func (c *combination) add(p curve.G1, s, weight *curve.Scalar) {
	if s.IsOne() {
		c.short.add(p, *weight)
		return
	}
	c.long.add(p, s.Mul(*weight))
}

func (t *terms) add(p curve.G1, s curve.Scalar) {
	if i, ok := t.index[p]; ok {
		t.list[i].Scalar = t.list[i].Scalar.Add(s)
		return
	}
	if t.index == nil {
		t.index = make(map[curve.G1]int)
	}
	t.index[p] = len(t.list)
	t.list = append(t.list, curve.Term{Scalar: s, Point: p})
}

func (c *combination) value() curve.G1 {
	return curve.MSM(c.short.list).Add(curve.MSM(c.long.list))
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
