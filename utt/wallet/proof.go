package wallet

import (
	"fmt"

	"github.com/utt-ecash/utt-go/utt"
)

// ProofOf is a text that proves to everybody who has the ledger's parameters what a payment of
// this wallet's paid: to whom, of which asset, and how much. They verify it by
// utt.Parameters.VerifyPaymentProof and need no node. Output 0 is the payee's; others are
// those that the rules give somebody, such as a tax. The payment must have executed: one that
// is held is not paid.
//
// Without a context the text is for everybody, and whoever has seen it can show it on. With
// one, such as a word that the verifier drew, it is made for that, and shows that who
// shows it made the payment. Neither names the user. By the text the payment's record is found:
// whoever is shown it, and knows from whom it is, knows that this record is of that user.
//
// A wallet keeps in its store what it needs for that. One restored from its seed can prove no
// payment from before, because records do not restore it: keep the text.
//
// The error is an OperationError of a payment that has not executed, and ErrNotFound if this
// wallet, as far as its store goes back, made no such payment, or it has no such output; ErrPolicy where
// there can be none for a context, because the circuit leaves no change.
func (w *Wallet) ProofOf(h Handle, output int, context string) (string, error) {
	if err := w.usable(); err != nil {
		return "", err
	}
	s, p, err := w.proven(h)
	switch {
	case err != nil:
		return "", err
	case p != nil && p.record != nil:
		return p.openings.Proof(nil, p.record, output, context)
	case s.State != Unknown && s.State != Executed:
		return "", fmt.Errorf("utt: nothing to prove of what has not executed: %w", &OperationError{h, s})
	}
	return "", fmt.Errorf("%w: this wallet, as far as its store goes back, made no payment %v: who keeps the text of a proof needs no wallet for it", utt.ErrNotFound, h)
}

// proven is what became of an operation, and what there is to prove what it paid.
func (w *Wallet) proven(h Handle) (Status, *paid, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.became(h.ID)
	if err != nil {
		return s, nil, err
	}
	p, err := w.state.paid(h.ID)
	return s, p, err
}
