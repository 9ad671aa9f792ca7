package wallet

import (
	"fmt"
	"maps"
	"slices"

	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
)

// draft is a transfer in preparation, and the merges that must come before it.
type draft struct {
	utt.Draft
	rules  *utt.Parameters // speaking for its epoch
	row    utt.Row
	key    *rangeproof.ProvingKey
	inputs []*coin    // its money
	budget *coin      // nil if it takes none
	coins  *coins     // that the wallet can spend
	total  utt.Amount // that leaves for others, with what the rules add, before the fee
	need   need       // of its coins
	party  string     // the payee's identity
	merges []*draft
}

// ready reports whether the wallet can make operations with an asset.
func (w *Wallet) ready(asset string) error {
	if err := w.rescanned(); err != nil {
		return err
	}
	if err := w.registered(); err != nil {
		return err
	}
	if !w.rules().Knows(asset) {
		return fmt.Errorf("%w: unknown asset %.32q", utt.ErrPolicy, asset)
	}
	return nil
}

// draftOf sets up a transfer in a case, without inputs and with outputs of nothing.
func (w *Wallet) draftOf(use utt.Case, asset string) (*draft, error) {
	if err := w.credited(); err != nil {
		return nil, err
	}
	epoch := w.present()
	if err := w.current(epoch); err != nil {
		return nil, err
	}
	rules := w.state.p.At(epoch)
	row, ok := rules.RowFor(asset, use)
	circuit, _ := rules.CircuitFor(asset, use)
	if !ok {
		return nil, fmt.Errorf("%w: no %v transfers of %q here", utt.ErrPolicy, use, asset)
	}
	if use != utt.Self || len(row.Fixed) > 0 {
		if err := w.upToDate(slices.Collect(maps.Values(row.Fixed))...); err != nil {
			return nil, err
		}
	}
	d := &draft{key: w.proving[circuit.Key.Digest()], row: row, rules: rules}
	if d.key == nil {
		return nil, fmt.Errorf("%w: the wallet has no proving key for %v transfers of %q: AddProvingKey that of digest %x",
			utt.ErrNotFound, use, asset, circuit.Key.Digest())
	}
	d.Draft = utt.Draft{
		Case: use, Asset: asset, Epoch: epoch, Credential: w.state.credential,
		Values: make([]utt.Amount, circuit.Key.Outputs()), Fixed: make(map[utt.PID]*utt.Member),
	}
	for _, pid := range row.Fixed {
		m, err := w.payee(pid)
		if err != nil {
			return nil, fmt.Errorf("the rules give an output of %v transfers, such as a tax, to %v, who must be registered first: %w", use, pid, err)
		}
		d.Fixed[pid] = m
	}
	return d, nil
}

// spend gives a draft its inputs.
func (d *draft) spend(coins []*coin) {
	// in order of value, as they were chosen, inputs would tell which is the larger
	d.inputs = slices.SortedFunc(slices.Values(coins), byNullifier)
}

// locks are the coins that the draft spends.
func (d *draft) locks() (all []coinKey) {
	for _, c := range d.inputs {
		all = append(all, c.key)
	}
	if d.budget != nil {
		all = append(all, d.budget.key)
	}
	return all
}

// load reads what is needed to spend the draft's coins.
func (w *Wallet) load(d *draft) (err error) {
	d.Inputs = make([]*utt.Holding, len(d.inputs))
	for i, c := range d.inputs {
		if d.Inputs[i], err = w.holding(c); err != nil {
			return err
		}
	}
	if d.budget != nil {
		d.Budget, err = w.holding(d.budget)
	}
	return err
}

// holding is what is needed to spend a coin.
func (w *Wallet) holding(c *coin) (*utt.Holding, error) {
	b, err := w.state.disk.get(live, entryCoin+keyOfCoin(c.key))
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, fmt.Errorf("%w: a coin is not there any more", utt.ErrStore)
	}
	_, holding, err := decodeCoin(keyOfCoin(c.key), b)
	if err != nil {
		return nil, err
	}
	h, err := w.keys.ParseHolding(holding)
	return h, failed(err)
}

// made is what the history is to say of the draft.
func (d *draft) made() made {
	m := made{kind: ItemPaid, asset: d.Asset, amount: d.Values[0], fee: d.row.Fee.Of(len(d.inputs)), party: d.party, memo: d.Memo}
	switch {
	case d.Case == utt.Self && d.Burn > 0:
		m.kind, m.amount = ItemBurned, d.Burn
	case d.Case == utt.Self:
		m.kind, m.amount = ItemRearranged, 0
	}
	if d.total > 0 { // a merge has none
		m.tax = d.total - d.Values[0] - d.Burn
	}
	return m
}

