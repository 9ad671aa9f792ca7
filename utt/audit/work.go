package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// Work does all that can be done now: gives shares of what is to be decided, and of warrants
// and sums as he was told, opens what enough shares have come of, asks Judge, votes, and makes
// decisions of t votes. It returns
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

// identify reads what was opened to decide. What cannot be read is vetoed [AUD-PAYEE].
func (a *Auditor) identify(ctx context.Context, p *payment, plain []threshold.Plaintext) error {
	v, unread, err := a.values(ctx, p.request, plain)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	p.opened, p.unread = &Opened{Payment: p.Payment, Amount: v.amount, Payee: v.payee, Payer: v.payer}, unread != nil
	if p.unread {
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
			a.blame(&b.p.decryption, j, "THR-1")
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

// pack seals what is to be said, and is still permitted.
func (a *Auditor) pack() (messages []Message, err error) {
	a.mu.Lock()
	out := a.out
	a.out = make(map[threshold.Index]*outbox)
	for _, o := range out {
		o.items = slices.DeleteFunc(o.items, func(i item) bool { return i.kind != kindVote && !a.stands(i.subject) })
	}
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
