package ledger

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
)

// This file is the hold machine. An operation that is held has consumed its nullifiers, for
// good, and leaves two sets of outputs, of which exactly one is signed later:
//
//	held ──approval──▶ executed           held ──veto, expiry──▶ refunded
//	held ──approval──▶ approved ──delay──▶ executed, or ──veto──▶ refunded
//
//	[HOLD-ONE]   a final status is written once and never changes
//	[HOLD-DUE]   what is due by time is decided by the block's time, not by whether it was
//	             processed: past its due time it accepts no decision

// hold is the state of an operation that is or was held.
type hold struct {
	status utt.Status
	due    uint64     // of what comes by itself: the expiry where held, the execution where approved
	at     utt.Cursor // of the record that it left when it was held, with its audit record
}

func (h *hold) encode() []byte {
	b := wire.AppendUint64([]byte{byte(h.status)}, h.due)
	return wire.AppendUint32(wire.AppendUint64(b, h.at.Height), h.at.Index)
}

func decodeHold(b []byte) (h hold, err error) {
	r := wire.NewReader(b)
	h = hold{utt.Status(r.Byte()), r.Uint64(), utt.Cursor{Height: r.Uint64(), Index: r.Uint32()}}
	if err := r.Close(); err != nil {
		return hold{}, fmt.Errorf("%w: a held operation: %w", utt.ErrMalformed, err)
	}
	return h, nil
}

// hold is what the state says of a transfer that is or was held; ok is false for any other.
func (x *execution) hold(id utt.ID) (h hold, ok bool) {
	b := x.get(holdKey(id))
	if b == nil {
		return hold{}, false
	}
	h, err := decodeHold(b)
	if err != nil {
		x.fail(err)
		return hold{}, false
	}
	return h, true
}

// beginHold holds a transfer, which was put on record. Its outputs stay in the state until
// it is settled.
func (x *execution) beginHold(id utt.ID, w utt.Wait) {
	h := hold{status: utt.Held, due: after(x.time, w.Audit.Expire)}
	if n := len(x.pending); n > 0 {
		h.at = x.pending[n-1].Cursor()
		x.put(heldKey(id), x.pending[n-1].AppendUnsigned(nil))
	}
	x.put(holdKey(id), h.encode())
	x.enqueue(queue{w.Version, uint16(w.Row), waitExpiry}, h.due, id)
}

// held is the record of a transfer that waits.
func (x *execution) held(id utt.ID) *utt.Record {
	b := x.get(heldKey(id))
	if b == nil {
		x.fail(fmt.Errorf("%w: held transfer %v without its outputs", utt.ErrMalformed, id))
		return nil
	}
	r, err := utt.ParseUnsigned(b)
	if err != nil {
		x.fail(err)
		return nil
	}
	return r
}

// settle moves a transfer that waits on to a status, and puts that on record.
func (x *execution) settle(id utt.ID, to utt.Status, cause utt.Cause) {
	r := x.held(id)
	if r == nil {
		return
	}
	w, ok := r.Wait(x.p)
	if !ok {
		x.fail(fmt.Errorf("%w: transfer %v waits for nothing", utt.ErrMalformed, id))
		return
	}
	h := hold{status: to, at: r.Cursor()}
	if to == utt.Approved {
		h.due = after(x.time, w.Audit.Delay)
		x.enqueue(queue{w.Version, uint16(w.Row), waitDelay}, h.due, id)
	} else {
		x.remove(heldKey(id))
	}
	if to == utt.Executed {
		x.takeFee(w.Asset, w.Fee, w.FeeTo)
		x.joinTax(w.Asset, w.Tax) // [TAX-HELD]
		x.addUp(utt.SumVolume, w.Asset, r.AuditRecord())
	}
	x.put(holdKey(id), h.encode())
	if x.verdicts == nil {
		return
	}
	s, err := r.Settle(x.p, to, cause, h.due, x.next(), x.time)
	if err != nil {
		x.fail(err)
		return
	}
	x.pending = append(x.pending, s)
}

