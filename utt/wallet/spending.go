package wallet

import (
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
)

// spending is an operation of the wallet's that is not yet decided.
type spending struct {
	op       utt.Operation // nil while it is being proven
	openings *utt.Openings // of what it pays others, until they are on disk; nil if it is no transfer
	made     made
	handle   Handle
	left     bool // Submit was called: it may execute from then on
	inputs   []coinKey
	epoch    utt.Epoch // after which it can no longer execute; 0 for none
	nonce    *uint64   // of an order on the account
}

// locksNothing reports a request for budget.
func (p *spending) locksNothing() bool { return len(p.inputs) == 0 && p.nonce == nil }

// encode is the operation as it is on disk; nothing if it has not left.
func (p *spending) encode() ([]byte, error) {
	if !p.left {
		return nil, nil
	}
	op, err := p.op.AppendBinary(nil)
	if err != nil {
		return nil, err
	}
	b := wire.AppendUint64(wire.AppendBytes(nil, op), uint64(p.epoch))
	if p.nonce == nil {
		b = append(b, 0)
	} else {
		b = wire.AppendUint64(append(b, 1), *p.nonce)
	}
	b = wire.AppendUint16(b, uint16(len(p.inputs)))
	for _, n := range p.inputs {
		b = append(b, n[:]...)
	}
	return b, nil
}

func decodeSpending(b []byte) (*spending, error) {
	r := wire.NewReader(b)
	raw := r.Bytes(len(b))
	p := &spending{epoch: utt.Epoch(r.Uint64()), left: true}
	if r.Bool() {
		nonce := r.Uint64()
		p.nonce = &nonce
	}
	p.inputs = make([]coinKey, r.Count(utt.MaxInputs+1, len(coinKey{})))
	for i := range p.inputs {
		r.Fill(p.inputs[i][:])
	}
	if err := decoded(r, true); err != nil {
		return nil, err
	}
	var err error
	if p.op, err = utt.ParseOperation(raw); err != nil {
		return nil, failed(err)
	}
	p.handle = HandleOf(p.op)
	return p, nil
}
