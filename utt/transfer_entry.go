package utt

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

// transferEntry is a transfer on record: all but the presentations and proofs.
type transferEntry struct {
	header  header
	inputs  []nullifier.Key
	budget  *nullifier.Key
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
	e.inputs, e.budget = t.keys()
	e.coins = e.assemble(sh, hashed)
	return e
}

func (e *transferEntry) seed() seed { return transferSeed(e.header.network, e.inputs, e.budget) }

func (e *transferEntry) nullifiers() []nullifier.Key {
	n := append([]nullifier.Key(nil), e.inputs...)
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

// Flags of what a transfer on record has besides its inputs.
const (
	flagBudget = 1 << 0
	flagBurn   = 1 << 1
)

// append appends what everybody is to see who follows the ledger: what is spent, and what
// goes to an account.
func (e *transferEntry) append(b []byte) []byte {
	b = append(e.header.appendRules(b), byte(len(e.inputs)))
	for i := range e.inputs {
		b = append(b, e.inputs[i][:]...)
	}
	flags := byte(0)
	if e.budget != nil {
		flags |= flagBudget
	}
	if e.burn.amount > 0 {
		flags |= flagBurn
	}
	b = append(b, flags)
	if e.budget != nil {
		b = append(b, e.budget[:]...)
	}
	if e.burn.amount > 0 {
		b = e.burn.append(b)
	}
	return appendClues(b, e.clues)
}

// detail is the rest: under which rules, and the outputs.
func (e *transferEntry) detail(b []byte) []byte {
	return appendTax(e.audit.Append(appendOutputs(e.header.appendDigests(b), e.outputs)), e.tax)
}

func readTransferEntry(r *wire.Reader) *transferEntry {
	e := &transferEntry{header: readRules(r)}
	n := int(r.Byte())
	if n > MaxInputs {
		r.Fail("%d inputs, of at most %d", n, MaxInputs)
		return e
	}
	e.inputs = make([]nullifier.Key, n)
	for i := range e.inputs {
		r.Fill(e.inputs[i][:])
	}
	flags := r.Byte()
	if flags&^(flagBudget|flagBurn) != 0 {
		r.Fail("transfer with flags %#x", flags)
	}
	if flags&flagBudget != 0 {
		e.budget = new(nullifier.Key)
		r.Fill(e.budget[:])
	}
	if flags&flagBurn != 0 {
		if e.burn = readBurn(r); e.burn.amount == 0 {
			r.Fail("a burn of nothing")
		}
	}
	e.clues = readClues(r)
	return e
}

func (e *transferEntry) readDetail(r *wire.Reader) {
	e.header.readDigests(r)
	e.outputs, e.audit, e.tax = readOutputs(r), readAudit(r, e.header.use), readTax(r)
}
