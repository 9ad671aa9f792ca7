package wallet

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/utt"
)

// ownCoin is a coin and its nullifier, or one that a merge is to make, without.
type ownCoin struct {
	nullifier nullifier.Nullifier
	*coin
}

// money are the coins of money that nothing locks, largest first, and what all come to,
// locked ones included.
func (w *Wallet) money(asset string) (coins []ownCoin, all utt.Amount) {
	for n, c := range w.state.coins {
		if c.asset != asset || c.epoch != 0 {
			continue
		}
		all += c.value
		if w.state.free(n) {
			coins = append(coins, ownCoin{n, c})
		}
	}
	slices.SortFunc(coins, func(a, b ownCoin) int {
		return cmp.Or(cmp.Compare(b.value, a.value), byNullifier(a, b))
	})
	return coins, all
}

// byNullifier is an order that has nothing to do with values.
func byNullifier(a, b ownCoin) int { return bytes.Compare(a.order[:], b.order[:]) }

func sumOf(coins []ownCoin) (sum utt.Amount) {
	for _, c := range coins {
		sum += c.value
	}
	return sum
}

// choose picks coins for an amount, of coins with the largest first: one that fits
// exactly, else as few as possible, the last of them the smallest that completes the sum;
// none if all do not suffice.
func choose(coins []ownCoin, amount utt.Amount) []ownCoin {
	var sum utt.Amount
	for k, c := range coins {
		if amount-sum > c.value {
			sum += c.value
			continue
		}
		last := k
		for last+1 < len(coins) && coins[last+1].value >= amount-sum {
			last++
		}
		return append(slices.Clone(coins[:k]), coins[last])
	}
	return nil
}

// groups are the coins to merge, of those chosen, to leave at most MaxInputs: as few
// groups as it takes, the smallest coins first. Where all coins are in groups and more are
// left, what the merges make is merged again.
func groups(chosen []ownCoin) (groups [][]ownCoin) {
	for left := len(chosen); left > utt.MaxInputs && len(chosen) > 1; {
		n := min(utt.MaxInputs, left-utt.MaxInputs+1, len(chosen))
		groups = append(groups, chosen[len(chosen)-n:])
		chosen, left = chosen[:len(chosen)-n], left-n+1
	}
	return groups
}

// countMerges is how many merges come before a transfer of a total out of these coins, in
// all rounds: that of run, with the coins that each round makes.
func (w *Wallet) countMerges(asset string, coins []ownCoin, total utt.Amount) (merges int, err error) {
	coins = slices.Clone(coins)
	for {
		chosen := choose(coins, total)
		if len(chosen) == 0 {
			return 0, &FundsError{What: FundsMoney, Need: total, Spendable: sumOf(coins)}
		}
		round := groups(chosen)
		if len(round) == 0 {
			return merges, nil
		}
		before := len(coins)
		merged := make(map[*coin]bool)
		var made []ownCoin
		for _, g := range round {
			for _, c := range g {
				merged[c.coin] = true
			}
			values, err := w.mergeValues(asset, sumOf(g))
			if err != nil {
				return 0, err
			}
			for _, v := range values {
				made = append(made, ownCoin{coin: &coin{asset: asset, value: v}})
			}
		}
		coins = append(slices.DeleteFunc(coins, func(c ownCoin) bool { return merged[c.coin] }), made...)
		if len(coins) >= before {
			return 0, fmt.Errorf("%w: the rules of self transfers of %q leave as many coins as are merged", utt.ErrPolicy, asset)
		}
		slices.SortStableFunc(coins, func(a, b ownCoin) int { return cmp.Compare(b.value, a.value) })
		merges += len(round)
	}
}

// mergeValues are the coins that a merge makes of a sum.
func (w *Wallet) mergeValues(asset string, sum utt.Amount) (values []utt.Amount, err error) {
	d, err := w.mergeOf(asset, sum)
	if err != nil {
		return nil, err
	}
	for j, v := range d.Values {
		if _, fixed := d.row.Fixed[j]; !fixed && v > 0 {
			values = append(values, v)
		}
	}
	return values, nil
}

// chooseBudget is the smallest free budget coin of the present epoch that suffices, and
// the value of the largest.
func (w *Wallet) chooseBudget(asset string, amount utt.Amount) (best ownCoin, largest utt.Amount, err error) {
	b, err := w.budget(asset)
	if err != nil {
		return ownCoin{}, 0, fmt.Errorf("%w: %w", utt.ErrPolicy, err)
	}
	for n, c := range w.state.coins {
		if c.asset != asset || c.epoch == 0 || c.epoch != b.Epoch || !w.state.free(n) {
			continue
		}
		largest = max(largest, c.value)
		if c.value >= amount && (best.coin == nil || c.value < best.value) {
			best = ownCoin{n, c}
		}
	}
	if best.coin == nil {
		return best, largest, &FundsError{What: FundsBudget, Need: amount, Spendable: b.Amount, Pending: b.Pending, Budget: b}
	}
	return best, largest, nil
}

var errTooMuch = &FundsError{What: FundsMoney, Need: math.MaxUint64}
