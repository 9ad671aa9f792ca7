package utt

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
)

// Summary is what an entry of the log shows of a record without its detail: what everybody
// is to see who follows the ledger. Of a payment with two inputs it has about 250 bytes, where
// the record has 2500.
type Summary struct {
	record Record // without what is in the detail
	entry  []byte // of the log
}

// noSummary stands in for a nil one.
var noSummary Summary

// ParseEntry decodes an entry of the log [LOG-1], which it copies. The error is ErrMalformed
// for what is no record's.
func ParseEntry(b []byte) (*Summary, error) {
	if len(b) < sha256.Size || len(b) > maxSummary+sha256.Size {
		return nil, fmt.Errorf("%w: entry of the log of %d bytes, where one has %d to %d", ErrMalformed, len(b), sha256.Size, maxSummary+sha256.Size)
	}
	s := &Summary{entry: bytes.Clone(b)}
	r := wire.NewReader(s.summary())
	s.record = *readSummary(r)
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: entry of the log: %w", ErrMalformed, err)
	}
	if _, ok := s.record.entry.(detailed); ok == s.Whole() {
		return nil, fmt.Errorf("%w: entry of the log: a %v with detail is %t, which no record is", ErrMalformed, s.Kind(), !ok)
	}
	return s, nil
}

// LogEntry is the entry as it stands in the log, of which ParseEntry makes the summary; nil
// of an empty one.
func (s *Summary) LogEntry() []byte { return bytes.Clone(cmp.Or(s, &noSummary).entry) }

func (s *Summary) summary() []byte { return s.entry[:len(s.entry)-sha256.Size] }

// hash is that of the detail.
func (s *Summary) hash() []byte { return s.entry[len(s.entry)-sha256.Size:] }

// Cursor is where the record stands.
func (s *Summary) Cursor() Cursor { return cmp.Or(s, &noSummary).record.Cursor() }

// Time is the block's time, in seconds since 1970.
func (s *Summary) Time() uint64 { return cmp.Or(s, &noSummary).record.time }

// ID names the operation.
func (s *Summary) ID() ID { return cmp.Or(s, &noSummary).record.id }

// Kind is the kind of the operation; 0 of an empty summary.
func (s *Summary) Kind() Kind { return cmp.Or(s, &noSummary).record.Kind() }

// Status is what became of the operation.
func (s *Summary) Status() Status { return cmp.Or(s, &noSummary).record.status }

// Whole reports that the record has no detail: Record(nil) is all of it, but for signatures.
func (s *Summary) Whole() bool {
	if s == nil || s.entry == nil {
		return false
	}
	nothing := sha256.Sum256(nil)
	return bytes.Equal(s.hash(), nothing[:])
}

// Decision is Record.Decision.
func (s *Summary) Decision() (id ID, ok bool) { return cmp.Or(s, &noSummary).record.Decision() }

// PID is whom the record concerns, if the summary says it, as in Entry: who is registered,
// paid by an issue, pays, mints, gets a budget or another address, or is suspended; of a transfer, to
// whose account it burns. Whole records say the rest, such as who is paid by a public transfer.
func (s *Summary) PID() PID {
	switch e := cmp.Or(s, &noSummary).record.entry.(type) {
	case *registrationEntry:
		return e.member.pid
	case *issueOrder:
		return e.to
	case *publicOrder:
		return e.account
	case *mintOrder:
		return e.account
	case *grantOrder:
		return e.pid
	case *transferEntry:
		return e.burn.account
	case *suspensionEntry:
		return e.pid
	case *addressEntry:
		return e.pid
	}
	return PID{}
}

// Nullifiers are those of a transfer: of its inputs, and of its budget coin.
func (s *Summary) Nullifiers() []nullifier.Key {
	if e, ok := cmp.Or(s, &noSummary).record.entry.(*transferEntry); ok {
		return e.nullifiers()
	}
	return nil
}

// Epoch is that of a transfer, a settlement, a grant or a sum.
func (s *Summary) Epoch() Epoch {
	switch e := cmp.Or(s, &noSummary).record.entry.(type) {
	case *transferEntry:
		return e.header.epoch
	case *settlement:
		return e.header.epoch
	case *grantOrder:
		return e.epoch
	case *sumEntry:
		return e.set.Epoch
	}
	return 0
}

// Record is the record of which this is the summary, without signatures, if the detail is
// that of the entry [LOG-1]. The error is ErrInvalid if it is another, and ErrMalformed for
// what is no record's detail although the entry has its hash, as none that is certified has.
func (s *Summary) Record(detail []byte) (*Record, error) {
	if s == nil || s.entry == nil {
		return nil, fmt.Errorf("%w: an empty summary", ErrInvalid)
	}
	if h := sha256.Sum256(detail); !bytes.Equal(h[:], s.hash()) && batch.Enforced("LOG-1") {
		return nil, fmt.Errorf("%w: [LOG-1] the detail of record %v is not that of its entry", ErrInvalid, s.ID())
	}
	return ParseRecord(s.summary(), detail)
}
