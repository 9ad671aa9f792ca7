package utt

import (
	"fmt"
	"math/rand/v2"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/rangeproof"
)

// Attempt is a private transfer that somebody makes, honest or with a lie in it, and who
// really gets what by it, whatever the lie says.
type Attempt struct {
	Op   *Transfer
	Lie  string // "" for none
	Gets []Gain
	Tax  Amount // that is due of it by total
}

// Gain is an output.
type Gain struct {
	To     PID
	Amount Amount
	Money  bool // not budget
	Back   bool // if the transfer is refunded
}

// lie is something that is not so, told in a transfer. It is told by changing the draft, or
// between the steps of making it.
type lie struct {
	name  string
	draft func(w *World, d *draft, from, to *Party) bool // false where it cannot be told
	hooks func(w *World, from, to *Party, r *rand.Rand) hooks
}

// outputOf is the place of the output of a role, −1 for none.
func (f *forgery) outputOf(kind Role) int {
	for j, r := range f.sh.roles {
		if r.kind == kind {
			return j
		}
	}
	return -1
}

// give makes the output of a role somebody's, of a value more.
func give(kind Role, more Amount, toPayee bool) func(w *World, from, to *Party, r *rand.Rand) hooks {
	return func(w *World, from, to *Party, r *rand.Rand) hooks {
		return hooks{outputs: func(f *forgery) {
			j, owner := f.outputOf(kind), from.pid
			if toPayee {
				owner = to.pid
			}
			if j >= 0 {
				f.output(j, owner, f.truth[j].Amount+more)
			}
		}}
	}
}

var lies = []lie{
	{name: "change for another", hooks: give(Own, 0, true)},
	{name: "more change", hooks: give(Own, 1000, false)},
	{name: "more for the payee", hooks: give(Payee, 1000, true)},
	{name: "budget for another", hooks: give(BudgetChange, 0, true)},
	{name: "more budget", hooks: give(BudgetChange, 1000, false)},
	{name: "a refund for another", hooks: give(Refund, 0, true)},
	{name: "a refund of more", hooks: give(Refund, 1000, false)},
	{name: "a budget refund of more", hooks: give(BudgetRefund, 1000, false)},
	{name: "another epoch", draft: func(_ *World, d *draft, _, _ *Party) bool { d.Epoch++; return true }},
	{name: "a coin spent before", draft: func(_ *World, d *draft, from, _ *Party) bool {
		for _, c := range from.spent {
			if c.asset == d.Asset && c.epoch == 0 {
				d.Inputs[0] = c.Holding
				return true
			}
		}
		return false
	}},
	{name: "a coin twice", draft: func(_ *World, d *draft, _, _ *Party) bool {
		d.Inputs = append(d.Inputs, d.Inputs[0])
		return len(d.Inputs) <= MaxInputs
	}},
	{name: "another's coin", draft: func(w *World, d *draft, _, to *Party) bool {
		d.Inputs[0] = w.publicCoin(to.pid, d.Asset, false)
		return true
	}},
	{name: "another's budget", draft: func(w *World, d *draft, _, to *Party) bool {
		if d.Budget == nil {
			return false
		}
		d.Budget = w.publicCoin(to.pid, d.Asset, true)
		return true
	}},
	{name: "money as budget", draft: func(_ *World, d *draft, from, _ *Party) bool {
		for _, c := range from.coins {
			if d.Budget != nil && c.epoch == 0 && c.Holding != d.Inputs[0] && c.value >= d.Values[0] {
				d.Budget = c.Holding
				return true
			}
		}
		return false
	}},
	{name: "budget as money", draft: func(_ *World, d *draft, from, _ *Party) bool {
		for _, c := range from.coins {
			if c.epoch != 0 && c.Holding != d.Budget {
				d.Inputs[0] = c.Holding
				return true
			}
		}
		return false
	}},
	{name: "a payment as if to oneself", draft: func(w *World, d *draft, _, _ *Party) bool {
		d.Case, d.Budget, d.Change, d.Payee = Self, nil, 0, nil
		return true
	}, hooks: give(Own, 0, true)},
	{name: "an anonymous payment that says audited", hooks: func(*World, *Party, *Party, *rand.Rand) hooks {
		return hooks{proof: func(f *forgery) { f.t.header.use ^= Anonymous ^ Audited }}
	}},
	{name: "another circuit", hooks: func(w *World, _, _ *Party, r *rand.Rand) hooks {
		return hooks{header: func(f *forgery) { f.t.header.circuit = w.Keys[r.IntN(len(w.Keys))].CircuitID() }}
	}},
	{name: "less fee", hooks: func(*World, *Party, *Party, *rand.Rand) hooks {
		return hooks{outputs: func(f *forgery) {
			if f.public.PublicOut > 0 {
				f.public.PublicOut--
				f.values.Out[1]++
				f.w[varOut(1)] = curve.Uint64(uint64(f.values.Out[1]))
				f.output(1, f.d.pid, f.values.Out[1])
			}
		}}
	}},
	{name: "a burn for another", hooks: func(_ *World, _, to *Party, _ *rand.Rand) hooks {
		return hooks{outputs: func(f *forgery) {
			if f.t.burn.amount > 0 {
				f.t.burn.account = to.pid
			}
		}}
	}},
	{name: "another audit record", hooks: func(_ *World, _, _ *Party, r *rand.Rand) hooks {
		return hooks{outputs: func(f *forgery) {
			if f.t.audit != nil {
				f.shifted(r.IntN(1+AuditComponents), curve.Generator())
			}
		}}
	}},
	{name: "another tax", hooks: func(_ *World, _, _ *Party, r *rand.Rand) hooks {
		return hooks{outputs: func(f *forgery) {
			if f.t.tax != nil {
				f.taxShifted(r.IntN(1+TaxComponents), curve.Generator())
			}
		}}
	}},
	{name: "a nullifier of no coin", hooks: func(w *World, _, _ *Party, r *rand.Rand) hooks {
		return hooks{nullifier: func(f *forgery) {
			f.t.inputs[0].nullifier = w.nullifierAt(randomPoint(fmt.Sprint("nullifier", r.Uint64())))
		}}
	}},
}

