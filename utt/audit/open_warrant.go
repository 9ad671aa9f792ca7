package audit

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

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
