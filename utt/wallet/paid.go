package wallet

import (
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
)

// paid is what a wallet keeps to prove what a transfer of its own paid.
type paid struct {
	openings *utt.Openings
	record   *utt.Record // of its execution
}

func (p *paid) encode() ([]byte, error) {
	openings, err := p.openings.AppendBinary(nil)
	if err != nil || p.record == nil {
		return wire.Frame(openings, nil), err
	}
	record, err := p.record.AppendBinary(nil)
	return wire.Frame(openings, record), err
}

func decodePaid(rules *utt.Parameters, b []byte) (*paid, error) {
	r := wire.NewReader(b)
	openings, record := r.Bytes(len(b)), r.Bytes(len(b))
	if err := decoded(r, true); err != nil {
		return nil, err
	}
	p := new(paid)
	var err error
	if p.openings, err = rules.ParseOpenings(openings); err == nil && len(record) > 0 {
		p.record = new(utt.Record)
		err = p.record.UnmarshalBinary(record)
	}
	return p, failed(err)
}
