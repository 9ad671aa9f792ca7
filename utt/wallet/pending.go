package wallet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/utt-ecash/utt-go/utt"
)

// Pending are the operations that may have been handed in and are not yet decided, as
// far as this wallet's store goes back.
func (w *Wallet) Pending() []Handle {
	w = cmp.Or(w, &noWallet)
	w.mu.Lock()
	defer w.mu.Unlock()
	handles := make([]Handle, 0, len(w.state.pending.m))
	for _, p := range w.state.pending.m {
		handles = append(handles, p.handle)
	}
	slices.SortFunc(handles, func(a, b Handle) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return handles
}

// open is a pending operation.
func (w *Wallet) open(h Handle) (*spending, error) {
	if p := w.state.pending.m[h.ID]; p != nil {
		return p, nil
	}
	if s, err := w.state.outcome(h.ID); err != nil {
		return nil, err
	} else if s.Certain() {
		return nil, fmt.Errorf("%w: operation %v is not pending but %v, for good or until auditors or time decide: see Status", utt.ErrNotFound, h, s.State)
	}
	return nil, fmt.Errorf("%w: no pending operation %v", utt.ErrNotFound, h)
}

// Resubmit hands a pending operation in again. It is the same operation, so it
// executes at most once. The error wraps the node's, from which the wallet concludes
// nothing; ErrNotFound says that no such operation is pending.
func (w *Wallet) Resubmit(ctx context.Context, n Node, h Handle) error {
	if err := w.usableAt(n); err != nil {
		return err
	}
	w.mu.Lock()
	p, err := w.open(h)
	w.mu.Unlock()
	if err != nil {
		return err
	}
	_, err = w.handIn(ctx, n, p)
	return err
}

// Abandon gives a pending operation up: it hands in another, which spends one of its
// coins to oneself, or, of an order, uses its nonce to move a unit of ordinary money to
// oneself. Only one of the two can execute, and the wallet follows both: await either, and
// the coins of the one that fails are free. Everybody who saw both sees that they are one
// sender's. The error is ErrNotFound if the operation is not pending, ErrConflict if it
// was abandoned before, and ErrPolicy for a request for budget, which locks nothing.
func (w *Wallet) Abandon(ctx context.Context, n Node, h Handle) (Handle, error) {
	if err := w.usableAt(n); err != nil {
		return Handle{}, err
	}
	w.mu.Lock()
	p, err := w.abandonable(h)
	w.mu.Unlock()
	switch {
	case err != nil:
		return Handle{}, err
	case p.nonce != nil:
		return w.abandonOrder(ctx, n, h)
	}
	return w.run(ctx, n, func() (*draft, error) {
		p, err := w.abandonable(h)
		if err != nil {
			return nil, err
		}
		var money []*coin
		for _, input := range p.inputs {
			if c := w.state.coins.m[input]; c != nil && c.epoch == 0 { // budget cannot be spent to oneself
				money = append(money, c)
			}
		}
		err = fmt.Errorf("%w: operation %v has no coin left to give it up by: Sync", utt.ErrNotFound, h)
		for few := 1; few <= len(money); few++ { // as pay the fee
			var d *draft
			if d, err = w.merge(money[0].asset, money[:few]); err == nil {
				return d, nil
			}
		}
		return nil, err
	})
}

// abandonable is an operation that can be given up.
func (w *Wallet) abandonable(h Handle) (*spending, error) {
	p, err := w.open(h)
	if err != nil {
		return nil, err
	}
	if err := w.rescanned(); err != nil {
		return nil, err
	}
	if p.locksNothing() {
		return nil, fmt.Errorf("%w: operation %v locks nothing, and is over with its epoch", utt.ErrPolicy, h)
	}
	if q := w.state.rival(p); q != nil && q.op == nil {
		return nil, fmt.Errorf("%w: operation %v is being given up already, by one not yet proven: see Pending later", utt.ErrConflict, h)
	} else if q != nil {
		return nil, fmt.Errorf("%w: operation %v shares an input with %v already: await or resubmit either", utt.ErrConflict, h, q.handle)
	}
	return p, nil
}

// Await syncs until an operation of this wallet's user is decided. It returns nil if it
// is executed, and else an OperationError: it has failed, that is, the ledger's state
// rules out that it ever will be executed; it was held and is refunded; it is rejected,
// says a node that keeps receipts; or it is unknown, to this wallet as to
// the node. What is held it waits for, which takes auditors, or days: AwaitHeld does not.
//
// It asks at multiples of 50 ms from when it asked first, so that a node does not see how
// long records took to take in, unless they take longer than that: see Sync.
//
// A rejected operation leaves no record. Where the node keeps no receipts, Await goes on
// as long as the operation, handed in again, could still be executed: bound the context,
// whose error it returns then.
func (w *Wallet) Await(ctx context.Context, n Node, h Handle) error {
	_, err := w.await(ctx, n, h, Status.Final)
	return err
}

// AwaitHeld is Await that returns as soon as the operation is on record, with its state: it
// is executed, or held and so made once and for all, or decided since.
func (w *Wallet) AwaitHeld(ctx context.Context, n Node, h Handle) (Status, error) {
	s, err := w.await(ctx, n, h, Status.Certain)
	if s.State == Refunded {
		return s, nil
	}
	return s, err
}

// await syncs until an operation is as far as is asked for, or not going to be executed.
func (w *Wallet) await(ctx context.Context, n Node, h Handle, far func(Status) bool) (Status, error) {
	if err := w.usableAt(n); err != nil {
		return Status{}, err
	}
	for {
		begun := time.Now()
		s, err := w.Status(ctx, n, h)
		if err != nil {
			return s, w.undecided(ctx, h, err)
		}
		switch s.State {
		case Unknown, Rejected, Failed, Refunded, Lapsed:
			return s, &OperationError{h, s}
		case Executed, Held, Approved:
			if far(s) {
				return s, nil
			}
		case Pending:
		}
		if err := untilNext(ctx, begun); err != nil {
			return s, w.undecided(ctx, h, err)
		}
		if err := waitAtMost(ctx, n, w.Checkpoint().Next(), awaitPoll); err != nil {
			return s, w.undecided(ctx, h, err)
		}
	}
}

// undecided says what to do about an operation whose context has ended; other errors
// pass.
func (w *Wallet) undecided(ctx context.Context, h Handle, err error) error {
	w.mu.Lock()
	_, open := w.state.pending.m[h.ID]
	outcome, failed := w.state.outcome(h.ID)
	w.mu.Unlock()
	if failed != nil {
		return failed
	}
	ended := ctx.Err() != nil && errors.Is(err, ctx.Err())
	if ended && (outcome.State == Held || outcome.State == Approved) {
		return fmt.Errorf("utt: operation %v is %v, until the auditors decide or at the latest %v: %w",
			h, outcome.State, time.Unix(int64(outcome.Due), 0).UTC().Format(time.RFC3339), err)
	}
	if !open || !ended {
		return err
	}
	if w.way == Watched {
		return fmt.Errorf("utt: operation %v is undecided and stays pending, as far as who looks out for the user has looked, which is up to block %d: Await it again; "+
			"it may have been rejected: ask for its Status at a node that keeps receipts: %w", h, w.Checkpoint().Height, err)
	}
	return fmt.Errorf("utt: operation %v is undecided and stays pending; it may have been rejected: "+
		"ask for its Status at a node that keeps receipts, hand it in again with Resubmit, or give it up with Abandon: %w", h, err)
}

const (
	awaitPoll = time.Second // how often a certificate is asked for, since epochs pass without records
	// leastPause divides the times at which a node is asked again, from when it was asked
	// first: not as soon as records are taken in, which takes longer if they concern the
	// wallet, and no more often, even if Wait returns at once.
	leastPause = 50 * time.Millisecond
)

func waitAtMost(ctx context.Context, n Node, from utt.Cursor, d time.Duration) error {
	bounded, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	if err := n.Wait(bounded, from); err != nil && bounded.Err() == nil {
		return err
	}
	return ctx.Err()
}

// untilNext waits until a node may be asked again.
func untilNext(ctx context.Context, begun time.Time) error {
	t := time.NewTimer(leastPause - time.Since(begun)%leastPause)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
