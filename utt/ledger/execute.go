package ledger

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
)

// Prepared is a decided block as it was executed, before anything of it is written.
type Prepared struct {
	ledger   *Ledger
	height   uint64 // of the head that it comes after, and its history
	history  [32]byte
	next     meta
	writes   []store.Write
	receipts []utt.Receipt
	records  []*utt.Record
}

// noPrepared stands in for a nil one.
var noPrepared Prepared

// Receipts say what becomes of the block's operations, in order.
func (d *Prepared) Receipts() []utt.Receipt {
	return slices.Clone(cmp.Or(d, &noPrepared).receipts)
}

// Records are those of the executed operations, without signatures.
func (d *Prepared) Records() []*utt.Record {
	return slices.Clone(cmp.Or(d, &noPrepared).records)
}

// Digest is the ledger's once the block is committed.
func (d *Prepared) Digest() [32]byte {
	if d == nil || d.ledger == nil {
		return [32]byte{}
	}
	return d.next.digest(d.ledger.p)
}

// History is what SignerStates compare: a chain over all blocks up to this one.
func (d *Prepared) History() [32]byte { return cmp.Or(d, &noPrepared).next.history }

// Prepare executes a block on the head and writes nothing: of two operations in
// conflict the first wins. The verdicts must cover all its operations, in the epoch of
// its time. A rejected operation changes nothing. It fails as a whole, with ErrInvalid,
// for a block that does not follow the head, and with ErrStore if the store cannot be
// read or holds what no ledger writes.
func (l *Ledger) Prepare(b *utt.Block, v *utt.Verdicts) (*Prepared, error) {
	if err := l.usable(); err != nil {
		return nil, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	verdicts, err := l.admit(b, v)
	if err != nil {
		return nil, err
	}
	x := l.begin(b.Height, b.Time)
	x.verdicts = v
	d := &Prepared{ledger: l, height: l.meta.height, history: l.meta.history, receipts: make([]utt.Receipt, len(b.Ops))}
	x.closeBatches(l.meta.time)
	x.settleDue()
	if x.err != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrStore, x.err)
	}
	for i, op := range b.Ops {
		d.receipts[i] = utt.Receipt{Op: op.Digest(), ID: op.ID(), Status: utt.Executed}
		no := verdicts[i]
		if no == nil {
			no = x.execute(op)
		}
		if x.err != nil {
			return nil, fmt.Errorf("%w: %w", utt.ErrStore, x.err)
		}
		if no != nil {
			d.receipts[i].Status, d.receipts[i].Rejection = utt.Rejected, no
			continue
		}
		d.receipts[i].Status = x.status
		x.commit()
	}
	if d.next, d.writes, err = x.close(l.meta); err != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	d.records = x.records
	return d, nil
}

// Commit writes a prepared block, and with it, in one atomic write, what the caller
// keeps of it under keys that begin with Beside. ErrConflict says that another block was
// committed since Prepare, ErrStore that the store failed to write: the block may be in
// it or not then, and the ledger refuses everything until New has opened the store again
// and so found out.
func (l *Ledger) Commit(d *Prepared, with ...store.Write) error {
	if err := l.usable(); err != nil {
		return err
	}
	if d == nil || d.ledger != l {
		return fmt.Errorf("%w: no block that this ledger prepared", utt.ErrInvalid)
	}
	if err := checkBeside(with); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.torn {
		return fmt.Errorf("%w: %w", utt.ErrStore, errTorn)
	}
	if d.height != l.meta.height || d.history != l.meta.history {
		return fmt.Errorf("%w: block %d was prepared after block %d, the head is %d", utt.ErrConflict, d.next.height, d.height, l.meta.height)
	}
	// executed once more on a state that has it, the block would fork this replica: also
	// if the store panics
	l.torn = true
	if err := l.store.Apply(append(slices.Clip(d.writes), with...)); err != nil {
		return fmt.Errorf("%w: %w: %w", utt.ErrStore, errTorn, err)
	}
	l.torn, l.meta, l.recent = false, d.next, d.records
	return nil
}

// checkBeside reports writes that would change the state.
func checkBeside(with []store.Write) error {
	for _, w := range with {
		if !bytes.HasPrefix(w.Key, []byte(Beside)) {
			return fmt.Errorf("%w: a key %q among the ledger's; begin it with ledger.Beside", utt.ErrInvalid, w.Key)
		}
	}
	return nil
}

// Execute is Prepare and Commit.
func (l *Ledger) Execute(b *utt.Block, v *utt.Verdicts) ([]utt.Receipt, error) {
	d, err := l.Prepare(b, v)
	if err != nil {
		return nil, err
	}
	if err := l.Commit(d); err != nil {
		return nil, err
	}
	return d.Receipts(), nil
}

var errTorn = errors.New("the last block was written or not: open the ledger again with New")

// admit checks the block against the head and the verdicts, and returns these.
func (l *Ledger) admit(b *utt.Block, v *utt.Verdicts) ([]*utt.Rejection, error) {
	if l.torn {
		return nil, fmt.Errorf("%w: %w", utt.ErrStore, errTorn)
	}
	if b == nil || v == nil {
		return nil, fmt.Errorf("%w: no block or no verdicts", utt.ErrInvalid)
	}
	if b.Height != l.meta.height+1 || b.Time < l.meta.time {
		return nil, fmt.Errorf("%w: block %d at time %d after block %d at time %d; want height %d, time ≥ %d",
			utt.ErrInvalid, b.Height, b.Time, l.meta.height, l.meta.time, l.meta.height+1, l.meta.time)
	}
	if len(b.Ops) > utt.MaxOperations { // [HOLD-SIZE]
		return nil, fmt.Errorf("%w: a block of %d operations, of at most %d", utt.ErrInvalid, len(b.Ops), utt.MaxOperations)
	}
	if err := v.For(l.p, b.Time); err != nil {
		return nil, err
	}
	verdicts := make([]*utt.Rejection, len(b.Ops))
	for i, op := range b.Ops {
		if err := v.Err(op); err != nil && !errors.As(err, &verdicts[i]) {
			return nil, fmt.Errorf("%w: operation %d of the block: %w", utt.ErrInvalid, i, err)
		}
	}
	return verdicts, nil
}

