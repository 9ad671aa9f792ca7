package utt

import (
	"context"
	"fmt"
	"maps"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/parallel"
)

// Verdicts says of operations whether they are valid in an epoch whatever the
// ledger's state. A verdict is bound to the operation's exact bytes, to the epoch and to
// the rules of it and of the next, for which budgets are granted, and to nothing else: what was verified when an operation came in need
// not be verified again in a block of the same epoch. Verdicts do not change, and are not
// encoded: another's word is not a verdict.
type Verdicts struct {
	rules rules
	of    map[Digest]verdict
}

// rules are all of the parameters that verdicts depend on.
type rules struct {
	epoch      Epoch
	now, after [32]byte // digests of the versions of the epoch and of the next
}

func (p *Parameters) rulesOf(e Epoch) rules { return rules{e, p.At(e).digest, p.At(e + 1).digest} }

type verdict struct {
	entry     entry
	rejection *Rejection // nil if valid
	trusted   bool       // on others' word: see Trust
}

// Check verifies operations for a block with the given time, in seconds since
// 1970: every proof, signature and rule that does not depend on the ledger's
// state. It uses all cores and one batch, in which an invalid operation costs the
// others nothing. Operations on which there are known verdicts, under these parameters
// and in the same epoch, are not verified again, unless these come from Trust. It fails
// as a whole only if the context ends or the time lies outside of the policy's.
func (p *Parameters) Check(ctx context.Context, time uint64, ops []Operation, known ...*Verdicts) (*Verdicts, error) {
	v, err := p.undecided(time, ops)
	if err != nil {
		return nil, err
	}
	ops = v.reuse(ops, known)
	claims, entries := p.At(v.Epoch()).state(ctx, v.Epoch(), ops)
	for i, err := range batch.Verify(ctx, claims) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		d := ops[i].Digest()
		if err == nil {
			v.of[d] = verdict{entry: entries[i]}
			continue
		}
		r, ok := rejectionOf(d, err).(*Rejection)
		if !ok {
			return nil, err
		}
		v.of[d] = verdict{rejection: r}
	}
	return v, nil
}

// undecided is where verdicts on operations go that are checked for a time.
func (p *Parameters) undecided(time uint64, ops []Operation) (*Verdicts, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	now, err := p.config.Policy.EpochAt(time)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	for i, op := range ops {
		if Absent(op) {
			return nil, fmt.Errorf("%w: operation %d is nil or empty", ErrMalformed, i)
		}
	}
	return &Verdicts{rules: p.rulesOf(now), of: make(map[Digest]verdict, len(ops))}, nil
}

// statedAtOnce is how many operations' bases are hashed together at most.
const statedAtOnce = 32

// state states the claims of operations in an epoch, on all cores: none once the context has
// ended.
func (p *Parameters) state(ctx context.Context, now Epoch, ops []Operation) ([]*batch.Claims, []entry) {
	claims, entries := make([]*batch.Claims, len(ops)), make([]entry, len(ops))
	for i := range claims {
		claims[i] = new(batch.Claims)
	}
	parts := parallel.Split(len(ops), statedAtOnce/4)
	parallel.For(len(parts), func(k int) {
		for from := parts[k].From; from < parts[k].To && ctx.Err() == nil; from += statedAtOnce {
			to := min(from+statedAtOnce, parts[k].To)
			hashed := hashBases(outputsOf(ops[from:to]))
			for i := from; i < to; i++ {
				entries[i] = ops[i].claims(p, now, claims[i], hashed)
			}
		}
	})
	return claims, entries
}

// outputsOf is how many outputs transfers make under each seed. Those that spend the same have
// one seed, and outputs that need not be as many.
func outputsOf(ops []Operation) map[seed]int {
	outputs := make(map[seed]int, len(ops))
	for _, op := range ops {
		if t, ok := op.(*Transfer); ok {
			s := t.seed()
			outputs[s] = max(outputs[s], len(t.outputs))
		}
	}
	return outputs
}

