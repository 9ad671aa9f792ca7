package utt

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
)

const openingsVersion = 1

// AppendBinary appends version, ID, asset, number of inputs and their nullifiers, 0 or 1 and the
// budget's nullifier; the number of outputs for others and of each index, owner, amount and the
// blindings of C_pid and C_val; and the index of the maker's own output with attribute and
// blinding of its C_pid, or 0. The encoding is a secret.
func (o *Openings) AppendBinary(b []byte) ([]byte, error) {
	if o == nil || o.p == nil {
		return nil, fmt.Errorf("%w: openings that are empty have no encoding", ErrInvalid)
	}
	b = wire.AppendBytes(append(append(b, openingsVersion), o.id[:]...), []byte(o.asset))
	b = append(b, byte(len(o.inputs)))
	for i := range o.inputs {
		b = append(b, o.inputs[i][:]...)
	}
	if o.budget == nil {
		b = append(b, 0)
	} else {
		b = append(append(b, 1), o.budget[:]...)
	}
	outputs := o.Outputs()
	b = append(b, byte(len(outputs)))
	for _, j := range outputs {
		out := o.outputs[j]
		b = wire.AppendUint64(append(append(b, byte(j)), out.owner[:]...), uint64(out.amount))
		b = out.blindVal.Append(out.blindPID.Append(b))
	}
	if b = append(b, byte(o.own)); o.own > 0 {
		b = o.pid[o.blinding()].Append(o.pid[varPID].Append(b))
	}
	return b, nil
}

// blinding names that of the C_pid of the maker's own output.
func (o *Openings) blinding() string { return varBlinding(nameOutput(o.own), coinPID) }

// ParseOpenings decodes openings of a transfer on a ledger with these parameters. It is for
// what their maker wrote himself: of others' there comes no proof that verifies.
func (p *Parameters) ParseOpenings(b []byte) (*Openings, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	r := wire.NewReader(b)
	r.Version(openingsVersion)
	o := &Openings{p: p, outputs: make(map[int]outputOpening)}
	r.Fill(o.id[:])
	o.asset = readAsset(r)
	inputs := int(r.Byte())
	if inputs > MaxInputs {
		r.Fail("%d inputs, of at most %d", inputs, MaxInputs)
	}
	for ; inputs > 0 && r.Err() == nil; inputs-- {
		var k nullifier.Key
		r.Fill(k[:])
		o.inputs = append(o.inputs, k)
	}
	if r.Bool() {
		o.budget = new(nullifier.Key)
		r.Fill(o.budget[:])
	}
	for outputs, before := int(r.Byte()), -1; outputs > 0 && r.Err() == nil; outputs-- {
		j := int(r.Byte())
		if j <= before {
			r.Fail("output %d behind %d", j, before)
		}
		before = j
		o.outputs[j] = outputOpening{readPID(r), Amount(r.Uint64()), curve.ReadScalar(r), curve.ReadScalar(r)}
	}
	if o.own = int(r.Byte()); o.own > 0 {
		o.pid = sigma.Witness{varPID: curve.ReadScalar(r)}
		o.pid[o.blinding()] = curve.ReadScalar(r)
	}
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: openings: %w", ErrMalformed, err)
	}
	return o, nil
}
