package utt

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

// transferEntry is a transfer on record: all but the presentations and proofs.
type transferEntry struct {
	header  header
	inputs  []nullifier.Nullifier
	budget  *nullifier.Nullifier
	outputs []output
	burn    burn
	audit   *threshold.Ciphertext
	tax     *threshold.Ciphertext
	clues   []clue
	coins   []*sig.Commitment // derived from the rest; kept from the check
	under   [32]byte          // the digest of the parameters of that
}

func (t *Transfer) entry(p *Parameters, sh *shape, hashed bases) *transferEntry {
	e := &transferEntry{header: t.header, outputs: t.outputs, burn: t.burn, audit: t.audit, tax: t.tax, clues: t.clues, under: p.digest}
	for i := range t.inputs {
		e.inputs = append(e.inputs, t.inputs[i].nullifier)
	}
	if t.budget != nil {
		e.budget = &t.budget.nullifier
	}
	e.coins = e.assemble(sh, hashed)
	return e
}

func (e *transferEntry) seed() seed { return transferSeed(e.header.network, e.inputs, e.budget) }

func (e *transferEntry) nullifiers() []nullifier.Nullifier {
	n := append([]nullifier.Nullifier(nil), e.inputs...)
	if e.budget != nil {
		n = append(n, *e.budget)
	}
	return n
}

func (e *transferEntry) assemble(sh *shape, hashed bases) []*sig.Commitment {
	s := e.seed()
	coins := make([]*sig.Commitment, len(e.outputs))
	for j, base := range hashed.of(s, len(coins)) {
		coins[j] = e.outputs[j].commitment(base, s, sh, j)
	}
	return coins
}

// shape is what a header on record makes of a transfer, nil for one that these parameters
// cannot have made.
func (h *header) shape(p *Parameters) *shape {
	var c batch.Claims
	return p.shape(h, h.epoch, &c)
}

// shape is that of the header, nil for a record that these parameters cannot have
// made.
func (e *transferEntry) shape(p *Parameters) *shape {
	sh := e.header.shape(p)
	if sh == nil || len(sh.roles) != len(e.outputs) || (e.budget != nil) != sh.hasBudget || (e.tax != nil) != sh.taxed || len(e.clues) != sh.others() {
		return nil
	}
	return sh
}

func (e *transferEntry) kind() Kind { return KindTransfer }

func (e *transferEntry) commitments(p *Parameters) []*sig.Commitment {
	if e.coins != nil && e.under == p.digest {
		return e.coins
	}
	sh := e.shape(p)
	if sh == nil {
		return nil
	}
	return e.assemble(sh, nil)
}

func (e *transferEntry) read(p *Parameters) (Entry, error) {
	d := Entry{
		PID: e.burn.account, Asset: e.header.asset, Amount: e.burn.amount, Case: e.header.use, Epoch: e.header.epoch,
		Nullifiers: e.nullifiers(),
	}
	sh := e.shape(p)
	if sh == nil {
		return d, fmt.Errorf("%w: a transfer that these parameters do not have", ErrInvalid)
	}
	d.Fee, _ = sh.row.Fee.of(len(e.inputs))
	for _, r := range sh.roles {
		d.Outputs = append(d.Outputs, Output{r.kind, r.pid})
	}
	return d, nil
}

func (e *transferEntry) append(b []byte) []byte {
	b = wire.AppendUint16(e.header.append(b), uint16(len(e.inputs)))
	for _, n := range e.inputs {
		b = n.Append(b)
	}
	if e.budget == nil {
		b = append(b, 0)
	} else {
		b = e.budget.Append(append(b, 1))
	}
	return appendClues(appendTax(e.audit.Append(e.burn.append(appendOutputs(b, e.outputs))), e.tax), e.clues)
}

func readTransferEntry(r *wire.Reader) *transferEntry {
	e := &transferEntry{header: readHeader(r), inputs: make([]nullifier.Nullifier, r.Count(MaxInputs, curve.G1Size))}
	for i := range e.inputs {
		e.inputs[i] = nullifier.Read(r)
	}
	if r.Bool() {
		n := nullifier.Read(r)
		e.budget = &n
	}
	e.outputs, e.burn, e.audit, e.tax = readOutputs(r), readBurn(r), readAudit(r, e.header.use), readTax(r)
	e.clues = readClues(r)
	return e
}
