package utt

import (
	"cmp"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/sig"
)

// Cursor is a place in the ledger's sequence of records: the next one to read.
type Cursor struct {
	Height uint64
	Index  uint32
}

// Compare orders places as records follow each other.
func (c Cursor) Compare(o Cursor) int {
	return cmp.Or(cmp.Compare(c.Height, o.Height), cmp.Compare(c.Index, o.Index))
}

const cursorVersion = 1

// AppendBinary appends version, height and index, in the order of places.
func (c Cursor) AppendBinary(b []byte) ([]byte, error) {
	return wire.AppendUint32(wire.AppendUint64(append(b, cursorVersion), c.Height), c.Index), nil
}

// MarshalBinary encodes the place.
func (c Cursor) MarshalBinary() ([]byte, error) { return c.AppendBinary(nil) }

// UnmarshalBinary decodes a place.
func (c *Cursor) UnmarshalBinary(b []byte) error {
	if c == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(cursorVersion)
	d := Cursor{r.Uint64(), r.Uint32()}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: place of a record: %w", ErrMalformed, err)
	}
	*c = d
	return nil
}

// Record is what the ledger keeps, for all to read, of an executed operation, and
// what wallets download: always by range, since whoever asks for one output shows
// that it is his.
type Record struct {
	height     uint64
	index      uint32
	time       uint64
	id         ID
	status     Status
	entry      entry
	signatures []*sig.Signature // of the outputs, once t replicas have signed
	verified   [32]byte         // digest of the parameters under whose keys they hold: Combine, Attach or f+1 replicas found so
}

// entry is the part of a record that depends on the kind of operation.
type entry interface {
	kind() Kind
	append(b []byte) []byte
	// read is what everybody can read.
	read(p *Parameters) (Entry, error)
	// commitments are the outputs, to be signed.
	commitments(p *Parameters) []*sig.Commitment
}

// Cursor is where the record stands.
func (r *Record) Cursor() Cursor {
	r = cmp.Or(r, &noRecord)
	return Cursor{r.height, r.index}
}

// noRecord stands in for a nil one.
var noRecord Record

// Time is the block's time, in seconds since 1970.
func (r *Record) Time() uint64 { return cmp.Or(r, &noRecord).time }

// ID names the operation.
func (r *Record) ID() ID { return cmp.Or(r, &noRecord).id }

// Status is what became of the operation.
func (r *Record) Status() Status { return cmp.Or(r, &noRecord).status }

// Outputs is the number of outputs to be signed.
func (r *Record) Outputs(p *Parameters) int {
	if r == nil || r.entry == nil || p.Usable() != nil {
		return 0
	}
	if e, ok := r.entry.(*transferEntry); ok { // to make its commitments takes a hash to the curve each
		if e.shape(p) == nil {
			return 0
		}
		return len(e.outputs)
	}
	return len(r.entry.commitments(p))
}

// Signed reports whether the record carries signatures. Wallets verify them.
func (r *Record) Signed() bool { return cmp.Or(r, &noRecord).signatures != nil }

// Commitments are the outputs to be signed: coins, or a credential.
func (r *Record) Commitments(p *Parameters) []*sig.Commitment {
	if r == nil || r.entry == nil || p.Usable() != nil {
		return nil
	}
	return r.entry.commitments(p)
}

// Key is the group key that the outputs are signed with.
func (r *Record) Key(p *Parameters) *sig.PublicKey {
	if r == nil || r.entry == nil || p.Usable() != nil {
		return nil
	}
	return copied(r.key(p))
}

func (r *Record) key(p *Parameters) *sig.PublicKey {
	if r.entry.kind() == KindRegistration {
		return p.config.CredentialKey
	}
	return p.config.CoinKey
}

// keyFor is the key for an output, prepared for coins of its kind.
func (r *Record) keyFor(p *Parameters, c *sig.Commitment) *sig.PublicKey {
	if kind, ok := c.Public(coinKind); ok { // a credential has fewer attributes
		return p.coinKeyFor(kind)
	}
	return r.key(p)
}

// transferEntry is a transfer on record: all but the presentations and proofs.
type transferEntry struct {
	header  header
	inputs  []nullifier.Nullifier
	budget  *nullifier.Nullifier
	outputs []output
	burn    burn
	coins   []*sig.Commitment // derived from the rest; kept from the check
}

