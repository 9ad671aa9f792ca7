package batch_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/internal/testrand"
)

var (
	g     = curve.Generator()
	h     = curve.HashToG1("UTT-V1/test/point", []byte("h"))
	one   = curve.FixedGenerator2
	seven = curve.NewFixed(curve.Generator2().Mul(curve.Uint64(7)))
)

func term(s uint64, p curve.G1) curve.Term { return curve.Term{Scalar: curve.Uint64(s), Point: p} }

func times(s uint64) *curve.Scalar { v := curve.Uint64(s); return &v }

func smallOrder(q int64) curve.G1 { return curve.FromG1Affine(testrand.SmallOrder(q)) }

// claim adds to c claims with labels of their own: all true but the one named.
func claim(c *batch.Claims, seed uint64, wrong string) {
	off := func(name string) uint64 {
		if name == wrong {
			return 1
		}
		return 0
	}
	s := seed%1000 + 2
	p := g.Mul(curve.Uint64(s))
	c.Require("requirement", off("requirement") == 0, "seed %d", seed)
	c.Relation("relation", []curve.Term{term(s+off("relation"), g), term(1, p.Neg())})
	c.Relation("long relation", []curve.Term{term(s, h), term(3, p), term(1, g),
		term(1, h.Mul(curve.Uint64(s)).Add(g.Mul(curve.Uint64(3*s+1+off("long relation")))).Neg())})
	c.Pairing("fixed", batch.Pair{P: p, Q: seven}, batch.Pair{P: g, Times: times(7*s + off("fixed")), Q: one},
		batch.Pair{P: p.Neg(), Times: times(14), Q: one})
	c.Pairing("variable", batch.Pair{P: p, Var: curve.Generator2().Mul(curve.Uint64(3 + off("variable")))},
		batch.Pair{P: g.Neg(), Times: times(s), Var: curve.Generator2().Mul(curve.Uint64(3))})
	second := curve.Generator2().Mul(curve.Uint64(7 * s))
	c.Relation2("second", []curve.Term2{{Scalar: curve.Uint64(s + off("second")), Point: seven.G2()}, {Scalar: curve.Uint64(1).Neg(), Point: second},
		{Scalar: curve.Uint64(7), Point: one.G2()}, {Scalar: curve.Uint64(1).Neg(), Point: seven.G2()}})
	low := curve.G1{}
	if wrong == "g1" {
		low = smallOrder(11)
	}
	c.InG1("g1", p, h.Add(low), curve.G1{})
	twist := seven.G2()
	if wrong == "g2" {
		twist = curve.FromG2Affine(testrand.OffSubgroup2())
	}
	c.InG2("g2", one.G2(), twist)
}

var labels = []string{"requirement", "relation", "long relation", "second", "fixed", "variable", "g1", "g2"}

func item(seed uint64, wrong string) *batch.Claims {
	c := new(batch.Claims)
	claim(c, seed, wrong)
	return c
}

func requireLabel(t *testing.T, err error, label string, context ...any) {
	t.Helper()
	var failed *batch.Error
	require.ErrorAs(t, err, &failed, context...)
	require.Equal(t, label, failed.Label, context...)
}

func TestNothingClaimedHolds(t *testing.T) {
	require.NoError(t, batch.One(new(batch.Claims)))
	require.Empty(t, batch.Verify(t.Context(), nil))
	require.Equal(t, []error{nil, nil}, batch.Verify(t.Context(), []*batch.Claims{{}, {}}))
}

func TestEachClaimAlone(t *testing.T) {
	require.NoError(t, batch.One(item(5, "")))
	for _, label := range labels {
		requireLabel(t, batch.One(item(5, label)), label)
	}
}

func TestExactlyTheInvalidOnesFail(t *testing.T) {
	const n = 12 // more than one chunk
	for _, label := range labels {
		for at := range n {
			items := make([]*batch.Claims, n)
			for i := range items {
				items[i] = item(uint64(i), "")
			}
			items[at] = item(uint64(at), label)
			for i, err := range batch.Verify(t.Context(), items) {
				if i == at {
					requireLabel(t, err, label, "position %d", at)
				} else {
					require.NoError(t, err, "%s at %d, item %d", label, at, i)
				}
			}
		}
	}
}

