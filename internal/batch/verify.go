package batch

import (
	"context"

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
	// prepare, if there is one, makes a cheaper hold for subsets of items that fail.
	prepare func([]*Claims) func([]*Claims) bool
}

var classes = []class{
	{hold: membershipsHold, blame: blameMembership, parts: 8, few: 32},
	{hold: relationsHold, blame: blameRelation, parts: 8, few: 32},
	{hold: relations2Hold, blame: blameRelation2, parts: 8, few: 32},
	{hold: productsHold, blame: blameProduct, prepare: prepareProducts},
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

// preparedAtOnce is for how many items, some of which fail, preparing saves more than it
// costs.
const preparedAtOnce = 64

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
	if k.prepare != nil && len(which) <= preparedAtOnce && o != crowded {
		prepared := *k
		prepared.hold, prepared.prepare = k.prepare(pick(items, which)), nil
		k = &prepared
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
