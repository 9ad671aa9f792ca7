package wallet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/utt"
)

// pending is an operation submitted and not yet decided.
type pending struct {
	op     utt.Operation
	inputs []nullifier.Nullifier
	epoch  utt.Epoch // after which it can no longer execute; 0 for none
	nonce  *uint64
}

// lock marks an operation's coins.
func (s *walletState) lock(id utt.ID, p *pending) {
	for _, n := range p.inputs {
		s.coins[n].locked = id
	}
	s.pending[id] = p
}

// settle removes a pending operation; if it failed, its coins are free again.
func (s *walletState) settle(id utt.ID, executed bool) {
	p := s.pending[id]
	if p == nil {
		return
	}
	delete(s.pending, id)
	s.decided[id] = executed
	if executed {
		return
	}
	for _, n := range p.inputs {
		if c := s.coins[n]; c != nil && c.locked == id {
			c.locked = utt.ID{}
		}
	}
}

// settleOrder settles the pending order that is the one on record.
func (s *walletState) settleOrder(r *utt.Record) {
	for id, p := range s.pending {
		if r.Of(p.op) {
			s.settle(id, true)
		}
	}
}

// expire settles what was made for an epoch now past: it can no longer execute.
func (s *walletState) expire() {
	for id, p := range s.pending {
		if p.epoch != 0 && p.epoch < s.epoch {
			s.settle(id, false)
		}
	}
}

// Resubmit hands a pending operation in again. It is the same operation, so it
// executes at most once. The error wraps the node's, from which the wallet concludes
// nothing; ErrNotFound says that no such operation is pending.
func (w *Wallet) Resubmit(ctx context.Context, n Node, id utt.ID) error {
	if err := w.usableAt(n); err != nil {
		return err
	}
	w.mu.Lock()
	p := w.state.pending[id]
	w.mu.Unlock()
	if p == nil {
		return fmt.Errorf("%w: no pending operation %v", utt.ErrNotFound, id)
	}
	return submit(ctx, n, p.op)
}

// Await syncs until an operation of this wallet is decided. It returns nil if it
// was executed, ErrConflict if the ledger's state rules out that it ever will be,
// and ErrNotFound if the wallet, since it was made, has handed in no such operation. A
// registration is not the wallet's to hand in: Sync until Registered.
//
// A rejected operation leaves no record. Await goes on as long as the operation, handed
// in again, could still be executed: bound the context, whose error it returns then,
// and ask the ledger for the receipt. Node has no method for that, since only the digest
// of the operation's bytes names it: it is for a call of your own.
func (w *Wallet) Await(ctx context.Context, n Node, id utt.ID) error {
	if err := w.usableAt(n); err != nil {
		return err
	}
	for {
		if err := w.Sync(ctx, n); err != nil {
			return w.undecided(ctx, id, err)
		}
		w.mu.Lock()
		_, open := w.state.pending[id]
		executed, decided := w.state.decided[id]
		next := w.state.checkpoint.Next()
		w.mu.Unlock()
		switch {
		case executed:
			return nil
		case decided:
			return fmt.Errorf("%w: operation %v can no longer execute", utt.ErrConflict, id)
		case !open:
			return fmt.Errorf("%w: this wallet handed in no operation %v; for a registration, Sync until Registered", utt.ErrNotFound, id)
		}
		if err := waitAtMost(ctx, n, next, awaitPoll); err != nil {
			return w.undecided(ctx, id, err)
		}
	}
}

// undecided says what to do about an operation whose context has ended; other errors
// pass.
func (w *Wallet) undecided(ctx context.Context, id utt.ID, err error) error {
	w.mu.Lock()
	_, open := w.state.pending[id]
	w.mu.Unlock()
	if !open || ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return err
	}
	return fmt.Errorf("utt: operation %v is undecided and stays pending; it may have been rejected: "+
		"ask the ledger for its receipt, by a call of your own, or hand it in again with Resubmit: %w", id, err)
}

// awaitPoll is how often Await asks for a certificate, since epochs pass without records.
const awaitPoll = time.Second

func waitAtMost(ctx context.Context, n Node, from utt.Cursor, d time.Duration) error {
	bounded, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	if err := n.Wait(bounded, from); err != nil && bounded.Err() == nil {
		return err
	}
	return ctx.Err()
}
