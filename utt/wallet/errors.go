package wallet

import (
	"fmt"

	"github.com/utt-ecash/utt-go/utt"
)

// Funds are what may be missing.
type Funds string

// The kinds of funds.
const (
	FundsMoney   Funds = "money"               // private, in coins
	FundsBudget  Funds = "budget"              // in one coin, of the epoch of the last sync
	FundsAccount Funds = "the account's money" // ordinary
)

// FundsError says what is missing, as of the wallet's last Sync: money that is not
// there, or money that is there and waits for a pending operation.
type FundsError struct {
	What      Funds
	Need      utt.Amount
	Spendable utt.Amount // now
	Pending   utt.Amount // locked by operations not yet decided
}

func (e *FundsError) Error() string {
	if e == nil {
		return utt.ErrInsufficient.Error()
	}
	if e.Spendable+e.Pending >= e.Need {
		return fmt.Sprintf("utt: %d of %s needed, %d spendable now and %d once pending operations are decided: wait and retry",
			e.Need, e.What, e.Spendable, e.Pending)
	}
	pending := ""
	if e.Pending > 0 {
		pending = fmt.Sprintf(", %d of it pending", e.Pending)
	}
	if e.What == FundsBudget {
		return fmt.Sprintf("utt: %d of %s needed, only %d owned in the epoch of the last sync%s: RequestBudget asks for it, once in every epoch",
			e.Need, e.What, e.Spendable+e.Pending, pending)
	}
	return fmt.Sprintf("utt: %d of %s needed, only %d owned as of the last sync%s", e.Need, e.What, e.Spendable+e.Pending, pending)
}

// Unwrap is ErrInsufficient.
func (e *FundsError) Unwrap() error { return utt.ErrInsufficient }
