package wallet

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// However a set of coins comes about, it has them in order, knows what they come to, and finds
// what a search through all of them finds; and none changes another.
func TestCoinsInOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	keys := newKeys(200)
	var set *coins
	var list []*coin
	for step := range 2000 {
		before1, was := set, slices.Collect(set.largest())
		if i := random.IntN(len(keys)); slices.ContainsFunc(list, func(c *coin) bool { return c.key == keys[i] }) {
			at := slices.IndexFunc(list, func(c *coin) bool { return c.key == keys[i] })
			set, list = set.without(list[at]), slices.Delete(list, at, at+1)
		} else {
			c := &coin{key: keys[i], value: utt.Amount(random.IntN(20))}
			set, list = set.with(c), append(list, c)
		}
		require.Equal(t, was, slices.Collect(before1.largest()))
		slices.SortFunc(list, before)
		for _, s := range []*coins{set, setOf(slices.Clone(list))} {
			requireCoins(t, s, list, utt.Amount(step%22))
		}
	}
	require.Nil(t, setOf(nil))
	require.Nil(t, set.least(21))
}

func requireCoins(t *testing.T, s *coins, sorted []*coin, least utt.Amount) {
	t.Helper()
	require.Equal(t, sorted, slices.Collect(s.largest()))
	back := slices.Collect(s.smallest())
	slices.Reverse(back)
	require.Equal(t, sorted, back)
	require.Equal(t, sumOf(sorted), s.sum())
	var want *coin
	for _, c := range sorted {
		if c.value >= least {
			want = c
		}
	}
	require.Equal(t, want, s.least(least))
}

// The depth of a set does not depend on the order in which coins come.
func TestCoinsAreFlat(t *testing.T) {
	const n = 1 << 14
	keys := newKeys(n)
	var set *coins
	all := make([]*coin, n)
	for i := range all {
		all[i] = &coin{key: keys[i], value: utt.Amount(i)}
		set = set.with(all[i])
	}
	var depth func(s *coins) int
	depth = func(s *coins) int {
		if s == nil {
			return 0
		}
		return 1 + max(depth(s.left), depth(s.right))
	}
	require.Less(t, depth(set), 64)
	require.Less(t, depth(setOf(all)), 64)
}
