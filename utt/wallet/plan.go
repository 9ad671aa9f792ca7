package wallet

import (
	"fmt"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
)

// Plan is how a private payment would be made now.
type Plan struct {
	Case   utt.Case
	Asset  string
	Amount utt.Amount
	Fee    utt.Amount // of the payment and of the transfers before it
	Total  utt.Amount // with what the policy adds: tax, and the fee
	Merges int        // transfers to oneself before it, because it has at most MaxInputs inputs
	// Audit says, in the audited cases, what auditors open to decide, how long they have, and
	// how long the payment waits once they have approved it.
	Audit utt.Audit
	// Counter is the budget that the payment takes, "" if it takes none.
	Counter string
	// Learns says who learns what.
	Learns []string
}

// opened is what auditors open to decide, and what stays sealed.
var opened = map[utt.Reveals]struct{ open, sealed string }{
	utt.RevealAmount:         {"the amount", "who pays whom stays sealed"},
	utt.RevealAmountAndPayee: {"the amount and whom it is for", "who pays stays sealed"},
	utt.RevealAll:            {"the amount, who pays, and whom", "nothing stays sealed"},
}

// learn says who learns what of a payment by a row, which may be taxed by total.
func (p *Plan) learn(row *utt.Row, total bool) {
	before := ""
	if p.Merges > 0 { // in the self case, and just before
		before = ", and by the time probably that its sender made the transfers to himself before it"
	}
	what, payee := "a private payment", "the payee: amount, memo, time; not who paid"
	if p.Audit.Reveals != 0 {
		what = fmt.Sprintf("a payment in case %v", p.Case)
		payee = "the payee, as soon as it is held: amount, memo, time, and what becomes of it; not who paid"
		before += ", what the auditors decide, and when"
	}
	p.Learns = append(p.Learns, payee,
		"everybody: that "+what+" of this asset was made, and with how many inputs"+before+"; not from whom, to whom, or how much")
	if o, ok := opened[p.Audit.Reveals]; ok {
		p.Learns = append(p.Learns, fmt.Sprintf("as many auditors together as it takes: %s, to decide; %s unless a warrant names it; one of them alone: nothing", o.open, o.sealed))
	}
	for _, pid := range row.Fixed {
		p.Learns = append(p.Learns, fmt.Sprintf("%v: what the rules give it, and what follows of the amount; not who paid, or whom", pid))
	}
	if total {
		p.Learns = append(p.Learns, "enough of those who decrypt taxes, together: the tax of many payments in one sum; and against the rules, this amount")
	}
}

// String is the plan in a few words.
func (p *Plan) String() string {
	if p == nil {
		return "no plan"
	}
	text := fmt.Sprintf("%d %v, %d in all", p.Amount, p.Case, p.Total)
	if p.Counter != "" && p.Counter != budget.Privacy {
		text += fmt.Sprintf(", within the counter %q", p.Counter)
	}
	if o, ok := opened[p.Audit.Reveals]; ok {
		text += fmt.Sprintf("; auditors open %s, %s, and have %v to decide", o.open, o.sealed, p.Audit.Expire)
	}
	if p.Audit.Delay >= time.Second {
		text += fmt.Sprintf("; it executes %v after their approval, and can be vetoed until then", p.Audit.Delay)
	}
	return text
}
