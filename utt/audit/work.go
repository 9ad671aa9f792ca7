package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// Work does all that can be done now: gives shares of what is to be decided, opens what
// enough shares have come of, asks Judge, votes, and makes decisions of t votes. It returns
// the messages to send, and the decisions to hand in at the ledger. All auditors make the
// same decision, byte for byte; whichever comes first counts.
//
// What it has done stays done if it fails, such as with its context.
func (a *Auditor) Work(ctx context.Context) ([]Message, []*utt.Decision, error) {
	if err := a.usable(); err != nil {
		return nil, nil, err
	}
	a.working.Lock()
	defer a.working.Unlock()
	for _, stage := range []func(context.Context) error{a.share, a.decrypt, a.judge, a.combine} {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if err := stage(ctx); err != nil {
			return nil, nil, err
		}
	}
	messages, err := a.pack()
	if err != nil {
		return nil, nil, err
	}
	return messages, a.decisions(), nil
}

// those are the payments on which a decision is possible and for which a condition holds.
func (a *Auditor) those(f func(*payment) bool) (all []*payment) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.waiting() {
		if a.open(p) && f(p) {
			all = append(all, p)
		}
	}
	return all
}

// share gives shares of what is to be decided.
func (a *Auditor) share(ctx context.Context) error {
	todo := a.those(func(p *payment) bool {
		return p.shares[a.self] == nil && a.permit(toDecide, p.Transfer, p.request.Components()) == nil
	})
	shares, errs := make([]*threshold.DecryptionShare, len(todo)), make([]error, len(todo))
	parallel.For(len(todo), func(i int) {
		if errs[i] = ctx.Err(); errs[i] == nil {
			shares[i], errs[i] = a.c.OpeningShare.Decrypt(nil, todo[i].request)
		}
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, p := range todo {
		if errs[i] != nil {
			return errs[i]
		}
		p.shares[a.self] = shares[i]
		a.tellAll(item{kind: kindShare, transfer: p.Transfer, share: shares[i]})
	}
	return nil
}

// decrypt opens what t shares have come of. Who sent a false one is named, and others
// suffice.
func (a *Auditor) decrypt(ctx context.Context) error {
	ready := a.those(func(p *payment) bool { return p.opened == nil && len(p.shares) >= a.c.Opening.Threshold() })
	requests, sets := make([]*threshold.Request, len(ready)), make([][]*threshold.DecryptionShare, len(ready))
	a.mu.Lock()
	for i, p := range ready {
		requests[i], sets[i] = p.request, slices.Collect(maps.Values(p.shares))
	}
	a.mu.Unlock()
	for i, d := range a.c.Opening.OpenResults(ctx, requests, sets) {
		p := ready[i]
		a.mu.Lock()
		for _, j := range d.Culprits {
			delete(p.shares, j)
			a.blame(p, j, "ENC-SHARE")
		}
		a.mu.Unlock()
		if err := ctx.Err(); err != nil {
			return err
		}
		if d.Err != nil {
			continue // until others come
		}
		if err := a.identify(ctx, p, d.Plaintexts); err != nil {
			return err
		}
	}
	return nil
}

func (a *Auditor) blame(p *payment, j threshold.Index, label string) {
	p.liars[j] = true
	a.blamed = append(a.blamed, Blame{j, p.Transfer, label})
}

// identify reads what was opened. What cannot be read is vetoed:
//
//	[AUD-PAYEE]  payer and payee are registered, as far as they are revealed, and the amount
//	             is a number
func (a *Auditor) identify(ctx context.Context, p *payment, plain []threshold.Plaintext) error {
	of := make(map[int]threshold.Plaintext, len(plain))
	for i, c := range p.request.Components() {
		of[c] = plain[i]
	}
	amount, err := a.c.Table.Amount(ctx, of[utt.AuditLow], of[utt.AuditHigh])
	if ctx.Err() != nil {
		return ctx.Err()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	o := &Opened{Payment: p.Payment, Amount: utt.Amount(amount)}
	var c batch.Claims
	c.Require("AUD-PAYEE", err == nil, "an amount that is no number")
	for component, to := range map[int]*utt.PID{utt.AuditPayer: &o.Payer, utt.AuditPayee: &o.Payee} {
		if m, revealed := of[component]; revealed {
			pid, known := a.identities.find(m)
			c.Require("AUD-PAYEE", known, "nobody registered")
			*to = pid
		}
	}
	p.opened = o
	if p.unread = c.Err() != nil; p.unread {
		return a.cast(p, utt.Veto)
	}
	return nil
}

// judge asks Judge about what was opened.
func (a *Auditor) judge(ctx context.Context) error {
	for _, p := range a.those(func(p *payment) bool {
		return p.opened != nil && !p.Approved && p.votes[utt.Approve][a.self] == nil && p.votes[utt.Veto][a.self] == nil
	}) {
		if err := ctx.Err(); err != nil {
			return err
		}
		a.mu.Lock()
		o := *p.opened
		o.Payment = p.Payment
		a.mu.Unlock()
		verb := a.c.Judge(o)
		if verb != utt.Approve && verb != utt.Veto {
			continue
		}
		a.mu.Lock()
		err := a.cast(p, verb)
		a.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// ballot is a decision for which t votes have come.
type ballot struct {
	p     *payment
	verb  utt.Verb
	votes []*threshold.SignatureShare
}

// combine makes decisions of votes.
func (a *Auditor) combine(ctx context.Context) error {
	var ballots []ballot
	var commitments []*sig.Commitment
	var sets [][]*threshold.SignatureShare
	for _, p := range a.those(func(*payment) bool { return true }) {
		a.mu.Lock()
		for _, verb := range []utt.Verb{utt.Approve, utt.Veto} {
			if p.useful(verb) && p.decisions[verb] == nil && len(p.votes[verb]) >= a.c.Approval.Threshold() {
				b := ballot{p, verb, slices.Collect(maps.Values(p.votes[verb]))}
				ballots, sets = append(ballots, b), append(sets, b.votes)
				commitments = append(commitments, utt.DecisionCommitment(a.p.Network(), verb, p.Transfer))
			}
		}
		a.mu.Unlock()
	}
	for i, r := range a.c.Approval.CombineResults(ctx, commitments, sets) {
		b := &ballots[i]
		a.mu.Lock()
		for _, j := range r.Culprits {
			delete(b.p.votes[b.verb], j)
			a.blame(b.p, j, "THR-1")
		}
		a.mu.Unlock()
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.Err != nil {
			continue // until others come
		}
		d, err := utt.NewDecision(b.verb, b.p.Transfer, r.Signature)
		if err != nil {
			return err
		}
		a.mu.Lock()
		b.p.decisions[b.verb] = d
		a.mu.Unlock()
	}
	return nil
}

// pack seals what is to be said.
func (a *Auditor) pack() (messages []Message, err error) {
	a.mu.Lock()
	out := a.out
	a.out = make(map[threshold.Index]*outbox)
	a.mu.Unlock()
	for _, to := range slices.Sorted(maps.Keys(out)) {
		for items := range slices.Chunk(out[to].items, maxItems) {
			b, err := a.c.Keys.seal(a.p.Network(), a.peers[to-1], &letter{a.self, to, items})
			if err != nil {
				return nil, fmt.Errorf("seal a message to auditor %d: %w", to, err)
			}
			messages = append(messages, Message{to, b})
		}
	}
	return messages, nil
}

// decisions are those to hand in.
func (a *Auditor) decisions() (all []*utt.Decision) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.waiting() {
		for _, verb := range []utt.Verb{utt.Veto, utt.Approve} { // of both, the one that lets nothing through
			if d := p.decisions[verb]; d != nil && p.useful(verb) && a.open(p) && !p.announced[verb] {
				p.announced[verb] = true
				all = append(all, d)
			}
		}
	}
	return all
}
