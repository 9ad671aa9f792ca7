package bft

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// Asset is what the workload's users pay with.
const Asset = "cash"

// Every wallet verifies every registration, so there are no more users than this.
// What is more they pay in further assets.
const maxUsers = 256

var assets = []string{Asset, "cash 1", "cash 2", "cash 3"}

// Privacy is their budget per epoch.
const Privacy utt.Amount = 300

const (
	coinValue  utt.Amount = 500 // of each of a user's two coins
	issueValue utt.Amount = 1200
)

// Item is an operation of a workload, with what a ledger that executes it must
// account for. Nobody else knows that of a private transfer.
type Item struct {
	Name    string
	Raw     []byte
	Digest  utt.Digest
	Spends  []string   // coins, by names
	In      utt.Amount // private money spent
	Out     utt.Amount // private money created
	Payer   string     // of a payment within the budget
	Budget  utt.Amount // that it consumes
	Invalid bool       // no honest replica votes for it

	Decisions []*Item // that auditors hand in once the payment is held
	Settles   utt.ID  // the payment that a decision is about
}

// Workload is a pool of operations made beforehand, since a proof takes longer to
// make than to process. All spend coins of the founding, so that they can execute
// in any order.
type Workload struct {
	Founding *Founding
	// Payments are one per user and asset. Splits are as many, of another coin of
	// each; every second one burns a part of it instead, into ordinary money.
	Payments, Splits []*Item
	// Doubles spend the same coins as the payments of the same index. Together they
	// are more than the budget.
	Doubles []*Item
	// Invalid has a proof that is wrong.
	Invalid []*Item
	// Held are payments beyond the budget: see Hold.
	Held []*Item

	users    []*workUser
	funded   int // users times assets that have their coins
	verdicts verdicts
}

type workUser struct {
	name   string
	seed   []byte
	wallet *wallet.Wallet
}

// NewWorkload founds a ledger.
func NewWorkload(ctx context.Context) (*Workload, error) {
	f, err := NewFounding(ctx, "simulation", Privacy, 1, assets...)
	return &Workload{Founding: f}, err
}

// NewHeldWorkload founds a ledger whose parameters name 3f+1 replicas as the holders of its
// keys, which they can then refresh.
func NewHeldWorkload(ctx context.Context, faults int) (*Workload, error) {
	f, err := newFounding(ctx, faults, "refreshed", Privacy, 1, assets...)
	return &Workload{Founding: f}, err
}

// Grow makes sure that there are so many payments and splits, at most 1024.
// Replicas configured before do not have the coins of those made now.
func (w *Workload) Grow(ctx context.Context, many int) error {
	if many > maxUsers*len(assets) {
		return fmt.Errorf("%w: %d payments, of at most %d", ErrConfig, many, maxUsers*len(assets))
	}
	for w.funded < many {
		// one asset at a time: a user has one order pending at once
		if err := w.fund(ctx, min(many, (w.funded/maxUsers+1)*maxUsers)); err != nil {
			return err
		}
	}
	first := len(w.Payments)
	payments, splits := make([]*Item, max(many-first, 0)), make([]*Item, max(many-first, 0))
	err := inParallel(len(payments), func(k int) (err error) {
		payments[k], splits[k], err = w.spend(ctx, first+k)
		return err
	})
	if err != nil {
		return err
	}
	w.Payments, w.Splits = append(w.Payments, payments...), append(w.Splits, splits...)
	return nil
}

// spend makes the payment and the split of an index.
func (w *Workload) spend(ctx context.Context, i int) (payment, split *Item, err error) {
	u, payee, asset := w.users[i%maxUsers], w.users[(i+1)%len(w.users)], assets[i/maxUsers]
	paid := utt.Amount(10 + i%90)
	op, err := capture(func(n wallet.Node) error {
		_, err := u.wallet.Pay(ctx, n, payee.name, asset, paid, "")
		return err
	}, w.Founding)
	if err != nil {
		return nil, nil, err
	}
	payment = &Item{
		Name: fmt.Sprintf("payment %d", i), Spends: []string{u.coin(asset, "0"), u.coin(asset, "budget")},
		In: coinValue, Out: coinValue, Payer: u.name + "/" + asset, Budget: paid,
	}
	payment.set(op)
	split = &Item{Name: fmt.Sprintf("split %d", i), Spends: []string{u.coin(asset, "1")}, In: coinValue, Out: coinValue}
	change := u.wallet.Split
	if i%2 == 1 {
		change = u.wallet.Burn
		split.Name, split.Out = fmt.Sprintf("burn %d", i), coinValue-paid
	}
	if op, err = capture(func(n wallet.Node) error {
		_, err := change(ctx, n, asset, paid)
		return err
	}, w.Founding); err != nil {
		return nil, nil, err
	}
	split.set(op)
	return payment, split, nil
}

