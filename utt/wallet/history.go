package wallet

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"github.com/utt-ecash/utt-go/utt"
)

// maxLabel bounds a label, in bytes.
const maxLabel = 256

// Items is how many entries the history has.
func (w *Wallet) Items() uint64 {
	w = cmp.Or(w, &noWallet)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state.items
}

// History yields the entries of the history from a number on, oldest first, in the order in which the
// wallet learned of them: of its own operations when they were handed in, of others' when
// they were on record. They are read one by one, so that it costs nothing to break off; the next page begins
// with the number behind the last. An entry that is yielded stands for its operation now: one that is
// pending is the same entry later, executed. ErrStore says that the store fails.
func (w *Wallet) History(from uint64) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for n := from; n < w.Items(); n++ {
			it, err := w.Item(n)
			if !yield(it, err) || err != nil {
				return
			}
		}
	}
}

// Latest yields the entries below a number, newest first; math.MaxUint64 begins with the
// newest of all.
func (w *Wallet) Latest(below uint64) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for n := min(below, w.Items()); n > 0; n-- {
			it, err := w.Item(n - 1)
			if !yield(it, err) || err != nil {
				return
			}
		}
	}
}

// Item is the entry of the history with a number. ErrNotFound says that there is none.
func (w *Wallet) Item(number uint64) (Item, error) {
	if err := w.usable(); err != nil {
		return Item{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if number >= w.state.items {
		return Item{}, fmt.Errorf("%w: no entry %d in a history of %d", utt.ErrNotFound, number, w.state.items)
	}
	it, err := w.state.item(number)
	if err != nil {
		return Item{}, err
	}
	return w.item(number, it)
}

// item is an entry with what else the wallet knows.
func (w *Wallet) item(number uint64, it *item) (Item, error) {
	all := Item{
		Number: number, Kind: it.kind, State: it.status.State, Cause: it.status.Cause, Due: it.status.Due,
		Handle: Handle{ID: it.id}, Output: int(it.output), Role: it.role, Case: it.use,
		Counter: it.grant.counter, Epoch: it.grant.epoch, Asset: it.asset, Amount: it.amount, Fee: it.fee, PID: it.pid, Memo: it.memo, Time: it.time,
	}
	label, err := w.state.get(entryLabel + it.place())
	if err != nil {
		return Item{}, err
	}
	all.Label = string(label)
	if it.output == credit {
		all.Output = 0
	}
	if it.output != own {
		return all, nil
	}
	all.Output = 0
	s, err := w.became(it.id)
	if err != nil {
		return Item{}, err
	}
	all.State, all.Cause, all.Due = s.State, s.Cause, s.Due
	b, err := w.state.get(entryMade + keyOfID(it.id))
	if err != nil || b == nil {
		return all, err
	}
	m, err := decodeMade(b)
	if err != nil {
		return Item{}, err
	}
	all.Handle.Digest, all.Kind, all.Made = m.digest, m.kind, m.time
	all.Amount, all.Tax, all.Fee, all.Party, all.Memo = m.amount, m.tax, m.fee, m.party, m.memo
	if m.party != "" {
		all.PID = utt.PIDOf(m.party)
	}
	return all, nil
}

// Label gives an entry of the history a label of one's own, of at most 256 bytes, or takes
// it away where it is "". A label stays with what it was given to, also where Rescan gives that
// another number; nothing restores it but the store.
func (w *Wallet) Label(number uint64, label string) error {
	if err := w.usable(); err != nil {
		return err
	}
	if len(label) > maxLabel {
		return fmt.Errorf("%w: a label of %d bytes, of at most %d", utt.ErrInvalid, len(label), maxLabel)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if number >= w.state.items {
		return fmt.Errorf("%w: no entry %d in a history of %d", utt.ErrNotFound, number, w.state.items)
	}
	it, err := w.state.item(number)
	if err != nil {
		return err
	}
	if err := w.state.begin(); err != nil {
		return err
	}
	var value []byte
	if label != "" {
		value = []byte(label)
	}
	w.state.put(entryLabel+it.place(), value)
	return w.state.commit()
}

// Received are the payments received, oldest first: executed ones. Incoming are those that
// may still be refunded. It reads the whole history: History reads a part of it, and says
// where the store fails.
func (w *Wallet) Received() (all []Payment) {
	if w.usable() != nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for n := range w.state.items {
		it, err := w.state.item(n)
		if err != nil {
			return all
		}
		if it.kind == ItemReceived && it.status.State == Executed {
			all = append(all, Payment{it.id, int(it.output), it.role, it.asset, it.amount, it.memo, it.time})
		}
	}
	slices.SortStableFunc(all, func(a, b Payment) int { return cmp.Compare(a.Time, b.Time) })
	return all
}
