package bft

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"sync"

	"github.com/utt-ecash/utt-go/utt"
)

// verdicts are what the replicas of one process would each find for themselves, and
// find once. Each is bound to the exact bytes it is about, and does not depend on
// who asks. Benchmarks and real replicas share none.
type verdicts struct {
	mu      sync.Mutex
	checked *utt.Verdicts // on the workload's operations
	covered int
	signed  map[[32]byte]bool // signatures of a record that verify
}

// Share has replicas of a simulation share verdicts: on the workload's operations
// with those of all simulations, on signed statements among each other; and the harness,
// on signatures, with those of all. All that is not known is verified as usual.
func (w *Workload) Share(configs []Config) {
	verified := make(map[*Statement]bool) // nobody changes a statement
	for i := range configs {
		verify := configs[i].verify
		configs[i].Check, configs[i].attach = w.Check, w.attach
		configs[i].Verify = func(st *Statement) bool {
			valid, known := verified[st]
			if !known {
				valid = verify(st)
				verified[st] = valid
			}
			return valid
		}
	}
}

// Check is a Checker that verifies the workload's operations once, in one batch.
// Other operations, and other epochs, are verified as usual.
func (w *Workload) Check(ctx context.Context, time uint64, ops []utt.Operation) (*utt.Verdicts, error) {
	v := &w.verdicts
	v.mu.Lock()
	defer v.mu.Unlock()
	policy := w.Founding.Parameters.Policy()
	epoch, err := policy.EpochAt(time)
	if err != nil || epoch != 1 {
		return w.Founding.Parameters.Check(ctx, time, ops)
	}
	all := slices.Concat(w.Payments, w.Splits, w.Doubles, w.Invalid, w.Held)
	for _, item := range w.Held {
		all = append(all, item.Decisions...)
	}
	if v.checked == nil || v.covered != len(all) {
		parsed := make([]utt.Operation, len(all))
		for i, item := range all {
			if parsed[i], err = utt.ParseOperation(item.Raw); err != nil {
				return nil, err
			}
		}
		if v.checked, err = w.Founding.Parameters.Check(ctx, time, parsed); err != nil {
			return nil, err
		}
		v.covered = len(all)
	}
	for _, op := range ops {
		if errors.Is(v.checked.Err(op), utt.ErrNotFound) {
			return w.Founding.Parameters.Check(ctx, time, ops)
		}
	}
	return v.checked, nil
}

// attach is an Attacher. What a record's outputs are, its ID says.
func (w *Workload) attach(ctx context.Context, records []*utt.Record, signatures [][]byte) ([]*utt.Record, error) {
	p, v := w.Founding.Parameters, &w.verdicts
	signed, err := p.AttachTrusted(utt.CoinTree, records, signatures)
	if err != nil {
		return nil, err
	}
	known := true
	keys := make([][32]byte, len(records))
	v.mu.Lock()
	for i, r := range records {
		id := r.ID()
		keys[i] = sha256.Sum256(append(id[:], signatures[i]...))
		known = known && v.signed[keys[i]]
	}
	v.mu.Unlock()
	if known {
		return signed, nil
	}
	if signed, err = p.Attach(ctx, utt.CoinTree, records, signatures); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.signed == nil {
		v.signed = make(map[[32]byte]bool)
	}
	for _, k := range keys {
		v.signed[k] = true
	}
	return signed, nil
}
