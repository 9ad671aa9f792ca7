package utt

import (
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/threshold"
)

// Grounds are what an auditor's share of a decryption rests on: for a decision Payment and
// Settlement; for a warrant Payment, Warrant, End and Opening; for a sum Sum alone. All
// records must be certified, which is for the caller to verify [CERT-1]: a record carries
// its ciphertext without the proof that whoever made it knew what is in it.
type Grounds struct {
	Now        uint64          // time of the last certified block, in seconds since 1970
	Payment    *Record         // as it was held
	Kept       *HeldPayment    // of it, in place of Payment
	Settlement *Record         // the latest of the payment; nil if there is none
	Warrant    *Record         // nil if auditors are to decide
	End        *Record         // the latest opening or voiding of the warrant; nil if there is neither
	Opening    *WarrantOpening // of a sealed warrant that is not opened yet, as its author gave it
	Sum        *Record         // nil but for a sum
}

// Purposes of decryption, which shares are bound to.
const (
	purposeDecide  = "decide"  // the ID of the payment
	purposeWarrant = "warrant" // the number of the warrant, the ID of the payment
	purposeSum     = "sum"     // the set
)

// Disclose is the one place that says when an auditor gives a share of a decryption, and on
// what. ErrPolicy says why he gives none:
//
//	[ASK-RECORD]   the payment has an audit record, on this network under these parameters
//	[ASK-DECIDE]   without a warrant: it waits for the auditors' decision at that time, and
//	               no more is opened than its row reveals
//	[ASK-WARRANT]  the authority of its time signed the warrant, which is not void, and not
//	               overdue unless it is opened; nothing is wrong with its opening
//	[ASK-NAMED]    the warrant names the payment and all components
//	[ASK-SUM]      the amount of a sum on record, of an epoch that is over and of at least
//	               MinSum payments
//
// A share is bound to the network and to the purpose: to the payment that is decided on, to
// the warrant's number and the payment, or to the set.
func (p *Parameters) Disclose(g Grounds, what Components) (*threshold.Request, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if !what.Valid() {
		return nil, fmt.Errorf("%w: to open %v", ErrInvalid, what)
	}
	var c batch.Claims
	var e *threshold.Ciphertext
	purpose, about := purposeDecide, [][]byte(nil)
	switch {
	case g.Sum != nil:
		purpose = purposeSum
		e, about = p.discloseSum(&c, &g, what)
	case g.Warrant != nil:
		purpose = purposeWarrant
		var h *HeldPayment
		if h, _, e = p.payment(&c, &g); e != nil {
			about = p.discloseByWarrant(&c, &g, h, what)
		}
	default:
		var h *HeldPayment
		var w Wait
		if h, w, e = p.payment(&c, &g); e != nil {
			about = p.discloseToDecide(&c, &g, h, &w, what)
		}
	}
	if err := c.Err(); err != nil {
		return nil, fmt.Errorf("%w: no share: %w", ErrPolicy, err)
	}
	if e == nil || about == nil {
		return nil, fmt.Errorf("%w: no share on nothing", ErrPolicy)
	}
	subject, err := threshold.NewSubject(p.network, purpose, about...)
	if err != nil {
		return nil, fmt.Errorf("%w: no share: %w", ErrInvalid, err)
	}
	r, err := threshold.NewRequest(subject, e, what.Indices()...)
	if err != nil {
		return nil, fmt.Errorf("%w: no share: %w", ErrInvalid, err)
	}
	return r, nil
}

// payment is that of the grounds as it was held, how it waited, and its audit record: nil
// with a failed claim.
func (p *Parameters) payment(c *batch.Claims, g *Grounds) (*HeldPayment, Wait, *threshold.Ciphertext) {
	h := g.Kept
	if h == nil {
		h, _ = g.Payment.HeldPayment(p)
	}
	w, waits := h.wait(p)
	if !c.Require("ASK-RECORD", waits, "not the record of a payment as it was held here") || h == nil {
		return h, w, nil
	}
	return h, w, h.auditRecord()
}

func (p *Parameters) discloseToDecide(c *batch.Claims, g *Grounds, h *HeldPayment, w *Wait, what Components) [][]byte {
	due := h.time + uint64(w.Audit.Expire.Seconds())
	waits := true
	if s := g.Settlement; s != nil {
		e, ok := s.entry.(*settlement)
		if waits = ok && s.id == h.id && s.status == Approved; waits {
			due = e.due
		}
	}
	c.Require("ASK-DECIDE", waits && g.Now < due, "%v does not wait for a decision at %d", h.id, g.Now)
	reveals := w.Audit.Reveals.Components()
	c.Require("ASK-DECIDE", what.In(reveals), "%v of a payment whose row reveals %v", what, reveals)
	return [][]byte{h.id[:]}
}

func (p *Parameters) discloseByWarrant(c *batch.Claims, g *Grounds, h *HeldPayment, what Components) [][]byte {
	w, ok := g.Warrant.entry.(*warrantEntry)
	if !c.Require("ASK-WARRANT", ok, "not the record of a warrant") || !ok {
		return nil
	}
	if !w.claim(p.at(g.Warrant.time), c, w.signature) {
		return nil
	}
	named := w.warrantOrder
	switch end := g.End; {
	case end != nil:
		o, opened := end.entry.(*warrantOpeningEntry)
		ok := opened && o.violation == 0 && o.opens(&w.warrantOrder)
		if !c.Require("ASK-WARRANT", ok, "warrant %d is void, or its opening is wrong or another's", w.number) || !opened {
			return nil
		}
		named.transfers, named.components = o.transfers, o.components
	case w.isSealed():
		violation, err := g.Warrant.Open(g.Opening)
		if !c.Require("ASK-WARRANT", err == nil && violation == 0, "not the opening of warrant %d, which is sealed", w.number) || g.Opening == nil {
			return nil
		}
		named.transfers, named.components = g.Opening.transfers, g.Opening.components
	}
	c.Require("ASK-WARRANT", g.End != nil || g.Now < w.until, "warrant %d had to be opened by %d", w.number, w.until)
	_, found := slices.BinarySearchFunc(named.transfers, h.id, compareIDs)
	c.Require("ASK-NAMED", found, "warrant %d does not name %v", w.number, h.id)
	c.Require("ASK-NAMED", what.In(named.components), "%v of payments of which warrant %d names %v", what, w.number, named.components)
	return [][]byte{be64(w.number), h.id[:]}
}

func (p *Parameters) discloseSum(c *batch.Claims, g *Grounds, what Components) (*threshold.Ciphertext, [][]byte) {
	s := g.Sum.Sum()
	if !c.Require("ASK-SUM", s != nil && g.Sum.id == s.set.id(p.network), "not the record of a sum here") || s == nil {
		return nil, nil
	}
	least := p.At(s.set.Epoch).MinSum()
	c.Require("ASK-SUM", least > 0 && s.count >= uint64(least), "a sum of %d, of at least %d", s.count, least)
	over := g.Sum.time >= p.config.Policy.StartOf(s.set.Epoch+1)
	c.Require("ASK-SUM", over, "a sum of epoch %d, which is not over", s.set.Epoch)
	c.Require("ASK-SUM", what == ComponentAmount, "%v of a sum, which has the amount", what)
	return s.total, [][]byte{s.set.append(nil)}
}
