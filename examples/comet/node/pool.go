package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cometbft/cometbft/p2p"

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
	maxBatch   = 256 // verified at once,
	maxDoubt   = 32  // and of a source that told of what does not verify: a block may wait for it
	maxRefused = 1 << 12
	peersShare = 4 // peers leave a quarter of all room to wallets,
	peerShare  = 8 // and each gets an eighth at most
)

// errBusy says that too much waits already.
var errBusy = fmt.Errorf("%w: too many operations wait", httpnode.ErrBusy)

// source is who told of an operation: a party, by its identity; all peers who are none, of
// whom anybody can be as many as he likes; or this validator's wallets.
type source string

const (
	fromWallets   source = "wallets"
	fromStrangers source = "strangers"
)

// pool holds the operations that were admitted and are in no block yet, the oldest first.
// They are verified in batches, of what has come meanwhile. Each source has room and
// turns of its own, so that none crowds others out.
type pool struct {
	replica func() *replica.Replica
	meters  *meters
	wake    chan struct{}

	mu      sync.Mutex
	sources map[source]*line
	turns   []source // whose turn it is to have an operation verified: the first's
	queued  int
	in      map[utt.Digest]*candidate
	order   []*candidate // admitted
	bytes   int
	untold  []*candidate // admitted, and not told to other validators
	refused map[utt.Digest]*utt.Rejection
	recent  []utt.Digest // the keys of refused, the oldest first
}

// line is what one source has in the pool.
type line struct {
	queue    []*candidate // to be verified
	count    int          // all of its candidates
	bytes    int
	suspects bool // what it told of did not verify: it is verified apart from others', who would wait for it
}

// candidate is an operation that waits.
type candidate struct {
	op    utt.Operation
	raw   []byte
	from  source
	own   bool          // a wallet handed it in here
	done  chan struct{} // closed once err is there
	err   error
	admit bool
	since time.Time       // when it was admitted
	knows map[p2p.ID]bool // who told of it, or was told
}

func newPool(r func() *replica.Replica, m *meters) *pool {
	return &pool{
		replica: r, meters: m, wake: make(chan struct{}, 1), sources: make(map[source]*line),
		in: make(map[utt.Digest]*candidate), refused: make(map[utt.Digest]*utt.Rejection),
	}
}

// add has an operation verified, and returns where it waits. ErrBusy says that there is no
// room, for this source.
func (p *pool) add(op utt.Operation, from source) (*candidate, error) {
	raw, err := op.AppendBinary(nil)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.in[op.Digest()]; c != nil {
		if from == fromWallets && !c.own {
			c.own = true
			if c.admit {
				p.untold = append(p.untold, c)
			}
		}
		return c, nil
	}
	l := p.sources[from]
	if l == nil {
		l = new(line)
		p.sources[from], p.turns = l, append(p.turns, from)
	}
	full := func(all, its, most int) bool {
		return all >= most || from != fromWallets && (all >= most-most/peersShare || its >= most/peerShare)
	}
	if full(p.queued, len(l.queue), maxQueue) || full(len(p.in), l.count, maxPool) || full(p.bytes+len(raw), l.bytes+len(raw), maxBytes) {
		return nil, errBusy
	}
	c := &candidate{op: op, raw: raw, from: from, own: from == fromWallets, done: make(chan struct{}), knows: make(map[p2p.ID]bool)}
	p.in[op.Digest()] = c
	l.queue = append(l.queue, c)
	p.queued++
	p.count(c, 1)
	p.nudge()
	return c, nil
}

// count takes note of the room that a candidate takes, or leaves.
func (p *pool) count(c *candidate, sign int) {
	l := p.sources[c.from]
	l.count += sign
	l.bytes += sign * len(c.raw)
	p.bytes += sign * len(c.raw)
}

