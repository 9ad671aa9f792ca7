package wallet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/utt-ecash/utt-go/utt"
)

// Plan says how Pay would pay, or why it cannot, and changes nothing. Pay does that, unless
// a Sync brings other coins meanwhile. Of a payment beyond the budget the error is a
// FundsError whose Beyond says how PayAs could make it, and who would learn what.
func (w *Wallet) Plan(to, asset string, amount utt.Amount, memo string) (*Plan, error) {
	return w.PlanAs(utt.Anonymous, to, asset, amount, memo)
}

// PlanAs is Plan for PayAs.
func (w *Wallet) PlanAs(use utt.Case, to, asset string, amount utt.Amount, memo string) (*Plan, error) {
	if err := w.usable(); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	d, err := w.payment(use, to, asset, amount, memo)
	if err != nil {
		return nil, w.beyond(err, use, to, asset, amount, memo)
	}
	return w.plan(d)
}

// plan is that of a payment.
func (w *Wallet) plan(d *draft) (*Plan, error) {
	merges, fees, err := w.countMerges(d)
	if err != nil {
		return nil, err
	}
	p := &Plan{
		Case: d.Case, Asset: d.Asset, Amount: d.Values[0], Fee: fees, Total: d.total + fees, Merges: merges,
		Audit: d.row.Audit, Counter: d.row.Counter,
	}
	_, total := d.key.VerifyingKey().TaxByTotal()
	p.learn(&d.row, total)
	return p, nil
}

// beyond adds to the error of a payment that lacks budget how it could be made without.
func (w *Wallet) beyond(err error, use utt.Case, to, asset string, amount utt.Amount, memo string) error {
	var funds *FundsError
	if use != utt.Anonymous || !errors.As(err, &funds) || funds.What != FundsBudget {
		return err
	}
	for _, other := range []utt.Case{utt.Audited, utt.Delayed} {
		if d, err := w.payment(other, to, asset, amount, memo); err == nil {
			if p, err := w.plan(d); err == nil {
				more := *funds
				more.Beyond = p
				return &more
			}
		}
	}
	return err
}

// Pay pays privately, within the budget of the present epoch, to a registered
// identity. Where the amount needs more than MaxInputs coins, it first merges coins
// and waits for that; if that fails, nothing was paid and there is no handle. It returns
// once the payment is handed in; Await says when it is executed. Should Submit fail,
// the payment may still be executed: the handle is its own then, its coins stay locked,
// Resubmit hands it in again, and Abandon gives it up. If the context ends before
// Submit was called, nothing was paid and no coin is locked.
//
// It never pays in another case than the anonymous one, of which nobody learns anything.
// Beyond the budget the error is a FundsError, whose Beyond says in which case PayAs could
// pay, and who would learn what.
func (w *Wallet) Pay(ctx context.Context, n Node, to, asset string, amount utt.Amount, memo string) (Handle, error) {
	return w.PayAs(ctx, n, utt.Anonymous, to, asset, amount, memo)
}

// PayAs is Pay in a case of the caller's choice. A payment in the cases utt.Audited and
// utt.Delayed is held when it is on record: its coins are gone for good, and the auditors
// decide whether it is paid, or refunded in a new coin. AwaitHeld says that it is held, and
// Await what became of it. PlanAs says before who learns what.
func (w *Wallet) PayAs(ctx context.Context, n Node, use utt.Case, to, asset string, amount utt.Amount, memo string) (Handle, error) {
	return w.run(ctx, n, func() (*draft, error) {
		d, err := w.payment(use, to, asset, amount, memo)
		if err != nil {
			return nil, w.beyond(err, use, to, asset, amount, memo)
		}
		return d, nil
	})
}

// Burn turns private money into ordinary money of the wallet's account, for all
// to see. No budget coin and no nonce makes it unique: a wallet made again from its seed,
// which has forgotten a burn not yet executed, can make another besides. Ask Status for the
// handle of the first before, or wait for the next epoch: a burn can execute only in that
// for which it was made.
func (w *Wallet) Burn(ctx context.Context, n Node, asset string, amount utt.Amount) (Handle, error) {
	return w.run(ctx, n, func() (*draft, error) { return w.self(asset, 0, amount) })
}

