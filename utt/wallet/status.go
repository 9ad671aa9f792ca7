package wallet

import (
	"context"
	"errors"
	"fmt"

	"github.com/utt-ecash/utt-go/utt"
)

// Status syncs and says what became of an operation of this wallet's user, whoever
// handed it in and in whatever process. What is executed or held it knows from the records. The
// node is asked for a receipt, if it is a ReceiptNode, of what was on no record before, and
// learns so that the operation is of concern to whoever asks. It is asked first: what it is
// asked after a Sync would tell it how long the wallet took to take the records in.
func (w *Wallet) Status(ctx context.Context, n Node, h Handle) (Status, error) {
	if err := w.usableAt(n); err != nil {
		return Status{}, err
	}
	var said Status
	failed := trusting(n, func() (err error) {
		said, err = w.ask(ctx, n, h)
		return err
	})
	if err := w.Sync(ctx, n); err != nil && !Behind.Is(err) {
		return Status{}, err
	}
	switch s, err := w.known(h); {
	case err != nil || s.Certain() || s.State == Lapsed:
		return s, err
	case failed != nil:
		return Status{}, failed
	case said.State != Unknown:
		return said, nil
	default:
		return s, nil
	}
}

// known is what the wallet knows of an operation.
func (w *Wallet) known(h Handle) (Status, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.became(h.ID)
}

// became is what the wallet knows of an operation.
func (w *Wallet) became(id utt.ID) (Status, error) {
	s, err := w.state.outcome(id)
	if p := w.state.pending.m[id]; err == nil && !s.Certain() && p != nil {
		if s.State = Pending; w.state.lapsed(p) {
			s.State = Lapsed
		}
	}
	return s, err
}

// ask is what a node that keeps receipts says of an operation that is not decided.
func (w *Wallet) ask(ctx context.Context, n Node, h Handle) (Status, error) {
	node, ok := n.(ReceiptNode)
	if s, err := w.known(h); err != nil || !ok || h.Digest == (utt.Digest{}) || s.Certain() {
		return s, err
	}
	r, err := node.Receipt(ctx, h.Digest)
	switch {
	case errors.Is(err, utt.ErrNotFound):
		return Status{}, nil
	case err != nil:
		return Status{}, fmt.Errorf("utt: receipt of operation %v: %w", h, err)
	case r.Op != h.Digest || r.Status == utt.Rejected && r.Rejection == nil:
		return Status{}, broken("a receipt that is not of operation %v, or rejects it without a reason", h)
	case r.Status == utt.Rejected && r.Rejection.Code != utt.CodeRepeated:
		return Status{State: Rejected, Rejection: r.Rejection}, nil
	}
	return Status{State: Pending}, nil // executed, now or before, or held, says the node; not certified yet
}
