package ledger

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/merkle"
	"github.com/utt-ecash/utt-go/internal/parallel"
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
	p        *utt.Parameters // as the block leaves them
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
	return d.next.digest(d.p)
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
	x := l.begin(b.Height, b.Time, len(b.Ops))
	x.verdicts = v
	d := &Prepared{ledger: l, height: l.meta.height, history: l.meta.history, receipts: make([]utt.Receipt, len(b.Ops))}
	spent := make([][][]byte, len(b.Ops))
	each(len(b.Ops), func(i int) { spent[i] = spentKeys(b.Ops[i]) })
	x.closeBatches()
	x.settleDue()
	x.forget()
	if x.err != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrStore, x.err)
	}
	for i, op := range b.Ops {
		d.receipts[i] = utt.Receipt{Op: op.Digest(), ID: op.ID(), Status: utt.Executed}
		no := verdicts[i]
		if no == nil {
			no = x.execute(op, spent[i])
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
	d.records, d.p = x.records, x.p
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
	l.torn, l.meta, l.p, l.recent = false, d.next, d.p, d.records
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
	verdicts, errs := make([]*utt.Rejection, len(b.Ops)), make([]error, len(b.Ops))
	each(len(b.Ops), func(i int) {
		if err := v.Err(b.Ops[i]); err != nil && !errors.As(err, &verdicts[i]) {
			errs[i] = fmt.Errorf("%w: operation %d of the block: %w", utt.ErrInvalid, i, err)
		}
	})
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return verdicts, nil
}

// execution is a block in progress: writes of accepted operations, and of the
// current one on top, so that a rejected one leaves nothing behind.
type execution struct {
	p            *utt.Parameters // speaking for the block's epoch
	policy       budget.Policy
	store        store.Store
	height, time uint64
	last         uint64        // time of the head
	verdicts     *utt.Verdicts // nil where nothing is recorded
	writes       []store.Write // each key once
	index        map[string]int
	records      []*utt.Record
	err          error // of the store

	op      utt.Operation
	current []store.Write // each key once, and few; nil removes
	pending []*utt.Record
	status  utt.Status // if it is not rejected
	early   bool       // of a session whose time for it is to come
}

// begin is an execution of some operations on the state as it is.
func (l *Ledger) begin(height, time uint64, ops int) *execution {
	p := l.p
	if now, err := p.Policy().EpochAt(time); err == nil {
		p = p.At(now)
	}
	const writes = 3 // of an operation, often: nullifiers
	return &execution{
		p: p, policy: p.Policy(), store: l.store, height: height, time: time, last: l.meta.time,
		writes: make([]store.Write, 0, (writes+1)*ops+2), index: make(map[string]int, writes*ops),
	}
}

// execute applies an operation, which spends what spentKeys says, unless the state refuses
// it.
func (x *execution) execute(op utt.Operation, spent [][]byte) *utt.Rejection {
	x.op, x.current, x.pending, x.status, x.early = op, x.current[:0], nil, utt.Executed, false
	switch o := op.(type) {
	case *utt.Registration:
		return x.register(o)
	case *utt.Readdress:
		return x.readdress(o)
	case *utt.Issue:
		return x.issue(o)
	case *utt.PublicTransfer:
		return x.pay(o)
	case *utt.Mint:
		return x.mint(o)
	case *utt.Grant:
		return x.grant(o)
	case *utt.Transfer:
		return x.transfer(o, spent)
	case *utt.Decision:
		return x.decide(o)
	case *utt.Amendment:
		return x.amend(o)
	case *utt.Suspension:
		return x.suspend(o)
	case *utt.Warrant:
		return x.warrant(o)
	case *utt.WarrantOpening:
		return x.openWarrant(o)
	case *utt.WarrantVoid:
		return x.voidWarrant(o)
	case *utt.SessionOpening:
		return x.open(o)
	case *utt.SessionMessage:
		return x.broadcast(o)
	case *utt.SessionAdoption:
		return x.adopt(o)
	case *utt.Collection:
		return x.collect(o)
	}
	x.fail(fmt.Errorf("%w: an operation of no kind that a ledger executes", utt.ErrInvalid))
	return nil
}

func (x *execution) commit() {
	for _, w := range x.current {
		x.write(w)
	}
	x.records = append(x.records, x.pending...)
}

// write keeps a write of the block, the last of its key.
func (x *execution) write(w store.Write) {
	if i, ok := x.index[string(w.Key)]; ok {
		x.writes[i].Value = w.Value
		return
	}
	x.index[string(w.Key)] = len(x.writes)
	x.writes = append(x.writes, w)
}

// now is the current operation's write of a key, nil if there is none.
func (x *execution) now(key []byte) *store.Write {
	for i := range x.current {
		if bytes.Equal(x.current[i].Key, key) {
			return &x.current[i]
		}
	}
	return nil
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
	if w := x.now(key); w != nil {
		return w.Value
	}
	if i, ok := x.index[string(key)]; ok {
		return x.writes[i].Value
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

func (x *execution) put(key, value []byte) {
	if w := x.now(key); w != nil {
		w.Value = value
		return
	}
	x.current = append(x.current, store.Write{Key: key, Value: value})
}

func (x *execution) has(key []byte) bool          { return x.get(key) != nil }
func (x *execution) remove(key []byte)            { x.put(key, nil) }
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

// close returns the new head, and all that is to be written of the block at once, in an
// order that the block alone determines.
func (x *execution) close(m meta) (meta, []store.Write, error) {
	records, leaves := x.encodeRecords() // which the tree of entries has the hash of
	old, errs := make([]change, len(x.writes)), make([]error, len(x.writes))
	each(len(x.writes), func(i int) { old[i], errs[i] = x.before(x.writes[i].Key) })
	if err := errors.Join(errs...); err != nil {
		return meta{}, nil, err
	}
	changes := make([]change, 0, 2*len(x.writes))
	for i, w := range x.writes {
		changes = appendChange(changes, w, old[i])
	}
	history := [][]byte{m.history[:], be64(x.height), be64(x.time)}
	for _, w := range records {
		history = append(history, w.Value)
	}
	m.state.apply(changes, func() { m.history = transcript.Hash(dst.LedgerHistory, history...) })
	m.height, m.time, m.log = x.height, x.time, m.log.With(leaves...)
	info := BlockInfo{x.time, uint32(len(x.records)), m.history, m.log.Size(), m.log.Root()}
	block := store.Write{Key: blockKey(m.height), Value: info.encode()}
	was, err := x.before(block.Key)
	if err != nil {
		return meta{}, nil, err
	}
	m.state.apply(appendChange(nil, block, was))
	x.writes = append(x.writes, records...)
	return m, append(x.writes, block, store.Write{Key: metaKey, Value: m.encode(x.p)}), nil
}

// encodeRecords are the writes of the block's records, and the hashes of their leaves in the
// log, on all cores.
func (x *execution) encodeRecords() ([]store.Write, []merkle.Hash) {
	const room = 3 << 10 // for most, without growing
	writes, leaves := make([]store.Write, len(x.records)), make([]merkle.Hash, len(x.records))
	each(len(x.records), func(i int) {
		r := x.records[i]
		encoded := slices.Clip(r.AppendUnsigned(make([]byte, 0, room)))
		writes[i], leaves[i] = store.Write{Key: recordKey(r.Cursor()), Value: encoded}, merkle.Leaf(utt.LogEntry(encoded))
	})
	return writes, leaves
}

// before is the pair with a key that the state loses, if there is one.
func (x *execution) before(key []byte) (change, error) {
	v, ok, err := x.store.Get(key)
	return change{key, v, ok}, err
}

// appendChange appends what a write changes.
func appendChange(changes []change, w store.Write, old change) []change {
	if old.gone {
		changes = append(changes, old)
	}
	if w.Value == nil {
		return changes
	}
	return append(changes, change{key: w.Key, value: w.Value})
}

// each calls f(0) … f(n−1), which are cheap, on all cores.
func each(n int, f func(int)) {
	parts := parallel.Split(n, 32)
	parallel.For(len(parts), func(k int) {
		for i := parts[k].From; i < parts[k].To; i++ {
			f(i)
		}
	})
}
