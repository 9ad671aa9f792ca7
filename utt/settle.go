package utt

import (
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/threshold"
)

// Wait is how a transfer waits for the auditors: as the version of the parameters says that
// it was made for, whatever they are when it is settled [HOLD-VERSION].
type Wait struct {
	Version uint64 // of the parameters
	Row     int    // of its policy table
	Audit   Audit
	Asset   string
	Fee     Amount // that is due when it executes
	FeeTo   PID    // whose account gets it
	Tax     *Taxed // that joins a batch when it executes; nil for none [TAX-HELD]
}

// WaitOf says how a transfer will wait; ok is false for one that need not.
func (p *Parameters) WaitOf(t *Transfer) (w Wait, ok bool) {
	if t == nil || p.Usable() != nil {
		return Wait{}, false
	}
	return p.wait(&t.header, len(t.inputs), t.tax)
}

// FeeOf is what a transfer pays when it executes, and whose account gets it.
func (p *Parameters) FeeOf(t *Transfer) (fee Amount, to PID) {
	if t == nil || p.Usable() != nil {
		return 0, PID{}
	}
	p = p.At(t.header.epoch)
	row := p.rows[rowUse{t.header.asset, t.header.use}]
	if row == nil {
		return 0, PID{}
	}
	fee, _ = row.Fee.of(len(t.inputs))
	return fee, p.config.FeeAccount
}

// TaxOf is what a transfer adds to a batch when it executes, nil of one that is not taxed by
// total.
func (p *Parameters) TaxOf(t *Transfer) *Taxed {
	if t == nil || p.Usable() != nil {
		return nil
	}
	return p.At(t.header.epoch).taxed(&t.header, t.tax)
}

// taxed is that of a transfer, of whose epoch's version the parameters speak.
func (p *Parameters) taxed(h *header, tax *threshold.Ciphertext) *Taxed {
	row := p.rows[rowUse{h.asset, h.use}]
	if row == nil || tax == nil {
		return nil
	}
	rate, ok := p.config.Circuits[row.Circuit].Key.TaxByTotal()
	if !ok {
		return nil
	}
	return &Taxed{rate, tax}
}

// Wait says how the transfer of a record waits; ok is false for any other record.
func (r *Record) Wait(p *Parameters) (w Wait, ok bool) {
	if r == nil || r.status != Held || p.Usable() != nil {
		return Wait{}, false
	}
	e, is := r.entry.(*transferEntry)
	if !is || e.shape(p) == nil {
		return Wait{}, false
	}
	return p.wait(&e.header, len(e.inputs), e.tax)
}

func (p *Parameters) wait(h *header, inputs int, tax *threshold.Ciphertext) (w Wait, ok bool) {
	p = p.At(h.epoch)
	row := p.rows[rowUse{h.asset, h.use}]
	if row == nil || !cases[h.use].audit {
		return Wait{}, false
	}
	for &p.config.Rows[w.Row] != row {
		w.Row++
	}
	w.Version, w.Audit, w.Asset, w.FeeTo = p.number, row.Audit, h.asset, p.config.FeeAccount
	w.Fee, _ = row.Fee.of(inputs)
	w.Tax = p.taxed(h, tax)
	return w, true
}

// Settle is the record of what becomes of a held one, in a block with the given time, at a
// place: Approved, with the time at which it will execute, Executed or Refunded. It is for
// ledgers, which decide that.
func (r *Record) Settle(p *Parameters, status Status, cause Cause, due uint64, at Cursor, time uint64) (*Record, error) {
	if _, ok := r.Wait(p); !ok || !slices.Contains([]Status{Approved, Executed, Refunded}, status) {
		return nil, fmt.Errorf("%w: a record of nothing that is held, or settled as %v", ErrInvalid, status)
	}
	held := r.entry.(*transferEntry)
	e := &settlement{cause: cause, header: held.header, seed: held.seed()}
	if status == Approved {
		e.due = due
	}
	for j, o := range held.shape(p).roles {
		if o.belongs(status) {
			e.outputs = append(e.outputs, settled{j, held.outputs[j].pid, held.outputs[j].val})
		}
	}
	return &Record{height: at.Height, index: at.Index, time: time, id: r.id, status: status, entry: e}, nil
}

// Decision is the ID of the auditors' decision that a record is of; ok is false for a
// record that is of none.
func (r *Record) Decision() (id ID, ok bool) {
	if r == nil {
		return ID{}, false
	}
	e, is := r.entry.(*settlement)
	switch {
	case is && e.cause == ByApproval:
		return decisionID(Approve, r.id), true
	case is && e.cause == ByVeto:
		return decisionID(Veto, r.id), true
	}
	return ID{}, false
}
