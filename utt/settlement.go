package utt

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// A transfer that is held leaves two sets of outputs, of which exactly one is signed later:
// that of the payment, or that of the refunds. Its own record has nothing to sign. When it
// is decided, a record of its own repeats of the set that wins what is signed; the notes are
// in the record of when it was held.

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
	return e.header.appendRules(wire.AppendUint64(append(b, byte(e.cause)), e.due))
}

func (e *settlement) detail(b []byte) []byte {
	b = append(e.header.appendDigests(b), e.seed[:]...)
	b = wire.AppendUint16(b, uint16(len(e.outputs)))
	for _, o := range e.outputs {
		b = o.val.Append(o.pid.Append(append(b, byte(o.index))))
	}
	return b
}

func readSettlement(r *wire.Reader) *settlement {
	e := &settlement{cause: Cause(r.Byte()), due: r.Uint64(), header: readRules(r)}
	if _, ok := causes[e.cause]; !ok {
		r.Fail("settlement by %v", e.cause)
	}
	return e
}

func (e *settlement) readDetail(r *wire.Reader) {
	e.header.readDigests(r)
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
}
