package wallet

import (
	"fmt"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
)

// Funds are what may be missing.
type Funds string

// The kinds of funds.
const (
	FundsMoney   Funds = "money"               // private, in coins
	FundsBudget  Funds = "budget"              // of a counter, in one coin of the present epoch
	FundsAccount Funds = "the account's money" // ordinary
)

// FundsError says what is missing, as of the wallet's last Sync: money that is not
// there, or money that is there and waits for a pending operation.
type FundsError struct {
	What      Funds
	Need      utt.Amount
	Spendable utt.Amount // now
	Pending   utt.Amount // locked by operations not yet decided
	Waiting   int        // of a light wallet, records that wait for their details, and may have more
	Budget    Budget     // where that is missing: which there is, and when to ask for the next
	// Beyond is, where the privacy budget is missing, how PayAs could make the payment in
	// another case, and who would learn what; nil if it could not.
	Beyond *Plan
}

func (e *FundsError) Error() string {
	if e == nil {
		return utt.ErrInsufficient.Error()
	}
	beyond := ""
	if e.Beyond != nil {
		beyond = fmt.Sprintf("; or say so to PayAs: %v", e.Beyond)
	}
	what := string(e.What)
	if e.What == FundsBudget && e.Budget.Counter != "" && e.Budget.Counter != budget.Privacy {
		what = fmt.Sprintf("the counter %.64q", e.Budget.Counter)
	}
	if e.Spendable+e.Pending >= e.Need {
		return fmt.Sprintf("utt: %d of %s needed, %d spendable now and %d once pending operations are decided: wait and retry, or Abandon one%s",
			e.Need, what, e.Spendable, e.Pending, beyond)
	}
	pending := ""
	if e.Pending > 0 {
		pending = fmt.Sprintf(", %d of it pending", e.Pending)
	}
	if e.What == FundsBudget {
		return fmt.Sprintf("utt: %d of %s needed, only %d owned in epoch %d%s: %s%s",
			e.Need, what, e.Spendable+e.Pending, e.Budget.Epoch, pending, e.Budget.advice(), beyond)
	}
	if e.Waiting > 0 {
		pending += fmt.Sprintf("; %d records wait for their details, and may have more: CatchUp reads them", e.Waiting)
	}
	return fmt.Sprintf("utt: %d of %s needed, only %d owned as of the last sync%s", e.Need, what, e.Spendable+e.Pending, pending)
}

// Budget is what a wallet may pay in the present epoch by a counter, such as the privacy
// budget, and what it is to ask for next.
type Budget struct {
	Counter   string     // budget.Privacy, or another of the policy's
	Epoch     utt.Epoch  // the present one, by certificate or clock, whichever is later
	Certified utt.Epoch  // that of the last certificate
	Allowance utt.Amount // that the user's class is granted in an epoch; 0 if it has no budget
	Granted   bool       // the present epoch's is on record
	Amount    utt.Amount // that can be paid now
	Pending   utt.Amount // locked by operations not yet decided
	// Next is the first epoch, from the present one on, whose budget is not on record, 0
	// if the class has none. When is the time at which to ask for it, drawn so that many
	// users do not ask at once: if it is past, now. It can be asked for at any time of the
	// epoch before.
	Next utt.Epoch
	When time.Time
	// Suspended says that the authority has suspended the user, who is granted nothing until
	// it lifts that.
	Suspended bool
}

// advice says what to do for more.
func (b *Budget) advice() string {
	text := ""
	if b.Epoch != b.Certified {
		text = fmt.Sprintf("it is that by the clock, and %d by the last certificate; ", b.Certified)
	}
	switch {
	case b.Suspended:
		return text + "the user is suspended, and granted none"
	case b.Next == 0:
		return text + "the user's class has none"
	case b.Next == b.Epoch:
		return text + b.request() + " asks for it, once in every epoch"
	}
	return text + b.request() + fmt.Sprintf(" asks for that of epoch %d, from %v on", b.Next, b.When.Format(time.RFC3339))
}

// request is the method that asks for more.
func (b *Budget) request() string {
	if b.Counter != "" && b.Counter != budget.Privacy {
		return "RequestCounter"
	}
	return "RequestBudget"
}

// Unwrap is ErrInsufficient.
func (e *FundsError) Unwrap() error { return utt.ErrInsufficient }
