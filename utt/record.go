package utt

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

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
	verified   [32]byte         // digest of the founding parameters under whose keys they hold: Combine, Attach or f+1 replicas found so
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
	if r == nil || r.entry == nil || p.Usable() != nil || r.status == Held {
		return 0
	}
	switch e := r.entry.(type) { // to make their commitments takes a hash to the curve each
	case *registrationEntry, *mintOrder, *grantOrder:
		return 1
	case *transferEntry:
		if e.shape(p) == nil {
			return 0
		}
		return len(e.outputs)
	case *settlement:
		if e.header.shape(p) == nil {
			return 0
		}
		return len(e.outputs)
	}
	return len(r.commitments(p))
}

// Signed reports whether the record carries signatures. Wallets verify them.
func (r *Record) Signed() bool { return cmp.Or(r, &noRecord).signatures != nil }

// Commitments are the outputs to be signed: coins, or a credential.
func (r *Record) Commitments(p *Parameters) []*sig.Commitment {
	if r == nil || r.entry == nil || p.Usable() != nil {
		return nil
	}
	return r.commitments(p)
}

// commitments are the outputs to be signed: of what is held, none [HOLD-RECORD].
func (r *Record) commitments(p *Parameters) []*sig.Commitment {
	if r.status == Held {
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

const recordVersion = 2

// maxSummary bounds a summary, in bytes: with the hash of the detail it fits into an entry of
// a tile, whose length has two bytes. All of a record is no longer than an operation may be.
const maxSummary = 1<<16 - 1 - sha256.Size

// AppendBinary appends the length of the summary in two bytes, the summary, and the detail;
// then the signatures, if it has them.
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
	at := len(b)
	b = r.appendSummary(append(b, 0, 0))
	binary.BigEndian.PutUint16(b[at:], uint16(len(b)-at-2))
	return r.appendDetail(b)
}

// appendSummary appends what everybody is to see who follows the ledger: version, kind,
// status, place and time of the block, the ID, and of the kinds what their entries append.
func (r *Record) appendSummary(b []byte) []byte {
	b = append(b, recordVersion, byte(r.entry.kind()), byte(r.status))
	b = wire.AppendUint16(wire.AppendUint64(b, r.height), uint16(r.index))
	b = append(wire.AppendUint64(b, r.time), r.id[:]...)
	return r.entry.append(b)
}

// appendDetail appends the rest, which is for those whom the record concerns.
func (r *Record) appendDetail(b []byte) []byte {
	if d, ok := r.entry.(detailed); ok {
		return d.detail(b)
	}
	return b
}

// Summary is what of the record everybody is to see who follows the ledger, and Detail the
// rest; nil of an empty record. Together they are what AppendUnsigned encodes.
func (r *Record) Summary() []byte {
	if r == nil || r.entry == nil {
		return nil
	}
	return r.appendSummary(nil)
}

// Detail is what of the record is for those whom it concerns: outputs and notes of a
// transfer, and what is long. Many kinds have none.
func (r *Record) Detail() []byte {
	if r == nil || r.entry == nil {
		return nil
	}
	return r.appendDetail(nil)
}

// ParseRecord decodes a record of its two parts.
func ParseRecord(summary, detail []byte) (*Record, error) {
	if len(summary) > maxSummary || len(detail) > maxOperation {
		return nil, fmt.Errorf("%w: record of %d and %d bytes, of at most %d and %d", ErrMalformed, len(summary), len(detail), maxSummary, maxOperation)
	}
	s, d := wire.NewReader(summary), wire.NewReader(detail)
	r := readSummary(s)
	r.readDetail(d)
	for _, part := range []*wire.Reader{s, d} {
		if err := part.Close(); err != nil {
			return nil, fmt.Errorf("%w: record: %w", ErrMalformed, err)
		}
	}
	return r, nil
}

// logEntry is the record's entry in the log [LOG-1].
func (r *Record) logEntry() []byte {
	const room = 3 << 10 // for most, without growing
	return LogEntry(r.append(make([]byte, 0, room)))
}

// LogEntry is the entry in the log of a record that AppendUnsigned has encoded:
//
//	[LOG-1]  entry_i = summary_i ‖ SHA-256(detail_i)
//
// It is nil for what is no record's encoding.
func LogEntry(encoded []byte) []byte {
	if len(encoded) < 2 {
		return nil
	}
	n := 2 + int(binary.BigEndian.Uint16(encoded))
	if n > len(encoded) {
		return nil
	}
	detail := sha256.Sum256(encoded[n:])
	return append(slices.Clone(encoded[2:n]), detail[:]...)
}

// RecordKind is the kind of a record that AppendUnsigned has encoded, without the rest being
// decoded; 0 for what is no record's encoding.
func RecordKind(encoded []byte) Kind {
	const at = 2 + 1 // behind the summary's length and version
	if len(encoded) <= at {
		return 0
	}
	return Kind(encoded[at])
}

func readRecord(r *wire.Reader) *Record {
	n := int(r.Uint16())
	if n > maxSummary {
		r.Fail("summary of %d bytes, of at most %d", n, maxSummary)
		return new(Record)
	}
	summary := wire.NewReader(r.Take(n))
	rec := readSummary(summary)
	if err := summary.Close(); err != nil {
		r.Fail("summary: %v", err)
	}
	rec.readDetail(r)
	return rec
}

// readSummary reads a summary: the record without what is in its detail.
func readSummary(r *wire.Reader) *Record {
	r.Version(recordVersion)
	k := Kind(r.Byte())
	rec := &Record{status: Status(r.Byte()), height: r.Uint64(), index: uint32(r.Uint16()), time: r.Uint64()}
	if rec.status == Rejected || statuses[rec.status] == "" {
		r.Fail("record with status %d", rec.status)
	}
	r.Fill(rec.id[:])
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
	case KindCollection:
		e := readCollectionOrder(r)
		rec.entry = &e
	case KindSettlement:
		rec.entry = readSettlement(r)
	case KindAmendment:
		rec.entry = new(amendmentEntry)
	case KindSuspension:
		rec.entry = readSuspensionEntry(r)
	case KindWarrant:
		rec.entry = readWarrantEntry(r)
	case KindWarrantOpening:
		rec.entry = readWarrantOpeningEntry(r)
	case KindWarrantVoid:
		rec.entry = readWarrantVoidEntry(r)
	case KindSum:
		rec.entry = &sumEntry{readSum(r)}
	case KindSessionOpening:
		rec.entry = new(sessionOpening)
	case KindSessionMessage:
		rec.entry = new(sessionMessage)
	case KindSessionAdoption:
		rec.entry = readSessionAdoptionEntry(r)
	case KindReaddress:
		rec.entry = readAddressEntry(r)
	default:
		r.Fail("record of kind %d", k)
	}
	return rec
}