func (u *workUser) coin(asset, which string) string { return u.name + "/" + asset + "/" + which }

// Cheat makes so many double spends and invalid operations, out of the first
// payments.
func (w *Workload) Cheat(ctx context.Context, many int) error {
	for i := len(w.Doubles); i < many; i++ {
		u, payee := w.users[i], w.users[(i+2)%len(w.users)]
		other, err := wallet.New(w.Founding.Parameters, u.name, u.seed, w.Founding.WalletConfig())
		if err != nil {
			return err
		}
		if err := other.Sync(ctx, w.Founding); err != nil {
			return err
		}
		op, err := capture(func(n wallet.Node) error {
			_, err := other.Pay(ctx, n, payee.name, Asset, Privacy-5, "")
			return err
		}, w.Founding)
		if err != nil {
			return err
		}
		double := *w.Payments[i]
		double.Name, double.Budget = fmt.Sprintf("double of payment %d", i), Privacy-5
		double.set(op)
		w.Doubles = append(w.Doubles, &double)

		invalid := &Item{Name: fmt.Sprintf("forgery of payment %d", i), Invalid: true, Raw: append([]byte(nil), w.Payments[i].Raw...)}
		invalid.Raw[len(invalid.Raw)-1] ^= 1 // in the last response of the Σ proof
		forged, err := utt.ParseOperation(invalid.Raw)
		if err != nil {
			return err
		}
		invalid.set(forged)
		w.Invalid = append(w.Invalid, invalid)
	}
	return nil
}

func (i *Item) set(op utt.Operation) {
	i.Raw, _ = op.AppendBinary(nil) // no encoding fails
	i.Digest = op.Digest()
}

// fund registers users as needed, and has money of one asset issued to them, a
// budget granted, and two coins minted.
func (w *Workload) fund(ctx context.Context, to int) error {
	f := w.Founding
	first, asset := w.funded, assets[w.funded/maxUsers]
	nonce, err := f.ledger.IssueNonce()
	if err != nil {
		return err
	}
	for i := len(w.users); i < min(to, maxUsers); i++ {
		seed := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("workload "), uint64(i)))
		u := &workUser{name: fmt.Sprintf("user %d", i), seed: seed[:]}
		if u.wallet, err = wallet.New(f.Parameters, u.name, u.seed, f.WalletConfig()); err != nil {
			return err
		}
		w.users = append(w.users, u)
	}
	mint := func(_ int, u *workUser) error {
		_, err := u.wallet.Mint(ctx, f, asset, coinValue)
		return err
	}
	stages := []func(i int, u *workUser) error{
		func(i int, u *workUser) error {
			if i >= maxUsers {
				return nil // registered with another asset
			}
			r, err := u.wallet.Registration(0)
			if err != nil {
				return err
			}
			if r, err = f.Endorsers[0].Endorse(u.name, r); err != nil {
				return err
			}
			return f.Submit(ctx, r)
		},
		func(i int, u *workUser) error {
			if _, err := u.wallet.RequestBudget(ctx, f, asset, 1); err != nil {
				return err
			}
			return f.Issue(ctx, nonce+uint64(i-first), u.name, asset, issueValue)
		},
		mint, mint,
	}
	for _, stage := range stages {
		for i := first; i < to; i++ {
			if err := stage(i, w.users[i%maxUsers]); err != nil {
				return err
			}
		}
		if err := f.Seal(ctx); err != nil {
			return err
		}
		if err := inParallel(len(w.users), func(i int) error { return w.users[i].wallet.Sync(ctx, f) }); err != nil {
			return err
		}
	}
	w.funded = to
	return nil
}

// capture returns the operation that a wallet submits.
func capture(do func(wallet.Node) error, f *Founding) (utt.Operation, error) {
	c := &captor{Founding: f}
	if err := do(c); err != nil {
		return nil, err
	}
	return c.op, nil
}

type captor struct {
	*Founding
	op utt.Operation
}

func (c *captor) Submit(_ context.Context, op utt.Operation) error {
	c.op = op
	return nil
}

// inParallel calls f for 0 … n−1 on all cores.
func inParallel(n int, f func(int) error) error {
	errs := make([]error, n)
	parallel.For(n, func(i int) { errs[i] = f(i) })
	return errors.Join(errs...)
}