func TestManyInvalidAmongValid(t *testing.T) {
	wrong := append([]string{"", "", ""}, labels...)
	var items []*batch.Claims
	for i := range 60 {
		items = append(items, item(uint64(i), wrong[i*i%len(wrong)]))
	}
	for i, err := range batch.Verify(t.Context(), items) {
		if want := wrong[i*i%len(wrong)]; want != "" {
			requireLabel(t, err, want)
		} else {
			require.NoError(t, err)
		}
	}
}

func TestBlameNamesTheFirstOfSeveral(t *testing.T) {
	c := new(batch.Claims)
	for i := range 5 {
		c.Relation(fmt.Sprint("R", i), []curve.Term{term(uint64(i/3), g)}) // R3 and R4 fail
		c.Pairing(fmt.Sprint("P", i), batch.Pair{P: g, Times: times(uint64(i / 2)), Q: one})
	}
	requireLabel(t, batch.One(c), "R3")
	// memberships come before relations, alone and where many fail
	d := new(batch.Claims)
	d.Relation("R", []curve.Term{term(1, g)})
	d.InG1("M0", g)
	d.InG1("M1", smallOrder(11))
	for _, err := range batch.Verify(t.Context(), slices.Repeat([]*batch.Claims{d}, 9)) {
		requireLabel(t, err, "M1")
	}
	for _, err := range batch.Verify(t.Context(), slices.Repeat([]*batch.Claims{c}, 9)) {
		requireLabel(t, err, "R3")
	}
	c = new(batch.Claims)
	for i := range 5 {
		c.Pairing(fmt.Sprint("P", i), batch.Pair{P: g, Times: times(uint64(i / 2)), Q: one})
	}
	requireLabel(t, batch.One(c), "P2")
}

func TestRequire(t *testing.T) {
	var c batch.Claims
	require.NoError(t, c.Err())
	require.True(t, c.Require("A", true, "no"))
	require.False(t, c.Require("B", false, "%d of %d", 1, 2))
	require.False(t, c.Require("C", true, "no"))
	require.False(t, c.Require("D", false, "no"))
	require.EqualError(t, c.Err(), "[B] 1 of 2")
	claim(&c, 1, "relation")
	require.EqualError(t, batch.One(&c), "[B] 1 of 2")
	require.True(t, batch.Enforced("A"))
}

// On several cores parts of the items are weighed each for itself: exactly the invalid ones
// fail, also if the first ones of two parts would cancel under equal weights.
func TestPartsOfItemsAreWeighed(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	runtime.GOMAXPROCS(16)
	const n = 64
	parts := parallel.Split(n, 16)
	require.Len(t, parts, 4)
	first, second := parts[0].From, parts[2].From
	spoil := map[string]func(c *batch.Claims, p curve.G1){
		"relations": func(c *batch.Claims, p curve.G1) {
			c.Relation("A", []curve.Term{{Scalar: curve.Uint64(1), Point: p}})
		},
		"products": func(c *batch.Claims, p curve.G1) {
			c.Pairing("A", batch.Pair{P: p, Q: one})
		},
		"products by a factor": func(c *batch.Claims, p curve.G1) {
			c.Pairing("A", batch.Pair{P: p, Times: times(9), Q: seven})
		},
		"variable products": func(c *batch.Claims, p curve.G1) {
			c.Pairing("A", batch.Pair{P: p, Var: seven.G2()})
		},
	}
	for name, f := range spoil {
		for _, second := range []int{second, second + 5} {
			items := make([]*batch.Claims, n)
			for i := range items {
				items[i] = new(batch.Claims)
				switch i {
				case first:
					f(items[i], g)
				case second:
					f(items[i], g.Neg())
				default:
					claim(items[i], uint64(i), "")
				}
			}
			for i, err := range batch.Verify(t.Context(), items) {
				if i == first || i == second {
					requireLabel(t, err, "A", name)
				} else {
					require.NoError(t, err, "%s: item %d", name, i)
				}
			}
		}
	}
}