func (t *Transfer) entry(sh *shape) *transferEntry {
	e := &transferEntry{header: t.header, outputs: t.outputs, burn: t.burn}
	for i := range t.inputs {
		e.inputs = append(e.inputs, t.inputs[i].nullifier)
	}
	if t.budget != nil {
		e.budget = &t.budget.nullifier
	}
	e.coins = e.assemble(sh)
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

func (e *transferEntry) assemble(sh *shape) []*sig.Commitment {
	s := e.seed()
	coins := make([]*sig.Commitment, len(e.outputs))
	for j, base := range s.bases(len(coins)) {
		coins[j] = e.outputs[j].commitment(base, s, sh, j)
	}
	return coins
}

// shape is that of the header, nil for a record that these parameters cannot have
// made.
func (e *transferEntry) shape(p *Parameters) *shape {
	var c batch.Claims
	sh := p.shape(&e.header, e.header.epoch, &c)
	if sh == nil || len(sh.roles) != len(e.outputs) || (e.budget != nil) != sh.hasBudget {
		return nil
	}
	return sh
}

func (e *transferEntry) kind() Kind { return KindTransfer }

func (e *transferEntry) commitments(p *Parameters) []*sig.Commitment {
	sh := e.shape(p)
	switch {
	case sh == nil:
		return nil
	case e.coins == nil:
		return e.assemble(sh)
	}
	return e.coins
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
	return e.burn.append(appendOutputs(b, e.outputs))
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
	e.outputs, e.burn = readOutputs(r), readBurn(r)
	return e
}

const recordVersion = 1

// AppendBinary appends the record with its signatures, if it has them.
func (r *Record) AppendBinary(b []byte) ([]byte, error) {
	if r == nil || r.entry == nil {
		return nil, fmt.Errorf("%w: an empty record has no encoding", ErrInvalid)
	}
	b = r.append(b)
	if r.signatures == nil {
		return append(b, 0), nil
	}
	b = wire.AppendUint16(append(b, 1), uint16(len(r.signatures)))
	for _, s := range r.signatures {
		b = s.Point().Append(b)
	}
	return b, nil
}

// MarshalBinary encodes the record.
func (r *Record) MarshalBinary() ([]byte, error) { return r.AppendBinary(nil) }

// AppendUnsigned appends the record without signatures and without a word about them,
// as ledgers keep it in their state. An empty record appends nothing.
func (r *Record) AppendUnsigned(b []byte) []byte {
	if r == nil || r.entry == nil {
		return b
	}
	return r.append(b)
}

// ParseUnsigned decodes what AppendUnsigned encodes.
func ParseUnsigned(b []byte) (*Record, error) {
	if len(b) > maxOperation {
		return nil, fmt.Errorf("%w: record of %d bytes, of at most %d", ErrMalformed, len(b), maxOperation)
	}
	rd := wire.NewReader(b)
	r := readRecord(rd)
	if err := rd.Close(); err != nil {
		return nil, fmt.Errorf("%w: record: %w", ErrMalformed, err)
	}
	return r, nil
}

func (r *Record) append(b []byte) []byte {
	b = append(b, recordVersion, byte(r.entry.kind()))
	b = wire.AppendUint64(b, r.height)
	b = wire.AppendUint32(b, r.index)
	b = wire.AppendUint64(b, r.time)
	b = append(b, r.id[:]...)
	return r.entry.append(append(b, byte(r.status)))
}

func readRecord(r *wire.Reader) *Record {
	r.Version(recordVersion)
	k := Kind(r.Byte())
	rec := &Record{height: r.Uint64(), index: r.Uint32(), time: r.Uint64()}
	r.Fill(rec.id[:])
	if rec.status = Status(r.Byte()); rec.status != Executed && rec.status != Held {
		r.Fail("record with status %d", rec.status)
	}
	switch k {
	case KindRegistration:
		rec.entry = readRegistrationEntry(r)
	case KindIssue:
		e := readIssueOrder(r)
		rec.entry = &e
	case KindPublicTransfer:
		e := readPublicOrder(r)
		rec.entry = &e
	case KindMint:
		rec.entry = &mintOrder{readAccountOrder(r)}
	case KindGrant:
		e := readGrantOrder(r)
		rec.entry = &e
	case KindTransfer:
		rec.entry = readTransferEntry(r)
	default:
		r.Fail("record of kind %d", k)
	}
	return rec
}

// UnmarshalBinary decodes a record.
func (r *Record) UnmarshalBinary(b []byte) error {
	if r == nil {
		return errInto
	}
	if len(b) > maxOperation {
		return fmt.Errorf("%w: record of %d bytes, of at most %d", ErrMalformed, len(b), maxOperation)
	}
	rd := wire.NewReader(b)
	d := readRecord(rd)
	if rd.Bool() {
		d.signatures = make([]*sig.Signature, rd.Count(maxOutputs, curve.G1Size))
		for i := range d.signatures {
			d.signatures[i] = sig.SignatureOf(curve.ReadG1(rd))
		}
	}
	if err := rd.Close(); err != nil {
		return fmt.Errorf("%w: record: %w", ErrMalformed, err)
	}
	*r = *d
	return nil
}
