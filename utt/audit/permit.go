package audit

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// grounds are what certified records say about a subject.
type grounds struct {
	utt.Grounds
	rules *utt.Parameters
	what  utt.Components // to be opened: what the row reveals, the warrant names, a sum has
}

// grounds are those that the auditor has followed, and nothing that he was told:
//
//	[ENC-FROM]  a share is given of what certified records hold, since a record comes without
//	            the proof that its maker knows what is in it
func (a *Auditor) grounds(of subject) (g grounds, err error) {
	g.rules, g.Now = a.rules, a.time()
	var c batch.Claims
	switch of.purpose {
	case ToDecide:
		p := a.payments[of.id]
		if c.Require("ENC-FROM", p != nil, "no certified record holds %v", of.id) && p != nil {
			g.Kept, g.Settlement, g.what = a.held[of.id], p.settlement, p.Reveals.Components()
		}
	case ByWarrant:
		w, held := a.warrants[of.number], a.held[of.id]
		if c.Require("ENC-FROM", w != nil && held != nil, "no certified record is of warrant %d, or has ever held %v", of.number, of.id) && w != nil {
			g.Warrant, g.End, g.Opening = w.record, w.end, w.private
			g.Kept, g.what = held, w.terms.Components
		}
	case ForSum:
		s := a.sums[of.id]
		if c.Require("ENC-FROM", s != nil, "no certified record is of sum %v", of.id) && s != nil {
			g.Sum, g.what = s.record, utt.ComponentAmount
		}
	}
	if err := c.Err(); err != nil {
		return g, fmt.Errorf("%w: %w", utt.ErrPolicy, err)
	}
	return g, nil
}

// permit is the one place that says of what an auditor gives shares, which is by
// Parameters.Disclose of what is on record: what a share is made on.
func (g *grounds) permit() (*threshold.Request, error) {
	return g.rules.Disclose(g.Grounds, g.what)
}

// stands reports whether what was permitted still is, by the last certificate and the clock:
// time and the end of a warrant are all that changes.
func (a *Auditor) stands(of subject) bool {
	switch of.purpose {
	case ToDecide:
		p := a.payments[of.id]
		return p != nil && a.open(p)
	case ByWarrant:
		w := a.warrants[of.number]
		return w != nil && w.stands(a.time())
	case ForSum:
		return a.sums[of.id] != nil
	}
	return false
}

// open reports whether a decision on a payment is still possible, by the last certificate
// and the clock.
func (a *Auditor) open(p *payment) bool { return a.time() < p.Due }
