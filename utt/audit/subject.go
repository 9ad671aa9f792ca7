package audit

import (
	"context"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// Purpose is what auditors open something for, and a share is of no use for another.
type Purpose string

// The purposes.
const (
	ToDecide  Purpose = "decide"  // on a payment that is held
	ByWarrant Purpose = "warrant" // a payment that is on record
	ForSum    Purpose = "sum"     // the volume of an epoch
)

// subject is what is opened, and what for.
type subject struct {
	purpose Purpose
	number  uint64 // of the warrant, 0 but for ByWarrant
	id      utt.ID // of the payment, or of the record of the sum
}

func (s subject) String() string {
	if s.purpose == ByWarrant {
		return fmt.Sprintf("%v by warrant %d", s.id, s.number)
	}
	return fmt.Sprintf("%v (%s)", s.id, s.purpose)
}

// purposes are those of subjects, by their encoding.
var purposes = []Purpose{1: ToDecide, 2: ByWarrant, 3: ForSum}

func (s subject) append(b []byte) []byte {
	b = append(b, byte(slices.Index(purposes, s.purpose)))
	if s.purpose == ByWarrant {
		b = wire.AppendUint64(b, s.number)
	}
	return append(b, s.id[:]...)
}

func readSubject(r *wire.Reader) (s subject) {
	if at := int(r.Byte()); at >= 1 && at < len(purposes) {
		s.purpose = purposes[at]
	} else {
		r.Fail("an item for purpose %d", at)
	}
	if s.purpose == ByWarrant {
		s.number = r.Uint64()
	}
	r.Fill(s.id[:])
	return s
}

// decryption is something that is to be opened, and how far the auditors have come with it.
type decryption struct {
	subject
	order   uint64             // in which they were begun
	request *threshold.Request // what the own share is made on; nil before it
	shares  map[threshold.Index]*threshold.DecryptionShare
	liars   map[threshold.Index]bool // who sent something false
	done    bool
	read    func(context.Context, []threshold.Plaintext) error // what t shares have opened
}
