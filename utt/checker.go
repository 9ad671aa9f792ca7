package utt

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Checker is Parameters.Check that remembers: an operation that was verified when it was
// handed in, or in a block proposed before, is not verified again, and one that another
// goroutine is verifying is waited for. It keeps the verdicts on the last operations of an
// epoch, twice MaxBlock of them at least. The zero Checker has nothing known. Any number of
// goroutines may use it.
type Checker struct {
	mu         sync.Mutex
	rules      rules
	young, old map[Digest]verdict // the older half is dropped when the younger is full
	flights    map[subject]*flight
}

// kept is how many verdicts a half holds.
const kept = 2 * MaxBlock

// subject is what a verdict is on: an operation, under rules.
type subject struct {
	rules rules
	op    Digest
}

// flight is a batch that is being verified.
type flight struct {
	ops   []Operation
	done  chan struct{} // closed once found is there
	found *Verdicts     // nil if it failed
}

// A flight is waited for so long at most, and then verified beside it: whoever has filled it with what
// takes long keeps nobody else waiting. It is more than operations take by themselves.
const (
	patience     = 10 * time.Millisecond
	patienceEach = 3 * time.Millisecond // and for each operation in it that is asked for
)

// Check is Parameters.Check under the parameters given, such as those of one's ledger now.
func (c *Checker) Check(ctx context.Context, p *Parameters, at uint64, ops []Operation) (*Verdicts, error) {
	if c == nil {
		return nil, fmt.Errorf("%w: no checker", ErrInvalid)
	}
	v, err := p.undecided(at, ops)
	if err != nil {
		return nil, err
	}
	own, others, waits := c.take(v, ops)
	if err := c.verify(ctx, own, p, at); err != nil {
		return nil, err
	}
	known := []*Verdicts{own.found}
	late := time.After(patience + time.Duration(waits)*patienceEach)
	for waiting := true; waiting && len(others) > 0; {
		select {
		case <-others[0].done:
			known, others = append(known, others[0].found), others[1:]
		case <-late:
			waiting = false
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	rest := &flight{ops: v.reuse(ops, known), done: make(chan struct{})} // with what failed elsewhere
	if err := c.verify(ctx, rest, p, at); err != nil {
		return nil, err
	}
	v.reuse(rest.ops, []*Verdicts{rest.found})
	return v, nil
}

// take puts what is known of operations into v, and of the rest says what nobody is verifying,
// which is now the caller's to verify, and in which flights the others are, and how many.
func (c *Checker) take(v *Verdicts, ops []Operation) (own *flight, others []*flight, waits int) {
	own = &flight{done: make(chan struct{})}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flights == nil {
		c.flights = make(map[subject]*flight)
	}
	for _, op := range v.reuse(ops, c.known(ops)) {
		s := subject{v.rules, op.Digest()}
		switch f := c.flights[s]; {
		case f == nil:
			c.flights[s], own.ops = own, append(own.ops, op)
		default:
			waits++
			if !slices.Contains(others, f) {
				others = append(others, f)
			}
		}
	}
	return own, others, waits
}

// verify verifies a flight's operations, if there are any.
func (c *Checker) verify(ctx context.Context, f *flight, p *Parameters, at uint64) (err error) {
	if len(f.ops) == 0 {
		return nil
	}
	var found *Verdicts
	defer func() { c.land(f, found) }()
	found, err = p.Check(ctx, at, f.ops)
	return err
}

// land keeps what was found, nil if the flight failed, and tells those who wait for it.
func (c *Checker) land(f *flight, found *Verdicts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.flights, func(_ subject, o *flight) bool { return o == f })
	if f.found = found; found != nil {
		c.keep(found)
	}
	close(f.done)
}

// known are the verdicts kept on operations. The lock is the caller's.
func (c *Checker) known(ops []Operation) []*Verdicts {
	v := &Verdicts{rules: c.rules, of: make(map[Digest]verdict, len(ops))}
	for _, op := range ops {
		d := op.Digest()
		of, ok := c.young[d]
		if !ok {
			of, ok = c.old[d]
		}
		if ok {
			v.of[d] = of
		}
	}
	return []*Verdicts{v}
}

// keep keeps what was found. The lock is the caller's.
func (c *Checker) keep(found *Verdicts) {
	if found.rules != c.rules { // a verdict holds in its epoch and under its rules only
		c.rules, c.young, c.old = found.rules, nil, nil
	}
	if c.young == nil || len(c.young) >= kept {
		c.young, c.old = make(map[Digest]verdict), c.young
	}
	maps.Copy(c.young, found.of)
}
