package audit

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// WarrantState is what has become of a warrant on record.
type WarrantState string

// The states of warrants. Shares are given in the first two.
const (
	WarrantWaiting  WarrantState = "waiting"  // to be opened on record
	WarrantOpened   WarrantState = "opened"   // on record, in time or not
	WarrantOverdue  WarrantState = "overdue"  // it had to be opened by Until
	WarrantVoid     WarrantState = "void"     // by order of those who amend
	WarrantViolated WarrantState = "violated" // its opening shows that it lied
)

// Warrant is a warrant on record, as everybody sees it, and what this auditor has done.
type Warrant struct {
	Number     uint64
	Payments   int    // that it names
	Until      uint64 // when it must have been opened, in seconds since 1970
	State      WarrantState
	Transfers  []utt.ID       // none of one that is sealed and not opened on record
	Components utt.Components // of them to be opened; 0 as long
	Reason     string         // "" until it is opened on record
	Answered   bool           // whether this auditor gives shares: OpenUnder
	Disclosed  int            // of how many payments t shares have come
}

// Disclosure is what was opened of a payment by a warrant. It prints as "redacted".
type Disclosure struct {
	Transfer   utt.ID
	Asset      string
	Case       utt.Case
	Time       uint64         // since when it was held, in seconds since 1970
	Components utt.Components // that were opened
	Amount     utt.Amount     // 0 unless it was opened
	Payee      utt.PID        // zero unless he was opened, and is registered
	Payer      utt.PID        // as for Payee
}

// Format prints "redacted".
func (d Disclosure) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (d Disclosure) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// warrant is one on record.
type warrant struct {
	number      uint64
	record, end *utt.Record // end is the latest opening or voiding
	order       utt.Entry
	ended       utt.Entry
	private     *utt.WarrantOpening      // as the auditor was given it, nil unless it is needed
	heard       map[threshold.Index]bool // who has shown that he has it
	terms       utt.WarrantTerms         // that the auditor answers, none before he does
	disclosed   []*Disclosure            // of the payments of terms, nil those not opened yet
}

// state is what has become of the warrant at a time.
func (w *warrant) state(now uint64) WarrantState {
	switch {
	case w.end == nil && now >= w.order.Due:
		return WarrantOverdue
	case w.end == nil:
		return WarrantWaiting
	case w.ended.Kind == utt.KindWarrantVoid:
		return WarrantVoid
	case w.ended.Violation != 0:
		return WarrantViolated
	}
	return WarrantOpened
}

func (w *warrant) stands(now uint64) bool {
	s := w.state(now)
	return s == WarrantWaiting || s == WarrantOpened
}

// public is what the warrant names on record, nothing of one that is sealed.
func (w *warrant) public() utt.WarrantTerms {
	if w.ended.Kind == utt.KindWarrantOpening {
		return utt.WarrantTerms{Transfers: slices.Clone(w.ended.Transfers), Components: w.ended.Components, Reason: w.ended.Reason}
	}
	return utt.WarrantTerms{Transfers: slices.Clone(w.order.Transfers), Components: w.order.Components}
}

// Warrants are those on record, by number.
func (a *Auditor) Warrants() (all []Warrant) {
	a = cmp.Or(a, &noAuditor)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.p == nil {
		return nil
	}
	for _, w := range a.warrants {
		public, disclosed := w.public(), 0
		for _, d := range w.disclosed {
			if d != nil {
				disclosed++
			}
		}
		all = append(all, Warrant{w.number, int(w.order.Count), w.order.Due, w.state(a.time()), public.Transfers, public.Components, public.Reason,
			w.disclosed != nil, disclosed})
	}
	slices.SortFunc(all, func(v, w Warrant) int { return cmp.Compare(v.Number, w.Number) })
	return all
}

