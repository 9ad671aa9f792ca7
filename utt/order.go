package utt

import (
	"context"
	"crypto/ed25519"
	"fmt"

	"github.com/utt-ecash/utt-go/budget"
)

// accountOrder makes an order of the wallet's account with the next nonce.
func (w *Wallet) accountOrder(asset string, amount Amount) (accountOrder, error) {
	s := &w.state
	if s.credential == nil {
		return accountOrder{}, fmt.Errorf("%w: not registered, or not synced", ErrNotFound)
	}
	for id, p := range s.pending {
		if p.nonce != nil {
			return accountOrder{}, fmt.Errorf("%w: operation %v of the account is pending: wait for it, or resubmit it", ErrConflict, id)
		}
	}
	if err := checkOrder(w.p, asset); err != nil {
		return accountOrder{}, err
	}
	if amount == 0 {
		return accountOrder{}, fmt.Errorf("%w: an amount of zero", ErrInvalid)
	}
	if have := s.accounts[asset]; have < amount {
		return accountOrder{}, &FundsError{What: FundsAccount, Need: amount, Spendable: have}
	}
	return accountOrder{w.pid, w.keys.account.Public().(ed25519.PublicKey), s.nonce, asset, amount}, nil
}

// Mint turns ordinary money of the account into a private coin.
func (w *Wallet) Mint(ctx context.Context, n Node, asset string, amount Amount) (ID, error) {
	return w.submitOrder(ctx, n, asset, amount, func(o accountOrder) Operation {
		m := &Mint{mintOrder: mintOrder{o}}
		m.signature = ed25519.Sign(w.keys.account, m.message(w.p.network))
		m.sealed = seal(m.encode())
		return m
	})
}

// PayPublicly moves ordinary money to another account, for all to see.
func (w *Wallet) PayPublicly(ctx context.Context, n Node, to, asset string, amount Amount) (ID, error) {
	if err := w.usable(); err != nil {
		return ID{}, err
	}
	pid := PIDOf(to)
	w.mu.Lock()
	known := w.members[pid] != nil
	w.mu.Unlock()
	if !known {
		// the order would stay pending, and with it the nonce
		return ID{}, fmt.Errorf("%w: no user %q is registered; sync, or check the name", ErrNotFound, shorten(to))
	}
	return w.submitOrder(ctx, n, asset, amount, func(o accountOrder) Operation {
		t := &PublicTransfer{publicOrder: publicOrder{o, pid}}
		t.signature = ed25519.Sign(w.keys.account, t.message(w.p.network))
		t.sealed = seal(t.encode())
		return t
	})
}

func (w *Wallet) submitOrder(ctx context.Context, n Node, asset string, amount Amount, sign func(accountOrder) Operation) (ID, error) {
	if err := w.usableAt(n); err != nil {
		return ID{}, err
	}
	w.mu.Lock()
	o, err := w.accountOrder(asset, amount)
	if err != nil {
		w.mu.Unlock()
		return ID{}, err
	}
	op := sign(o)
	w.state.pending[op.ID()] = &pending{op: op, nonce: &o.nonce}
	w.mu.Unlock()
	return op.ID(), submit(ctx, n, op)
}

// submit hands in an operation that is pending already: should that fail, it may
// still be executed.
func submit(ctx context.Context, n Node, op Operation) error {
	if err := n.Submit(ctx, op); err != nil {
		return fmt.Errorf("utt: submit %v, which stays pending until its fate is certain; Resubmit hands it in again: %w", op.ID(), err)
	}
	return nil
}

// RequestBudget asks for the budget of an asset in an epoch: the present or the
// next. Ask for the next at the random time that budget.Policy.GrantTime gives.
func (w *Wallet) RequestBudget(ctx context.Context, n Node, asset string, e Epoch) (ID, error) {
	if err := w.usableAt(n); err != nil {
		return ID{}, err
	}
	w.mu.Lock()
	s := &w.state
	if s.credential == nil {
		w.mu.Unlock()
		return ID{}, fmt.Errorf("%w: not registered, or not synced", ErrNotFound)
	}
	g, err := NewGrant(w.p, w.pid, asset, e, s.registered.class)
	if err != nil {
		w.mu.Unlock()
		return ID{}, err
	}
	if s.granted[grantID{asset, e}] {
		w.mu.Unlock()
		return ID{}, fmt.Errorf("%w: the budget of epoch %d was granted before", ErrConflict, e)
	}
	if now := s.epoch; !budget.Grantable(e, now) {
		w.mu.Unlock()
		return ID{}, fmt.Errorf("%w: a budget of epoch %d is not granted in epoch %d, that of the last sync", ErrPolicy, e, now)
	}
	s.pending[g.ID()] = &pending{op: g, epoch: e}
	w.mu.Unlock()
	return g.ID(), submit(ctx, n, g)
}
