package utt

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// WarrantOpening shows what a warrant ordered, and why. Nobody signs it: whoever has the
// salt opens the warrant. It is taken at any time, whatever turns out to be wrong with the
// warrant, which is on record then.
//
//	[WAR-OPEN]   it is of the hash that the warrant has
//	[WAR-COUNT]  it names as many payments as the warrant said
type WarrantOpening struct {
	sealed
	warrantOpening
}

// warrantOpening is what goes on record.
type warrantOpening struct {
	number     uint64
	salt       [32]byte
	reason     string
	transfers  []ID
	components Components
}

// Violation is what the opening of a warrant shows to be wrong with it.
type Violation uint8

// What can be wrong with a warrant that was sealed.
const (
	ViolationCount    Violation = 1 // it said another number of payments
	ViolationTransfer Violation = 2 // a payment has no audit record
)

var violations = map[Violation]string{ViolationCount: "count", ViolationTransfer: "transfer"}

func (v Violation) String() string { return nameIn(violations, v, "violation") }

// MarshalText is the name.
func (v Violation) MarshalText() ([]byte, error) { return marshalName(violations, v, "violation") }

// UnmarshalText parses a name.
func (v *Violation) UnmarshalText(text []byte) error {
	return unmarshalName(violations, v, text, "violation")
}

// noWarrantOpening stands in for a nil one.
var noWarrantOpening WarrantOpening

// Number is that of the warrant.
func (o *WarrantOpening) Number() uint64 { return cmp.Or(o, &noWarrantOpening).number }

// Terms are what the warrant orders, and why.
func (o *WarrantOpening) Terms() WarrantTerms {
	o = cmp.Or(o, &noWarrantOpening)
	return WarrantTerms{slices.Clone(o.transfers), o.components, o.reason}
}

func checkReason(reason string) error {
	if len(reason) > MaxReason || !utf8.ValidString(reason) {
		return fmt.Errorf("%w: a reason of %d bytes, of at most %d of UTF-8", ErrInvalid, len(reason), MaxReason)
	}
	return nil
}

// commitment is the hash that a warrant has: of the reason alone, or if the warrant is
// sealed of all that it orders.
func (o *warrantOpening) commitment(sealed bool) [32]byte {
	if !sealed {
		return transcript.Hash(dst.WarrantReason, o.salt[:], []byte(o.reason))
	}
	return transcript.Hash(dst.WarrantSeal, o.salt[:], appendIDs(nil, o.transfers), []byte{byte(o.components)}, []byte(o.reason))
}

// opens reports whether the opening is that of a warrant.
func (o *warrantOpening) opens(w *warrantOrder) bool {
	same := w.isSealed() || slices.Equal(o.transfers, w.transfers) && o.components == w.components
	return o.number == w.number && o.commitment(w.isSealed()) == w.commitment && same
}

// Open is what the opening of a warrant on record shows to be wrong with it, 0 for nothing.
// It fails with ErrInvalid, [WAR-OPEN], if it is not the opening of this warrant. Whether
// the payments have audit records, the ledger knows.
func (r *Record) Open(o *WarrantOpening) (Violation, error) {
	if r == nil || o == nil || o.raw == nil {
		return 0, fmt.Errorf("%w: no warrant, or no opening", ErrInvalid)
	}
	w, ok := r.entry.(*warrantEntry)
	if !ok {
		return 0, fmt.Errorf("%w: an opening of a record that is no warrant", ErrInvalid)
	}
	var c batch.Claims
	if !c.Require("WAR-OPEN", o.opens(&w.warrantOrder), "not the opening of warrant %d", w.number) {
		return 0, fmt.Errorf("%w: %w", ErrInvalid, c.Err())
	}
	if len(o.transfers) != int(w.count) && batch.Enforced("WAR-COUNT") {
		return ViolationCount, nil
	}
	return 0, nil
}

func (o *warrantOpening) append(b []byte) []byte {
	b = append(wire.AppendUint64(b, o.number), o.salt[:]...)
	b = wire.AppendBytes(b, []byte(o.reason))
	return append(appendIDs(b, o.transfers), byte(o.components))
}

func readWarrantOpeningOrder(r *wire.Reader) (o warrantOpening) {
	o.number = r.Uint64()
	r.Fill(o.salt[:])
	reason := bytes.Clone(r.Bytes(MaxReason))
	if !utf8.Valid(reason) {
		r.Fail("reason that is no UTF-8")
	}
	o.reason, o.transfers, o.components = string(reason), readIDs(r), Components(r.Byte())
	if len(o.transfers) == 0 || !o.components.Valid() {
		r.Fail("opening of a warrant for %v of %d payments", o.components, len(o.transfers))
	}
	return o
}

func (o *WarrantOpening) encode() []byte { return o.warrantOpening.append(opening(KindWarrantOpening)) }

func readWarrantOpening(r *wire.Reader, raw []byte) *WarrantOpening {
	return &WarrantOpening{seal(raw), readWarrantOpeningOrder(r)}
}

// claims claims nothing: the ledger has the hash.
func (o *WarrantOpening) claims(*Parameters, Epoch, *batch.Claims) entry {
	return &warrantOpeningEntry{warrantOpening: o.warrantOpening}
}

// warrantOpeningEntry is an opening on record, with what it shows to be wrong.
type warrantOpeningEntry struct {
	warrantOpening
	violation Violation // 0 if nothing is
}

func (e *warrantOpeningEntry) kind() Kind                                { return KindWarrantOpening }
func (e *warrantOpeningEntry) commitments(*Parameters) []*sig.Commitment { return nil }

func (e *warrantOpeningEntry) append(b []byte) []byte {
	return append(e.warrantOpening.append(b), byte(e.violation))
}

func readWarrantOpeningEntry(r *wire.Reader) *warrantOpeningEntry {
	e := &warrantOpeningEntry{readWarrantOpeningOrder(r), Violation(r.Byte())}
	if _, ok := violations[e.violation]; !ok && e.violation != 0 {
		r.Fail("opening with %v", e.violation)
	}
	return e
}

func (e *warrantOpeningEntry) read(*Parameters) (Entry, error) {
	return Entry{Nonce: e.number, Count: uint64(len(e.transfers)), Transfers: slices.Clone(e.transfers), Components: e.components,
		Reason: e.reason, Violation: e.violation}, nil
}

// Violating is the record of an opening with what the ledger finds wrong: it is for
// ledgers. Any other record it returns as it is.
func (r *Record) Violating(v Violation) *Record {
	if r == nil {
		return nil
	}
	e, ok := r.entry.(*warrantOpeningEntry)
	if !ok {
		return r
	}
	d := *r
	d.entry = &warrantOpeningEntry{e.warrantOpening, v}
	return &d
}