// The forgeries of PITFALLS, "against a draft", 1: equations that cancel when
// they get equal weights.
func TestCancellingEquationsAreRejected(t *testing.T) {
	relation := func(p curve.G1) *batch.Claims {
		c := new(batch.Claims)
		c.Relation("A", []curve.Term{{Scalar: curve.Uint64(1), Point: p}})
		return c
	}
	product := func(q *curve.Fixed, p ...curve.G1) *batch.Claims {
		c := new(batch.Claims)
		for _, p := range p {
			pair := batch.Pair{P: p, Q: q}
			if q == nil {
				pair.Var = curve.Generator2()
			}
			c.Pairing("A", pair)
		}
		return c
	}
	require.True(t, curve.MSM([]curve.Term{term(1, g), term(1, g.Neg())}).IsIdentity())
	require.True(t, curve.PairingCheck([]curve.PairFixed{{P: g, Q: one}, {P: g.Neg(), Q: one}}, nil))

	within := new(batch.Claims)
	within.Relation("A", []curve.Term{term(1, g)})
	within.Relation("B", []curve.Term{term(1, g.Neg())})
	across := new(batch.Claims) // a product against a product over other arguments
	across.Pairing("A", batch.Pair{P: g, Q: seven})
	across.Pairing("B", batch.Pair{P: g.Neg(), Times: times(7), Q: one})
	mixed := new(batch.Claims) // a fixed against a variable argument
	mixed.Pairing("A", batch.Pair{P: g, Q: seven})
	mixed.Pairing("B", batch.Pair{P: g.Neg(), Var: seven.G2()})
	for name, items := range map[string][]*batch.Claims{
		"relations of one item":        {within},
		"relations of two items":       {relation(g), relation(g.Neg())},
		"relations of three items":     {relation(g), relation(g), relation(g.Add(g).Neg())},
		"products of one item":         {product(one, g, g.Neg())},
		"products of two items":        {product(one, g), product(one, g.Neg())},
		"variable, one item":           {product(nil, g, g.Neg())},
		"variable, two items":          {product(nil, g), product(nil, g.Neg())},
		"products of other arguments":  {across},
		"fixed and variable arguments": {mixed},
		"fixed and variable, apart":    {product(one, g), product(nil, g.Neg())},
	} {
		for range 20 {
			for i, err := range batch.Verify(t.Context(), items) {
				requireLabel(t, err, "A", "%s, item %d", name, i)
			}
		}
		// among valid ones
		all := append([]*batch.Claims{item(1, ""), item(2, "")}, items...)
		errs := batch.Verify(t.Context(), all)
		require.NoError(t, errs[0])
		require.NoError(t, errs[1])
		for _, err := range errs[2:] {
			requireLabel(t, err, "A", name)
		}
	}
}

// PITFALLS, "against a draft", 2: what a relation holds off the subgroup must not
// make its verdict random.
func TestSmallOrderNeverDecidesARelation(t *testing.T) {
	for _, q := range testrand.SmallOrders {
		low := smallOrder(q)
		valid, invalid := new(batch.Claims), new(batch.Claims)
		valid.Relation("A", []curve.Term{term(1, low), term(3, low.Add(g)), term(3, g.Neg())})
		invalid.Relation("A", []curve.Term{term(1, low), term(3, low.Add(g)), term(2, g.Neg())})
		for range 30 {
			require.NoError(t, batch.One(valid))
			requireLabel(t, batch.One(invalid), "A")
			errs := batch.Verify(t.Context(), []*batch.Claims{valid, item(1, ""), invalid})
			require.NoError(t, errs[0])
			require.NoError(t, errs[1])
			requireLabel(t, errs[2], "A")
		}
	}
}

