package audit

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// start begins to open something, of which others may have spoken before. Its read is to be
// set already.
func (a *Auditor) start(d *decryption) {
	a.started++
	d.order = a.started
	d.shares, d.liars = make(map[threshold.Index]*threshold.DecryptionShare), make(map[threshold.Index]bool)
	a.decryptions[d.subject] = d
	for j := range a.peers {
		from := threshold.Index(j + 1)
		if e := a.early[sender{from, d.purpose == ToDecide}]; e != nil {
			for _, i := range e.take(d.subject) {
				a.note(d, from, &i)
			}
		}
	}
}

// unopened are the decryptions that are still permitted and not done, and for which a
// condition holds, oldest first.
func (a *Auditor) unopened(f func(*decryption) bool) (all []*decryption) {
	for _, d := range a.decryptions {
		if !d.done && a.stands(d.subject) && f(d) {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(d, e *decryption) int { return cmp.Compare(d.order, e.order) })
	return all
}

// share gives shares of what is permitted.
func (a *Auditor) share(ctx context.Context) error {
	a.mu.Lock()
	todo := a.unopened(func(d *decryption) bool { return d.shares[a.self] == nil })
	on, errs := make([]grounds, len(todo)), make([]error, len(todo))
	for i, d := range todo {
		on[i], errs[i] = a.grounds(d.subject)
	}
	a.mu.Unlock()
	requests, shares := make([]*threshold.Request, len(todo)), make([]*threshold.DecryptionShare, len(todo))
	failed := make([]error, len(todo))
	parallel.For(len(todo), func(i int) {
		if errs[i] != nil || ctx.Err() != nil {
			return
		}
		if requests[i], errs[i] = on[i].permit(); errs[i] == nil {
			shares[i], failed[i] = a.c.OpeningShare.Decrypt(nil, requests[i])
		}
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, d := range todo {
		switch {
		case errs[i] != nil: // nothing is given
		case failed[i] != nil:
			return failed[i]
		default:
			d.request, d.shares[a.self] = requests[i], shares[i]
			for to := range a.others() {
				if a.mayHear(d, to) {
					a.tell(to, item{kind: kindShare, subject: d.subject, share: shares[i]})
				}
			}
		}
	}
	return nil
}

// decrypt opens what t shares have come of. Who sent a false one is named, and others
// suffice.
func (a *Auditor) decrypt(ctx context.Context) error {
	a.mu.Lock()
	ready := a.unopened(func(d *decryption) bool { return d.request != nil && len(d.shares) >= a.c.Opening.Threshold() })
	requests, sets := make([]*threshold.Request, len(ready)), make([][]*threshold.DecryptionShare, len(ready))
	for i, d := range ready {
		requests[i], sets[i] = d.request, slices.Collect(maps.Values(d.shares))
	}
	a.mu.Unlock()
	for i, r := range a.c.Opening.OpenResults(ctx, requests, sets) {
		d := ready[i]
		a.mu.Lock()
		for _, j := range r.Culprits {
			delete(d.shares, j)
			a.blame(d, j, "ENC-SHARE")
		}
		a.mu.Unlock()
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.Err != nil {
			continue // until others come
		}
		if err := d.read(ctx, r.Plaintexts); err != nil {
			return err
		}
		a.mu.Lock()
		d.done = true
		a.mu.Unlock()
	}
	return nil
}

func (a *Auditor) blame(d *decryption, j threshold.Index, label string) {
	d.liars[j] = true
	if a.blamed = append(a.blamed, Blame{j, d.purpose, d.number, d.id, label}); len(a.blamed) > maxBlamed {
		a.blamed = slices.Delete(a.blamed, 0, len(a.blamed)-maxBlamed)
	}
}

// maxBlamed bounds the blames that are kept: the last ones.
const maxBlamed = 1 << 10

// values are what was opened of an audit record; zero what was not.
type values struct {
	amount       utt.Amount
	payer, payee utt.PID
}

// values reads what was opened. The error says what of it says nothing:
//
//	[AUD-PAYEE]  payer and payee are registered, as far as they are opened, and the amount is
//	             a number
func (a *Auditor) values(ctx context.Context, r *threshold.Request, plain []threshold.Plaintext) (v values, unread, err error) {
	of := make(map[int]threshold.Plaintext, len(plain))
	for i, c := range r.Components() {
		of[c] = plain[i]
	}
	var c batch.Claims
	if lo, opened := of[utt.AuditLow]; opened {
		amount, err := a.c.Table.Amount(ctx, lo, of[utt.AuditHigh])
		if ctx.Err() != nil {
			return values{}, nil, ctx.Err()
		}
		c.Require("AUD-PAYEE", err == nil, "an amount that is no number")
		v.amount = utt.Amount(amount)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for component, to := range map[int]*utt.PID{utt.AuditPayer: &v.payer, utt.AuditPayee: &v.payee} {
		if m, opened := of[component]; opened {
			pid, known := a.identities.find(m)
			c.Require("AUD-PAYEE", known, "nobody registered")
			*to = pid
		}
	}
	return v, c.Err(), nil
}

// begin has Work open something, once it is permitted on the grounds that there are.
func (a *Auditor) begin(d *decryption) error {
	if a.decryptions[d.subject] != nil {
		return nil
	}
	g, err := a.grounds(d.subject)
	if err != nil {
		return err
	}
	if _, err := g.permit(); err != nil {
		return fmt.Errorf("open %v: %w", d.subject, err)
	}
	a.start(d)
	a.ask(d)
	return nil
}
