package wallet

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/rangeproof"
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

// Plan says how the wallet would pay, or why it cannot, and changes nothing.
func (w *Wallet) Plan(to, asset string, amount utt.Amount, memo string) (*Plan, error) {
	if err := w.usable(); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	b, err := w.preparePayment(to, asset, amount, memo)
	if err != nil {
		return nil, err
	}
	learns := []string{
		"the payee: amount, memo, time; not who paid",
		"everybody: that a private payment of this asset was made; not from whom, to whom, or how much",
	}
	for _, pid := range b.circuit.Fixed {
		learns = append(learns, fmt.Sprintf("%v: what the rules give it, and what follows of the amount; not who paid, or whom", pid))
	}
	return &Plan{
		Case: utt.Anonymous, Asset: asset, Amount: amount, Total: b.total, Merges: len(b.merges),
		Learns: learns,
	}, nil
}

// Pay pays privately, within the budget of the present epoch, to a registered
// identity. Where the amount needs more than MaxInputs coins, it first merges coins
// and waits for that; if that fails, nothing was paid and there is no ID. It returns
// once the payment is handed in; Await says when it is executed. Should Submit fail,
// the payment may still be executed: the ID is its own then, its coins stay locked,
// and Resubmit hands it in again.
func (w *Wallet) Pay(ctx context.Context, n Node, to, asset string, amount utt.Amount, memo string) (utt.ID, error) {
	return w.run(ctx, n, func() (*spending, error) { return w.preparePayment(to, asset, amount, memo) })
}

// Burn turns private money into ordinary money of the wallet's account, for all
// to see.
func (w *Wallet) Burn(ctx context.Context, n Node, asset string, amount utt.Amount) (utt.ID, error) {
	return w.run(ctx, n, func() (*spending, error) {
		return w.prepareSelf(asset, 0, amount)
	})
}

// Split makes a coin of exactly the amount, with the rest in another. Nobody
// learns anything.
func (w *Wallet) Split(ctx context.Context, n Node, asset string, amount utt.Amount) (utt.ID, error) {
	return w.run(ctx, n, func() (*spending, error) {
		return w.prepareSelf(asset, amount, 0)
	})
}

// Merge joins the smallest coins, up to MaxInputs of them, into one. Nobody learns
// anything.
func (w *Wallet) Merge(ctx context.Context, n Node, asset string) (utt.ID, error) {
	return w.run(ctx, n, func() (*spending, error) {
		if err := w.ready(asset); err != nil {
			return nil, err
		}
		coins, _ := w.state.free(asset)
		slices.Reverse(coins)
		if len(coins) < 2 {
			return nil, fmt.Errorf("%w: fewer than two coins to merge", utt.ErrConflict)
		}
		return w.merge(asset, coins[:min(len(coins), utt.MaxInputs)])
	})
}

// spending is a transfer in preparation and the merges that must come before it.
type spending struct {
	draft   utt.Draft
	circuit utt.Circuit
	key     *rangeproof.ProvingKey
	coins   []ownCoin
	sum     utt.Amount // of the coins
	total   utt.Amount // that leaves for others, with what the rules add
	merges  []*spending
}

type ownCoin struct {
	nullifier nullifier.Nullifier
	*coin
}

// run prepares and submits, merging first where needed.
func (w *Wallet) run(ctx context.Context, n Node, prepare func() (*spending, error)) (utt.ID, error) {
	if err := w.usableAt(n); err != nil {
		return utt.ID{}, err
	}
	for {
		ops, merging, err := w.prove(ctx, prepare)
		if err != nil {
			return utt.ID{}, err
		}
		// all are pending by now, so all are handed in, even if one fails
		for _, t := range ops {
			if e := submit(ctx, n, t); e != nil && err == nil {
				err = e
			}
		}
		if !merging {
			return ops[0].ID(), err
		}
		for _, t := range ops {
			if err == nil {
				err = w.Await(ctx, n, t.ID())
			}
		}
		if err != nil {
			return utt.ID{}, fmt.Errorf("utt: nothing was paid, coins are to be merged first; try again once they are: %w", err)
		}
	}
}

// prove makes the transfer that prepare sets up, or the merges that must come
// before it, and locks the coins. Nothing is locked if one fails.
func (w *Wallet) prove(ctx context.Context, prepare func() (*spending, error)) (ops []*utt.Transfer, merging bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := prepare()
	if err != nil {
		return nil, false, err
	}
	todo := s.merges
	if len(todo) == 0 {
		todo = []*spending{s}
	}
	for _, m := range todo {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		t, err := w.keys.Transfer(nil, &m.draft, m.key)
		if err != nil {
			return nil, false, err
		}
		ops = append(ops, t)
	}
	for _, t := range ops {
		w.state.lock(t.ID(), &pending{op: t, inputs: t.Nullifiers(), epoch: t.Epoch()})
	}
	return ops, len(s.merges) > 0, nil
}

