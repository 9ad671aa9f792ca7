package wallet

import (
	"encoding/binary"
	"fmt"

	"github.com/utt-ecash/utt-go/utt"
)

// countMerges is how many merges come before a transfer, in all rounds: that of run, with
// the coins that each round makes; and the fees of all.
func (w *Wallet) countMerges(d *draft) (merges int, fees utt.Amount, err error) {
	coins, named := d.coins, uint64(0)
	for {
		chosen := choose(coins, d.need)
		if len(chosen) == 0 {
			return 0, 0, short(coins, d.need)
		}
		round := groups(chosen)
		if len(round) == 0 {
			return merges, fees + d.row.Fee.Of(len(chosen)), nil
		}
		fewer := 0
		for _, g := range round {
			m, err := w.mergeOf(d.Asset, len(g), sumOf(g))
			if err != nil {
				return 0, 0, err
			}
			for _, c := range g {
				coins, fewer = coins.without(c), fewer+1
			}
			fees += m.row.Fee.Of(len(g))
			for j, v := range m.Values {
				if _, fixed := m.row.Fixed[j]; !fixed && v > 0 {
					made := &coin{asset: d.Asset, value: v}
					named++
					binary.BigEndian.PutUint64(made.key[:], named) // a nullifier begins with a bit that is set
					coins, fewer = coins.with(made), fewer-1
				}
			}
		}
		if fewer <= 0 {
			return 0, 0, fmt.Errorf("%w: the rules of self transfers of %q leave as many coins as are merged", utt.ErrPolicy, d.Asset)
		}
		merges += len(round)
	}
}