// readDetail reads what of a detail is the record's.
func (r *Record) readDetail(detail *wire.Reader) {
	if d, ok := r.entry.(detailed); ok {
		d.readDetail(detail)
	}
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

// MarshalJSON shows where the record stands and what it is of; Entry says the rest. It
// cannot be read back: MarshalBinary is the encoding.
func (r *Record) MarshalJSON() ([]byte, error) {
	if r == nil || r.entry == nil {
		return []byte("null"), nil
	}
	return json.Marshal(struct {
		Height uint64 `json:"height"`
		Index  uint32 `json:"index"`
		Time   uint64 `json:"time"`
		ID     ID     `json:"id"`
		Kind   Kind   `json:"kind"`
		Status Status `json:"status"`
		Signed bool   `json:"signed"`
	}{r.height, r.index, r.time, r.id, r.entry.kind(), r.status, r.Signed()})
}

// Entry is what the record says, read under the parameters of its ledger. ErrInvalid says
// that it cannot be of a ledger with these; what does not depend on them is there all the
// same.
func (r *Record) Entry(p *Parameters) (Entry, error) {
	if r == nil || r.entry == nil {
		return Entry{}, fmt.Errorf("%w: an empty record", ErrInvalid)
	}
	if err := p.Usable(); err != nil {
		return Entry{}, err
	}
	e, err := r.entry.read(p.at(r.time))
	e.Kind = r.entry.kind()
	return e, err
}

// Kind is the kind of the operation; 0 of an empty record.
func (r *Record) Kind() Kind {
	if r == nil || r.entry == nil {
		return 0
	}
	return r.entry.kind()
}

// Of reports whether the record is what executing an operation leaves, whatever
// signature the operation bore. It does not look at a transfer's proofs.
func (r *Record) Of(op Operation) bool {
	if r == nil || r.entry == nil || Absent(op) {
		return false
	}
	switch o := op.(type) {
	case *Issue:
		return sameEntry(&o.issueOrder, r.entry)
	case *Mint:
		return sameEntry(&o.mintOrder, r.entry)
	case *PublicTransfer:
		return sameEntry(&o.publicOrder, r.entry)
	case *Grant:
		return sameEntry(&o.grantOrder, r.entry)
	case *Collection:
		return sameEntry(&o.collectionOrder, r.entry)
	case *Decision:
		id, ok := r.Decision()
		return ok && id == o.ID()
	}
	return r.id == op.ID()
}

func sameEntry(a, b entry) bool {
	return a.kind() == b.kind() && bytes.Equal(a.append(nil), b.append(nil)) // none of these has a detail
}

// Member is the user whom the record registers, if an endorser of the parameters at its time
// vouches for him, so that a payer takes an address on no node's word. The error is ErrInvalid
// if none does, and ErrNotFound for a record that registers nobody.
func (r *Record) Member(p *Parameters) (*Member, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if r == nil {
		r = &noRecord
	}
	e, ok := r.entry.(*registrationEntry)
	if !ok {
		return nil, fmt.Errorf("%w: the record registers nobody", ErrNotFound)
	}
	if !e.endorsed(p.at(r.time)) {
		return nil, fmt.Errorf("%w: no endorser vouches for the address of %v", ErrInvalid, e.member.pid)
	}
	m := e.member
	return &m, nil
}