// transfer sets up a transfer with the value of output 0 given and money that leaves
// for the account, or the merges that must come before it. The rules of the
// circuit add what they demand, such as tax; the rest is change.
func (w *Wallet) transfer(use utt.Case, asset string, first, out utt.Amount) (*draft, error) {
	d, err := w.draftOf(use, asset)
	if err != nil {
		return nil, err
	}
	if d.total, err = d.complete(first, out); err != nil {
		return nil, err
	}
	d.Burn = out
	var all utt.Amount
	d.coins, all = w.money(asset)
	d.need = w.needOf(asset, d.row.Fee, d.total)
	chosen := choose(d.coins, d.need)
	if len(chosen) == 0 {
		e := short(d.coins, d.need)
		e.Pending, e.Waiting = all-d.coins.sum(), w.waiting
		return nil, e
	}
	if round := groups(chosen); len(round) > 0 {
		for _, g := range round {
			m, err := w.merge(asset, g)
			if err != nil {
				return nil, err
			}
			d.merges = append(d.merges, m)
		}
		return d, nil
	}
	change := d.changeOutput()
	rest := sumOf(chosen) - d.need(len(chosen))
	if change < 0 && rest > 0 {
		return nil, fmt.Errorf("%w: the circuit of %v transfers has no output for change", utt.ErrPolicy, use)
	}
	if change >= 0 {
		d.Values[change] += rest
	}
	d.spend(chosen)
	return d, nil
}

// complete gives output 0 a value and sets the outputs that the circuit's rules
// determine. It returns what they, the money that leaves and a tax by total come to.
func (d *draft) complete(first, out utt.Amount) (total utt.Amount, err error) {
	v := rangeproof.Values{Out: d.Values}
	v.Out[0] = first
	d.key.Circuit().Complete(&v)
	d.Values, total = v.Out, out
	for _, a := range append(v.Out[:len(v.Out):len(v.Out)], v.Due) {
		if total+a < total {
			return 0, errTooMuch
		}
		total += a
	}
	return total, nil
}

// changeOutput is the first output of the sender's own, -1 if there is none. In
// the self case that is output 1, so that output 0 has the value asked for.
func (d *draft) changeOutput() int {
	for j := 1; j < len(d.Values); j++ {
		if _, ok := d.row.Fixed[j]; !ok {
			return j
		}
	}
	return -1
}

// merge joins coins.
func (w *Wallet) merge(asset string, coins []*coin) (*draft, error) {
	d, err := w.mergeOf(asset, len(coins), sumOf(coins))
	if err != nil {
		return nil, err
	}
	d.spend(coins)
	return d, nil
}

// mergeOf joins so many coins of a sum into the output for change, since rules such as tax
// go by output 0, which stays empty; into output 0 if there is no other.
func (w *Wallet) mergeOf(asset string, coins int, sum utt.Amount) (*draft, error) {
	d, err := w.draftOf(utt.Self, asset)
	if err != nil {
		return nil, err
	}
	total, err := d.complete(0, 0)
	if err != nil {
		return nil, err
	}
	if total = add(total, d.row.Fee.Of(coins)); total > sum {
		return nil, &FundsError{What: FundsMoney, Need: total, Spendable: sum}
	}
	d.Values[max(d.changeOutput(), 0)] += sum - total
	return d, nil
}

// self sets up a split or burn.
func (w *Wallet) self(asset string, first, out utt.Amount) (*draft, error) {
	if err := w.ready(asset); err != nil {
		return nil, err
	}
	if first == 0 && out == 0 {
		return nil, fmt.Errorf("%w: an amount of zero", utt.ErrInvalid)
	}
	return w.transfer(utt.Self, asset, first, out)
}

// payment sets up a payment in a case.
func (w *Wallet) payment(use utt.Case, to, asset string, amount utt.Amount, memo string) (*draft, error) {
	if err := w.ready(asset); err != nil {
		return nil, err
	}
	row, ok := w.rules().RowFor(asset, use)
	switch {
	case use == utt.Self || !ok:
		return nil, fmt.Errorf("%w: no payments of %q in case %v here", utt.ErrPolicy, asset, use)
	case row.Audit.Reveals != 0 && amount > row.Limit:
		return nil, fmt.Errorf("%w: %d of %q, of at most %d in case %v", utt.ErrPolicy, amount, asset, row.Limit, use)
	case amount == 0:
		return nil, fmt.Errorf("%w: an amount of zero", utt.ErrInvalid)
	case len(memo) > utt.MaxMemo:
		return nil, fmt.Errorf("%w: memo of %d bytes, of at most %d", utt.ErrPolicy, len(memo), utt.MaxMemo)
	}
	if utt.PIDOf(to) == w.keys.PID() {
		return nil, fmt.Errorf("%w: a payment to oneself would use up budget, or the auditors' time: Split or Merge", utt.ErrPolicy)
	}
	m, err := w.payeeNamed(to)
	if err != nil {
		return nil, fmt.Errorf("payee %.64q: %w", to, err)
	}
	if err := w.upToDate(m.PID()); err != nil {
		return nil, err
	}
	var b *coin
	if row.Counter != "" {
		if b, _, err = w.chooseBudget(row.Counter, asset, amount); err != nil {
			return nil, err
		}
	}
	d, err := w.transfer(use, asset, amount, 0)
	if err != nil {
		return nil, err
	}
	d.Payee, d.Memo, d.party = m, memo, to
	if b != nil {
		d.budget, d.Change = b, b.value-amount
	}
	return d, nil
}
