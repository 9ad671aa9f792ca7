package ledger

import (
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
)

// The records are in the ledger's store and in its snapshots, and are not in the hash of the
// state: the head has the edge of the tree of their entries [LOG-1], and so the hash of each
// detail. What is bulk in them, the details of payments, nothing that executes reads again.
// So a store may drop them: the entry stays, with which the log can be followed, and the
// digest is the same.

// bulk reports kinds of records whose details may be dropped. Those of the others are few,
// and needed: by registrars, by sessions, by whoever reads the rules.
func bulk(k utt.Kind) bool { return k == utt.KindTransfer || k == utt.KindSettlement }

// dropped begins what is kept of a record without its detail. A record begins with the
// length of its summary, which is not 0.
var dropped = []byte{0, 0}

// without is the entry of a record that is kept without its detail, nil of another.
func without(stored []byte) []byte {
	if len(stored) < len(dropped) || string(stored[:len(dropped)]) != string(dropped) {
		return nil
	}
	return stored[len(dropped):]
}

// logEntry is the entry of a record as it is stored, nil of what is none.
func logEntry(stored []byte) []byte {
	if e := without(stored); e != nil {
		return e
	}
	return utt.LogEntry(stored)
}

// Drop are the writes that take the details of a block's payments out of the ledger's store:
// for whoever has it to apply. They change nothing that is executed, and no digest. From then
// on the error of Record, Records and BlockRecords is ErrNotFound there, and so is that of
// AuditRecord once what was held is settled; Entries and OfKinds go on. The error is ErrNotFound for a block above the head.
func (l *Ledger) Drop(height uint64) ([]store.Write, error) {
	b, err := l.Block(height)
	if err != nil {
		return nil, err
	}
	var writes []store.Write
	for i := range b.Records {
		c := utt.Cursor{Height: height, Index: i}
		s, err := l.stored(c)
		if err != nil {
			return nil, err
		}
		if bulk(utt.RecordKind(s)) && without(s) == nil {
			writes = append(writes, store.Write{Key: recordKey(c), Value: append(dropped[:len(dropped):len(dropped)], logEntry(s)...)})
		}
	}
	return writes, nil
}
