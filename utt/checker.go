package utt

import (
	"context"
	"fmt"
	"maps"
	"sync"
)

// Checker is Parameters.Check that remembers: an operation that was verified when it was
// handed in, or in a block proposed before, is not verified again. It keeps the verdicts on
// the last operations of an epoch, twice MaxBlock of them at least. Any number of
// goroutines may use it.
type Checker struct {
	p *Parameters

	mu         sync.Mutex
	epoch      Epoch
	young, old map[Digest]verdict // the older half is dropped when the younger is full
}

// NewChecker makes a Checker, with nothing known.
func NewChecker(p *Parameters) (*Checker, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	return &Checker{p: p}, nil
}

// kept is how many verdicts a half holds.
const kept = 2 * MaxBlock

// Check is Parameters.Check.
func (c *Checker) Check(ctx context.Context, time uint64, ops []Operation) (*Verdicts, error) {
	if c == nil || c.p == nil {
		return nil, fmt.Errorf("%w: an empty checker: make it with NewChecker", ErrInvalid)
	}
	found, err := c.p.Check(ctx, time, ops, c.known(ops))
	if err != nil {
		return nil, err
	}
	c.keep(found)
	return found, nil
}

// known is what was found of operations.
func (c *Checker) known(ops []Operation) *Verdicts {
	v := &Verdicts{parameters: c.p.digest, of: make(map[Digest]verdict, len(ops))}
	c.mu.Lock()
	defer c.mu.Unlock()
	v.epoch = c.epoch
	for _, op := range ops {
		if Absent(op) {
			continue
		}
		d := op.Digest()
		of, ok := c.young[d]
		if !ok {
			of, ok = c.old[d]
		}
		if ok {
			v.of[d] = of
		}
	}
	return v
}

func (c *Checker) keep(found *Verdicts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if found.epoch != c.epoch { // a verdict holds in its epoch only
		c.epoch, c.young, c.old = found.epoch, nil, nil
	}
	if c.young == nil || len(c.young) >= kept {
		c.young, c.old = make(map[Digest]verdict), c.young
	}
	maps.Copy(c.young, found.of)
}
