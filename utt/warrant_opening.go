package utt

import (
	"bytes"
	"cmp"
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

// noWarrantOpening stands in for a nil one.
var noWarrantOpening WarrantOpening

// Number is that of the warrant.
func (o *WarrantOpening) Number() uint64 { return cmp.Or(o, &noWarrantOpening).number }

// Terms are what the warrant orders, and why.
func (o *WarrantOpening) Terms() WarrantTerms {
	o = cmp.Or(o, &noWarrantOpening)
	return WarrantTerms{slices.Clone(o.transfers), o.components, o.reason}
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
func (o *WarrantOpening) claims(*Parameters, Epoch, *batch.Claims, bases) entry {
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
