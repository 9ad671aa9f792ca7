package audit

import (
	"fmt"
	"iter"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// Receive takes in a message from another auditor. What is in it counts once Work has
// verified it. The error is ErrMalformed for what is no message to this auditor, and
// ErrInvalid for one that is not its sender's [AUD-FROM]; it blames nobody, since anybody
// can send it.
func (a *Auditor) Receive(message []byte) error {
	if err := a.usable(); err != nil {
		return err
	}
	l, err := a.c.Keys.open(a.p.Network(), a.peers, a.self, message)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range l.items {
		of := &l.items[i]
		d := a.decryptions[of.subject]
		if w := a.warrants[of.subject.number]; of.kind == kindKnock && w != nil && w.private != nil {
			a.hear(w, l.from, of.subject)
			continue
		}
		switch {
		case d == nil && of.kind == kindAsk: // it is not known here, or decided
		case d == nil:
			from := sender{l.from, of.subject.purpose == ToDecide}
			if a.early[from] == nil {
				a.early[from] = &early{of: make(map[subject][]item)}
			}
			a.early[from].keep(of)
		case of.kind == kindAsk:
			a.answer(d, l.from)
		default:
			a.note(d, l.from, of)
		}
	}
	return nil
}

// note notes a share or a vote. The first one of a sender stands, until it is found false;
// one of another generation, of who has other shares of the same key, is nobody's fault.
func (a *Auditor) note(d *decryption, from threshold.Index, i *item) {
	if d.liars[from] {
		return
	}
	switch i.kind {
	case kindShare:
		if d.shares[from] == nil && i.share.Generation() == a.c.Opening.Generation() {
			d.shares[from] = i.share
		}
	case kindVote:
		p := a.payments[d.id] // votes are on what is to be decided
		if p.votes[i.verb][from] == nil && i.vote.Generation() == a.c.Approval.Generation() {
			p.vote(i.verb, from, i.vote)
		}
	}
}

// answer tells an auditor again what this one has said, unless a share is not permitted any
// more.
func (a *Auditor) answer(d *decryption, to threshold.Index) {
	if s := d.shares[a.self]; s != nil && a.stands(d.subject) && a.mayHear(d, to) {
		a.tell(to, item{kind: kindShare, subject: d.subject, share: s})
	}
	if d.purpose != ToDecide {
		return
	}
	for _, v := range []utt.Verb{utt.Approve, utt.Veto} {
		if s := a.payments[d.id].votes[v][a.self]; s != nil {
			a.tell(to, item{kind: kindVote, subject: d.subject, verb: v, vote: s})
		}
	}
}

// tell has the next Work send something, unless it is to send it already.
func (a *Auditor) tell(to threshold.Index, i item) {
	if a.out[to] == nil {
		a.out[to] = &outbox{has: make(map[topic]bool)}
	}
	a.out[to].add(i)
}

// tellAll is tell to all others.
func (a *Auditor) tellAll(i item) {
	for to := range a.others() {
		a.tell(to, i)
	}
}

// others are all auditors but this one.
func (a *Auditor) others() iter.Seq[threshold.Index] {
	return func(yield func(threshold.Index) bool) {
		for j := range a.peers {
			if to := threshold.Index(j + 1); to != a.self && !yield(to) {
				return
			}
		}
	}
}

// Overdue asks others for what is still missing, and has Work return decisions again that are
// not on record: call it when nothing has come for a while, and after a restart.
func (a *Auditor) Overdue() {
	if a.usable() != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.waiting() {
		clear(p.announced)
		if a.open(p) && len(p.decisions) == 0 {
			a.tellAll(item{kind: kindAsk, subject: p.subject})
		}
	}
	for _, d := range a.unopened(func(d *decryption) bool { return d.purpose != ToDecide }) {
		a.ask(d)
	}
}

// Decide is the auditor's own word on a payment that is held: instead of his Judge's, where
// that has said 0, or besides it, such as a veto of what is approved and waits. Work sends
// it. The error is ErrNotFound for a payment that is not held, and ErrPolicy where the verb
// can do nothing any more, and for the approval of what was not opened, or could not be
// read.
func (a *Auditor) Decide(transfer utt.ID, verb utt.Verb) error {
	if err := a.usable(); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.payments[transfer]
	switch {
	case p == nil:
		return fmt.Errorf("%w: no payment %v is held", utt.ErrNotFound, transfer)
	case verb != utt.Approve && verb != utt.Veto:
		return fmt.Errorf("%w: to %v", utt.ErrInvalid, verb)
	case !p.useful(verb) || !a.open(p):
		return fmt.Errorf("%w: payment %v is approved already, or was due at %d", utt.ErrPolicy, transfer, p.Due)
	}
	if verb == utt.Approve && (p.opened == nil || p.unread) {
		return fmt.Errorf("%w: payment %v was not opened, or is of nobody registered: nobody approves what he has not read", utt.ErrPolicy, transfer)
	}
	return a.cast(p, verb)
}

// cast votes.
func (a *Auditor) cast(p *payment, verb utt.Verb) error {
	if p.votes[verb][a.self] != nil {
		return nil
	}
	s, err := a.c.ApprovalShare.Sign(utt.DecisionCommitment(a.p.Network(), verb, p.Transfer))
	if err != nil {
		return err
	}
	p.vote(verb, a.self, s)
	a.tellAll(item{kind: kindVote, subject: p.subject, verb: verb, vote: s})
	return nil
}
