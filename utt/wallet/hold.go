package wallet

import (
	"slices"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
)

// HeldPayment is a payment that waits for the auditors, or, approved, for its delay. It is
// not paid until it executes, which Received then says; it may be refunded.
type HeldPayment struct {
	ID    utt.ID
	Case  utt.Case
	Asset string
	// Amount is what the user gets of an incoming one; of an outgoing one what leaves him,
	// with tax and fee.
	Amount utt.Amount
	Refund utt.Amount // of an outgoing one: all that its coins were worth, which comes back
	Output int        // of an incoming one, with Role, as in Payment
	Role   utt.Role
	Memo   string // of an incoming one
	Time   uint64 // of the block, in seconds since 1970
	// Approved says that the auditors have approved. Due is when the payment executes then,
	// unless they veto it; before, when it is refunded unless they decide.
	Approved bool
	Due      uint64
}

// hold is a transfer that is held, as far as it concerns the wallet. It is not changed but
// replaced.
type hold struct {
	id       utt.ID
	record   *utt.Record   // of when it was held
	sighting *utt.Sighting // of that; nil if it was not looked at
	mine     bool
	use      utt.Case
	asset    string
	fee      utt.Amount // due to the wallet's user, should it execute
	time     uint64
	approved bool
	due      uint64
	outputs  []*utt.Received // that open: of the payment, and of the refund
}

// concerns reports whether there is anything to remember.
func (h *hold) concerns() bool { return h.mine || h.fee > 0 || len(h.outputs) > 0 }

// sum is what the outputs in some roles come to.
func (h *hold) sum(roles ...utt.Role) (sum utt.Amount) {
	for _, o := range h.outputs {
		if slices.Contains(roles, o.Role) {
			sum += o.Amount
		}
	}
	return sum
}

// budget is what comes back of the privacy budget of an epoch if the payment is refunded.
func (h *hold) budget(e utt.Epoch) (sum utt.Amount) {
	for _, o := range h.outputs {
		if o.Role == utt.BudgetRefund && o.Counter == budget.Privacy && o.Epoch == e {
			sum += o.Amount
		}
	}
	return sum
}

func (h *hold) payment() HeldPayment {
	return HeldPayment{ID: h.id, Case: h.use, Asset: h.asset, Time: h.time, Approved: h.approved, Due: h.due}
}

// outgoing is a payment of the user's own.
func (h *hold) outgoing() HeldPayment {
	p := h.payment()
	p.Refund = h.sum(utt.Refund)
	p.Amount = p.Refund - min(p.Refund, h.sum(utt.Own))
	return p
}

// incoming are the payments to the user.
func (h *hold) incoming() (all []HeldPayment) {
	for _, o := range h.outputs {
		if o.Role != utt.Payee && o.Role != utt.Fixed {
			continue
		}
		p := h.payment()
		p.Amount, p.Output, p.Role, p.Memo = o.Amount, o.Output, o.Role, o.Memo
		all = append(all, p)
	}
	return all
}

// encode is what does not follow from the record and the user's keys, and the record.
func (h *hold) encode() ([]byte, error) {
	record, err := h.record.AppendBinary(nil)
	if err != nil {
		return nil, err
	}
	flag := func(b []byte, v bool) []byte {
		if v {
			return append(b, 1)
		}
		return append(b, 0)
	}
	b := flag(flag(flag(wire.Frame(record, []byte(h.asset)), h.mine), h.approved), h.sighting != nil)
	b = wire.AppendUint64(append(b, byte(h.use)), uint64(h.fee))
	b = append(wire.AppendUint64(b, h.due), byte(len(h.outputs)))
	for _, o := range h.outputs {
		b = append(b, byte(o.Output))
	}
	return b, nil
}

// decodeHold looks at the record again.
func decodeHold(keys *utt.Keys, b []byte) (*hold, error) {
	r := wire.NewReader(b)
	record := r.Bytes(len(b))
	h := &hold{record: new(utt.Record), asset: string(r.Bytes(len(b))), mine: r.Bool(), approved: r.Bool()}
	looked := r.Bool()
	h.use, h.fee, h.due = utt.Case(r.Byte()), utt.Amount(r.Uint64()), r.Uint64()
	open := r.Take(int(r.Byte()))
	if err := decoded(r, true); err != nil {
		return nil, err
	}
	if err := h.record.UnmarshalBinary(record); err != nil {
		return nil, failed(err)
	}
	h.id, h.time = h.record.ID(), h.record.Time()
	if looked {
		h.sighting = keys.Look(h.record)
	}
	for _, o := range h.sighting.Received(h.mine) {
		if slices.Contains(open, byte(o.Output)) {
			h.outputs = append(h.outputs, o)
		}
	}
	return h, nil
}
