package wallet

import (
	"context"
	"fmt"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
)

// Budget says which privacy budget of an asset the wallet has, and when to ask for the next.
// The error is an UnregisteredError for nobody's wallet, a RescanError in a Rescan, and ErrPolicy
// for an unknown asset.
func (w *Wallet) Budget(asset string) (Budget, error) { return w.Counter(budget.Privacy, asset) }

// Counter is Budget for a counter of the policy: budget.Privacy, or another. The error is
// ErrPolicy for one that the policy does not have.
func (w *Wallet) Counter(counter, asset string) (Budget, error) {
	if err := w.usable(); err != nil {
		return Budget{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.ready(asset); err != nil {
		return Budget{}, err
	}
	return w.budget(counter, asset)
}

func (w *Wallet) budget(counter, asset string) (b Budget, err error) {
	s := &w.state
	b = Budget{Counter: counter, Epoch: w.present(), Certified: s.epoch}
	b.Granted = s.granted.m[grantID{counter, asset, b.Epoch}]
	coins := s.budget(counter, asset, b.Epoch)
	b.Amount, b.Pending = coins.free.sum(), coins.locked
	if b.Allowance, err = s.p.Allowance(counter, s.registered.Class(), b.Epoch); err != nil {
		return b, fmt.Errorf("%w: %w", utt.ErrPolicy, err)
	}
	b.Suspended = s.suspended
	next, due := max(b.Epoch, 1), utt.Amount(0)
	for {
		if due, err = s.p.Allowance(counter, s.registered.Class(), next); err != nil {
			return b, nil // the counter ends with the epoch before: there is nothing to ask for
		}
		// the policy of the next epoch may be another
		if !s.granted.m[grantID{counter, asset, next}] && (due > 0 || next > b.Epoch) {
			break
		}
		next++
	}
	if due == 0 {
		return b, nil
	}
	b.Next = next
	t, err := w.keys.GrantTime(asset, b.Next)
	if err != nil {
		return b, err
	}
	b.When = time.Unix(int64(t), 0).UTC()
	return b, nil
}

// present is the epoch that it is by the last certificate, or by the clock if that says a
// later one: a quiet ledger's certificates stand still.
func (w *Wallet) present() utt.Epoch {
	if w.now == nil {
		return w.state.epoch // of an empty wallet
	}
	t := w.now().Unix()
	if t < 0 {
		return w.state.epoch
	}
	e, err := w.policy.EpochAt(uint64(t))
	if err != nil {
		return w.state.epoch
	}
	return max(e, w.state.epoch)
}

// RequestBudget asks for the privacy budget of an asset in an epoch: the present or the
// next. Wallet.Budget says which and when. It may be asked for again until it is on record,
// and is granted once.
func (w *Wallet) RequestBudget(ctx context.Context, n Node, asset string, e utt.Epoch) (Handle, error) {
	return w.RequestCounter(ctx, n, budget.Privacy, asset, e)
}

// RequestCounter is RequestBudget for a counter of the policy: Wallet.Counter says which and
// when.
func (w *Wallet) RequestCounter(ctx context.Context, n Node, counter, asset string, e utt.Epoch) (Handle, error) {
	if err := w.usableAt(n); err != nil {
		return Handle{}, err
	}
	return w.handInNew(ctx, n, func() (*spending, utt.Operation, error) {
		s := &w.state
		if err := w.rescanned(); err != nil {
			return nil, nil, err
		}
		if err := w.registered(); err != nil {
			return nil, nil, err
		}
		if err := w.suspended(); err != nil {
			return nil, nil, err
		}
		g, err := utt.NewGrant(s.p, w.keys.PID(), counter, asset, e, s.registered.Class())
		if err != nil {
			return nil, nil, err
		}
		if s.granted.m[grantID{counter, asset, e}] {
			return nil, nil, fmt.Errorf("%w: the budget of epoch %d was granted before", utt.ErrConflict, e)
		}
		if now := w.present(); !budget.Grantable(e, now) {
			return nil, nil, fmt.Errorf("%w: a budget of epoch %d is not granted in epoch %d: Budget says what can be asked for, and when", utt.ErrPolicy, e, now)
		}
		return &spending{epoch: e, made: made{kind: ItemGranted, asset: asset, amount: g.Amount(), grant: grant{counter, e}}}, g, nil
	})
}
