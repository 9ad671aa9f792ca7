package wallet

import (
	"context"
	"fmt"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
)

// accountOrder reports why the wallet cannot make an order on its account.
func (w *Wallet) accountOrder(asset string, amount utt.Amount) error {
	s := &w.state
	if s.credential == nil {
		return fmt.Errorf("%w: not registered, or not synced", utt.ErrNotFound)
	}
	for id, p := range s.pending {
		if p.nonce != nil {
			return fmt.Errorf("%w: operation %v of the account is pending: wait for it, or resubmit it", utt.ErrConflict, id)
		}
	}
	if err := w.knows(asset); err != nil {
		return err
	}
	if amount == 0 {
		return fmt.Errorf("%w: an amount of zero", utt.ErrInvalid)
	}
	if have := s.accounts[asset]; have < amount {
		return &FundsError{What: FundsAccount, Need: amount, Spendable: have}
	}
	return nil
}

// Mint turns ordinary money of the account into a private coin.
func (w *Wallet) Mint(ctx context.Context, n Node, asset string, amount utt.Amount) (utt.ID, error) {
	return w.submitOrder(ctx, n, asset, amount, func(nonce uint64) (utt.Operation, error) {
		return utt.NewMint(w.p, w.keys.Account(), w.keys.PID(), nonce, asset, amount)
	})
}

// PayPublicly moves ordinary money to another account, for all to see.
func (w *Wallet) PayPublicly(ctx context.Context, n Node, to, asset string, amount utt.Amount) (utt.ID, error) {
	if err := w.usable(); err != nil {
		return utt.ID{}, err
	}
	pid := utt.PIDOf(to)
	w.mu.Lock()
	known := w.members[pid] != nil
	w.mu.Unlock()
	if !known {
		// the order would stay pending, and with it the nonce
		return utt.ID{}, fmt.Errorf("%w: no user %.64q is registered; sync, or check the name", utt.ErrNotFound, to)
	}
	return w.submitOrder(ctx, n, asset, amount, func(nonce uint64) (utt.Operation, error) {
		return utt.NewPublicTransfer(w.p, w.keys.Account(), w.keys.PID(), nonce, pid, asset, amount)
	})
}

// submitOrder makes an order with the account's next nonce and hands it in.
func (w *Wallet) submitOrder(ctx context.Context, n Node, asset string, amount utt.Amount, order func(nonce uint64) (utt.Operation, error)) (utt.ID, error) {
	if err := w.usableAt(n); err != nil {
		return utt.ID{}, err
	}
	op, err := w.prepareOrder(asset, amount, order)
	if err != nil {
		return utt.ID{}, err
	}
	return op.ID(), submit(ctx, n, op)
}

func (w *Wallet) prepareOrder(asset string, amount utt.Amount, order func(nonce uint64) (utt.Operation, error)) (utt.Operation, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.accountOrder(asset, amount); err != nil {
		return nil, err
	}
	nonce := w.state.nonce
	op, err := order(nonce)
	if err != nil {
		return nil, err
	}
	w.state.pending[op.ID()] = &pending{op: op, nonce: &nonce}
	return op, nil
}

// submit hands in an operation that is pending already: should that fail, it may
// still be executed.
func submit(ctx context.Context, n Node, op utt.Operation) error {
	if err := n.Submit(ctx, op); err != nil {
		return fmt.Errorf("utt: submit %v, which stays pending until its fate is certain; Resubmit hands it in again: %w", op.ID(), err)
	}
	return nil
}

// RequestBudget asks for the budget of an asset in an epoch: the present or the
// next. Ask for the next at the random time that budget.Policy.GrantTime gives.
func (w *Wallet) RequestBudget(ctx context.Context, n Node, asset string, e utt.Epoch) (utt.ID, error) {
	if err := w.usableAt(n); err != nil {
		return utt.ID{}, err
	}
	w.mu.Lock()
	s := &w.state
	if s.credential == nil {
		w.mu.Unlock()
		return utt.ID{}, fmt.Errorf("%w: not registered, or not synced", utt.ErrNotFound)
	}
	g, err := utt.NewGrant(w.p, w.keys.PID(), asset, e, s.registered.Class())
	if err != nil {
		w.mu.Unlock()
		return utt.ID{}, err
	}
	if s.granted[grantID{asset, e}] {
		w.mu.Unlock()
		return utt.ID{}, fmt.Errorf("%w: the budget of epoch %d was granted before", utt.ErrConflict, e)
	}
	if now := s.epoch; !budget.Grantable(e, now) {
		w.mu.Unlock()
		return utt.ID{}, fmt.Errorf("%w: a budget of epoch %d is not granted in epoch %d, that of the last sync", utt.ErrPolicy, e, now)
	}
	s.pending[g.ID()] = &pending{op: g, epoch: e}
	w.mu.Unlock()
	return g.ID(), submit(ctx, n, g)
}