// Lies is how many lies there are.
func Lies() int { return len(lies) }

// coinsOf are a party's coins of money, or of a counter in an epoch.
func (u *Party) coinsOf(asset, counter string, e Epoch) (coins []partyCoin) {
	kind := moneyKind(asset)
	if counter != "" {
		kind = budget.Kind(counter, asset, e)
	}
	for _, c := range u.coins {
		if c.attribute(coinKind) == kind {
			coins = append(coins, c)
		}
	}
	return coins
}

// Attempt is a transfer of a party's that chance makes, in a case, with a lie if told is not
// negative; nil where there is nothing to spend, or no proof of it can be made.
func (w *World) Attempt(r *rand.Rand, from, to *Party, use Case, asset string, e Epoch, told int) (a *Attempt) {
	row, coins := w.Parameters.rows[rowUse{asset, use}], from.coinsOf(asset, "", 0)
	if row == nil || len(coins) == 0 || from.Credential == nil || to.Registered == nil {
		return nil
	}
	d := &draft{Draft{Case: use, Asset: asset, Epoch: e, Credential: from.Credential}, from.pid, from.note}
	r.Shuffle(len(coins), func(i, j int) { coins[i], coins[j] = coins[j], coins[i] })
	sum := Amount(0)
	for _, c := range coins[:1+r.IntN(min(3, len(coins)))] {
		d.Inputs, sum = append(d.Inputs, c.Holding), sum+c.value
	}
	fee, _ := row.Fee.of(len(d.Inputs))
	most := row.limit()
	if row.Counter != "" {
		budgets := from.coinsOf(asset, row.Counter, e)
		if len(budgets) == 0 {
			return nil
		}
		d.Budget = budgets[0].Holding
		if most == 0 {
			most = d.Budget.value()
		}
		most = min(most, d.Budget.value())
	}
	if sum < fee+2 {
		return nil
	}
	most = min(most, (sum-fee)*9/10)
	if most == 0 {
		return nil
	}
	d.Values = []Amount{1 + Amount(r.Uint64N(uint64(most))), 0}
	if cases[use].publicOut {
		d.Burn = Amount(r.Uint64N(uint64(sum - fee - d.Values[0] + 1)))
	} else {
		d.Payee = to.Registered
		if to.former != nil && e <= to.until && r.IntN(2) == 0 {
			d.Payee = to.former // as who has not heard yet
		}
	}
	a = new(Attempt)
	var h hooks
	if told >= 0 {
		l := lies[told]
		a.Lie = l.name
		defer func() {
			if recover() != nil { // of a lie of which there is no proof
				a = nil
			}
		}()
		if l.draft != nil && !l.draft(w, d, from, to) {
			return nil
		}
		if l.hooks != nil {
			h = l.hooks(w, from, to, r)
		}
	}
	var ok bool
	if a.Tax, ok = w.balance(d); !ok {
		return nil
	}
	last := h.proof
	h.proof = func(f *forgery) {
		a.Gets = append(f.truth, Gain{To: f.t.burn.account, Amount: f.t.burn.amount, Money: true})
		run(last, f)
	}
	a.Op = w.forge(d, h)
	return a
}

// balance makes a draft add up, with less for output 0 if it must, and returns the tax by
// total.
func (w *World) balance(d *draft) (tax Amount, ok bool) {
	row := w.Parameters.rows[rowUse{d.Asset, d.Case}]
	fee, _ := row.Fee.of(len(d.Inputs))
	sum := Amount(0)
	for _, c := range d.Inputs {
		sum += c.value()
	}
	circuit := w.keyFor(w.Parameters, row).Circuit()
	for ; d.Values[0] > 0; d.Values[0] /= 2 {
		v := rangeproof.Values{Out: []Amount{d.Values[0], 0}}
		circuit.Complete(&v)
		if rest := v.Out[0] + v.Due + fee + d.Burn; rest <= sum && (d.Budget == nil || d.Values[0] <= d.Budget.value()) {
			d.Values[1] = sum - rest
			if d.Budget != nil {
				d.Change = d.Budget.value() - d.Values[0]
			}
			return v.Due, true
		}
	}
	return 0, false
}

// gains are who gets the outputs of a draft that does not lie.
func (d *draft) gains(sh *shape) (gains []Gain) {
	for j, r := range sh.roles {
		g := Gain{To: d.pid, Money: r.kind != BudgetChange && r.kind != BudgetRefund, Back: r.kind == Refund || r.kind == BudgetRefund}
		switch r.kind {
		case Payee:
			g.To, g.Amount = d.Payee.pid, d.Values[j]
		case Fixed:
			g.To, g.Amount = r.pid, d.Values[j]
		case Own:
			g.Amount = d.Values[j]
		case BudgetChange:
			g.Amount = d.Change
		case BudgetRefund:
			g.Amount = d.Budget.value()
		case Refund:
			for _, c := range d.Inputs {
				g.Amount += c.value()
			}
		}
		gains = append(gains, g)
	}
	return gains
}