// submit admits a wallet's operation. The error is its rejection, if the state rules it out
// or it does not verify.
func (p *pool) submit(ctx context.Context, op utt.Operation) error {
	c, err := p.add(op, fromWallets)
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

// To verify one operation alone takes as long as six in a batch. So a batch waits for company: batchGather,
// and until some time after the one before began, which is batchApart, or batchShare times as long as that
// one took, but no more than batchLate. If it is full it begins at once.
const (
	batchGather = 10 * time.Millisecond
	batchApart  = 50 * time.Millisecond
	batchLate   = 200 * time.Millisecond
	batchShare  = 3
)

// run verifies what comes, in batches.
func (p *pool) run(ctx context.Context) {
	for next := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		}
		for due := time.After(max(batchGather, time.Until(next))); due != nil && p.unverified() < maxBatch; {
			select {
			case <-ctx.Done():
				return
			case <-p.wake:
			case <-due:
				due = nil
			}
		}
		begun := time.Now()
		if batch := p.batch(); len(batch) > 0 {
			p.verify(ctx, batch)
			next = begun.Add(max(batchApart, min(batchLate, batchShare*time.Since(begun))))
		}
		if p.unverified() > 0 {
			p.nudge()
		}
	}
}

// unverified is how many operations wait to be verified.
func (p *pool) unverified() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queued
}

func (p *pool) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// batch is what is verified next: one of each source in turn, but for those whose operations
// did not verify, whose turn is one of their own.
func (p *pool) batch() (batch []*candidate) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range p.turns {
		first := p.turns[0]
		p.turns = append(p.turns[1:], first)
		l := p.sources[first]
		if len(l.queue) == 0 {
			continue
		}
		if l.suspects {
			return p.take(l, batch, maxDoubt)
		}
		for was := -1; was < len(batch) && len(batch) < maxBatch; {
			was = len(batch)
			for _, s := range p.turns {
				if l := p.sources[s]; !l.suspects && len(batch) < maxBatch {
					batch = p.take(l, batch, 1)
				}
			}
		}
		return batch
	}
	return nil
}

// take takes some of a source's.
func (p *pool) take(l *line, batch []*candidate, most int) []*candidate {
	n := min(len(l.queue), most)
	batch = append(batch, l.queue[:n]...)
	l.queue = slices.Delete(l.queue, 0, n)
	p.queued -= n
	return batch
}

// verify decides on a batch: first what the state says, which costs nothing.
func (p *pool) verify(ctx context.Context, batch []*candidate) {
	defer p.meters.stage(stageAdmit)()
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
	lied := make(map[source]bool)
	for _, c := range batch {
		repeated := c.admit
		if c.err == nil && !repeated {
			if c.err = failed; failed == nil {
				c.err = verdicts.Err(c.op)
			}
			lied[c.from] = lied[c.from] || c.err != nil
		}
		p.meters.admitted(c.err)
		if c.err != nil || repeated {
			delete(p.in, c.op.Digest())
			p.count(c, -1)
		} else {
			c.admit, c.since = true, time.Now()
			p.order, p.untold = append(p.order, c), append(p.untold, c)
		}
		close(c.done)
	}
	for from, did := range lied { // wallets, too: some of them are not to have all others wait
		p.sources[from].suspects = did
	}
	p.meters.pool(len(p.order), p.bytes)
}

// relayAfter is how long what another validator has told of may wait for a block before others
// are told of it again: who told of it has told them, too, if it is connected to them.
const relayAfter = time.Second

// tell is what other validators are to be told of now. What is in a block by then they need not
// be. It says of nothing twice.
func (p *pool) tell(now time.Time, relay bool) (fresh []*candidate) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.untold = slices.DeleteFunc(p.untold, func(c *candidate) bool {
		switch {
		case p.in[c.op.Digest()] != c:
			return true
		case c.own, relay, now.Sub(c.since) >= relayAfter:
			fresh = append(fresh, c)
			return true
		}
		return false
	})
	return fresh
}

// know takes note that a peer knows of an operation, and reports whether it did already.
func (p *pool) know(c *candidate, peer p2p.ID) (did bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	did = c.knows[peer]
	c.knows[peer] = true
	return did
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
		p.count(c, -1)
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

// waiting is an operation that waits for its verdict or for a block, nil if none does.
func (p *pool) waiting(d utt.Digest) utt.Operation {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.in[d]; c != nil {
		return c.op
	}
	return nil
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
