package bft

import (
	"context"
	"fmt"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// Payments beyond the budget, which auditors decide on: what they are made of, and what the
// harness demands of them.

// heldValue is what each of them pays, of which there are maxHeld.
const heldValue utt.Amount = 150

const maxHeld = 4

// Hold makes four payments that are held, out of the coins of the last two users, whose
// payments and splits do not go with them. In this order the auditors approve it, veto it,
// contradict themselves, so that whichever decision comes first counts, and are silent.
func (w *Workload) Hold(ctx context.Context) error {
	for k := len(w.Held); k < maxHeld; k++ {
		u, payee := w.heldBy(k)
		own, err := wallet.New(w.Founding.Parameters, u.name, u.seed, w.Founding.WalletConfig())
		if err != nil {
			return err
		}
		if err := own.Sync(ctx, w.Founding); err != nil {
			return err
		}
		if k%2 == 1 { // the other coin: what is handed in is pending, and locks the first
			if _, err := own.PayAs(ctx, &captor{Founding: w.Founding}, utt.Audited, payee.name, Asset, heldValue, ""); err != nil {
				return err
			}
		}
		op, err := capture(func(n wallet.Node) error {
			_, err := own.PayAs(ctx, n, utt.Audited, payee.name, Asset, heldValue, "")
			return err
		}, w.Founding)
		if err != nil {
			return err
		}
		coin := fmt.Sprintf("held %d", k)
		item := &Item{Name: coin, Spends: []string{u.coin(Asset, coin)}, In: coinValue, Out: coinValue}
		item.set(op)
		for _, verb := range [maxHeld][]utt.Verb{{utt.Approve}, {utt.Veto}, {utt.Approve, utt.Veto}, nil}[k] {
			d, err := w.Founding.decision(verb, op.ID())
			if err != nil {
				return err
			}
			word := &Item{Name: fmt.Sprintf("%v %s", verb, coin), Settles: op.ID()}
			word.set(d)
			item.Decisions = append(item.Decisions, word)
		}
		w.Held = append(w.Held, item)
	}
	return nil
}

// heldBy are payer and payee of a held payment.
func (w *Workload) heldBy(k int) (payer, payee *workUser) {
	return w.users[len(w.users)-1-k/2], w.users[k]
}

// decision is what as many auditors as it takes say of a payment.
func (f *Founding) decision(verb utt.Verb, transfer utt.ID) (utt.Operation, error) {
	m := utt.DecisionCommitment(f.Parameters.Network(), verb, transfer)
	var shares []*threshold.SignatureShare
	for _, k := range f.approval.shares[:f.approval.committee.Threshold()] {
		s, err := k.Sign(m)
		if err != nil {
			return nil, err
		}
		shares = append(shares, s)
	}
	s, err := f.approval.committee.Combine(m, shares)
	if err != nil {
		return nil, err
	}
	return utt.NewDecision(verb, transfer, s)
}

// auditors have a node that has executed the block in which payments are held hand in what
// they say of them: it takes no decision on what it does not know to be held.
func (m *Simulation) auditors(e *endpoint, held []*Item) {
	for _, item := range held {
		for _, d := range item.Decisions {
			m.send(e, d.Raw)
		}
	}
}

// holds takes note of a payment that is held, and that its auditors speak.
func (h *harness) holds(m *Simulation, item *Item) {
	h.held = append(h.held, item)
	for _, d := range item.Decisions {
		h.add(m, d)
	}
}

// settles takes note of what a block decided of payments, in whichever way: once of each.
func (h *harness) settles(m *Simulation, e *endpoint, records []*utt.Record) {
	for _, r := range records {
		s := r.Status()
		if r.Kind() != utt.KindSettlement || s != utt.Executed && s != utt.Refunded {
			continue
		}
		if was, again := h.became[r.ID()]; again {
			h.violated(m, OneSet, "node %d: a payment that was held is %v, and was %v", e.id, s, was)
		}
		h.became[r.ID()] = s
	}
}

// oneSet demands that of every payment the outputs of one record are signed, at most: of one
// that was held those of the payment or those of the refund.
func (h *harness) oneSet(m *Simulation, e *endpoint, records []*utt.Record) {
	for _, r := range records {
		if k := r.Kind(); k != utt.KindTransfer && k != utt.KindSettlement || r.Outputs(m.configs[0].Parameters) == 0 {
			continue
		}
		at, signed := h.sets[r.ID()]
		if signed && at != r.Cursor() {
			h.violated(m, OneSet, "node %d signs, or serves, two sets of outputs of one payment, of blocks %d and %d",
				e.id, h.relative(at.Height), h.relative(r.Cursor().Height))
		}
		h.sets[r.ID()] = r.Cursor()
	}
}
