package utt

import (
	"context"
	"fmt"
	"maps"
	"sync"
)

// Checker is Parameters.Check that remembers: an operation that was verified when it was
// handed in, or in a block proposed before, is not verified again. It keeps the verdicts on
// the last operations of an epoch, twice MaxBlock of them at least. The zero Checker has
// nothing known. Any number of goroutines may use it.
type Checker struct {
	mu         sync.Mutex
	rules      rules
	young, old map[Digest]verdict // the older half is dropped when the younger is full
}

// kept is how many verdicts a half holds.
const kept = 2 * MaxBlock

// Check is Parameters.Check under the parameters given, such as those of one's ledger now.
func (c *Checker) Check(ctx context.Context, p *Parameters, time uint64, ops []Operation) (*Verdicts, error) {
	if c == nil {
		return nil, fmt.Errorf("%w: no checker", ErrInvalid)
	}
	found, err := p.Check(ctx, time, ops, c.known(ops))
	if err != nil {
		return nil, err
	}
	c.keep(found)
	return found, nil
}

// known is what was found of operations.
func (c *Checker) known(ops []Operation) *Verdicts {
	v := &Verdicts{of: make(map[Digest]verdict, len(ops))}
	c.mu.Lock()
	defer c.mu.Unlock()
	v.rules = c.rules
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
	if found.rules != c.rules { // a verdict holds in its epoch and under its rules only
		c.rules, c.young, c.old = found.rules, nil, nil
	}
	if c.young == nil || len(c.young) >= kept {
		c.young, c.old = make(map[Digest]verdict), c.young
	}
	maps.Copy(c.young, found.of)
}
