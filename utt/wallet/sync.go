package wallet

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/utt"
)

// syncBatch is about how many records are taken in at once: notes are tried on all
// cores, and signatures are verified in one batch.
const syncBatch = 512

// Sync takes in all records that the node has a certificate for since the last call.
// The certificate is verified before anything is done that depends on whose wallet it
// is, so that a node that garbles, invents or leaves out records learns nothing: all
// wallets refuse alike. The error is ErrInvalid then; what came some hundred records
// before is kept, and another node may go on.
//
// Records that concern the wallet take longer than others to take in. All that a Sync
// asks for it asks before it takes in the last of it. One of some hundred records at
// most, called at a time fixed in advance, tells the node nothing; in a longer one, the
// node sees how long each batch took.
//
// One Sync runs at a time, and others wait for it: bound its context at a node that may
// hang.
func (w *Wallet) Sync(ctx context.Context, n Node) error {
	if err := w.usableAt(n); err != nil {
		return err
	}
	select {
	case w.syncing <- struct{}{}:
		defer func() { <-w.syncing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	last, err := n.Certificate(ctx, math.MaxUint64)
	switch {
	case errors.Is(err, utt.ErrNotFound):
		return nil // nothing is published yet
	case err != nil:
		return fmt.Errorf("utt: sync: %w", err)
	case last == nil:
		return fmt.Errorf("%w: the node served no certificate", utt.ErrInvalid)
	case last.Height <= w.Checkpoint().Height:
		return nil // nothing new; a node that lags behind knows no better
	}
	d := &download{w: w, node: n, records: make([]*utt.Record, 0, syncBatch)}
	for r, err := range n.Records(ctx, w.Checkpoint().Next()) {
		if err != nil {
			return fmt.Errorf("utt: sync: %w", err)
		}
		if r == nil || r.Kind() == 0 {
			return fmt.Errorf("%w: the node served an empty record", utt.ErrInvalid)
		}
		if r.Cursor().Height > last.Height {
			break
		}
		if err := d.add(ctx, r); err != nil {
			return err
		}
	}
	return w.takeIn(ctx, d.records, last)
}

// download collects records until a certificate covers them.
type download struct {
	w       *Wallet
	node    Node
	records []*utt.Record
}

// add takes in what was collected, if it is much and ends a block, and adds r. A node
// that certifies nothing in between is left before it fills the memory.
func (d *download) add(ctx context.Context, r *utt.Record) error {
	if n := len(d.records); n >= syncBatch {
		if height, last := r.Cursor().Height, d.records[n-1].Cursor().Height; height > last {
			c, err := d.node.Certificate(ctx, height-1)
			if err != nil && !errors.Is(err, utt.ErrNotFound) {
				return fmt.Errorf("utt: sync: %w", err)
			}
			if err == nil && c != nil && c.Height >= last && c.Height < height {
				if err := d.w.takeIn(ctx, d.records, c); err != nil {
					return err
				}
				d.records = d.records[:0]
			}
		}
	}
	if len(d.records) == syncBatch-1+utt.MaxBlock { // those that waited for more, and the next certificate's
		return fmt.Errorf("%w: the node serves more than %d records without a certificate", utt.ErrInvalid, utt.MaxBlock)
	}
	d.records = append(d.records, r)
	return nil
}

// takeIn applies records, which must lead to a certificate, to a copy of the state, and
// keeps that. Coins that the wallet could not open, it leaves out.
func (w *Wallet) takeIn(ctx context.Context, records []*utt.Record, served *utt.Certificate) error {
	c := *served             // which is the node's
	before := w.Checkpoint() // only Sync moves it
	reached, err := before.Extend(records)
	if err != nil {
		return err
	}
	if (reached.Records != c.Records || reached.Chain != c.Chain) && batch.Enforced("CERT-1") {
		return fmt.Errorf("%w: [CERT-1] the records up to block %d are not those certified", utt.ErrInvalid, c.Height)
	}
	if err := w.p.VerifyCertificate(&c); err != nil {
		return err
	}
	policy := w.p.Policy()
	epoch, err := policy.EpochAt(c.Time)
	if err != nil {
		return fmt.Errorf("%w: certificate of height %d: %w", utt.ErrInvalid, c.Height, err)
	}
	seen := make([]*utt.Sighting, len(records))
	parallel.For(len(records), func(i int) {
		if ctx.Err() == nil {
			seen[i] = w.keys.Look(records[i])
		}
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	found := make(map[place]*claimed)
	for {
		in := &intake{w: w, members: make(map[utt.PID]*utt.Record), found: found}
		if done := in.apply(records, seen, c.Checkpoint, epoch); done {
			return in.err
		}
		// the wallet can be used meanwhile, so that it may be another one then
		if err := in.decide(ctx); err != nil {
			return err
		}
	}
}
