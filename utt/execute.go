package utt

import (
	"errors"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Block is a decided list of operations. Consensus bounds its time to honest
// clocks and decides it irrevocably before it is executed.
type Block struct {
	Height uint64      // one above the last
	Time   uint64      // in seconds since 1970, not below the last
	Ops    []Operation // at most MaxBlock
}

// MaxBlock bounds the operations of a block, and the records that a certificate adds to
// those of the one before it: wallets hold that many before they know them to be
// certified.
const MaxBlock = 1 << 13

// Receipt says what became of an operation. It goes by the digest of the exact
// bytes: an ID does not name a rejected transfer, or garbled proofs under
// somebody's ID would pass for the failure of his payment.
type Receipt struct {
	Op        Digest
	ID        ID
	Status    Status
	Rejection *Rejection // of a rejected one
}

// Execute applies a block in order; of two operations in conflict the first wins.
// The verdicts must cover all its operations, in the epoch of its time. A
// rejected operation changes nothing. If Execute fails as a whole, nothing has
// changed at all, with one exception: when the store fails to write (ErrStore), the
// block may be in it or not. Then every further Execute fails too, until NewLedger
// has opened the store again and so found out.
func (l *Ledger) Execute(b *Block, v *Verdicts) ([]Receipt, error) {
	if err := l.usable(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	epoch, err := l.admit(b, v)
	if err != nil {
		return nil, err
	}
	x := &execution{p: l.p, store: l.store, block: b, epoch: epoch, writes: make(map[string][]byte)}
	receipts := make([]Receipt, len(b.Ops))
	for i, op := range b.Ops {
		d := op.Digest()
		receipts[i] = Receipt{Op: d, ID: op.ID(), Status: Executed}
		no := v.of[d].rejection
		if no == nil {
			x.begin(op, v.of[d].entry)
			no = op.execute(x)
		}
		if x.err != nil {
			return nil, fmt.Errorf("%w: %w", ErrStore, x.err)
		}
		if no != nil {
			receipts[i].Status, receipts[i].Rejection = Rejected, no
			continue
		}
		x.commit()
	}
	next, writes, err := x.close(l.meta)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStore, err)
	}
	// executed once more on a state that has it, the block would fork this replica: also
	// if the store panics
	l.torn = true
	if err := l.store.Apply(writes); err != nil {
		return nil, fmt.Errorf("%w: %w: %w", ErrStore, errTorn, err)
	}
	l.torn, l.meta, l.recent = false, next, x.records
	return receipts, nil
}

var errTorn = errors.New("the last block was written or not: open the ledger again with NewLedger")

// admit checks the block against the head and the verdicts.
func (l *Ledger) admit(b *Block, v *Verdicts) (Epoch, error) {
	if l.torn {
		return 0, fmt.Errorf("%w: %w", ErrStore, errTorn)
	}
	if b == nil || v == nil {
		return 0, fmt.Errorf("%w: no block or no verdicts", ErrInvalid)
	}
	if b.Height != l.meta.height+1 || b.Time < l.meta.time {
		return 0, fmt.Errorf("%w: block %d at time %d after block %d at time %d; want height %d, time ≥ %d",
			ErrInvalid, b.Height, b.Time, l.meta.height, l.meta.time, l.meta.height+1, l.meta.time)
	}
	if len(b.Ops) > MaxBlock {
		return 0, fmt.Errorf("%w: a block of %d operations, of at most %d", ErrInvalid, len(b.Ops), MaxBlock)
	}
	epoch, err := l.p.config.Policy.EpochAt(b.Time)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if v.parameters != l.p.digest || v.epoch != epoch {
		return 0, fmt.Errorf("%w: verdicts for other parameters or epoch %d, not %d: check again", ErrInvalid, v.epoch, epoch)
	}
	for i, op := range b.Ops {
		if absent(op) {
			return 0, fmt.Errorf("%w: operation %d is nil or empty", ErrInvalid, i)
		}
		if _, ok := v.of[op.Digest()]; !ok {
			return 0, fmt.Errorf("%w: operation %v was not checked", ErrInvalid, op.Digest())
		}
	}
	return epoch, nil
}

// execution is a block in progress: writes of accepted operations, and of the
// current one on top, so that a rejected one leaves nothing behind.
type execution struct {
	p       *Parameters
	store   Store
	block   *Block
	epoch   Epoch
	writes  map[string][]byte
	records []*Record
	err     error // of the store

	op      Operation
	checked entry // what the check put on record
	current map[string][]byte
	pending []*Record
}

