package batch

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// counted is a class of which the items in bad fail, and what its decisions took.
type counted struct {
	class
	tests    int // of sets
	tested   int // items of these, together
	examined atomic.Int64
}

func newCounted(items []*Claims, bad func(i int) bool) *counted {
	k := new(counted)
	invalid := make(map[*Claims]bool)
	for i := range items {
		items[i] = new(Claims)
		invalid[items[i]] = bad(i)
	}
	k.hold = func(c []*Claims) bool {
		k.tests, k.tested = k.tests+1, k.tested+len(c)
		return !slices.ContainsFunc(c, func(c *Claims) bool { return invalid[c] })
	}
	k.blame = func(c *Claims) *Error {
		k.examined.Add(1)
		if invalid[c] {
			return &Error{"A", "it fails"}
		}
		return nil
	}
	return k
}

// decided runs a class over n items and demands the right verdicts.
func decided(t *testing.T, n int, bad func(i int) bool) *counted {
	items, which, errs := make([]*Claims, n), make([]int, n), make([]error, n)
	for i := range which {
		which[i] = i
	}
	k, count := newCounted(items, bad), 0
	failed := k.decide(context.Background(), items, which, errs, unknown)
	for i, err := range errs {
		require.Equal(t, bad(i), err != nil, "item %d of %d", i, n)
		if bad(i) {
			require.EqualError(t, err, "[A] it fails")
			count++
		}
	}
	require.Equal(t, count, failed)
	return k
}

// TestCostOfInvalidItems: however many there are, and wherever, an invalid item costs a
// few tests. A set is tested whole only as long as it may hold.
func TestCostOfInvalidItems(t *testing.T) {
	const n = 256
	all := func(int) bool { return true }
	none := decided(t, n, func(int) bool { return false })
	require.Equal(t, 1, none.tests)
	require.Equal(t, n, none.tested)
	require.Zero(t, none.examined.Load())
	one := decided(t, n, func(i int) bool { return i == 100 })
	require.EqualValues(t, 1, one.examined.Load())
	require.LessOrEqual(t, one.tested, 3*n)

	for _, n := range []int{256, 255, 250, 1000} {
		many := decided(t, n, all)
		require.EqualValues(t, n, many.examined.Load())
		require.LessOrEqual(t, many.tested, 2*n+8, "%d items", n)
		half := decided(t, n, func(i int) bool { return i < n/2 })
		require.LessOrEqual(t, half.examined.Load(), int64(n/2+2*crowd))
		require.LessOrEqual(t, half.tested, 3*n)
		require.LessOrEqual(t, decided(t, n, func(i int) bool { return i%2 == 1 }).examined.Load(), int64(n))
	}
}

// TestVerdictsOfRandomSets: what is thought of a set never decides.
func TestVerdictsOfRandomSets(t *testing.T) {
	src := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		n, share := 1+src.IntN(70), src.IntN(101)
		bad := make([]bool, n)
		for i := range bad {
			bad[i] = src.IntN(100) < share
			if i > 0 && src.IntN(3) > 0 {
				bad[i] = bad[i-1] // in runs
			}
		}
		k := decided(t, n, func(i int) bool { return bad[i] })
		require.LessOrEqual(t, k.examined.Load(), int64(n))
	}
}

// TestClassesThatHoldAreTestedOnce: while relations are bisected, memberships and
// products are not.
func TestClassesThatHoldAreTestedOnce(t *testing.T) {
	before := classes
	defer func() { classes = before }()
	tests := make([]atomic.Int64, len(before))
	classes = slices.Clone(before)
	for k := range classes {
		classes[k].hold = func(c []*Claims) bool { tests[k].Add(1); return before[k].hold(c) }
	}
	items := make([]*Claims, 16)
	for i := range items {
		c := new(Claims)
		c.InG1("member", multiple(uint64(i+1)))
		c.Relation("relation", []curve.Term{{Scalar: curve.Uint64(uint64(i % 3 / 2)), Point: multiple(1)}})
		c.Pairing("product", Pair{P: multiple(2), Q: curve.FixedGenerator2}, Pair{P: multiple(2).Neg(), Q: curve.FixedGenerator2})
		items[i] = c
	}
	for i, err := range Verify(context.Background(), items) {
		require.Equal(t, i%3 == 2, err != nil, "item %d", i)
	}
	require.EqualValues(t, 1, tests[0].Load())
	require.Greater(t, tests[1].Load(), int64(1))
	require.EqualValues(t, 1, tests[2].Load())
}

