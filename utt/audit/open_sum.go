package audit

import (
	"cmp"
	"context"
	"fmt"
	"math/big"
	"slices"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// Sums are those on record, in order of epoch, asset and kind.
func (a *Auditor) Sums() (all []Sum) {
	a = cmp.Or(a, &noAuditor)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.sums {
		all = append(all, s.public())
	}
	slices.SortFunc(all, func(s, t Sum) int {
		return cmp.Or(cmp.Compare(s.Set.Epoch, t.Set.Epoch), cmp.Compare(s.Set.Asset, t.Set.Asset), cmp.Compare(s.Set.Kind, t.Set.Kind))
	})
	return all
}

// findSum is a set on record, nil if it is not.
func (a *Auditor) findSum(set utt.SumSet) (utt.ID, *sum) {
	for id, s := range a.sums {
		if s.set == set {
			return id, s
		}
	}
	return utt.ID{}, nil
}

// OpenSum has this auditor give the others shares of a sum on record. An auditor made again
// is to be told again. The error is ErrNotFound for a set that is not on record: whose epoch
// is not over, or with too few payments.
func (a *Auditor) OpenSum(set utt.SumSet) error {
	if err := a.usable(); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	id, s := a.findSum(set)
	if s == nil {
		return noSum(set)
	}
	d := &decryption{subject: subject{purpose: ForSum, id: id}}
	d.read = func(ctx context.Context, plain []threshold.Plaintext) error { return a.total(ctx, s, plain) }
	return a.begin(d)
}

// Sum is a sum that was opened. The error is ErrNotFound for one that was not, and
// ErrInvalid for one that is no number.
func (a *Auditor) Sum(set utt.SumSet) (Sum, error) {
	if err := a.usable(); err != nil {
		return Sum{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch _, s := a.findSum(set); {
	case s == nil:
		return Sum{}, noSum(set)
	case s.unread:
		return Sum{}, fmt.Errorf("%w: the sum of %v of %.64q in epoch %d is no number", utt.ErrInvalid, set.Kind, set.Asset, set.Epoch)
	case s.total == nil:
		return Sum{}, fmt.Errorf("%w: the sum of %v of %.64q in epoch %d is not opened: OpenSum", utt.ErrNotFound, set.Kind, set.Asset, set.Epoch)
	default:
		return s.public(), nil
	}
}

// total reads a sum, Σ lo + 2^32·Σ hi. Neither half is kept: Σ hi alone may be one payment
// that is large.
func (a *Auditor) total(ctx context.Context, s *sum, plain []threshold.Plaintext) error {
	var halves [2]*big.Int
	for i := range halves {
		m, err := limbs(ctx, a.c.Table, plain[i], s.count)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			a.mu.Lock()
			defer a.mu.Unlock()
			s.unread = true
			return nil
		}
		halves[i] = new(big.Int).SetUint64(m)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s.total = new(big.Int).Add(halves[0], new(big.Int).Lsh(halves[1], 32))
	return nil
}

// limbs is the sum of so many numbers below 2^32. It is looked for from 0 on, in intervals
// each as long as all before it, so that it takes steps by what it is and not by what it
// might be.
func limbs(ctx context.Context, t *threshold.LogTable, p threshold.Plaintext, count uint64) (uint64, error) {
	const most = 1<<32 - 1
	count = min(count, 1<<31) // more do not fit into an epoch
	for lo, hi := uint64(0), uint64(most); ; {
		hi = min(hi, count*most)
		m, err := t.Find(ctx, p, lo, hi)
		if err == nil || ctx.Err() != nil || hi == count*most {
			return m, err
		}
		lo, hi = hi+1, hi+min(hi+1, threshold.MaxInterval)
	}
}