// execution is a block in progress: writes of accepted operations, and of the
// current one on top, so that a rejected one leaves nothing behind.
type execution struct {
	p            *utt.Parameters
	policy       budget.Policy
	store        store.Store
	height, time uint64
	verdicts     *utt.Verdicts // nil where nothing is recorded
	writes       map[string][]byte
	records      []*utt.Record
	err          error // of the store

	op      utt.Operation
	current map[string][]byte // nil removes
	pending []*utt.Record
	status  utt.Status // if it is not rejected
}

// begin is an execution on the state as it is.
func (l *Ledger) begin(height, time uint64) *execution {
	return &execution{p: l.p, policy: l.p.Policy(), store: l.store, height: height, time: time, writes: make(map[string][]byte)}
}

// execute applies an operation, unless the state refuses it.
func (x *execution) execute(op utt.Operation) *utt.Rejection {
	x.op, x.current, x.pending, x.status = op, make(map[string][]byte), nil, utt.Executed
	switch o := op.(type) {
	case *utt.Registration:
		return x.register(o)
	case *utt.Issue:
		return x.issue(o)
	case *utt.PublicTransfer:
		return x.pay(o)
	case *utt.Mint:
		return x.mint(o)
	case *utt.Grant:
		return x.grant(o)
	case *utt.Transfer:
		return x.transfer(o)
	case *utt.Decision:
		return x.decide(o)
	case *utt.Collection:
		return x.collect(o)
	}
	x.fail(fmt.Errorf("%w: an operation of no kind that a ledger executes", utt.ErrInvalid))
	return nil
}

func (x *execution) commit() {
	for k, v := range x.current {
		x.writes[k] = v
	}
	x.records = append(x.records, x.pending...)
}

func (x *execution) reject(c utt.Code, label, format string, args ...any) *utt.Rejection {
	return &utt.Rejection{Code: c, Label: label, Op: x.op.Digest(), Detail: fmt.Sprintf(format, args...)}
}

func (x *execution) fail(err error) {
	if x.err == nil {
		x.err = err
	}
}

func (x *execution) get(key []byte) []byte {
	if v, ok := x.current[string(key)]; ok {
		return v
	}
	if v, ok := x.writes[string(key)]; ok {
		return v
	}
	v, ok, err := x.store.Get(key)
	if err != nil {
		x.fail(err)
	}
	if err != nil || !ok {
		return nil
	}
	if len(v) == 0 {
		x.fail(errEmpty)
		return nil
	}
	return v
}

func (x *execution) has(key []byte) bool          { return x.get(key) != nil }
func (x *execution) put(key, value []byte)        { x.current[string(key)] = value }
func (x *execution) remove(key []byte)            { x.current[string(key)] = nil }
func (x *execution) putNumber(k []byte, v uint64) { x.put(k, be64(v)) }

// number is one of the state, 0 if it was never written.
func (x *execution) number(key []byte) uint64 {
	b := x.get(key)
	if b == nil {
		return 0
	}
	v, err := stored(b)
	if err != nil {
		x.fail(err)
	}
	return v
}

// record puts on record what the check made of the operation.
func (x *execution) record() {
	if x.verdicts == nil {
		return
	}
	r, err := x.verdicts.Record(x.op, x.next(), x.time)
	if err != nil {
		x.fail(err)
		return
	}
	x.pending = append(x.pending, r)
}

// next is where the next record stands.
func (x *execution) next() utt.Cursor {
	return utt.Cursor{Height: x.height, Index: uint32(len(x.records) + len(x.pending))}
}

// close returns the new head, and all that is to be written of the block at once.
func (x *execution) close(m meta) (meta, []store.Write, error) {
	history := [][]byte{m.history[:], be64(x.height), be64(x.time)}
	for _, r := range x.records {
		b := r.AppendUnsigned(nil)
		x.writes[string(recordKey(r.Cursor()))] = b
		history = append(history, b)
	}
	m.height, m.time = x.height, x.time
	m.history = transcript.Hash(dst.LedgerHistory, history...)
	info := BlockInfo{x.time, uint32(len(x.records)), m.history}
	x.writes[string(blockKey(m.height))] = info.encode()

	writes := make([]store.Write, 0, len(x.writes)+1)
	changes := make([]change, 0, len(x.writes))
	for k, v := range x.writes {
		old, ok, err := x.store.Get([]byte(k))
		if err != nil {
			return meta{}, nil, err
		}
		if ok {
			changes = append(changes, change{[]byte(k), old, true})
		}
		if v != nil {
			changes = append(changes, change{key: []byte(k), value: v})
		} else if !ok {
			continue // came and went in this block
		}
		writes = append(writes, store.Write{Key: []byte(k), Value: v})
	}
	m.state.apply(changes)
	slices.SortFunc(writes, func(a, b store.Write) int { return slices.Compare(a.Key, b.Key) })
	return m, append(writes, store.Write{Key: metaKey, Value: m.encode(x.p)}), nil
}