// decide applies the auditors' approval or veto.
func (x *execution) decide(d *utt.Decision) *utt.Rejection {
	h, ok := x.hold(d.Transfer())
	if !ok {
		return x.reject(utt.CodeNotHeld, "AUD-HELD", "%v was never held", d.Transfer())
	}
	waits := h.status == utt.Held || h.status == utt.Approved && d.Verb() == utt.Veto
	if !waits && batch.Enforced("HOLD-ONE") {
		return x.reject(utt.CodeNotHeld, "HOLD-ONE", "%v is %v already", d.Transfer(), h.status)
	}
	if x.time >= h.due && batch.Enforced("HOLD-DUE") {
		return x.reject(utt.CodeNotHeld, "HOLD-DUE", "%v was due at %d, it is %d", d.Transfer(), h.due, x.time)
	}
	switch {
	case d.Verb() == utt.Veto:
		x.settle(d.Transfer(), utt.Refunded, utt.ByVeto)
	case x.delayed(d.Transfer()):
		x.settle(d.Transfer(), utt.Approved, utt.ByApproval)
	default:
		x.settle(d.Transfer(), utt.Executed, utt.ByApproval)
	}
	return nil
}

// delayed reports a transfer that waits after its approval.
func (x *execution) delayed(id utt.ID) bool {
	r := x.held(id)
	if r == nil {
		return false
	}
	w, _ := r.Wait(x.p)
	return w.Audit.Delay > 0
}

// takeFee credits a fee.
func (x *execution) takeFee(asset string, fee utt.Amount, to utt.PID) {
	if fee > 0 {
		x.credit(to, asset, fee)
	}
}

// settleDue settles what is due by time, before the operations of a block. Sums that it
// puts on record count as transitions.
func (x *execution) settleDue() {
	x.op = nil
	for range utt.MaxTransitions - x.closeSums() {
		x.current, x.pending = x.current[:0], nil
		wait, id, ok := x.dequeue()
		if !ok || x.err != nil {
			return
		}
		switch h, held := x.hold(id); {
		case !held:
			x.fail(fmt.Errorf("%w: %v waits and was never held", utt.ErrMalformed, id))
		case wait == waitExpiry && h.status == utt.Held:
			x.settle(id, utt.Refunded, utt.ByExpiry)
		case wait == waitDelay && h.status == utt.Approved:
			x.settle(id, utt.Executed, utt.ByDelay)
		}
		x.commit()
	}
}

// Hold is what became of a transfer that was held, and, where it still waits, when it
// expires, or executes if it is approved. The error is ErrNotFound for any other.
func (l *Ledger) Hold(id utt.ID) (status utt.Status, due uint64, err error) {
	h, err := l.holdOf(id)
	return h.status, h.due, err
}

// AuditRecord is the record that a transfer left when it was held, whatever became of it:
// see utt.Record.AuditRecord. The error is ErrNotFound for any other, and for one that was
// settled, if its detail was dropped: while it waits, the state has it.
func (l *Ledger) AuditRecord(id utt.ID) (*utt.Record, error) {
	h, err := l.holdOf(id)
	if err != nil {
		return nil, err
	}
	b, waits, err := l.get(heldKey(id))
	if err != nil {
		return nil, err
	}
	if !waits {
		return l.record(h.at)
	}
	r, err := utt.ParseUnsigned(b)
	if err != nil {
		return nil, fmt.Errorf("%w: held transfer %v: %w", utt.ErrStore, id, err)
	}
	return r, nil
}

func (l *Ledger) holdOf(id utt.ID) (h hold, err error) {
	b, ok, err := l.get(holdKey(id))
	if err != nil {
		return hold{}, err
	}
	if !ok {
		return hold{}, fmt.Errorf("%w: %v was never held", utt.ErrNotFound, id)
	}
	if h, err = decodeHold(b); err != nil {
		return hold{}, fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	return h, nil
}