// Split makes a coin of exactly the amount, with the rest in another. Everybody sees a
// transfer to oneself and how many inputs it has; not whose, or how much.
func (w *Wallet) Split(ctx context.Context, n Node, asset string, amount utt.Amount) (Handle, error) {
	return w.run(ctx, n, func() (*draft, error) { return w.self(asset, amount, 0) })
}

// Merge joins the smallest coins, up to MaxInputs of them, into one. Everybody sees a
// transfer to oneself and how many inputs it has; not whose, or how much.
func (w *Wallet) Merge(ctx context.Context, n Node, asset string) (Handle, error) {
	return w.run(ctx, n, func() (*draft, error) {
		if err := w.ready(asset); err != nil {
			return nil, err
		}
		free, _ := w.money(asset)
		var coins []*coin
		for c := range free.smallest() {
			if coins = append(coins, c); len(coins) == utt.MaxInputs {
				break
			}
		}
		if len(coins) < 2 {
			return nil, fmt.Errorf("%w: fewer than two coins to merge", utt.ErrConflict)
		}
		return w.merge(asset, coins)
	})
}

// proof is a transfer that is being made, and what it keeps its coins by.
type proof struct {
	draft    *draft
	spending *spending
	made     *utt.Transfer
}

// run prepares, proves and submits, merging first where needed.
func (w *Wallet) run(ctx context.Context, n Node, prepare func() (*draft, error)) (Handle, error) {
	if err := w.usableAt(n); err != nil {
		return Handle{}, err
	}
	for {
		proofs, merging, err := w.reserve(prepare)
		if err != nil {
			return Handle{}, err
		}
		if ready, err := w.prove(ctx, proofs); err != nil {
			return Handle{}, err
		} else if !ready {
			continue // other coins are there, or another epoch
		}
		var handles []Handle
		var failed error
		// all are to be handed in, even if one fails
		for _, p := range proofs {
			h, err := w.handIn(ctx, n, p.spending)
			if failed == nil {
				failed = err
			}
			handles = append(handles, h)
		}
		if !merging {
			return handles[0], failed
		}
		for _, h := range handles {
			begun := time.Now()
			if failed == nil {
				failed = w.Await(ctx, n, h)
			}
			if failed == nil { // what is asked or handed in next is not as soon as records are in
				failed = untilNext(ctx, begun)
			}
		}
		if failed != nil {
			return Handle{}, fmt.Errorf("utt: nothing was paid, coins are to be merged first; try again once they are: %w", failed)
		}
	}
}

// reserve sets up a transfer, or the merges that must come before it, and keeps the
// coins for them.
func (w *Wallet) reserve(prepare func() (*draft, error)) (proofs []*proof, merging bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d, err := prepare()
	if err != nil {
		return nil, false, err
	}
	todo := d.merges
	if len(todo) == 0 {
		todo = []*draft{d}
	}
	for _, m := range todo {
		if err := w.load(m); err != nil {
			return nil, false, err
		}
	}
	for _, m := range todo {
		p := &proof{draft: m, spending: &spending{inputs: m.locks(), epoch: m.Epoch, made: m.made()}}
		w.state.lock(p.spending)
		proofs = append(proofs, p)
	}
	return proofs, len(d.merges) > 0, nil
}

// prove proves transfers, while the wallet can be used for other things, and makes them
// pending. If that fails, or what they were made for is not so any more, it frees their
// coins.
func (w *Wallet) prove(ctx context.Context, proofs []*proof) (ready bool, err error) {
	for _, p := range proofs {
		if err = ctx.Err(); err != nil {
			break
		}
		var keys *utt.Keys
		if keys, err = w.keys.Under(p.draft.rules); err != nil {
			break
		}
		if p.made, p.spending.openings, err = keys.TransferWithOpenings(nil, &p.draft.Draft, p.draft.key); err != nil {
			break
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		err = ctx.Err()
	}
	stale := slices.ContainsFunc(proofs, func(p *proof) bool { return w.stale(p.spending) })
	for _, p := range proofs {
		if err != nil || stale {
			w.state.drop(p.spending)
		} else {
			w.state.add(p.spending, p.made)
		}
	}
	return err == nil && !stale, err
}

// stale reports an operation whose coins were spent by another, or whose epoch ended,
// while it was proven.
func (w *Wallet) stale(p *spending) bool {
	return p.epoch != 0 && p.epoch != w.present() ||
		slices.ContainsFunc(p.inputs, func(n coinKey) bool { return w.state.coins.m[n] == nil })
}
