package budget_test

import (
	"fmt"
	"time"

	"github.com/utt-ecash/utt-go/budget"
)

// A budget of 500 a month for private users and of 20 000 for merchants.
func Example() {
	p := budget.Policy{
		Start:       time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		EpochLength: 30 * 24 * time.Hour,
		Classes:     []budget.Amount{500, 20_000},
	}
	if err := p.Validate(); err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)
	epoch, err := p.EpochAt(uint64(now.Unix()))
	if err != nil {
		fmt.Println(err)
		return
	}
	merchant, err := p.Amount(budget.Privacy, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("epoch", epoch, "with a budget of", merchant)
	fmt.Println("granted already:", budget.Grantable(epoch+1, epoch), "- later:", budget.Grantable(epoch+2, epoch))
	// Output:
	// epoch 3 with a budget of 20000
	// granted already: true - later: false
}
