package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/httpnode"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// Bounds on what waits for a block, and for its verdict.
const (
	maxPool    = 1 << 14
	maxBytes   = 64 << 20
	maxQueue   = 1 << 12
	maxBatch   = 256 // verified at once
	maxRefused = 1 << 12
)

// errBusy says that too much waits already.
var errBusy = fmt.Errorf("%w: too many operations wait", httpnode.ErrBusy)

// pool holds the operations that were admitted and are in no block yet, the oldest first.
// Those that come while a batch is verified are the next batch.
type pool struct {
	replica func() *replica.Replica
	meters  *meters
	wake    chan struct{}

	mu      sync.Mutex
	queue   []*candidate // to be verified
	in      map[utt.Digest]*candidate
	order   []*candidate // admitted
	bytes   int
	fresh   [][]byte // admitted, and not told to other validators
	refused map[utt.Digest]*utt.Rejection
	recent  []utt.Digest // the keys of refused, the oldest first
}

// candidate is an operation that waits.
type candidate struct {
	op    utt.Operation
	raw   []byte
	own   bool          // a wallet handed it in here
	done  chan struct{} // closed once err is there
	err   error
	admit bool
}

func newPool(r func() *replica.Replica, m *meters) *pool {
	return &pool{
		replica: r, meters: m, wake: make(chan struct{}, 1),
		in: make(map[utt.Digest]*candidate), refused: make(map[utt.Digest]*utt.Rejection),
	}
}

// add has an operation verified, and returns where it waits; nil if it cannot.
func (p *pool) add(op utt.Operation, own bool) (*candidate, error) {
	raw, err := op.AppendBinary(nil)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.in[op.Digest()]; c != nil {
		c.own = c.own || own
		return c, nil
	}
	full := func(have, most int) bool { return have >= most || !own && have >= most-most/4 } // peers leave room
	if full(len(p.queue), maxQueue) || full(len(p.in), maxPool) || full(p.bytes+len(raw), maxBytes) {
		return nil, errBusy
	}
	c := &candidate{op: op, raw: raw, own: own, done: make(chan struct{})}
	p.in[op.Digest()] = c
	p.queue = append(p.queue, c)
	p.bytes += len(raw)
	select {
	case p.wake <- struct{}{}:
	default:
	}
	return c, nil
}

// submit admits a wallet's operation. The error is its rejection, if the state rules it out
// or it does not verify.
func (p *pool) submit(ctx context.Context, op utt.Operation) error {
	c, err := p.add(op, true)
	if err != nil {
		return err
	}
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run verifies what comes, in batches.
func (p *pool) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		}
		for {
			batch := p.batch()
			if len(batch) == 0 {
				break
			}
			p.verify(ctx, batch)
		}
	}
}

func (p *pool) batch() []*candidate {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := min(len(p.queue), maxBatch)
	batch := slices.Clone(p.queue[:n])
	p.queue = slices.Delete(p.queue, 0, n)
	return batch
}

// verify decides on a batch: first what the state says, which costs nothing.
func (p *pool) verify(ctx context.Context, batch []*candidate) {
	begun := time.Now()
	r, now := p.replica(), uint64(time.Now().Unix())
	var ops []utt.Operation
	for _, c := range batch {
		outlook, no, err := r.Preview(c.op, now)
		switch {
		case err != nil:
			c.err = err
		case no != nil && no.Code == utt.CodeRepeated: // it is there: handed in once more
			c.admit = true
		case outlook == ledger.Never, no != nil && no.Code == utt.CodeEpoch:
			c.err = no
		default:
			ops = append(ops, c.op)
		}
	}
	verdicts, failed := r.Check(ctx, now, ops)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range batch {
		repeated := c.admit
		if c.err == nil && !repeated {
			if c.err = failed; failed == nil {
				c.err = verdicts.Err(c.op)
			}
		}
		p.meters.admitted(c.err)
		if c.err != nil || repeated {
			delete(p.in, c.op.Digest())
			p.bytes -= len(c.raw)
		} else {
			c.admit = true
			p.order = append(p.order, c)
			p.fresh = append(p.fresh, c.raw)
		}
		close(c.done)
	}
	p.meters.pool(len(p.order), p.bytes)
	p.meters.seconds.WithLabelValues("admit").Observe(time.Since(begun).Seconds())
}

// reap is what other validators are to be told of, once.
func (p *pool) reap() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	fresh := p.fresh
	p.fresh = nil
	return fresh
}

// numbered is an operation that must come in the order of its numbers.
type numbered interface{ Nonce() uint64 }

