package wallet

import (
	"fmt"
	"math"

	"github.com/utt-ecash/utt-go/utt"
)

// money are the coins of money that nothing locks, and what all come to, locked ones included.
func (w *Wallet) money(asset string) (free *coins, all utt.Amount) {
	p := w.state.money(asset)
	return p.free, p.free.sum() + p.locked
}

func sumOf(coins []*coin) (sum utt.Amount) {
	for _, c := range coins {
		sum += c.value
	}
	return sum
}

// need is what a number of coins must come to for a transfer: what leaves with it, its fee,
// and those of the merges that come before it. It does not fall, and saturates.
type need func(coins int) utt.Amount

// needOf is that of a transfer of a total by a row.
func (w *Wallet) needOf(asset string, fee utt.Fee, total utt.Amount) need {
	self, _ := w.rules().RowFor(asset, utt.Self)
	return func(coins int) utt.Amount {
		return add(add(total, fee.Of(min(coins, utt.MaxInputs))), mergeFees(self.Fee, coins))
	}
}

// add saturates.
func add(a, b utt.Amount) utt.Amount {
	if a+b < a {
		return math.MaxUint64
	}
	return a + b
}

// choose picks coins for what they must come to: one that
// fits exactly, else as few as possible, the last of them the smallest that completes the
// sum; none if all do not suffice.
func choose(from *coins, needed need) (chosen []*coin) {
	var sum utt.Amount
	for c := range from.largest() {
		rest := needed(len(chosen)+1) - sum // more than 0: without c it did not suffice
		if rest <= c.value {
			return append(chosen, from.least(rest)) // none of those before, which are too large to be it
		}
		sum, chosen = sum+c.value, append(chosen, c)
	}
	return nil
}

// short says what is missing where all coins do not suffice. Those that are worth less than
// it costs to spend them do not count.
func short(from *coins, needed need) *FundsError {
	e := &FundsError{What: FundsMoney, Need: needed(1)}
	var sum utt.Amount
	k := 0
	for c := range from.largest() {
		k, sum = k+1, sum+c.value
		if n := needed(k); n-sum <= e.Need-e.Spendable {
			e.Need, e.Spendable = n, sum
		}
	}
	return e
}

// grouping is how many groups of MaxInputs coins to merge, and how many coins in a last and
// smaller group, 0 if there is none, to leave at most MaxInputs of so many: as few groups
// as it takes. Where all coins are in groups and more are left, what the merges make is
// merged again.
func grouping(coins int) (full, last int) {
	if coins <= utt.MaxInputs {
		return 0, 0
	}
	full = min(coins/utt.MaxInputs, (coins-utt.MaxInputs)/(utt.MaxInputs-1))
	left, others := coins-full*(utt.MaxInputs-1), coins-full*utt.MaxInputs
	if left > utt.MaxInputs && others > 1 {
		last = min(left-utt.MaxInputs+1, others)
	}
	return full, last
}

// mergeFees are the fees of merges of so many coins, in all rounds.
func mergeFees(fee utt.Fee, coins int) (sum utt.Amount) {
	for coins > utt.MaxInputs && fee != (utt.Fee{}) {
		full, last := grouping(coins)
		for range full {
			sum = add(sum, fee.Of(utt.MaxInputs))
		}
		coins -= full * (utt.MaxInputs - 1)
		if last > 0 {
			sum = add(sum, fee.Of(last))
			coins -= last - 1
		}
	}
	return sum
}

// groups are the coins to merge, of those chosen, the smallest first.
func groups(chosen []*coin) (groups [][]*coin) {
	full, last := grouping(len(chosen))
	take := func(n int) {
		left := len(chosen) - n
		groups, chosen = append(groups, chosen[left:]), chosen[:left]
	}
	for range full {
		take(utt.MaxInputs)
	}
	if last > 0 {
		take(last)
	}
	return groups
}

// chooseBudget is the smallest free coin of a counter in the present epoch that suffices,
// and the value of the largest.
func (w *Wallet) chooseBudget(counter, asset string, amount utt.Amount) (best *coin, largest utt.Amount, err error) {
	b, err := w.budget(counter, asset)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", utt.ErrPolicy, err)
	}
	free := w.state.budget(counter, asset, b.Epoch).free
	if most := free.most(); most != nil {
		largest = most.value
	}
	if best = free.least(amount); best == nil {
		return nil, largest, &FundsError{What: FundsBudget, Need: amount, Spendable: b.Amount, Pending: b.Pending, Budget: b}
	}
	return best, largest, nil
}

var errTooMuch = &FundsError{What: FundsMoney, Need: math.MaxUint64}
