package wallet

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/utt"
)

// Plan is how a private payment would be made now.
type Plan struct {
	Case   utt.Case
	Asset  string
	Amount utt.Amount
	Total  utt.Amount // with what the policy adds, such as tax
	Merges int        // transfers to oneself before it, because it has at most MaxInputs inputs
	// Learns says who learns what.
	Learns []string
}

// Plan says how the wallet would pay, or why it cannot, and changes nothing. Pay does
// that, unless a Sync brings other coins meanwhile.
func (w *Wallet) Plan(to, asset string, amount utt.Amount, memo string) (*Plan, error) {
	if err := w.usable(); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	d, err := w.payment(to, asset, amount, memo)
	if err != nil {
		return nil, err
	}
	merges, err := w.countMerges(asset, d.coins, d.total)
	if err != nil {
		return nil, err
	}
	before := ""
	if merges > 0 { // in the self case, and just before
		before = ", and by the time probably that its sender made the transfers to himself before it"
	}
	learns := []string{
		"the payee: amount, memo, time; not who paid",
		"everybody: that a private payment of this asset was made, and with how many inputs" + before + "; not from whom, to whom, or how much",
	}
	for _, pid := range d.row.Fixed {
		learns = append(learns, fmt.Sprintf("%v: what the rules give it, and what follows of the amount; not who paid, or whom", pid))
	}
	if _, ok := d.key.VerifyingKey().TaxByTotal(); ok {
		learns = append(learns, "enough of those who decrypt taxes, together: the tax of many payments in one sum; and against the rules, this amount")
	}
	return &Plan{
		Case: utt.Anonymous, Asset: asset, Amount: amount, Total: d.total, Merges: merges,
		Learns: learns,
	}, nil
}

// Pay pays privately, within the budget of the present epoch, to a registered
// identity. Where the amount needs more than MaxInputs coins, it first merges coins
// and waits for that; if that fails, nothing was paid and there is no handle. It returns
// once the payment is handed in; Await says when it is executed. Should Submit fail,
// the payment may still be executed: the handle is its own then, its coins stay locked,
// Resubmit hands it in again, and Abandon gives it up. If the context ends before
// Submit was called, nothing was paid and no coin is locked.
func (w *Wallet) Pay(ctx context.Context, n Node, to, asset string, amount utt.Amount, memo string) (Handle, error) {
	return w.run(ctx, n, func() (*draft, error) { return w.payment(to, asset, amount, memo) })
}

// Burn turns private money into ordinary money of the wallet's account, for all
// to see. No budget coin and no nonce makes it unique: a wallet made again from its seed,
// which has forgotten a burn not yet executed, can make another besides. Ask Status for the
// handle of the first before.
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
		coins, _ := w.money(asset)
		slices.Reverse(coins)
		if len(coins) < 2 {
			return nil, fmt.Errorf("%w: fewer than two coins to merge", utt.ErrConflict)
		}
		return w.merge(asset, coins[:min(len(coins), utt.MaxInputs)])
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
		p := &proof{draft: m, spending: &spending{inputs: m.locks, epoch: m.Epoch}}
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
		if p.made, err = w.keys.Transfer(nil, &p.draft.Draft, p.draft.key); err != nil {
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
		slices.ContainsFunc(p.inputs, func(n nullifier.Nullifier) bool { return w.state.coins[n] == nil })
}
