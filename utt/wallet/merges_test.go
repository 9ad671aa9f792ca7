package wallet

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// slowGroups are the sizes of groups, one at a time.
func slowGroups(coins int) (sizes []int) {
	for left := coins; left > utt.MaxInputs && coins > 1; {
		n := min(utt.MaxInputs, left-utt.MaxInputs+1, coins)
		sizes, coins, left = append(sizes, n), coins-n, left-n+1
	}
	return sizes
}

func TestGroups(t *testing.T) {
	fee := utt.Fee{Base: 7, PerInput: 3}
	last := utt.Amount(0)
	for coins := range 1000 {
		full, rest := grouping(coins)
		want := slowGroups(coins)
		got := slices.Repeat([]int{utt.MaxInputs}, full)
		if rest > 0 {
			got = append(got, rest)
		}
		require.Equal(t, want, append([]int(nil), got...), "%d", coins)
		chosen := make([]*coin, coins)
		for i, g := range groups(chosen) {
			require.Len(t, g, want[i])
		}
		var fees utt.Amount
		for left := coins; left > utt.MaxInputs; {
			round := slowGroups(left)
			for _, n := range round {
				fees += fee.Of(n)
				left -= n - 1
			}
		}
		require.Equal(t, fees, mergeFees(fee, coins), "%d", coins)
		require.GreaterOrEqual(t, fees, last, "what coins must come to does not fall")
		last = fees
	}
}

// What is chosen suffices, and of as few coins as that takes.
func TestChooseWithFees(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		var from *coins
		for i := range random.IntN(20) {
			from = from.with(&coin{key: coinKey{byte(i)}, value: utt.Amount(1 + random.IntN(30))})
		}
		coins := slices.Collect(from.largest())
		fee := utt.Fee{Base: utt.Amount(random.IntN(5)), PerInput: utt.Amount(random.IntN(5))}
		total := utt.Amount(1 + random.IntN(100))
		needed := func(n int) utt.Amount { return total + fee.Of(min(n, utt.MaxInputs)) + mergeFees(fee, n) }
		few := 0 // the least number of coins that suffices
		for n := len(coins); n > 0; n-- {
			if sumOf(coins[:n]) >= needed(n) {
				few = n
			}
		}
		chosen := choose(from, needed)
		require.Len(t, chosen, few)
		if few > 0 {
			require.GreaterOrEqual(t, sumOf(chosen), needed(few))
			continue
		}
		e := short(from, needed)
		require.Less(t, e.Spendable, e.Need)
		require.LessOrEqual(t, e.Spendable, sumOf(coins))
	}
	var none *coins
	require.Nil(t, choose(none.with(&coin{value: 5}), func(int) utt.Amount { return math.MaxUint64 }))
	require.Equal(t, utt.Amount(math.MaxUint64), add(math.MaxUint64, 1))
}