// reuse takes in what is known of operations, and returns those of which nothing is, once
// each.
func (v *Verdicts) reuse(ops []Operation, known []*Verdicts) (rest []Operation) {
	wanted := make(map[Digest]bool, len(ops))
	for _, op := range ops {
		wanted[op.Digest()] = true
	}
	for _, k := range known {
		if k == nil || k.rules != v.rules {
			continue
		}
		for d := range wanted {
			if of, ok := k.of[d]; ok && !of.trusted {
				v.of[d] = of
			}
		}
	}
	for _, op := range ops {
		d := op.Digest()
		if _, have := v.of[d]; !have && wanted[d] {
			rest, wanted[d] = append(rest, op), false
		}
	}
	return rest
}

// Join is all verdicts of several Checks together. Those that are under other parameters
// or for another epoch than v are left out.
func (v *Verdicts) Join(others ...*Verdicts) *Verdicts {
	if v == nil {
		return nil
	}
	d := &Verdicts{rules: v.rules, of: maps.Clone(v.of)}
	for _, o := range others {
		if o == nil || o.rules != v.rules {
			continue
		}
		if d.of == nil {
			d.of = make(map[Digest]verdict, len(o.of))
		}
		for k, of := range o.of {
			if had, have := d.of[k]; !have || had.trusted { // what was verified stays
				d.of[k] = of
			}
		}
	}
	return d
}

// Trust returns verdicts on the operations of a decided block without verifying
// their proofs. It is for a replica that catches up, and only for blocks that f+1
// replicas vouch for, so that an honest one has verified them: such as by a
// certificate of 2f+1 votes of replicas that vote for no block with an invalid
// operation. What does not need a proof to be seen wrong is still rejected.
func (p *Parameters) Trust(time uint64, ops []Operation) (*Verdicts, error) {
	v, err := p.undecided(time, ops)
	if err != nil {
		return nil, err
	}
	claims, entries := p.At(v.Epoch()).state(context.Background(), v.Epoch(), ops)
	for i, op := range ops {
		d := op.Digest()
		v.of[d] = verdict{entry: entries[i], trusted: true}
		if r, failed := rejectionOf(d, claims[i].Err()).(*Rejection); failed {
			v.of[d] = verdict{rejection: r, trusted: true}
		}
	}
	return v, nil
}

// Epoch is the one that the operations were checked for.
func (v *Verdicts) Epoch() Epoch {
	if v == nil {
		return 0
	}
	return v.rules.epoch
}

// For reports, by ErrInvalid, verdicts that are not for a block with the given time
// under these parameters.
func (v *Verdicts) For(p *Parameters, time uint64) error {
	if err := p.Usable(); err != nil {
		return err
	}
	epoch, err := p.config.Policy.EpochAt(time)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if v == nil || v.rules != p.rulesOf(epoch) {
		return fmt.Errorf("%w: verdicts for other parameters, another version of them, or epoch %d, not %d: check again", ErrInvalid, v.Epoch(), epoch)
	}
	return nil
}

// Record is what an operation that is valid leaves on record once it is executed, or
// comes to be held, in a block with the given time, at a place.
func (v *Verdicts) Record(op Operation, at Cursor, time uint64) (*Record, error) {
	if err := v.Err(op); err != nil {
		return nil, err
	}
	e, status := v.of[op.Digest()].entry, Executed
	if e == nil {
		return nil, fmt.Errorf("%w: an operation that leaves no record of its own", ErrInvalid)
	}
	if t, ok := e.(*transferEntry); ok && cases[t.header.use].audit {
		status = Held
	}
	return &Record{height: at.Height, index: at.Index, time: time, id: op.ID(), status: status, entry: e}, nil
}

// Err is why an operation is invalid, nil if it is valid, and ErrNotFound if it
// was not checked.
func (v *Verdicts) Err(op Operation) error {
	if v == nil || Absent(op) {
		return fmt.Errorf("%w: no verdict, or no operation", ErrNotFound)
	}
	d, ok := v.of[op.Digest()]
	switch {
	case !ok:
		return fmt.Errorf("%w: no verdict on operation %v", ErrNotFound, op.Digest())
	case d.rejection != nil:
		return d.rejection
	}
	return nil
}