// ready reports whether the wallet can make private transfers of an asset.
func (w *Wallet) ready(asset string) error {
	if w.state.credential == nil {
		return fmt.Errorf("%w: not registered, or not synced", utt.ErrNotFound)
	}
	return w.knows(asset)
}

// free are the coins of money that nothing locks, largest first.
func (s *walletState) free(asset string) ([]ownCoin, utt.Amount) {
	var coins []ownCoin
	var sum utt.Amount
	for n, c := range s.coins {
		if c.asset == asset && c.epoch == 0 && c.locked == (utt.ID{}) {
			coins = append(coins, ownCoin{n, c})
			sum += c.value
		}
	}
	slices.SortFunc(coins, func(a, b ownCoin) int {
		return cmp.Or(cmp.Compare(b.value, a.value), byNullifier(a, b))
	})
	return coins, sum
}

// byNullifier is an order that has nothing to do with values.
func byNullifier(a, b ownCoin) int {
	x, y := a.nullifier.Key(), b.nullifier.Key()
	return slices.Compare(x[:], y[:])
}

// choose picks coins for an amount: one that fits exactly, else as few as
// possible, the last of them the smallest that completes the sum.
func (w *Wallet) choose(asset string, amount utt.Amount) ([]ownCoin, error) {
	coins, free := w.state.free(asset)
	if free < amount {
		var all utt.Amount
		for _, c := range w.state.coins {
			if c.asset == asset && c.epoch == 0 {
				all += c.value
			}
		}
		return nil, &FundsError{What: FundsMoney, Need: amount, Spendable: free, Pending: all - free}
	}
	var sum utt.Amount
	for k, c := range coins {
		if amount-sum > c.value {
			sum += c.value
			continue
		}
		last := k
		for last+1 < len(coins) && coins[last+1].value >= amount-sum {
			last++
		}
		return append(slices.Clone(coins[:k]), coins[last]), nil
	}
	return nil, fmt.Errorf("%w: no coins", utt.ErrInsufficient) // amount is 0
}

// transferOf sets up a transfer of some coins. The caller fills in the values of
// the outputs.
func (w *Wallet) transferOf(use utt.Case, asset string, coins []ownCoin) (*spending, error) {
	circuit, ok := w.p.CircuitFor(asset, use)
	if !ok {
		return nil, fmt.Errorf("%w: no %v transfers of %q here", utt.ErrPolicy, use, asset)
	}
	s := &spending{coins: coins, key: w.proving[circuit.Key.Digest()], circuit: circuit}
	if s.key == nil {
		return nil, fmt.Errorf("%w: the wallet has no proving key for %v transfers of %q", utt.ErrNotFound, use, asset)
	}
	s.draft = utt.Draft{
		Case: use, Asset: asset, Epoch: w.state.epoch, Credential: w.state.credential,
		Values: make([]utt.Amount, circuit.Key.Outputs()), Fixed: make(map[utt.PID]*utt.Member),
	}
	for _, pid := range circuit.Fixed {
		m, err := w.payee(pid)
		if err != nil {
			return nil, fmt.Errorf("the rules give an output of %v transfers, such as a tax, to %v, who must be registered first: %w", use, pid, err)
		}
		s.draft.Fixed[pid] = m
	}
	// in order of value, as they were chosen, inputs would tell which is the larger
	for _, c := range slices.SortedFunc(slices.Values(coins), byNullifier) {
		s.sum += c.value
		s.draft.Inputs = append(s.draft.Inputs, c.holding)
	}
	return s, nil
}

// spend sets up a transfer with the value of output 0 given and money that leaves
// for the account, or the merges that must come before it. The rules of the
// circuit add what they demand, such as tax; the rest is change.
func (w *Wallet) spend(use utt.Case, asset string, first, out utt.Amount) (*spending, error) {
	s, err := w.transferOf(use, asset, nil)
	if err != nil {
		return nil, err
	}
	total, err := s.complete(first, out)
	if err != nil {
		return nil, err
	}
	values := s.draft.Values
	coins, err := w.choose(asset, total)
	if err != nil {
		return nil, err
	}
	if len(coins) > utt.MaxInputs {
		s.total = total
		return s, w.planMerges(asset, s, coins)
	}
	if s, err = w.transferOf(use, asset, coins); err != nil {
		return nil, err
	}
	s.total, s.draft.Values, s.draft.Burn = total, values, out
	change := s.changeOutput()
	if change < 0 && s.sum != total {
		return nil, fmt.Errorf("%w: the circuit of %v transfers has no output for change", utt.ErrPolicy, use)
	}
	if change >= 0 {
		s.draft.Values[change] += s.sum - total
	}
	return s, nil
}

// complete gives output 0 a value and sets the outputs that the circuit's rules
// determine. It returns what they and the money that leaves come to.
func (s *spending) complete(first, out utt.Amount) (total utt.Amount, err error) {
	v := rangeproof.Values{Out: s.draft.Values}
	v.Out[0] = first
	s.key.Circuit().Complete(&v)
	s.draft.Values, total = v.Out, out
	for _, a := range v.Out {
		if total+a < total {
			return 0, &FundsError{What: FundsMoney, Need: math.MaxUint64}
		}
		total += a
	}
	return total, nil
}

