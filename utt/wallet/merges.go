package wallet

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/utt"
)

// countMerges is how many merges come before a transfer, in all rounds: that of run, with
// the coins that each round makes; and the fees of all.
func (w *Wallet) countMerges(d *draft) (merges int, fees utt.Amount, err error) {
	coins := slices.Clone(d.coins)
	for {
		chosen := choose(coins, d.need)
		if len(chosen) == 0 {
			return 0, 0, short(coins, d.need)
		}
		round := groups(chosen)
		if len(round) == 0 {
			return merges, fees + d.row.Fee.Of(len(chosen)), nil
		}
		before := len(coins)
		merged := make(map[*coin]bool)
		var made []ownCoin
		for _, g := range round {
			for _, c := range g {
				merged[c.coin] = true
			}
			m, err := w.mergeOf(d.Asset, len(g), sumOf(g))
			if err != nil {
				return 0, 0, err
			}
			fees += m.row.Fee.Of(len(g))
			for j, v := range m.Values {
				if _, fixed := m.row.Fixed[j]; !fixed && v > 0 {
					made = append(made, ownCoin{coin: &coin{asset: d.Asset, value: v}})
				}
			}
		}
		coins = append(slices.DeleteFunc(coins, func(c ownCoin) bool { return merged[c.coin] }), made...)
		if len(coins) >= before {
			return 0, 0, fmt.Errorf("%w: the rules of self transfers of %q leave as many coins as are merged", utt.ErrPolicy, d.Asset)
		}
		slices.SortStableFunc(coins, func(a, b ownCoin) int { return cmp.Compare(b.value, a.value) })
		merges += len(round)
	}
}
