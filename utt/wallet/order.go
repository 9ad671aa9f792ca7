package wallet

import (
	"context"
	"fmt"

	"github.com/utt-ecash/utt-go/utt"
)

// Mint turns ordinary money of the account into a private coin.
func (w *Wallet) Mint(ctx context.Context, n Node, asset string, amount utt.Amount) (Handle, error) {
	return w.order(ctx, n, made{kind: ItemMinted, asset: asset, amount: amount}, func(nonce uint64) (utt.Operation, error) {
		return utt.NewMint(w.rules(), w.keys.Account(), w.keys.PID(), nonce, asset, amount)
	})
}

// PayPublicly moves ordinary money to another account, for all to see.
func (w *Wallet) PayPublicly(ctx context.Context, n Node, to, asset string, amount utt.Amount) (Handle, error) {
	return w.order(ctx, n, made{kind: ItemPaidPublicly, asset: asset, amount: amount, party: to}, func(nonce uint64) (utt.Operation, error) {
		// to nobody, the order would stay pending, and with it the nonce
		m, err := w.payeeNamed(to)
		if err != nil {
			return nil, fmt.Errorf("payee %.64q: %w", to, err)
		}
		return utt.NewPublicTransfer(w.rules(), w.keys.Account(), w.keys.PID(), nonce, m.PID(), asset, amount)
	})
}

// order makes an order with the account's next nonce and hands it in.
func (w *Wallet) order(ctx context.Context, n Node, m made, order func(nonce uint64) (utt.Operation, error)) (Handle, error) {
	if err := w.usableAt(n); err != nil {
		return Handle{}, err
	}
	return w.handInNew(ctx, n, func() (*spending, utt.Operation, error) {
		s := &w.state
		if err := w.ready(m.asset); err != nil {
			return nil, nil, err
		}
		if err := w.suspended(); err != nil {
			return nil, nil, err
		}
		for _, p := range s.pending.m {
			if p.nonce != nil {
				return nil, nil, fmt.Errorf("%w: operation %v of the account is pending: Await, Resubmit or Abandon it", utt.ErrConflict, p.handle)
			}
		}
		if m.amount == 0 {
			return nil, nil, fmt.Errorf("%w: an amount of zero", utt.ErrInvalid)
		}
		if have := s.accounts.m[m.asset]; have < m.amount {
			return nil, nil, &FundsError{What: FundsAccount, Need: m.amount, Spendable: have, Waiting: w.waiting}
		}
		return w.withNonce(m, order)
	})
}

func (w *Wallet) withNonce(m made, order func(nonce uint64) (utt.Operation, error)) (*spending, utt.Operation, error) {
	nonce := w.state.nonce
	op, err := order(nonce)
	if err != nil {
		return nil, nil, err
	}
	return &spending{nonce: &nonce, made: m}, op, nil
}

// abandonOrder replaces a pending order by one with its nonce, which moves a unit of
// ordinary money from the account to itself.
func (w *Wallet) abandonOrder(ctx context.Context, n Node, h Handle) (Handle, error) {
	return w.handInNew(ctx, n, func() (*spending, utt.Operation, error) {
		if _, err := w.abandonable(h); err != nil {
			return nil, nil, err
		}
		if err := w.suspended(); err != nil {
			return nil, nil, err
		}
		for _, asset := range w.rules().Assets() {
			if w.state.accounts.m[asset] > 0 {
				return w.withNonce(made{kind: ItemRearranged, asset: asset}, func(nonce uint64) (utt.Operation, error) {
					return utt.NewPublicTransfer(w.rules(), w.keys.Account(), w.keys.PID(), nonce, w.keys.PID(), asset, 1)
				})
			}
		}
		return nil, nil, &FundsError{What: FundsAccount, Need: 1}
	})
}

// handInNew makes an operation, pending from then on, and hands it in; the pending one
// instead, if that is the same.
func (w *Wallet) handInNew(ctx context.Context, n Node, prepare func() (*spending, utt.Operation, error)) (Handle, error) {
	w.mu.Lock()
	p, op, err := prepare()
	if err == nil {
		if same := w.state.pending.m[op.ID()]; same != nil {
			p = same
		} else {
			w.state.add(p, op)
		}
	}
	w.mu.Unlock()
	if err != nil {
		return Handle{}, err
	}
	return w.handIn(ctx, n, p)
}

// handIn hands in what is pending. If the context has ended and it never left, it is
// dropped instead, and there is no handle, for others neither who took it up meanwhile: it
// locks nothing any more. From the call of Submit on, whatever comes of it, it may still be
// executed.
func (w *Wallet) handIn(ctx context.Context, n Node, p *spending) (Handle, error) {
	if err := w.letGo(ctx, p); err != nil {
		return Handle{}, err
	}
	if err := n.Submit(ctx, p.op); err != nil {
		last := "Abandon gives it up"
		if p.locksNothing() {
			last = "it locks nothing"
		}
		return p.handle, fmt.Errorf("utt: submit %v, which stays pending until its fate is certain; Resubmit hands it in again, %s: %w", p.handle, last, err)
	}
	return p.handle, nil
}

// letGo writes what is pending before it leaves for the first time.
func (w *Wallet) letGo(ctx context.Context, p *spending) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.left {
		return nil
	}
	err := ctx.Err()
	var s Status
	if err == nil {
		s, err = w.state.outcome(p.handle.ID)
	}
	if err == nil && !s.Certain() {
		if _, err = w.open(p.handle); err == nil {
			err = w.state.leave(p, uint64(max(0, w.now().Unix())))
		}
	}
	if err != nil {
		w.state.drop(p)
	}
	return err
}
