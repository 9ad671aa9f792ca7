package audit

import (
	"fmt"
	"io"
	"slices"

	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// WarrantState is what has become of a warrant on record.
type WarrantState string

// The states of warrants. Shares are given in the first two.
const (
	WarrantWaiting  WarrantState = "waiting"  // to be opened on record
	WarrantOpened   WarrantState = "opened"   // on record, in time or not
	WarrantOverdue  WarrantState = "overdue"  // it had to be opened by Until
	WarrantVoid     WarrantState = "void"     // by order of those who amend
	WarrantViolated WarrantState = "violated" // its opening shows that it lied
)

// Warrant is a warrant on record, as everybody sees it, and what this auditor has done.
type Warrant struct {
	Number     uint64
	Payments   int    // that it names
	Until      uint64 // when it must have been opened, in seconds since 1970
	State      WarrantState
	Transfers  []utt.ID       // none of one that is sealed and not opened on record
	Components utt.Components // of them to be opened; 0 as long
	Reason     string         // "" until it is opened on record
	Answered   bool           // whether this auditor gives shares: OpenUnder
	Disclosed  int            // of how many payments t shares have come
}

// Disclosure is what was opened of a payment by a warrant. It prints as "redacted".
type Disclosure struct {
	Transfer   utt.ID
	Asset      string
	Case       utt.Case
	Time       uint64         // since when it was held, in seconds since 1970
	Components utt.Components // that were opened
	Amount     utt.Amount     // 0 unless it was opened
	Payee      utt.PID        // zero unless he was opened, and is registered
	Payer      utt.PID        // as for Payee
}

// Format prints "redacted".
func (d Disclosure) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (d Disclosure) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// warrant is one on record.
type warrant struct {
	number      uint64
	record, end *utt.Record // end is the latest opening or voiding
	order       utt.Entry
	ended       utt.Entry
	private     *utt.WarrantOpening      // as the auditor was given it, nil unless it is needed
	heard       map[threshold.Index]bool // who has shown that he has it
	terms       utt.WarrantTerms         // that the auditor answers, none before he does
	disclosed   []*Disclosure            // of the payments of terms, nil those not opened yet
}

// state is what has become of the warrant at a time.
func (w *warrant) state(now uint64) WarrantState {
	switch {
	case w.end == nil && now >= w.order.Due:
		return WarrantOverdue
	case w.end == nil:
		return WarrantWaiting
	case w.ended.Kind == utt.KindWarrantVoid:
		return WarrantVoid
	case w.ended.Violation != 0:
		return WarrantViolated
	}
	return WarrantOpened
}

func (w *warrant) stands(now uint64) bool {
	s := w.state(now)
	return s == WarrantWaiting || s == WarrantOpened
}

// public is what the warrant names on record, nothing of one that is sealed.
func (w *warrant) public() utt.WarrantTerms {
	if w.ended.Kind == utt.KindWarrantOpening {
		return utt.WarrantTerms{Transfers: slices.Clone(w.ended.Transfers), Components: w.ended.Components, Reason: w.ended.Reason}
	}
	return utt.WarrantTerms{Transfers: slices.Clone(w.order.Transfers), Components: w.order.Components}
}

// isSealed reports a warrant of which the record does not show what it names.
func (w *warrant) isSealed() bool { return len(w.public().Transfers) == 0 }

// knock is by which an auditor shows that he has the opening of a sealed warrant, without
// showing anything of it to who has not.
func (w *warrant) knock(n utt.NetworkID, from threshold.Index) subject {
	var opening utt.Digest
	if w.private != nil {
		opening = w.private.Digest()
	}
	return subject{ByWarrant, w.number, transcript.Hash(dst.AuditOpening, n[:], opening[:], wire.AppendUint16(nil, uint16(from)))}
}