func TestSmallOrderPointsThatCancelAreNoMembers(t *testing.T) {
	for _, q := range testrand.SmallOrders {
		for _, n := range []int{2, 300} { // both methods of curve.Subgroup
			items := make([]*batch.Claims, n)
			for i := range items {
				items[i] = new(batch.Claims)
				items[i].InG1("A", g, h)
			}
			items[0].InG1("A", smallOrder(q))
			items[n-1].InG1("A", smallOrder(q).Neg())
			for i, err := range batch.Verify(t.Context(), items) {
				if i == 0 || i == n-1 {
					requireLabel(t, err, "A")
				} else {
					require.NoError(t, err)
				}
			}
		}
	}
}

func TestTimes(t *testing.T) {
	for name, c := range map[string]struct {
		pairs []batch.Pair
		ok    bool
	}{
		"nil is one":         {[]batch.Pair{{P: g, Q: one}, {P: g.Neg(), Times: times(1), Q: one}}, true},
		"zero is nothing":    {[]batch.Pair{{P: g, Times: times(0), Q: one}}, true},
		"variable, zero":     {[]batch.Pair{{P: g, Times: times(0), Var: one.G2()}}, true},
		"variable":           {[]batch.Pair{{P: g, Times: times(7), Var: one.G2()}, {P: g.Neg(), Var: seven.G2()}}, true},
		"fixed":              {[]batch.Pair{{P: g, Times: times(7), Q: one}, {P: g.Neg(), Q: seven}}, true},
		"same point, summed": {[]batch.Pair{{P: g, Times: times(3), Q: one}, {P: g, Times: times(4), Q: one}, {P: g.Neg(), Q: seven}}, true},
		"fixed, wrong":       {[]batch.Pair{{P: g, Times: times(6), Q: one}, {P: g.Neg(), Q: seven}}, false},
		"variable, wrong":    {[]batch.Pair{{P: g, Times: times(6), Var: one.G2()}, {P: g.Neg(), Var: seven.G2()}}, false},
		"identities":         {[]batch.Pair{{Q: one}, {P: g}}, true},
	} {
		var claims batch.Claims
		claims.Pairing("A", c.pairs...)
		require.Equal(t, c.ok, batch.One(&claims) == nil, name)
	}
}

func TestVerdictsDoNotDependOnParallelism(t *testing.T) {
	wrong := append([]string{"", "", "", "", ""}, labels...)
	items := make([]*batch.Claims, 50)
	for i := range items {
		items[i] = item(uint64(i), wrong[i*7%len(wrong)])
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var want []error
	for _, p := range []int{1, 2, 3, 16, 64} {
		runtime.GOMAXPROCS(p)
		got := batch.Verify(t.Context(), items)
		if want == nil {
			want = got
		}
		require.Equal(t, want, got, "GOMAXPROCS %d", p)
	}
}

// TestBatchAgreesWithSingle draws random batches from a pool of items.
func TestBatchAgreesWithSingle(t *testing.T) {
	var pool []*batch.Claims
	var single []error
	for i := range 30 {
		label := ""
		if i%2 == 1 {
			label = labels[i/2%len(labels)]
		}
		pool = append(pool, item(uint64(i), label))
		single = append(single, batch.One(pool[i]))
	}
	src := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		var items []*batch.Claims
		var want []error
		for range src.IntN(30) {
			k := src.IntN(len(pool))
			if src.IntN(3) > 0 {
				k &^= 1 // more valid ones
			}
			items, want = append(items, pool[k]), append(want, single[k])
		}
		got := batch.Verify(t.Context(), items)
		require.Len(t, got, len(want))
		for i := range want {
			require.Equal(t, want[i], got[i])
		}
	}
}

// deadline is a context that ends at the n-th time it is asked.
type deadline struct {
	context.Context
	left int
}