// OpenUnder has this auditor answer a warrant on record: Work gives the others shares of the
// components that it names, of the payments that it names, and of nothing else. The opening
// is that which the authority has handed to the auditors in private, of a warrant that is
// sealed; nil for one that is not, or was opened on record. Whoever has the opening of the
// hash on record has it from the authority, so that nothing else vouches for it. An auditor
// made again is to be told again.
//
// The error is ErrNotFound for a warrant that is not on record, and ErrPolicy, with nothing
// done, for one that gives nothing: that is overdue, void, violated, or sealed and without
// its opening, or that names a payment which was never held.
func (a *Auditor) OpenUnder(number uint64, opening *utt.WarrantOpening) error {
	if err := a.usable(); err != nil {
		return err
	}
	a.mu.Lock()
	w := a.warrants[number]
	if w == nil {
		a.mu.Unlock()
		return fmt.Errorf("%w: no warrant %d on record: Sync", utt.ErrNotFound, number)
	}
	terms := w.public()
	if len(terms.Transfers) > 0 {
		opening = nil
	} else {
		terms = opening.Terms()
	}
	if len(terms.Transfers) == 0 {
		a.mu.Unlock()
		return fmt.Errorf("%w: warrant %d is sealed: its authority has the opening", utt.ErrPolicy, number)
	}
	all := make([]*decryption, len(terms.Transfers))
	on, errs := make([]grounds, len(all)), make([]error, len(all))
	for i, id := range terms.Transfers {
		all[i] = &decryption{subject: subject{ByWarrant, number, id}}
		on[i], errs[i] = a.grounds(all[i].subject)
		on[i].Opening, on[i].what = opening, terms.Components
	}
	a.mu.Unlock()

	parallel.For(len(all), func(i int) {
		if errs[i] == nil {
			_, errs[i] = on[i].permit()
		}
	})
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("warrant %d: %w", number, err)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if w.disclosed != nil { // answered already
		return nil
	}
	w.private, w.terms, w.disclosed = opening, terms, make([]*Disclosure, len(all))
	for i, d := range all {
		d.read = func(ctx context.Context, plain []threshold.Plaintext) error {
			v, _, err := a.values(ctx, d.request, plain)
			if err != nil {
				return err
			}
			a.mu.Lock()
			defer a.mu.Unlock()
			held := a.held[d.id]
			w.disclosed[i] = &Disclosure{d.id, held.Asset(), held.Case(), held.Time(), terms.Components, v.amount, v.payee, v.payer}
			return nil
		}
		a.start(d)
		a.ask(d)
	}
	for to := range a.others() { // who may have knocked before
		s := w.knock(a.p.Network(), to)
		if e := a.early[sender{to, false}]; e != nil && len(e.take(s)) > 0 {
			a.hear(w, to, s)
		}
	}
	return nil
}

// isSealed reports a warrant of which the record does not show what it names.
func (w *warrant) isSealed() bool { return len(w.public().Transfers) == 0 }

// knock is by which an auditor shows that he has the opening of a sealed warrant, without
// showing anything of it to who has not.
func (w *warrant) knock(n utt.NetworkID, from threshold.Index) subject {
	var opening utt.Digest
	if w.private != nil {
		opening = w.private.Digest()
	}
	return subject{ByWarrant, w.number, transcript.Hash(dst.AuditOpening, n[:], opening[:], wire.AppendUint16(nil, uint16(from)))}
}

// hear notes that an auditor has shown that he has an opening, if it is that of the warrant,
// and tells him what there is.
func (a *Auditor) hear(w *warrant, from threshold.Index, shown subject) {
	if shown != w.knock(a.p.Network(), from) {
		return
	}
	if w.heard == nil {
		w.heard = make(map[threshold.Index]bool)
	}
	w.heard[from] = true
	for _, id := range w.terms.Transfers {
		if d := a.decryptions[subject{ByWarrant, w.number, id}]; d != nil {
			a.answer(d, from)
		}
	}
}

// mayHear reports whether an auditor is told a share:
//
//	[AUD-SEALED]  while a warrant is sealed, those alone who have shown that they have its
//	              opening
//
// The authority chooses who is to know what it names, and t shares are the plaintext for
// whoever reads them.
func (a *Auditor) mayHear(d *decryption, to threshold.Index) bool {
	w := a.warrants[d.number]
	return d.purpose != ByWarrant || w != nil && (!w.isSealed() || w.heard[to]) || !batch.Enforced("AUD-SEALED")
}

// ask asks others for their shares.
func (a *Auditor) ask(d *decryption) {
	i := item{kind: kindAsk, subject: d.subject}
	if w := a.warrants[d.number]; d.purpose == ByWarrant && w != nil && w.isSealed() {
		i = item{kind: kindKnock, subject: w.knock(a.p.Network(), a.self)}
	}
	a.tellAll(i)
}

// Disclosed is what was opened by a warrant so far, in the order of payments: of all that it
// names, once its Disclosed says so. The error is ErrNotFound for a warrant that this
// auditor does not answer.
func (a *Auditor) Disclosed(number uint64) (all []Disclosure, err error) {
	if err := a.usable(); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	w := a.warrants[number]
	if w == nil || w.disclosed == nil {
		return nil, fmt.Errorf("%w: warrant %d is not on record, or not answered: OpenUnder", utt.ErrNotFound, number)
	}
	for _, d := range w.disclosed {
		if d != nil {
			all = append(all, *d)
		}
	}
	return all, nil
}
