package ledger

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
)

// A warrant that was taken waits to be opened. Its record stays in the state until it is:
//
//	waiting ──opening──▶ opened          waiting ──void, once it is overdue──▶ void ──opening──▶ opened
//
// Those that wait are listed, at most MaxSealed of them, so that one that is overdue is
// found whenever another is handed in.

// DueWarrant is a warrant that waits to be opened.
type DueWarrant struct {
	Number uint64
	Until  uint64 // when it is overdue, in seconds since 1970
}

// warrants are those that wait to be opened, by ascending number.
func (x *execution) warrants() []DueWarrant {
	all, err := decodeWarrants(x.get(warrantsKey))
	if err != nil {
		x.fail(err)
	}
	return all
}

func decodeWarrants(b []byte) (all []DueWarrant, err error) {
	r := wire.NewReader(b)
	for r.Len() > 0 && r.Err() == nil {
		w := DueWarrant{r.Uint64(), r.Uint64()}
		if n := len(all); n > 0 && all[n-1].Number >= w.Number {
			r.Fail("warrants out of order")
		}
		all = append(all, w)
	}
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: warrants: %w", utt.ErrMalformed, err)
	}
	return all, nil
}

func (x *execution) putWarrants(all []DueWarrant) {
	var b []byte
	for _, w := range all {
		b = wire.AppendUint64(wire.AppendUint64(b, w.Number), w.Until)
	}
	if b == nil {
		x.remove(warrantsKey)
		return
	}
	x.put(warrantsKey, b)
}

// withoutWarrant is the list without one, as a list of its own.
func withoutWarrant(all []DueWarrant, number uint64) (rest []DueWarrant) {
	for _, w := range all {
		if w.Number != number {
			rest = append(rest, w)
		}
	}
	return rest
}

// warrant takes in a warrant.
func (x *execution) warrant(w *utt.Warrant) *utt.Rejection {
	if next := x.number(warrantNumberKey); w.Number() != next && batch.Enforced("WAR-NUMBER") {
		return x.reject(utt.CodeNonce, "WAR-NUMBER", "warrant %d, next is %d", w.Number(), next)
	}
	if last := after(x.time, x.p.Warrants().MaxSeal); w.Until() > last && batch.Enforced("WAR-SEAL") {
		return x.reject(utt.CodePolicy, "WAR-SEAL", "to be opened by %d, and %d is the latest", w.Until(), last)
	}
	waiting := x.warrants()
	for _, o := range waiting {
		if x.time >= o.Until && batch.Enforced("WAR-OVERDUE") {
			return x.reject(utt.CodeOverdue, "WAR-OVERDUE", "warrant %d had to be opened by %d: open it, or have it voided", o.Number, o.Until)
		}
	}
	if len(waiting) >= utt.MaxSealed && batch.Enforced("WAR-ROOM") {
		return x.reject(utt.CodeOverdue, "WAR-ROOM", "%d warrants wait to be opened: open some", len(waiting))
	}
	if id, ok := x.unaudited(w.Transfers()); ok && batch.Enforced("WAR-TXID") {
		return x.reject(utt.CodeNotAudited, "WAR-TXID", "no audit record of %v", id)
	}
	x.putNumber(warrantNumberKey, w.Number()+1)
	x.putWarrants(append(withoutWarrant(waiting, w.Number()), DueWarrant{w.Number(), w.Until()}))
	x.record()
	if n := len(x.pending); n > 0 {
		x.put(warrantKey(w.Number()), x.pending[n-1].AppendUnsigned(nil))
	}
	return nil
}

// unaudited is a transfer without an audit record; ok is false if all have one, whatever
// their status.
func (x *execution) unaudited(transfers []utt.ID) (id utt.ID, ok bool) {
	for _, id := range transfers {
		if !x.has(holdKey(id)) {
			return id, true
		}
	}
	return id, false
}

// openWarrant takes in the opening of a warrant, and puts on record what is wrong with it.
func (x *execution) openWarrant(o *utt.WarrantOpening) *utt.Rejection {
	b := x.get(warrantKey(o.Number()))
	if b == nil {
		return x.reject(utt.CodeNotSealed, "WAR-WAITS", "warrant %d is not there, or was opened", o.Number())
	}
	w, err := utt.ParseUnsigned(b)
	if err != nil {
		x.fail(err)
		return nil
	}
	violation, err := w.Open(o)
	if err != nil {
		return x.reject(utt.CodeInvalid, "WAR-OPEN", "not the opening of warrant %d", o.Number())
	}
	if _, ok := x.unaudited(o.Terms().Transfers); ok && violation == 0 && batch.Enforced("WAR-TXID") {
		violation = utt.ViolationTransfer
	}
	x.remove(warrantKey(o.Number()))
	x.putWarrants(withoutWarrant(x.warrants(), o.Number()))
	x.record()
	if n := len(x.pending); n > 0 {
		x.pending[n-1] = x.pending[n-1].Violating(violation)
	}
	return nil
}

// voidWarrant takes an overdue warrant from those that wait.
func (x *execution) voidWarrant(v *utt.WarrantVoid) *utt.Rejection {
	waiting := x.warrants()
	for _, w := range waiting {
		if w.Number != v.Number() {
			continue
		}
		if x.time < w.Until && batch.Enforced("WAR-VOID") {
			return x.reject(utt.CodeNotSealed, "WAR-VOID", "warrant %d may be opened by %d, it is %d", w.Number, w.Until, x.time)
		}
		x.putWarrants(withoutWarrant(waiting, w.Number))
		x.record()
		return nil
	}
	return x.reject(utt.CodeNotSealed, "WAR-WAITS", "warrant %d does not wait to be opened", v.Number())
}

// WarrantNumber is the number of the next warrant.
func (l *Ledger) WarrantNumber() (uint64, error) { return l.number(warrantNumberKey) }

// DueWarrants are those that wait to be opened, by ascending number. While one is overdue,
// no other is taken.
func (l *Ledger) DueWarrants() ([]DueWarrant, error) {
	b, _, err := l.get(warrantsKey)
	if err != nil {
		return nil, err
	}
	all, err := decodeWarrants(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	return all, nil
}
