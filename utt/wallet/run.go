package wallet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
)

// Running is how a wallet is run.
type Running struct {
	// Every is how often it syncs: five seconds after the clock shows a multiple of it since 1970, or
	// a twelfth of it where that is less, so that all wallets that are run alike ask at the same
	// times, and these tell nothing. Default a minute.
	Every time.Duration
	// Failed is told what went wrong; Run goes on. It must not wait for Run to end.
	Failed func(error)
	// Wait waits for a time of the wallet's clock, or for the end of the context, whose error it
	// returns. Default with a timer. Simulations hand in theirs.
	Wait func(ctx context.Context, until time.Time) error
}

// patience is what a Sync is given at least.
const patience = 5 * time.Minute

// Run syncs at fixed times, and asks for the user's budgets of every asset and counter at the times
// that Budget says, until its context ends, whose error it returns. What is late, or not on record by
// the next sync, it asks for at a time that it draws in the second half of the span after that sync.
// So it never hands anything in because a Sync has ended: a node, which sees when each ends, would
// learn which of them is the user's.
//
// Of a node that fails it tries the next time again; of a ManyNode, another, as Sync does. A Sync that
// takes longer than five minutes, or than Every where that is more, is broken off; what it took in
// stays.
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
	asking := make(asking)
	for {
		if err := w.schedule(asking, r.Every); err != nil {
			return err
		}
		slot := slotAfter(w.now(), r.Every)
		wake := asking.first(slot)
		if err := r.Wait(ctx, wake); err != nil {
			return err
		}
		if wake.Equal(slot) {
			if err := w.syncAtMost(ctx, n, max(r.Every, patience)); err != nil {
				r.report(ctx, err)
			}
			continue
		}
		for g, at := range asking {
			if !at.Equal(wake) {
				continue
			}
			if _, err := w.RequestCounter(ctx, n, g.counter, g.asset, g.epoch); err != nil && !errors.Is(err, utt.ErrConflict) {
				r.report(ctx, err)
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// asking is when which budget is to be asked for.
type asking map[grantID]time.Time

// first is the first of the times before another, or that.
func (a asking) first(before time.Time) time.Time {
	for _, at := range a {
		if at.Before(before) {
			before = at
		}
	}
	return before
}

// schedule has every budget asked for at its time, or at one that it draws where that has passed.
func (w *Wallet) schedule(a asking, every time.Duration) error {
	now := w.now()
	due := w.budgets()
	for g := range a {
		if _, ok := due[g]; !ok {
			delete(a, g) // it is on record
		}
	}
	for g, when := range due {
		if at, drawn := a[g]; drawn {
			when = at
		}
		if !when.After(now) {
			half := every / 2
			more, err := rand.Int(rand.Reader, big.NewInt(int64(every-half)))
			if err != nil {
				return fmt.Errorf("draw a time: %w", err)
			}
			when = slotAfter(now, every).Add(half + time.Duration(more.Int64()))
		}
		a[g] = when
	}
	return nil
}

// report reports what is not just the end.
func (r *Running) report(ctx context.Context, err error) {
	if ctx.Err() == nil {
		r.Failed(err)
	}
}

// settled is how long after a full minute certificates of it are there. What a Sync asks begins
// with the minute of the last certificate [ASK-SAME]: a Sync before has the next one ask for the
// whole minute again.
const settled = 5 * time.Second

// slotAfter is the next time to sync, where that is once in a duration.
func slotAfter(t time.Time, every time.Duration) time.Time {
	from := time.Unix(0, 0).UTC().Add(min(settled, every/12))
	return from.Add(t.Sub(from).Truncate(every) + every)
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

// budgets are those that the user may ask for, and when.
func (w *Wallet) budgets() asking {
	all := make(asking)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.rescanned() != nil || w.registered() != nil || w.state.suspended {
		return all
	}
	rules := w.rules()
	counters := []string{budget.Privacy}
	for _, c := range rules.Policy().Counters {
		counters = append(counters, c.Name)
	}
	for _, asset := range rules.Assets() {
		for _, counter := range counters {
			if b, err := w.budget(counter, asset); err == nil && b.Next != 0 {
				all[grantID{counter, asset, b.Next}] = b.When
			}
		}
	}
	return all
}
