package replica

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
)

// Check is utt.Parameters.Check, but that what the replica has verified of late, when an
// operation was handed in or in a block proposed before, is not verified again. Any goroutine
// may call it at any time: it does not look at the ledger.
func (r *Replica) Check(ctx context.Context, time uint64, ops []utt.Operation) (*utt.Verdicts, error) {
	if err := r.usable(); err != nil {
		return nil, err
	}
	return r.checker.Check(ctx, r.parameters(), time, ops)
}

// Prepared is a decided block as it was executed, before anything of it is written.
type Prepared struct {
	*ledger.Prepared
	replica  *Replica
	height   uint64
	receipts []utt.Receipt
}

// Receipts say what becomes of the block's operations, in order. Of one that was executed
// in an earlier block, handed in again, the code is utt.CodeRepeated.
func (d *Prepared) Receipts() []utt.Receipt {
	if d == nil {
		return nil
	}
	return slices.Clone(d.receipts)
}

// Prepare executes a decided block on the head and writes nothing. The errors are those
// of ledger.Ledger.Prepare.
func (r *Replica) Prepare(b *utt.Block, v *utt.Verdicts) (*Prepared, error) {
	if err := r.usable(); err != nil {
		return nil, err
	}
	d, err := r.ledger.Prepare(b, v)
	if err != nil {
		return nil, err
	}
	p := &Prepared{Prepared: d, replica: r, height: b.Height, receipts: d.Receipts()}
	here := make(map[utt.Digest]bool) // executed in this block
	for i, got := range p.receipts {
		if got.Status != utt.Rejected {
			here[got.Op] = true
			continue
		}
		height := b.Height
		if !here[got.Op] {
			if height, err = r.kept.executed(b.Ops[i], got.Rejection); err != nil {
				return nil, err
			}
		}
		if height > 0 {
			p.receipts[i].Rejection = repeated(got.Rejection, height)
		}
	}
	return p, nil
}

// repeated is why an operation that was executed before is not executed again.
func repeated(no *utt.Rejection, height uint64) *utt.Rejection {
	return &utt.Rejection{
		Code: utt.CodeRepeated, Label: no.Label, Op: no.Op,
		Detail: fmt.Sprintf("executed in block %d, and handed in again", height),
	}
}

// Commit writes a prepared block in one atomic write: the state, what was signed last,
// receipts, and the writes of the host, whose keys begin with Beside. Call Work then. The
// errors are those of ledger.Ledger.Commit.
func (r *Replica) Commit(d *Prepared, with ...store.Write) error {
	if err := r.usable(); err != nil {
		return err
	}
	if d == nil || d.Prepared == nil || d.replica != r {
		return fmt.Errorf("%w: no block that this replica prepared", utt.ErrInvalid)
	}
	for _, w := range with {
		if len(w.Key) < len(Beside) || string(w.Key[:len(Beside)]) != Beside {
			return fmt.Errorf("%w: a key %q among the replica's; begin it with replica.Beside", utt.ErrInvalid, w.Key)
		}
	}
	writes, err := r.kept.receipts(d)
	if err != nil {
		return err
	}
	writes = append(writes, signerStateWrite(SignerState{d.height, d.History()}))
	if err := r.kept.commit(d.Prepared, append(writes, with...)); err != nil {
		return err
	}
	r.mu.Lock() // not before: who publishes has it, and waits for the store
	defer r.mu.Unlock()
	r.credentials.owes(d.height, slices.ContainsFunc(d.Records(), (*utt.Record).Owes))
	return nil
}

// commit writes a block, while nothing else is written.
func (k *keeper) commit(d *ledger.Prepared, with []store.Write) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.l.Commit(d, with...)
}

// receipts are the writes of a block's receipts. One that says executed stays, be it that
// of another replica; another gives way to what comes later.
func (k *keeper) receipts(d *Prepared) ([]store.Write, error) {
	last := make(map[utt.Digest]utt.Receipt, len(d.receipts))
	for _, r := range d.receipts {
		if !last[r.Op].Status.Accepted() {
			last[r.Op] = r
		}
	}
	writes := make([]store.Write, 0, len(last)+1)
	var written []byte
	for _, of := range d.receipts {
		r, ok := last[of.Op]
		if !ok {
			continue // twice in the block
		}
		delete(last, of.Op)
		if r.Rejection != nil && r.Rejection.Code == utt.CodeRepeated {
			continue
		}
		v, err := r.AppendBinary(binary.BigEndian.AppendUint64(nil, d.height))
		if err != nil {
			return nil, err
		}
		writes, written = append(writes, store.Write{Key: receiptKey(r.Op), Value: v}), append(written, r.Op[:]...)
	}
	if written != nil {
		writes = append(writes, store.Write{Key: receiptsKey(d.height), Value: written})
	}
	return writes, nil
}

// Execute is Prepare and Commit.
func (r *Replica) Execute(b *utt.Block, v *utt.Verdicts, with ...store.Write) ([]utt.Receipt, error) {
	d, err := r.Prepare(b, v)
	if err != nil {
		return nil, err
	}
	if err := r.Commit(d, with...); err != nil {
		return nil, err
	}
	return d.Receipts(), nil
}

// Preview says what would become of an operation in the next block: see
// ledger.Ledger.Preview. One that was executed before is utt.CodeRepeated.
func (r *Replica) Preview(op utt.Operation, time uint64) (ledger.Outlook, *utt.Rejection, error) {
	if err := r.usable(); err != nil {
		return 0, nil, err
	}
	outlook, no, err := r.ledger.Preview(op, time)
	if err != nil || no == nil {
		return outlook, no, err
	}
	height, err := r.kept.executed(op, no)
	if err != nil || height == 0 {
		return outlook, no, err
	}
	return ledger.Never, repeated(no, height), nil
}
