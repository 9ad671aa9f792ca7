package wallet

import (
	"context"
	"errors"
	"fmt"

	"github.com/utt-ecash/utt-go/utt"
)

// Status syncs and says what became of an operation of this wallet's user, whoever
// handed it in and in whatever process. What is executed it knows from the records. The
// node is asked for a receipt, if it is a ReceiptNode, of what they do not decide.
func (w *Wallet) Status(ctx context.Context, n Node, h Handle) (Status, error) {
	if err := w.usableAt(n); err != nil {
		return Status{}, err
	}
	if err := w.Sync(ctx, n); err != nil && !Behind.Is(err) {
		return Status{}, err
	}
	return w.status(ctx, n, h)
}

func (w *Wallet) status(ctx context.Context, n Node, h Handle) (Status, error) {
	w.mu.Lock()
	_, open := w.state.pending[h.ID]
	executed, decided := w.state.decided[h.ID]
	w.mu.Unlock()
	s := Status{State: Unknown}
	switch {
	case executed:
		return Status{State: Executed}, nil
	case decided:
		return Status{State: Failed}, nil
	case open:
		s.State = Pending
	}
	node, ok := n.(ReceiptNode)
	if !ok || h.Digest == (utt.Digest{}) {
		return s, nil
	}
	r, err := node.Receipt(ctx, h.Digest)
	switch {
	case errors.Is(err, utt.ErrNotFound):
		return s, nil
	case err != nil:
		return Status{}, fmt.Errorf("utt: receipt of operation %v: %w", h, err)
	case r.Op != h.Digest || r.Status == utt.Rejected && r.Rejection == nil:
		return Status{}, broken("a receipt that is not of operation %v, or rejects it without a reason", h)
	case r.Status == utt.Rejected && r.Rejection.Code != utt.CodeRepeated:
		return Status{Rejected, r.Rejection}, nil
	}
	s.State = Pending // executed, now or before, or held, says the node; not certified yet
	return s, nil
}
