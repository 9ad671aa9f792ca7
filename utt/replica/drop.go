package replica

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
)

// A replica that keeps details for a time drops what is older with each certificate that it
// publishes, whole blocks in order, in the same write: the details of payments, the
// signatures on coins, and the receipts of the blocks. What is dropped was published: it is
// older than the certificate. Entries, trees, certificates and signatures on credentials stay.

// Bounds on what one certificate takes leave of: the last block may go beyond the records.
const (
	dropBlocks  = 1 << 8
	dropRecords = 1 << 12
)

// keptKey is of the first height of which the replica has details; absent if it has all.
var keptKey = []byte(ledger.Beside + "D")

// receiptsKey is of the digests of the operations of a block that receipts were written of.
func receiptsKey(height uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte(ledger.Beside+"R"), height)
}

// firstKept is the first height of which there are details.
func (k *keeper) firstKept() (uint64, error) {
	v, ok, err := k.get(keptKey)
	if err != nil || !ok {
		return 1, err
	}
	r := wire.NewReader(v)
	h := r.Uint64()
	if err := r.Close(); err != nil {
		return 0, fmt.Errorf("%w: %w: what details are kept: %w", utt.ErrStore, utt.ErrMalformed, err)
	}
	return h, nil
}

// details is ErrNotFound for a height of which details were dropped.
func (k *keeper) details(height uint64) error {
	first, err := k.firstKept()
	if err == nil && height < first {
		err = fmt.Errorf("%w: details of block %d: this replica keeps those of blocks from %d on; ask another, or an archive", utt.ErrNotFound, height, first)
	}
	return err
}

// whole yields the records of the ledger from a place on, if there are details of them.
func (k *keeper) whole(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	if err := k.details(from.Height); err != nil {
		return func(yield func(*utt.Record, error) bool) { yield(nil, err) }
	}
	return k.l.Records(ctx, from)
}

// drop are the writes that go with a certificate.
func (k *keeper) drop(c *utt.Certificate) (writes []store.Write, err error) {
	if k.keep == 0 || c.Kind != utt.LedgerCheckpoint || c.Time <= k.keep {
		return nil, nil
	}
	first, err := k.firstKept()
	if err != nil {
		return nil, err
	}
	h, records := first, 0
	for ; h < c.Height && h-first < dropBlocks && records < dropRecords; h++ {
		b, err := k.l.Block(h)
		if err != nil {
			return nil, err
		}
		if b.Time >= c.Time-k.keep {
			break
		}
		w, err := k.l.Drop(h)
		if err != nil {
			return nil, err
		}
		writes = append(writes, w...)
		for i := range b.Records {
			writes = append(writes, store.Write{Key: signaturesKey(utt.Cursor{Height: h, Index: i})})
		}
		if w, err = k.dropReceipts(h); err != nil {
			return nil, err
		}
		writes, records = append(writes, w...), records+int(b.Records)
	}
	if h == first {
		return nil, nil
	}
	return append(writes, store.Write{Key: keptKey, Value: binary.BigEndian.AppendUint64(nil, h)}), nil
}

// dropReceipts are the writes that remove the receipts of a block, but for those of
// operations that a later one has others of.
func (k *keeper) dropReceipts(height uint64) (writes []store.Write, err error) {
	all, ok, err := k.get(receiptsKey(height))
	if err != nil || !ok {
		return nil, err
	}
	for r := wire.NewReader(all); r.Len() > 0; {
		var op utt.Digest
		if r.Fill(op[:]); r.Err() != nil {
			return nil, fmt.Errorf("%w: %w: the receipts of block %d: %w", utt.ErrStore, utt.ErrMalformed, height, r.Err())
		}
		d, err := k.receipt(op)
		if err != nil {
			return nil, err
		}
		if d != nil && d.height == height {
			writes = append(writes, store.Write{Key: receiptKey(op)})
		}
	}
	return append(writes, store.Write{Key: receiptsKey(height)}), nil
}

// unreceipted is the height of the block that executed an operation whose receipt was
// dropped, by the record that it left; 0 if there is none.
func (k *keeper) unreceipted(id utt.ID) (uint64, error) {
	first, err := k.firstKept()
	if err != nil || first == 1 {
		return 0, err
	}
	at, err := k.places(id)
	if err != nil || len(at) == 0 || at[0].Height >= first {
		return 0, err
	}
	return at[0].Height, nil
}