// TestBlameOfAValidItem: after a wrong yes for others, an item may be thought invalid
// that is not. It is not refused.
func TestBlameOfAValidItem(t *testing.T) {
	relations := &classes[1]
	valid, invalid := new(Claims), new(Claims)
	valid.Relation("A", []curve.Term{{Scalar: curve.Uint64(2), Point: multiple(3)}, {Scalar: curve.Uint64(3), Point: multiple(2).Neg()}})
	invalid.Relation("A", []curve.Term{{Scalar: curve.Uint64(2), Point: multiple(3)}})
	for _, o := range []outlook{failing, crowded} {
		errs := make([]error, 4)
		require.Equal(t, 1, relations.decide(t.Context(), []*Claims{valid, valid, invalid, valid}, []int{0, 1, 2, 3}, errs, o))
		require.NoError(t, errors.Join(errs[0], errs[1], errs[3]))
		require.Error(t, errs[2])
		errs = make([]error, 2)
		require.Zero(t, relations.decide(t.Context(), []*Claims{valid, valid}, []int{0, 1}, errs, o))
		require.NoError(t, errors.Join(errs...), "nothing fails where something had to")
	}
	errs := make([]error, 1)
	require.Equal(t, 1, relations.examine([]*Claims{valid}, []int{0}, errs, unknown))
	require.EqualError(t, errs[0], "[BATCH] the item fails as a whole")
}

// TestFirstFailing: the first of any that fail, at a cost of few tests; after a wrong yes
// one that fails, if it is alone, or none.
func TestFirstFailing(t *testing.T) {
	for n := range 20 {
		for first := range n + 1 {
			for _, others := range []int{1, 2, n + 1} {
				fails := func(i int) bool { return i >= first && (i-first)%others == 0 }
				tests, tested := 0, 0
				hold := func(from, to int) bool {
					require.Less(t, from, to)
					tests, tested = tests+1, tested+to-from
					for i := from; i < to; i++ {
						if fails(i) {
							return false
						}
					}
					return true
				}
				require.Equal(t, first, firstFailing(n, hold), "of %d", n)
				require.LessOrEqual(t, tests, 6)
				require.LessOrEqual(t, tested, 2*n)
			}
		}
	}
	// 5 fails alone and in the first half, but not in what is tested after that
	lies := 0
	hold := func(from, to int) bool {
		if from <= 5 && 5 < to && (to-from == 8 || to-from == 1 && lies > 1) {
			return false
		}
		lies++
		return true
	}
	require.Equal(t, 5, firstFailing(16, hold))
}

// TestBlameIsExact: with weights or alone, what holds is not blamed, also where a point off
// the subgroup or a base is.
func TestBlameIsExact(t *testing.T) {
	c := new(Claims)
	for i := range uint64(9) {
		s := curve.Uint64(i + 2).Neg()
		c.Relation("A", []curve.Term{{Scalar: curve.Uint64(i + 2), Point: multiple(7)}}, curve.Term{Scalar: s, Point: multiple(7)})
		c.Pairing("A", Pair{P: multiple(i), Q: curve.FixedGenerator2}, Pair{P: multiple(i).Neg(), Q: curve.FixedGenerator2})
	}
	for range 20 {
		require.Nil(t, blameRelation(c))
	}
	require.Nil(t, blameProduct(c))
	for at := range c.relations {
		d := &Claims{relations: slices.Clone(c.relations), products: slices.Clone(c.products)}
		d.relations[at] = relation{"B", c.relations[at].terms, nil}
		d.products[at] = product{"B", []Pair{{P: multiple(1), Q: curve.FixedGenerator2}}}
		require.Equal(t, "B", blameRelation(d).Label)
		require.Equal(t, "B", blameProduct(d).Label)
	}
}

// TestPreparedProducts: what is prepared for one item decides any set, and errors of two
// items do not cancel though every test has the same weights.
func TestPreparedProducts(t *testing.T) {
	g := multiple(1)
	two := curve.Generator2().Add(curve.Generator2())
	item := func(p curve.G1, q curve.G2) *Claims {
		c := new(Claims)
		seven := curve.Uint64(7)
		// e(p, q)·e(7·G, G2g) = 1 where p = G and q = −7·G2g, and more that holds
		c.Pairing("A", Pair{P: p, Var: q}, Pair{P: g, Times: &seven, Q: curve.FixedGenerator2})
		c.Pairing("B", Pair{P: g, Var: two}, Pair{P: multiple(2).Neg(), Q: curve.FixedGenerator2})
		return c
	}
	seven := curve.Generator2().Mul(curve.Uint64(7).Neg())
	good, more := item(g, seven), item(g, seven)
	plus, minus := item(g, seven), item(g, seven)
	plus.Pairing("C", Pair{P: g, Q: curve.FixedGenerator2})
	minus.Pairing("C", Pair{P: g.Neg(), Q: curve.FixedGenerator2})
	first, opposite := new(Claims), new(Claims) // one product each
	first.Pairing("C", Pair{P: g, Q: curve.FixedGenerator2})
	opposite.Pairing("C", Pair{P: g.Neg(), Q: curve.FixedGenerator2})
	variable := item(multiple(2), seven)
	for range 20 {
		hold := prepareProducts([]*Claims{good, plus, minus, first, opposite, variable, more, {}})
		require.True(t, hold(nil))
		require.True(t, hold([]*Claims{good}))
		require.True(t, hold([]*Claims{good, more}))
		for _, bad := range [][]*Claims{{plus}, {minus}, {plus, minus}, {first, opposite}, {plus, opposite}, {variable}, {good, more, variable}} {
			require.False(t, hold(bad))
		}
	}
}
