package ledger

import (
	"errors"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
)

// amend adds a version to the parameters. No operation of this block's epoch or the next
// goes by it.
func (x *execution) amend(a *utt.Amendment) *utt.Rejection {
	next, err := x.p.Amend(a)
	if err != nil {
		var why *batch.Error
		switch {
		case !errors.As(err, &why):
			x.fail(err)
			return nil
		case why.Label == "AMD-NUMBER":
			return x.reject(utt.CodeNonce, why.Label, "%s", why.Detail)
		}
		return x.reject(utt.CodePolicy, why.Label, "%s", why.Detail)
	}
	b, err := a.MarshalBinary()
	if err != nil {
		x.fail(err)
		return nil
	}
	x.put(amendmentKey(next.Version()), b)
	x.record()
	x.p = next.At(x.epoch())
	return nil
}

// epoch is that of the block.
func (x *execution) epoch() utt.Epoch {
	e, err := x.policy.EpochAt(x.time)
	if err != nil {
		x.fail(err)
	}
	return e
}

// readAmendments takes the amendments out of the state.
func (l *Ledger) readAmendments() error {
	for {
		number := l.p.Amendments() + 1
		b, ok, err := l.store.Get(amendmentKey(number))
		if err != nil || !ok {
			return err
		}
		op, err := utt.ParseOperation(b)
		if err != nil {
			return fmt.Errorf("amendment %d: %w", number, err)
		}
		a, ok := op.(*utt.Amendment)
		if !ok {
			return fmt.Errorf("%w: amendment %d is none", utt.ErrMalformed, number)
		}
		if l.p, err = l.p.Amend(a); err != nil {
			return fmt.Errorf("%w: amendment %d: %w", utt.ErrMalformed, number, err)
		}
	}
}