// account names whose numbers they are.
func account(op utt.Operation) (key string, nonce uint64, ok bool) {
	n, ok := op.(numbered)
	if !ok {
		return "", 0, false
	}
	switch o := op.(type) {
	case *utt.Issue:
		key = "issuer"
	case interface{ PID() utt.PID }:
		pid := o.PID()
		key = string(pid[:])
	}
	return key, n.Nonce(), key != ""
}

// propose is what would be executed in a block of a time, of a size at most: the oldest
// first, those of one account by number and without gaps. What the state has come to rule
// out is dropped.
func (p *pool) propose(r *replica.Replica, at uint64, size int) ([]utt.Operation, error) {
	p.mu.Lock()
	order := slices.Clone(p.order)
	p.mu.Unlock()
	lines := make(map[string][]*candidate) // of accounts
	for _, c := range order {
		if key, _, ok := account(c.op); ok {
			lines[key] = append(lines[key], c)
		}
	}
	for _, line := range lines {
		slices.SortStableFunc(line, func(a, b *candidate) int {
			_, i, _ := account(a.op)
			_, j, _ := account(b.op)
			return cmp.Compare(i, j)
		})
	}
	var ops []utt.Operation
	fits := func(c *candidate) bool {
		n := encodedSize(c.raw)
		if len(ops) >= maxOperations || n > size {
			return false
		}
		size -= n
		ops = append(ops, c.op)
		return true
	}
	for _, c := range order {
		key, _, ok := account(c.op)
		if line := lines[key]; ok && line != nil {
			// the whole line at once, where its first one stands
			delete(lines, key)
			next, begun := uint64(0), false
			for _, c := range line {
				_, n, _ := account(c.op)
				outlook, no, err := r.Preview(c.op, at)
				switch {
				case err != nil:
					return nil, err
				case outlook == ledger.Never:
					p.drop(c.op, no)
					continue
				case begun && n < next: // two of one number
					continue
				}
				if !begun && outlook != ledger.Now || begun && n != next || !fits(c) {
					break
				}
				next, begun = n+1, true
			}
			continue
		} else if ok {
			continue
		}
		outlook, no, err := r.Preview(c.op, at)
		if err != nil {
			return nil, err
		}
		switch outlook {
		case ledger.Never:
			p.drop(c.op, no)
		case ledger.Now:
			if !fits(c) {
				return ops, nil
			}
		}
	}
	return ops, nil
}

// drop gives an operation up, which no block is going to execute. Whoever handed it in here
// may ask why.
func (p *pool) drop(op utt.Operation, why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := op.Digest()
	c := p.in[d]
	if c == nil || !c.admit {
		return
	}
	p.remove(func(o *candidate) bool { return o == c })
	var no *utt.Rejection
	if !c.own || !errors.As(why, &no) || no.Code == utt.CodeRepeated {
		return
	}
	p.refused[d] = no
	if p.recent = append(p.recent, d); len(p.recent) > maxRefused {
		delete(p.refused, p.recent[0])
		p.recent = slices.Delete(p.recent, 0, 1)
	}
}

func (p *pool) remove(which func(*candidate) bool) {
	p.order = slices.DeleteFunc(p.order, func(c *candidate) bool {
		if !which(c) {
			return false
		}
		delete(p.in, c.op.Digest())
		p.bytes -= len(c.raw)
		return true
	})
	p.meters.pool(len(p.order), p.bytes)
}

// executed drops what a block had, and what the state rules out since.
func (p *pool) executed(r *replica.Replica, b *utt.Block) {
	had := make(map[utt.Digest]bool, len(b.Ops))
	for _, op := range b.Ops {
		had[op.Digest()] = true
	}
	p.mu.Lock()
	if len(had) > 0 {
		p.remove(func(c *candidate) bool { return had[c.op.Digest()] })
		for d := range had {
			delete(p.refused, d)
		}
	}
	left := slices.Clone(p.order)
	p.mu.Unlock()
	for _, c := range left {
		if outlook, no, err := r.Preview(c.op, b.Time); err == nil && outlook == ledger.Never {
			p.drop(c.op, no)
		}
	}
}

// refusal is why an operation that was handed in here was dropped.
func (p *pool) refusal(d utt.Digest) (*utt.Rejection, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	no, ok := p.refused[d]
	return no, ok
}

// size is how many operations wait for a block.
func (p *pool) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.order)
}

// insert takes an operation of a peer.
func (p *pool) insert(tx []byte) error {
	op, err := operation(tx)
	if err != nil {
		return fmt.Errorf("of a peer: %w", err)
	}
	_, err = p.add(op, false)
	return err
}
