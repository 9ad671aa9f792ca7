package wallet

import "github.com/utt-ecash/utt-go/utt"

// MaxPayment is the most that the wallet can pay privately now, besides what the rules
// of the circuit, such as a tax, add: its free coins and its budget in the present epoch
// suffice for that, after merges where it takes more than MaxInputs coins. It is 0 where
// there is no money or no budget. Rules that take less of a larger payment it does not look
// for. The error says why the wallet makes no payments of the asset at all.
func (w *Wallet) MaxPayment(asset string) (utt.Amount, error) {
	if err := w.usable(); err != nil {
		return 0, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.ready(asset); err != nil {
		return 0, err
	}
	d, err := w.draftOf(utt.Anonymous, asset)
	if err != nil {
		return 0, err
	}
	_, budget, err := w.chooseBudget(asset, 0)
	if err != nil {
		return 0, nil // no budget
	}
	coins, _ := w.money(asset)
	if d.changeOutput() >= 0 {
		return d.mostOf(min(budget, sumOf(coins)), sumOf(coins)), nil
	}
	return d.mostThatFits(coins, budget), nil
}

// mostThatFits is the largest value of output 0, within a budget, for which choose finds
// coins that fit exactly: the largest so many, and one more of the others.
func (d *draft) mostThatFits(coins []ownCoin, budget utt.Amount) (most utt.Amount) {
	var sum utt.Amount // of the largest
	for k, c := range coins {
		tried := utt.Amount(0)
		for _, last := range coins[k:] {
			if last.value == tried {
				continue
			}
			tried = last.value
			fit := sum + last.value
			v := d.mostOf(budget, fit)
			if total, err := d.complete(v, 0); err == nil && total == fit {
				most = max(most, v)
				break // what is smaller fits less
			}
		}
		sum += c.value
	}
	return most
}

// mostOf is the largest value of output 0, up to a bound, that comes to at most a sum
// with what the rules add.
func (d *draft) mostOf(bound, sum utt.Amount) utt.Amount {
	low, high := utt.Amount(0), bound // low can be paid
	for low < high {
		v := high - (high-low)/2
		if total, err := d.complete(v, 0); err == nil && total <= sum {
			low = v
		} else {
			high = v - 1
		}
	}
	return low
}