// changeOutput is the first output of the sender's own, -1 if there is none. In
// the self case that is output 1, so that output 0 has the value asked for.
func (s *spending) changeOutput() int {
	for j := 1; j < len(s.draft.Values); j++ {
		if _, ok := s.circuit.Fixed[j]; !ok {
			return j
		}
	}
	return -1
}

// planMerges joins coins in groups, as many as it takes to leave at most
// MaxInputs, the smallest first.
func (w *Wallet) planMerges(asset string, s *spending, coins []ownCoin) error {
	for left := len(coins); left > utt.MaxInputs && len(coins) > 1; {
		n := min(utt.MaxInputs, left-utt.MaxInputs+1, len(coins))
		m, err := w.merge(asset, coins[len(coins)-n:])
		if err != nil {
			return err
		}
		s.merges = append(s.merges, m)
		coins, left = coins[:len(coins)-n], left-n+1
	}
	return nil
}

// merge joins coins into the output for change, since rules such as tax go by output
// 0, which stays empty; into output 0 if there is no other.
func (w *Wallet) merge(asset string, coins []ownCoin) (*spending, error) {
	s, err := w.transferOf(utt.Self, asset, coins)
	if err != nil {
		return nil, err
	}
	total, err := s.complete(0, 0)
	if err != nil {
		return nil, err
	}
	if total > s.sum {
		return nil, &FundsError{What: FundsMoney, Need: total, Spendable: s.sum}
	}
	s.draft.Values[max(s.changeOutput(), 0)] += s.sum - total
	return s, nil
}

// prepareSelf sets up a split or burn.
func (w *Wallet) prepareSelf(asset string, first, out utt.Amount) (*spending, error) {
	if err := w.ready(asset); err != nil {
		return nil, err
	}
	if first == 0 && out == 0 {
		return nil, fmt.Errorf("%w: an amount of zero", utt.ErrInvalid)
	}
	return w.spend(utt.Self, asset, first, out)
}

// preparePayment sets up a payment within the budget.
func (w *Wallet) preparePayment(to, asset string, amount utt.Amount, memo string) (*spending, error) {
	if err := w.ready(asset); err != nil {
		return nil, err
	}
	switch {
	case amount == 0:
		return nil, fmt.Errorf("%w: an amount of zero", utt.ErrInvalid)
	case len(memo) > utt.MaxMemo:
		return nil, fmt.Errorf("%w: memo of %d bytes, of at most %d", utt.ErrPolicy, len(memo), utt.MaxMemo)
	}
	if utt.PIDOf(to) == w.keys.PID() {
		return nil, fmt.Errorf("%w: a payment to oneself would use up budget: Split or Merge", utt.ErrPolicy)
	}
	m, err := w.payee(utt.PIDOf(to))
	if err != nil {
		return nil, fmt.Errorf("payee %.64q: %w", to, err)
	}
	b, err := w.chooseBudget(asset, amount)
	if err != nil {
		return nil, err
	}
	s, err := w.spend(utt.Anonymous, asset, amount, 0)
	if err != nil {
		return nil, err
	}
	s.draft.Payee, s.draft.Memo = m, memo
	s.draft.Budget, s.draft.Change = b.holding, b.value-amount
	return s, nil
}

// chooseBudget is the smallest free budget coin of the epoch that suffices.
func (w *Wallet) chooseBudget(asset string, amount utt.Amount) (*coin, error) {
	var best *coin
	missing := &FundsError{What: FundsBudget, Need: amount}
	for _, c := range w.state.coins {
		switch {
		case c.asset != asset || c.epoch == 0 || c.epoch != w.state.epoch:
		case c.locked != utt.ID{}:
			missing.Pending += c.value
		default:
			missing.Spendable += c.value
			if c.value >= amount && (best == nil || c.value < best.value) {
				best = c
			}
		}
	}
	if best == nil {
		return nil, missing
	}
	return best, nil
}

// payee is a registered user whose address an endorser vouches for. No node's word
// is taken for it: a substituted address would get the notes.
func (w *Wallet) payee(pid utt.PID) (*utt.Member, error) {
	r := w.members[pid]
	if r == nil {
		return nil, fmt.Errorf("%w: no user %v is registered; sync, or check the name", utt.ErrNotFound, pid)
	}
	m, err := r.Member(w.p)
	if err == nil && m.PID() != pid {
		return nil, fmt.Errorf("%w: the record registers %v, not %v", utt.ErrInvalid, m.PID(), pid)
	}
	return m, err
}

// knows reports an asset that the ledger does not have.
func (w *Wallet) knows(asset string) error {
	if !w.p.Knows(asset) {
		return fmt.Errorf("%w: unknown asset %.32q", utt.ErrPolicy, asset)
	}
	return nil
}
