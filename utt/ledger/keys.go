package ledger

import (
	"cmp"
	"encoding/binary"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
)

// Keys of the state, told apart by their first byte, a letter. What begins with
// Beside belongs to whoever keeps other things in the ledger's store.
func nullifierKey(n [48]byte) []byte        { return append([]byte{'n'}, n[:]...) }
func memberKey(p utt.PID) []byte            { return append([]byte{'r'}, p[:]...) }
func addressKey(p utt.PID) []byte           { return append([]byte{'R'}, p[:]...) }
func endorsedKey(p utt.PID) []byte          { return append([]byte{'E'}, p[:]...) }
func accountKeyKey(k []byte) []byte         { return append([]byte{'k'}, k...) }
func nonceKey(p utt.PID) []byte             { return append([]byte{'c'}, p[:]...) }
func holdKey(id utt.ID) []byte              { return append([]byte{'x'}, id[:]...) }
func heldKey(id utt.ID) []byte              { return append([]byte{'y'}, id[:]...) }
func entryKey(q queue, index uint64) []byte { return append(q.append([]byte{'w'}), be64(index)...) }
func amendmentKey(number uint64) []byte     { return append([]byte{'v'}, be64(number)...) }
func warrantKey(number uint64) []byte       { return append([]byte{'f'}, be64(number)...) }
func suspendedKey(p utt.PID) []byte         { return append([]byte{'u'}, p[:]...) }
func openBatchKey(asset string) []byte      { return append([]byte{'l'}, asset...) }
func supplyKey(asset string) []byte         { return append([]byte{'s'}, asset...) }
func balanceKey(p utt.PID, a string) []byte { return append(append([]byte{'a'}, p[:]...), a...) }

// ofEpoch begins the keys of what goes once an epoch is over [NF-EPOCH].
func ofEpoch(letter byte, e utt.Epoch) []byte { return append([]byte{letter}, be64(uint64(e))...) }

func budgetKey(e utt.Epoch, n [48]byte) []byte { return append(ofEpoch(budgetLetter, e), n[:]...) }

func grantKey(p utt.PID, counter, asset string, e utt.Epoch) []byte {
	b := append(ofEpoch(grantLetter, e), p[:]...)
	return append(wire.AppendBytes(b, []byte(counter)), asset...)
}

func sumKey(kind utt.SumKind, asset string) []byte {
	return append([]byte{'t', byte(kind)}, asset...)
}

func closedSumKey(s utt.SumSet) []byte {
	return append(append([]byte{'z', byte(s.Kind)}, be64(uint64(s.Epoch))...), s.Asset...)
}

func batchKey(asset string, number uint64) []byte {
	return append(append([]byte{'p'}, be64(number)...), asset...)
}

const (
	budgetLetter = 'N' // a nullifier of a budget coin
	grantLetter  = 'g' // a grant
	recordLetter = 'h' // a record: in no hash of the state
)

// wait is what an entry of a queue waits for.
type wait byte

const (
	waitExpiry wait = 1
	waitDelay  wait = 2
)

// queue names a queue.
type queue struct {
	version uint64 // [HOLD-VERSION]
	row     uint16
	wait    wait
}

func (q queue) compare(o queue) int {
	return cmp.Or(cmp.Compare(q.version, o.version), cmp.Compare(q.row, o.row), cmp.Compare(q.wait, o.wait))
}

func (q queue) append(b []byte) []byte {
	return append(wire.AppendUint16(wire.AppendUint64(b, q.version), q.row), byte(q.wait))
}

// spentKeys are those of the nullifiers that an operation spends. That of a budget coin is
// of the transfer's epoch, which is in the coin's kind.
func spentKeys(op utt.Operation) (keys [][]byte) {
	t, ok := op.(*utt.Transfer)
	if !ok {
		return nil
	}
	all := t.Nullifiers()
	for i, n := range all {
		if i == len(all)-1 && t.Budgeted() {
			keys = append(keys, budgetKey(t.Epoch(), n.Key()))
			break
		}
		keys = append(keys, nullifierKey(n.Key()))
	}
	return keys
}

func recordKey(c utt.Cursor) []byte {
	return append(append([]byte{recordLetter}, be64(c.Height)...), be64(uint64(c.Index))...)
}

func blockKey(height uint64) []byte { return append([]byte{'b'}, be64(height)...) }

var (
	issueNonceKey       = []byte{'i'}
	suspensionNumberKey = []byte{'j'}
	warrantNumberKey    = []byte{'e'}
	warrantsKey         = []byte{'o'}
	queuesKey           = []byte{'q'}
	forgottenKey        = []byte{'F'} // the epoch before which nothing is left of what goes [NF-EPOCH]
	metaKey             = []byte{'m'} // height, time, state hash: not itself hashed
	restoringKey        = []byte{'M'} // there while a snapshot is read: not of the state
)

// Beside begins the keys of a ledger's store that are not the ledger's: they are in no
// digest and in no snapshot.
const Beside = "~"

func be64(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }

var errEmpty = fmt.Errorf("%w: an empty value of the state", utt.ErrMalformed)

// stored is a number of the state.
func stored(b []byte) (uint64, error) {
	r := wire.NewReader(b)
	v := r.Uint64()
	if err := r.Close(); err != nil {
		return 0, fmt.Errorf("%w: %w: a number of the state: %w", utt.ErrStore, utt.ErrMalformed, err)
	}
	return v, nil
}