func (d *deadline) Err() error {
	if d.left--; d.left < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	errs := batch.Verify(ctx, []*batch.Claims{item(1, ""), item(2, "relation"), item(3, "requirement")})
	require.ErrorIs(t, errs[0], context.Canceled)
	require.ErrorIs(t, errs[1], context.Canceled)
	requireLabel(t, errs[2], "requirement")

	// it ends while the batch is bisected: whoever got a verdict got the right one
	wrong := []string{"", "", "relation", "", "", "fixed", "requirement"}
	items := make([]*batch.Claims, len(wrong))
	for i := range items {
		items[i] = item(uint64(i), wrong[i])
	}
	decided := 0
	for n := 0; decided < len(items); n++ {
		require.Less(t, n, 100)
		decided = 0
		for i, err := range batch.Verify(&deadline{t.Context(), n}, items) {
			if errors.Is(err, context.DeadlineExceeded) {
				continue
			}
			decided++
			if wrong[i] == "" {
				require.NoError(t, err)
			} else {
				requireLabel(t, err, wrong[i])
			}
		}
		if n == 0 {
			require.Equal(t, 1, decided, "the requirement alone")
		}
	}
}

// TestCommonFactors: points with one factor in common are summed before they are
// multiplied, from some number of them on; factors of several kinds meet.
func TestCommonFactors(t *testing.T) {
	for _, n := range []int{1, 5, 9, 10, 11, 40} {
		items := make([]*batch.Claims, n)
		for i := range items {
			items[i] = new(batch.Claims)
			p := h.Add(g.Mul(curve.Uint64(uint64(i))))
			two := curve.Generator2().Mul(curve.Uint64(2))
			// 5·7 + 3·1 + 1·1 − 39, and a variable argument that cancels
			items[i].Pairing("A",
				batch.Pair{P: p, Times: times(5), Q: seven}, batch.Pair{P: p, Times: times(3), Q: one}, batch.Pair{P: p, Q: one},
				batch.Pair{P: p.Neg(), Times: times(39), Q: one},
				batch.Pair{P: p, Times: times(5), Var: two}, batch.Pair{P: p.Neg(), Times: times(10), Q: one})
		}
		for _, err := range batch.Verify(t.Context(), items) {
			require.NoError(t, err, "%d items", n)
		}
		for at := range n {
			good := items[at]
			items[at] = new(batch.Claims)
			items[at].Pairing("A", batch.Pair{P: g, Times: times(5), Q: seven}, batch.Pair{P: g.Neg(), Times: times(36), Q: one})
			for i, err := range batch.Verify(t.Context(), items) {
				require.Equal(t, i == at, err != nil, "%d items, %d wrong", n, at)
			}
			items[at] = good
			if n > 20 {
				break
			}
		}
	}
}

// TestSmallOrderNeverDecidesAProduct: with a fixed point of G2, what a point holds
// off the subgroup is ignored, alone and in a batch alike.
func TestSmallOrderNeverDecidesAProduct(t *testing.T) {
	for _, q := range testrand.SmallOrders {
		low := smallOrder(q)
		product := func(by uint64) *batch.Claims {
			c := new(batch.Claims)
			c.Pairing("A", batch.Pair{P: g.Add(low), Times: times(by), Q: seven}, batch.Pair{P: low, Q: seven},
				batch.Pair{P: g.Neg().Add(low), Times: times(7), Q: one}, batch.Pair{P: low, Times: times(2), Q: one})
			return c
		}
		valid, invalid := product(1), product(2)
		many := make([]*batch.Claims, 24) // enough for the factors in common
		for i := range many {
			many[i] = product(1)
		}
		many[17] = invalid
		for range 10 {
			require.NoError(t, batch.One(valid), "order %d", q)
			requireLabel(t, batch.One(invalid), "A", "order %d", q)
			errs := batch.Verify(t.Context(), []*batch.Claims{item(1, ""), valid, invalid})
			require.NoError(t, errs[0])
			require.NoError(t, errs[1], "order %d", q)
			requireLabel(t, errs[2], "A", "order %d", q)
		}
		for i, err := range batch.Verify(t.Context(), many) {
			require.Equal(t, i == 17, err != nil, "order %d, item %d", q, i)
		}
	}
}
