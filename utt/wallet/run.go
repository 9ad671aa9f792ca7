package wallet

import (
	"context"
	"errors"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
)

// Running is how a wallet is run.
type Running struct {
	// Every is how often it syncs: when the clock shows a multiple of it since 1970, so that all
	// wallets that are run alike ask at the same times, and these tell nothing. Default a
	// minute.
	Every time.Duration
	// Failed is told what went wrong; Run goes on. It must not wait for Run to end.
	Failed func(error)
	// Wait waits for a time of the wallet's clock, or for the end of the context, whose error it
	// returns. Default with a timer. Simulations hand in theirs.
	Wait func(ctx context.Context, until time.Time) error
}

// patience is what a Sync is given at least.
const patience = 5 * time.Minute

// Run syncs at fixed times, and asks for the user's budgets of every asset and counter at the times that
// Budget says, until its context ends, whose error it returns. A budget that is not on record by
// the next sync it asks for again then. Of a node that fails it tries the next time again; of a
// ManyNode, another, as Sync does. A Sync that takes longer than five minutes, or than Every where that is more, is
// broken off; what it took in stays.
func (w *Wallet) Run(ctx context.Context, n Node, r Running) error {
	if err := w.usableAt(n); err != nil {
		return err
	}
	if r.Every <= 0 {
		r.Every = time.Minute
	}
	if r.Wait == nil {
		r.Wait = w.waitUntil
	}
	if r.Failed == nil {
		r.Failed = func(error) {}
	}
	w.mu.Lock()
	w.every = r.Every
	w.mu.Unlock()
	for {
		slot := slotAfter(w.now(), r.Every)
		wake := slot
		if due := w.nextGrant(); due.After(w.now()) && due.Before(slot) {
			wake = due
		}
		if err := r.Wait(ctx, wake); err != nil {
			return err
		}
		if wake.Equal(slot) {
			if err := w.syncAtMost(ctx, n, max(r.Every, patience)); err != nil {
				r.report(ctx, err)
			}
		}
		for _, b := range w.dueGrants() {
			if _, err := w.RequestCounter(ctx, n, b.counter, b.asset, b.epoch); err != nil && !errors.Is(err, utt.ErrConflict) {
				r.report(ctx, err)
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// report reports what is not just the end.
func (r *Running) report(ctx context.Context, err error) {
	if ctx.Err() == nil {
		r.Failed(err)
	}
}

// slotAfter is the next time that is a multiple of a duration since 1970.
func slotAfter(t time.Time, every time.Duration) time.Time {
	return time.Unix(0, 0).UTC().Add(t.Sub(time.Unix(0, 0)).Truncate(every) + every)
}

func (w *Wallet) waitUntil(ctx context.Context, until time.Time) error {
	t := time.NewTimer(until.Sub(w.now()))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *Wallet) syncAtMost(ctx context.Context, n Node, d time.Duration) error {
	bounded, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return w.Sync(bounded, n)
}

// budgets are those that the user may ask for.
func (w *Wallet) budgets() (all []Budget, of []grantID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.registered() != nil || w.state.suspended {
		return nil, nil
	}
	rules := w.rules()
	counters := []string{budget.Privacy}
	for _, c := range rules.Policy().Counters {
		counters = append(counters, c.Name)
	}
	for _, asset := range rules.Assets() {
		for _, counter := range counters {
			if b, err := w.budget(counter, asset); err == nil && b.Next != 0 {
				all, of = append(all, b), append(of, grantID{counter, asset, b.Next})
			}
		}
	}
	return all, of
}

// nextGrant is the first time from now on at which to ask for a budget; zero if there is none.
func (w *Wallet) nextGrant() (next time.Time) {
	all, _ := w.budgets()
	for _, b := range all {
		if b.When.After(w.now()) && (next.IsZero() || b.When.Before(next)) {
			next = b.When
		}
	}
	return next
}

// dueGrants are the budgets that it is time to ask for.
func (w *Wallet) dueGrants() (due []grantID) {
	all, of := w.budgets()
	for i, b := range all {
		if !b.When.After(w.now()) {
			due = append(due, of[i])
		}
	}
	return due
}
