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
// The certificate is verified before anything is downloaded, and the records are held
// against it before anything is done that depends on whose wallet it is, so that a node
// that garbles, invents or leaves out records learns nothing: all wallets refuse alike.
// The error is a NodeError then, as for a node that knows less than the wallet; what came
// some hundred records before is kept, and another node may go on. ErrConflict says that
// the ledger has the identity with other keys. That it does not have it at all is no
// error, since it may be registered yet: Member says so.
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
	last, err := w.aim(ctx, n)
	if err != nil || last == nil {
		return err
	}
	d := &download{w: w, node: n, left: last.Records - w.Checkpoint().Records, records: make([]*utt.Record, 0, syncBatch)}
	all := n.Records(ctx, w.Checkpoint().Next())
	if all == nil {
		return broken("Records returned nil, which nothing can be read from")
	}
	for r, err := range all {
		if err != nil {
			return fmt.Errorf("utt: sync: %w", err)
		}
		if r == nil || r.Kind() == 0 {
			return broken("an empty record")
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

// aim is the certificate up to which a node has what the wallet has not, verified before
// anything is downloaded; nil if there is nothing new.
func (w *Wallet) aim(ctx context.Context, n Node) (*utt.Certificate, error) {
	known := w.Checkpoint()
	last, err := n.Certificate(ctx, math.MaxUint64)
	switch {
	case errors.Is(err, utt.ErrNotFound) && known == utt.Checkpoint{}:
		return nil, nil // nothing is published yet
	case errors.Is(err, utt.ErrNotFound):
		return nil, &NodeError{Fault: Behind, Known: known.Height}
	case err != nil:
		return nil, fmt.Errorf("utt: sync: %w", err)
	case last == nil:
		return nil, broken("neither a certificate nor an error")
	case last.Checkpoint == known:
		return nil, nil
	}
	aim := *last // which is the node's
	if err := w.verify(&aim); err != nil {
		return nil, err
	}
	fault := Fault("")
	switch {
	case aim.Height < known.Height:
		fault = Behind
	case aim.Height == known.Height || aim.Records < known.Records:
		fault = Forked
	}
	if fault != "" {
		return nil, &NodeError{Fault: fault, Height: aim.Height, Known: known.Height}
	}
	return &aim, nil
}

func (w *Wallet) verify(c *utt.Certificate) error {
	if err := w.p.VerifyCertificate(c); err != nil {
		return &NodeError{Fault: Foreign, Height: c.Height, Known: w.Checkpoint().Height, Cause: err}
	}
	return nil
}

// download collects records until a certificate covers them.
type download struct {
	w       *Wallet
	node    Node
	left    uint64 // that the last certificate counts
	records []*utt.Record
}

// add takes in what was collected, if it is much and ends a block, and adds r. A node
// that certifies nothing in between is left before it fills the memory.
func (d *download) add(ctx context.Context, r *utt.Record) error {
	if n := len(d.records); n >= syncBatch {
		if height, last := r.Cursor().Height, d.records[n-1].Cursor().Height; height > last {
			c, err := d.node.Certificate(ctx, height-1)
			switch {
			case err != nil && !errors.Is(err, utt.ErrNotFound):
				return fmt.Errorf("utt: sync: %w", err)
			case err == nil && c == nil:
				return broken("neither a certificate nor an error")
			case err == nil && c.Height >= last && c.Height < height:
				if err := d.w.takeIn(ctx, d.records, c); err != nil {
					return err
				}
				d.records = d.records[:0]
			}
		}
	}
	switch {
	case d.left == 0:
		return broken("more records than its certificate counts")
	case len(d.records) == syncBatch-1+utt.MaxBlock: // those that waited for more, and the next certificate's
		return broken("more than %d records without a certificate", utt.MaxBlock)
	}
	d.left--
	d.records = append(d.records, r)
	return nil
}

// takeIn applies records, which must lead to a certificate, all or none. Coins that the
// wallet could not open, it leaves out.
func (w *Wallet) takeIn(ctx context.Context, records []*utt.Record, served *utt.Certificate) error {
	c := *served // which is the node's
	if err := w.verify(&c); err != nil {
		return err
	}
	before := w.Checkpoint() // only Sync moves it
	reached, err := before.Extend(records)
	if err != nil {
		return err
	}
	if (reached.Records != c.Records || reached.Chain != c.Chain) && batch.Enforced("CERT-1") {
		return broken("[CERT-1] the records up to block %d are not those certified", c.Height)
	}
	epoch, err := w.policy.EpochAt(c.Time)
	if err != nil {
		return fmt.Errorf("%w: certificate of height %d: %w", utt.ErrInvalid, c.Height, err)
	}
	p, keys, err := w.follow(records)
	if err != nil {
		return err
	}
	seen := make([]*utt.Sighting, len(records))
	parallel.For(len(records), func(i int) {
		if ctx.Err() == nil {
			seen[i] = keys.Look(records[i])
		}
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	found := make(map[place]*claimed)
	for {
		in := &intake{w: w, found: found}
		if done := in.apply(records, seen, p, c.Checkpoint, epoch); done {
			return in.err
		}
		// the wallet can be used meanwhile, so that it may be another one then
		if err := in.decide(ctx); err != nil {
			return err
		}
	}
}

// follow is the parameters with the amendments of certified records, and the keys under
// them: what comes after an amendment is read by it.
func (w *Wallet) follow(records []*utt.Record) (*utt.Parameters, *utt.Keys, error) {
	w.mu.Lock()
	p := w.state.p // only Sync changes it
	w.mu.Unlock()
	for _, r := range records {
		var err error
		if p, err = p.Follow(r); err != nil {
			return nil, nil, fmt.Errorf("utt: replicas certified an amendment that is none: %w", err)
		}
	}
	keys, err := w.keys.Under(p)
	return p, keys, err
}
