package wallet

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/follow"
)

// Sync takes in all records that the node has a certificate for since the last call, and what
// registrars have signed since, which has certificates of its own and may lag.
// The certificate is verified before anything is downloaded, and the records are held
// against it before anything is done that depends on whose wallet it is, so that a node
// that garbles, invents or leaves out records learns nothing: all wallets refuse alike.
// The error is a NodeError then, as for a node that knows less than the wallet; what came
// some hundred records before is kept, and another node may go on: of a ManyNode the next
// Sync asks another, unless the fault is Forked. ErrConflict says that
// the ledger has the identity with other keys. That it does not have it at all is no
// error, since it may be registered yet: Member says so.
//
// It asks what others ask, from the beginning of a day or of a minute on, and drops what it
// knows; and it asks all before it takes any of it in, which takes longer where it concerns
// the user [ASK-SAME] [ASK-FIRST]. So a node does not know it again, but one that is asked
// several times within a minute; and of a Sync of more than some 8 000 records it sees how
// long each 8 000 took.
//
// One Sync runs at a time, and others wait for it: bound its context at a node that may
// hang.
func (w *Wallet) Sync(ctx context.Context, n Node) error { return w.SyncProgress(ctx, n, nil) }

// Progress is how far a Sync has come.
type Progress struct {
	Height, To   uint64 // up to which block all is taken in, and the last that the node has certified
	Records, All uint64 // taken in, and in all up to that block
}

// SyncProgress is Sync that reports how far it has come, after each some hundred records, to a
// function that must not call the wallet. Where its context ends, what was taken in stays so, and
// the next Sync goes on from there. To and All are the node's word until it is through.
func (w *Wallet) SyncProgress(ctx context.Context, n Node, report func(Progress)) error {
	if err := w.usableAt(n); err != nil {
		return err
	}
	select {
	case w.syncing <- struct{}{}:
		defer func() { <-w.syncing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return trusting(n, func() error { // only Sync moves the checkpoint
		aim := &aimed{Source: n}
		took := func(to utt.Frontier) {
			if report != nil {
				report(Progress{to.Height, aim.last.Height, to.Records, aim.last.Records})
			}
		}
		if w.way == Watched {
			return w.syncWatched(ctx, aim, n, took)
		}
		return w.syncRange(ctx, aim, w.way, took)
	})
}

// syncRange reads all that there is, records or summaries.
func (w *Wallet) syncRange(ctx context.Context, n *aimed, way Way, took func(utt.Frontier)) error {
	next := w.round
	if way == Light {
		next = w.light
	}
	from := w.begins(way)
	for {
		var more bool
		var err error
		if from.ledger, more, err = next(ctx, n, from, took); err != nil || !more {
			return err
		}
	}
}

// aimed is a source of which it is remembered how far it goes.
type aimed struct {
	follow.Source
	last utt.Checkpoint
}

func (s *aimed) Certificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	c, err := s.Source.Certificate(ctx, height)
	if err == nil && c != nil && height == math.MaxUint64 {
		s.last = c.Checkpoint
	}
	return c, err
}

// takeIn applies records, by which others, or their summaries, the wallet comes to a certified
// place, all or none. Coins that the wallet could not open, it leaves out.
func (w *Wallet) takeIn(ctx context.Context, records []*utt.Record, by leading, way Way) error {
	to := by.to
	var b boundaries
	var err error
	if way != Watched {
		w.mu.Lock()
		b, err = w.state.boundaries.pass(w.state.frontier, by) // only Sync moves them
		w.mu.Unlock()
	}
	if err != nil {
		return err
	}
	epoch, err := w.policy.EpochAt(to.Time)
	if err != nil {
		return fmt.Errorf("%w: certificate of height %d: %w", utt.ErrInvalid, to.Height, err)
	}
	p, keys, err := w.follow(records)
	if err != nil {
		return err
	}
	seen := make([]*utt.Sighting, len(records))
	born := w.born()
	parallel.For(len(records), func(i int) {
		if r := records[i]; ctx.Err() == nil && (r.Kind() != utt.KindTransfer || r.Time() >= born) {
			seen[i] = keys.Look(r)
		}
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	found := make(map[place]*claimed)
	for {
		in := &intake{w: w, way: way, numbers: by.taken, found: found}
		if done := in.apply(records, seen, p, to, b, epoch); done {
			return in.err
		}
		// the wallet can be used meanwhile, so that it may be another one then
		if err := in.decide(ctx); err != nil {
			return err
		}
	}
}

// follow is the parameters with the amendments of certified records, and the keys under
// them, with the user's new addresses: what comes after an amendment is read by it.
func (w *Wallet) follow(records []*utt.Record) (*utt.Parameters, *utt.Keys, error) {
	w.mu.Lock()
	p, addresses := w.state.p, w.state.addresses // only Sync changes them
	w.mu.Unlock()
	keys, err := w.keys, error(nil)
	for _, r := range slices.Concat(addresses, records) {
		if keys, err = keys.Readdressed(r); err != nil {
			return nil, nil, fmt.Errorf("utt: replicas certified an address that is none: %w", err)
		}
	}
	for _, r := range records {
		if p, err = p.Follow(r); err != nil {
			return nil, nil, fmt.Errorf("utt: replicas certified an amendment that is none: %w", err)
		}
	}
	keys, err = keys.Under(p)
	return p, keys, err
}

// born is the wallet's birthday.
func (w *Wallet) born() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state.birthday
}
