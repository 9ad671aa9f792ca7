package audit

import (
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
)

// permit is the one place that says of what an auditor gives shares: nil for yes.
//
//	[ENC-FROM]     of a record that is certified and held, since a record comes without the
//	               proof that its maker knows what is in it
//	[AUD-REVEALS]  to decide, of the components that the payment's row reveals, while a
//	               decision is possible
//
// A warrant is another purpose, with components of its own.
func (a *Auditor) permit(why purpose, transfer utt.ID, components []int) error {
	p := a.payments[transfer] // those that certified records hold
	var c batch.Claims
	if c.Require("ENC-FROM", p != nil, "no certified record holds %v", transfer) && p != nil {
		c.Require("AUD-REVEALS", why == toDecide, "no share to %v", why)
		c.Require("AUD-REVEALS", slices.Equal(components, p.Reveals.Components().Indices()), "components %v of a payment whose %v is revealed", components, p.Reveals)
		c.Require("AUD-REVEALS", a.open(p), "%v was due at %d", transfer, p.Due)
	}
	if err := c.Err(); err != nil {
		return fmt.Errorf("%w: %w", utt.ErrPolicy, err)
	}
	return nil
}

// open reports whether a decision on a payment is still possible, by the last certificate
// and the clock.
func (a *Auditor) open(p *payment) bool { return a.time() < p.Due }
