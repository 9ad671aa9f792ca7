package utt

import (
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

// A transfer that is held leaves two sets of outputs, of which exactly one is signed later:
// that of the payment, or that of the refunds. Its own record has nothing to sign. When it
// is decided, a record of its own repeats of the set that wins what is signed; the notes are
// in the record of when it was held.

// Cause is why a held transfer was settled, or is about to be.
type Cause uint8

// The causes.
const (
	ByApproval Cause = 1 // the auditors approved
	ByVeto     Cause = 2 // the auditors vetoed
	ByExpiry   Cause = 3 // the auditors did not decide in time
	ByDelay    Cause = 4 // approved before, and the delay is over
)

var causes = map[Cause]string{ByApproval: "approval", ByVeto: "veto", ByExpiry: "expiry", ByDelay: "delay"}

func (c Cause) String() string { return nameIn(causes, c, "cause") }

// MarshalText is the name.
func (c Cause) MarshalText() ([]byte, error) { return marshalName(causes, c, "cause") }

// UnmarshalText parses a name.
func (c *Cause) UnmarshalText(text []byte) error { return unmarshalName(causes, c, text, "cause") }

// settlement is what became of a held transfer, on record under the transfer's ID.
type settlement struct {
	cause   Cause
	due     uint64 // of an approval, when the transfer executes: it has no outputs then
	header  header
	seed    seed
	outputs []settled
}

// settled is an output that is to be signed.
type settled struct {
	index    int // among the transfer's outputs
	pid, val curve.G1
}

// belongs reports whether an output is signed when a held transfer gets a status.
func (r role) belongs(s Status) bool {
	back := r.kind == Refund || r.kind == BudgetRefund
	return s == Executed && !back || s == Refunded && back
}

// Wait is how a transfer waits for the auditors.
type Wait struct {
	Row   int // of the policy table
	Audit Audit
	Asset string
	Fee   Amount // that is due when it executes
	Tax   *Taxed // that joins a batch when it executes; nil for none [TAX-HELD]
}

// WaitOf says how a transfer will wait; ok is false for one that need not.
func (p *Parameters) WaitOf(t *Transfer) (w Wait, ok bool) {
	if t == nil || p.Usable() != nil {
		return Wait{}, false
	}
	return p.wait(&t.header, len(t.inputs), t.tax)
}

// FeeOf is what a transfer pays to the fee account when it executes.
func (p *Parameters) FeeOf(t *Transfer) Amount {
	if t == nil || p.Usable() != nil {
		return 0
	}
	row := p.rows[rowUse{t.header.asset, t.header.use}]
	if row == nil {
		return 0
	}
	fee, _ := row.Fee.of(len(t.inputs))
	return fee
}

// TaxOf is what a transfer adds to a batch when it executes, nil of one that is not taxed by
// total.
func (p *Parameters) TaxOf(t *Transfer) *Taxed {
	if t == nil || p.Usable() != nil {
		return nil
	}
	return p.taxed(&t.header, t.tax)
}

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
	row := p.rows[rowUse{h.asset, h.use}]
	if row == nil || !cases[h.use].audit {
		return Wait{}, false
	}
	for &p.config.Rows[w.Row] != row {
		w.Row++
	}
	w.Audit, w.Asset = row.Audit, h.asset
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

func (e *settlement) kind() Kind { return KindSettlement }

func (e *settlement) commitments(p *Parameters) []*sig.Commitment {
	sh := e.header.shape(p)
	if sh == nil {
		return nil
	}
	coins := make([]*sig.Commitment, len(e.outputs))
	for i, o := range e.outputs {
		out := output{pid: o.pid, val: o.val}
		coins[i] = out.commitment(e.seed.base(o.index), e.seed, sh, o.index) // [HOLD-BASE]
	}
	return coins
}

func (e *settlement) read(p *Parameters) (Entry, error) {
	d := Entry{Asset: e.header.asset, Case: e.header.use, Epoch: e.header.epoch, Cause: e.cause, Due: e.due}
	sh := e.header.shape(p)
	if sh == nil {
		return d, fmt.Errorf("%w: of a transfer that these parameters do not have", ErrInvalid)
	}
	for _, o := range e.outputs {
		if o.index >= len(sh.roles) {
			return d, fmt.Errorf("%w: an output that such transfers do not have", ErrInvalid)
		}
		d.Outputs = append(d.Outputs, Output{sh.roles[o.index].kind, sh.roles[o.index].pid})
	}
	return d, nil
}

func (e *settlement) append(b []byte) []byte {
	b = wire.AppendUint64(append(b, byte(e.cause)), e.due)
	b = append(e.header.append(b), e.seed[:]...)
	b = wire.AppendUint16(b, uint16(len(e.outputs)))
	for _, o := range e.outputs {
		b = o.val.Append(o.pid.Append(append(b, byte(o.index))))
	}
	return b
}

func readSettlement(r *wire.Reader) *settlement {
	e := &settlement{cause: Cause(r.Byte()), due: r.Uint64(), header: readHeader(r)}
	if _, ok := causes[e.cause]; !ok {
		r.Fail("settlement by %v", e.cause)
	}
	r.Fill(e.seed[:])
	e.outputs = make([]settled, r.Count(maxOutputs, 1+2*curve.G1Size))
	last := -1
	for i := range e.outputs {
		o := settled{int(r.Byte()), curve.ReadG1(r), curve.ReadG1(r)}
		if o.index <= last || o.index >= maxOutputs {
			r.Fail("outputs out of order")
		}
		last, e.outputs[i] = o.index, o
	}
	return e
}
