package wallet

import (
	"fmt"
	"math"
	"slices"

	"github.com/utt-ecash/utt-go/utt"
)

// MaxPayment is the most that the wallet can pay privately now, besides what the policy
// adds, such as tax and fee: its free coins and its budget in the present epoch suffice for
// that, after merges where it takes more than MaxInputs coins. It is 0 where there is no
// money or no budget. Rules that take less of a larger payment it does not look for. The
// error says why the wallet makes no payments of the asset at all.
func (w *Wallet) MaxPayment(asset string) (utt.Amount, error) {
	return w.MaxPaymentAs(utt.Anonymous, asset)
}

// MaxPaymentAs is MaxPayment for PayAs: within the limit of the case, and its counter's
// budget if it has one.
func (w *Wallet) MaxPaymentAs(use utt.Case, asset string) (utt.Amount, error) {
	if err := w.usable(); err != nil {
		return 0, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.ready(asset); err != nil {
		return 0, err
	}
	if use == utt.Self {
		return 0, fmt.Errorf("%w: no payments in case %v", utt.ErrPolicy, use)
	}
	d, err := w.draftOf(use, asset)
	if err != nil {
		return 0, err
	}
	bound := utt.Amount(math.MaxUint64)
	if d.row.Audit.Reveals != 0 {
		bound = d.row.Limit
	}
	if d.row.Counter != "" {
		_, largest, err := w.chooseBudget(d.row.Counter, asset, 0)
		if err != nil {
			return 0, nil // no budget
		}
		bound = min(bound, largest)
	}
	coins, _ := w.money(asset)
	cost := w.needOf(asset, d.row.Fee, 0)
	if d.changeOutput() >= 0 {
		net := mostAfter(coins, cost)
		return d.mostOf(min(bound, net), net), nil
	}
	return d.mostThatFits(slices.Collect(coins.largest()), cost, bound), nil
}

// mostAfter is the most that coins come to after what it costs to spend them.
func mostAfter(from *coins, cost need) (most utt.Amount) {
	var sum utt.Amount
	k := 0
	for c := range from.largest() {
		k, sum = k+1, sum+c.value
		if n := cost(k); sum > n {
			most = max(most, sum-n)
		}
	}
	return most
}

// mostThatFits is the largest value of output 0, within a bound, for which choose finds
// coins that fit exactly: the largest so many, and one more of the others.
func (d *draft) mostThatFits(coins []*coin, cost need, bound utt.Amount) (most utt.Amount) {
	var sum utt.Amount // of the largest
	for k, c := range coins {
		tried := utt.Amount(0)
		for _, last := range coins[k:] {
			if last.value == tried {
				continue
			}
			tried = last.value
			n := cost(k + 1)
			if sum+last.value <= n {
				break // what is smaller does not pay for itself
			}
			fit := sum + last.value - n
			v := d.mostOf(bound, fit)
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
