package utt

import (
	"cmp"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
)

// HeldPayment is what auditors keep of the record of a payment as it was held, as long as a
// warrant may name it: its audit record and what is public of it, without nullifiers, outputs
// and notes. It takes some 400 bytes, and is immutable.
type HeldPayment struct {
	id     ID
	time   uint64
	header header
	inputs int
	audit  []byte // the points, encoded: a sixth of what they take as points
}

// noHeldPayment stands in for a nil one.
var noHeldPayment HeldPayment

// HeldPayment is what to keep of the record; ok is false for one that is not of a payment as
// it was held under the parameters.
func (r *Record) HeldPayment(p *Parameters) (h *HeldPayment, ok bool) {
	if _, ok := r.Wait(p); !ok {
		return nil, false
	}
	e, ok := r.entry.(*transferEntry)
	if !ok {
		return nil, false
	}
	return &HeldPayment{r.id, r.time, e.header, len(e.inputs), e.audit.Append(nil)}, true
}

// ID names the payment.
func (h *HeldPayment) ID() ID { return cmp.Or(h, &noHeldPayment).id }

// Time is since when it was held, in seconds since 1970.
func (h *HeldPayment) Time() uint64 { return cmp.Or(h, &noHeldPayment).time }

// Asset is what was paid.
func (h *HeldPayment) Asset() string { return cmp.Or(h, &noHeldPayment).header.asset }

// Case is that of the payment.
func (h *HeldPayment) Case() Case { return cmp.Or(h, &noHeldPayment).header.use }

// wait says how the payment waited; ok is false under parameters of another ledger.
func (h *HeldPayment) wait(p *Parameters) (w Wait, ok bool) {
	if h == nil || h.audit == nil || h.header.shape(p) == nil {
		return Wait{}, false
	}
	return p.wait(&h.header, h.inputs, nil)
}

// auditRecord is what is encrypted, nil of nothing.
func (h *HeldPayment) auditRecord() *threshold.Ciphertext {
	r := wire.NewReader(h.audit)
	e := threshold.ReadCiphertext(r, AuditComponents)
	if r.Close() != nil {
		return nil
	}
	return e
}