func (x *execution) begin(op Operation, checked entry) {
	x.op, x.checked = op, checked
	x.current, x.pending = make(map[string][]byte), nil
}

func (x *execution) commit() {
	for k, v := range x.current {
		x.writes[k] = v
	}
	x.records = append(x.records, x.pending...)
}

func (x *execution) reject(c Code, label, format string, args ...any) *Rejection {
	return &Rejection{Code: c, Label: label, Op: x.op.Digest(), Detail: fmt.Sprintf(format, args...)}
}

func (x *execution) get(key []byte) []byte {
	if v, ok := x.current[string(key)]; ok {
		return v
	}
	if v, ok := x.writes[string(key)]; ok {
		return v
	}
	v, ok, err := x.store.Get(key)
	if err != nil && x.err == nil {
		x.err = err
	}
	if err != nil || !ok {
		return nil
	}
	return v
}

func (x *execution) has(key []byte) bool          { return x.get(key) != nil }
func (x *execution) put(key, value []byte)        { x.current[string(key)] = value }
func (x *execution) number(key []byte) uint64     { return wire.NewReader(x.get(key)).Uint64() }
func (x *execution) putNumber(k []byte, v uint64) { x.put(k, be64(v)) }

func (x *execution) member(pid PID) *member {
	b := x.get(memberKey(pid))
	if b == nil {
		return nil
	}
	m := readMember(wire.NewReader(b))
	return &m
}

func (x *execution) balance(a PID, asset string) Amount {
	return Amount(x.number(balanceKey(a, asset)))
}

// credit cannot overflow: all accounts together hold no more than the supply.
func (x *execution) credit(a PID, asset string, v Amount) {
	x.putNumber(balanceKey(a, asset), uint64(x.balance(a, asset)+v))
}

func (x *execution) debit(a PID, asset string, v Amount) {
	x.putNumber(balanceKey(a, asset), uint64(x.balance(a, asset)-v))
}

func (x *execution) record(e entry) {
	x.pending = append(x.pending, &Record{
		height: x.block.Height,
		index:  uint32(len(x.records) + len(x.pending)),
		time:   x.block.Time,
		id:     x.op.ID(),
		status: Executed,
		entry:  e,
	})
}

// close returns the new head, and all that is to be written of the block at once.
func (x *execution) close(m meta) (meta, []Write, error) {
	history := [][]byte{m.history[:], be64(x.block.Height), be64(x.block.Time)}
	for _, r := range x.records {
		b := r.append(nil)
		x.writes[string(recordKey(r.Cursor()))] = b
		history = append(history, b)
	}
	m.height, m.time = x.block.Height, x.block.Time
	m.history = transcript.Hash(dst.LedgerHistory, history...)
	info := blockInfo{x.block.Time, uint32(len(x.records)), m.history}
	x.writes[string(blockKey(m.height))] = info.encode()

	writes := make([]Write, 0, len(x.writes)+1)
	changes := make([]change, 0, len(x.writes))
	for k, v := range x.writes {
		old, ok, err := x.store.Get([]byte(k))
		if err != nil {
			return meta{}, nil, err
		}
		if ok {
			changes = append(changes, change{[]byte(k), old, true})
		}
		changes = append(changes, change{key: []byte(k), value: v})
		writes = append(writes, Write{[]byte(k), v})
	}
	m.state.apply(changes)
	slices.SortFunc(writes, func(a, b Write) int { return slices.Compare(a.Key, b.Key) })
	return m, append(writes, Write{metaKey, m.encode(x.p)}), nil
}

func (t *Transfer) execute(x *execution) *Rejection {
	for _, n := range t.nullifiers() {
		k := nullifierKey(n.Key())
		if x.has(k) && batch.Enforced("NF-ONCE") {
			return x.reject(CodeSpent, "NF-ONCE", "a coin was spent before")
		}
		x.put(k, t.id[:])
	}
	if t.burn.amount > 0 {
		if x.member(t.burn.account) == nil && batch.Enforced("BURN-TO") {
			return x.reject(CodeUnregistered, "BURN-TO", "no account %v", t.burn.account)
		}
		x.credit(t.burn.account, t.header.asset, t.burn.amount)
	}
	x.record(x.checked)
	return nil
}
