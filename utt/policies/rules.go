package policies

import (
	"slices"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
)

// Rules are the choices of a jurisdiction. The zero value is BudgetOnly.
type Rules struct {
	// Held are rows of audited and delayed payments, without circuit and fixed outputs, which
	// Table fills in. One without a fee has the fee of all.
	Held []utt.Row

	// Tax is what a payment costs its sender besides, in basis points of the amount, rounded
	// up. By total, it is shown to those who decrypt it; otherwise every payment has an output
	// of its own for TaxTo, who learns so of each what it was.
	Tax        uint16
	TaxByTotal bool
	TaxTo      utt.PID

	// Fee is what every transfer costs, transfers to oneself included.
	Fee utt.Fee
}

// BudgetOnly has private payments within the budget, and no others.
func BudgetOnly() Rules { return Rules{} }

// Audited has besides, beyond the budget, payments of up to approved, for which auditors
// open amount and payee and have an hour to decide; and of up to delayed, for which they open
// the payer too, have a day, and can veto for a day after they have approved. What they do
// not decide in time is refunded.
func Audited(approved, delayed utt.Amount) Rules {
	return Rules{Held: []utt.Row{
		{Case: utt.Audited, Limit: approved, Audit: utt.Audit{Reveals: utt.RevealAmountAndPayee, Expire: time.Hour}},
		{Case: utt.Delayed, Limit: delayed, Audit: utt.Audit{Reveals: utt.RevealAll, Expire: 24 * time.Hour, Delay: 24 * time.Hour}},
	}}
}

// TaxedByTotal is Audited with a tax on every payment, in basis points.
func TaxedByTotal(approved, delayed utt.Amount, tax uint16) Rules {
	r := Audited(approved, delayed)
	r.Tax, r.TaxByTotal = tax, true
	return r
}

// Table makes the policy table.
func (r Rules) Table() *Table {
	pay, outputs, rules := utt.Row{Case: utt.Anonymous, Counter: budget.Privacy, Fee: r.Fee}, 2, []rangeproof.Rule{rangeproof.Pays()}
	switch {
	case r.TaxByTotal:
		rules = append(rules, rangeproof.TaxByTotal(r.Tax))
	case r.Tax > 0:
		outputs, rules = 3, append(rules, rangeproof.Tax(2, r.Tax))
		if r.TaxTo != (utt.PID{}) {
			pay.Fixed = map[int]utt.PID{2: r.TaxTo}
		}
	}
	t := new(Table)
	t.add(utt.Row{Case: utt.Self, Fee: r.Fee}, 2)
	t.add(pay, outputs, rules...)
	for _, held := range r.Held {
		if held.Fixed = pay.Fixed; held.Fee == (utt.Fee{}) {
			held.Fee = r.Fee
		}
		if held.Counter == "" {
			t.add(held, outputs, rules...)
		} else { // within a counter and up to a limit
			t.add(held, outputs, append(slices.Clip(rules), rangeproof.Limited())...)
		}
	}
	return t
}
