package wallet

import (
	"context"
	"errors"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/follow"
)

// batchOf are records that lead to a certified place.
type batchOf struct {
	records []*utt.Record
	to      utt.Frontier
}

// errEnough ends a download, of which there is more.
var errEnough = errors.New("enough at once")

// round downloads what a node has from a place on, or the first of it, and then takes it in. It
// reports whether there is more, and from where on.
func (w *Wallet) round(ctx context.Context, n follow.Source, at beginning, took func(to utt.Frontier)) (next utt.Frontier, more bool, err error) {
	known, now, from := w.frontier(), w.now(), at.ledger
	var all []batchOf
	count := 0
	err = follow.Records(ctx, w.p, from, n, func(ctx context.Context, records []*utt.Record, to utt.Frontier) error {
		if !batch.Enforced("ASK-FIRST") {
			return w.takeIn(ctx, records, leadingRecords(w.frontier(), records, to), Full)
		}
		all = append(all, batchOf{slices.Clone(records), to})
		if count += len(records); count >= atOnce {
			return errEnough
		}
		return nil
	})
	if more = errors.Is(err, errEnough); more {
		err = nil
	}
	var c *credentials
	if err == nil && !more {
		to := from.Checkpoint
		if n := len(all); n > 0 {
			to = all[n-1].to.Checkpoint
		}
		c, err = w.credentialsOf(ctx, n, at.credentials, to)
	}
	if fault := (*NodeError)(nil); errors.As(err, &fault) {
		fault.Known = known.Height
	}
	reached, in, gone := from, ctx, ctx.Err() != nil
	if gone {
		in = context.WithoutCancel(ctx) // or what does not come in time would be asked for again and again
	}
	for _, b := range all { // also what came before a node failed, or the context ended: it is certified
		news, ok, failed := b.beyond(known, reached)
		reached = b.to
		if failed == nil && ok {
			failed = w.takeIn(in, news, leadingRecords(w.frontier(), news, b.to), Full)
		}
		if failed != nil {
			return from, false, failed
		}
		if ok {
			took(b.to)
		}
	}
	if err == nil && !more && reached.Height < known.Height {
		err = &NodeError{Fault: Behind, Height: reached.Height, Known: known.Height}
	}
	if err == nil || reached.Height > known.Height { // else what it asks next would say where it is
		w.mu.Lock()
		w.asked = now
		w.mu.Unlock()
	}
	if err == nil && gone {
		err = ctx.Err()
	}
	if err == nil && c != nil {
		err = w.takeCredentials(in, c)
	}
	if err != nil {
		return from, false, err
	}
	return reached, more, nil
}

// beyond are the records after the place where the wallet is, of those that lead from another
// place on. It reports false if they lead no further, and the error is Forked if they do not
// lead there at all.
func (b *batchOf) beyond(known, from utt.Frontier) (records []*utt.Record, ok bool, err error) {
	switch {
	case from.Height >= known.Height:
		return b.records, true, nil
	case b.to.Height < known.Height:
		return nil, false, nil
	}
	n, err := leadingRecords(from, b.records, b.to).through(known)
	if err != nil {
		return nil, false, err
	}
	return b.records[n:], b.to.Height > known.Height, nil
}
