package wallet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/follow"
)

// credentialsOf downloads what registrars have signed of a ledger up to a checkpoint. All readers
// ask for all of it, whether their credential is there already or not.
func (w *Wallet) credentialsOf(ctx context.Context, n follow.Source, from utt.Frontier, ledger utt.Checkpoint) (c *credentials, err error) {
	c = &credentials{from: from, to: from}
	all := func(uint64) bool { return true }
	err = follow.Credentials(ctx, w.p, c.from, ledger, n, all, func(_ context.Context, leaves []utt.CredentialLeaf, to utt.Frontier) error {
		c.leaves, c.to = leaves, to
		return nil
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	known := w.state.signed.Height
	if v := w.window; v != nil && v.credentials != nil { // from where it asks may be beyond what is taken in
		known = max(known, v.credentials.to.Height)
	}
	if f := (*NodeError)(nil); errors.As(err, &f) && f.Fault == Forked && from.Height == 0 && f.Height < known { // else it is of its height
		f.Fault, f.Known = Behind, known
	}
	if err == nil && c.to.Height < w.state.signed.Height {
		err = &NodeError{Fault: Behind, Height: c.to.Height, Known: w.state.signed.Height}
	}
	return c, err
}

// takeCredentials takes in the signature on the user's credential, if it is among them.
func (w *Wallet) takeCredentials(ctx context.Context, c *credentials) error {
	w.mu.Lock()
	known, b, enrolled := w.state.signed, w.state.boundaries, w.state.enrolled
	w.mu.Unlock()
	if c.to.Height <= known.Height {
		return nil
	}
	if n := b.day.Records; c.from.Records <= n && n <= c.to.Records {
		k := sort.Search(len(c.leaves), func(i int) bool { return c.leaves[i].Record >= n })
		at, err := c.from.ExtendCredentials(ctx, n, c.leaves[:k])
		if err != nil {
			return err
		}
		if b.credentials = (utt.Frontier{}); n > 0 {
			at.Height, at.Time = b.day.Height, b.day.Time
			b.credentials = at
		}
	}
	recent, err := c.recent(ctx, b.recent)
	if err != nil {
		return err
	}
	var credential *utt.Holding
	if i, ok := slices.BinarySearchFunc(c.leaves, enrolled, func(l utt.CredentialLeaf, number uint64) int { return cmp.Compare(l.Record+1, number) }); ok {
		var err error
		if credential, err = w.credential(ctx, c.leaves[i]); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	s := &w.state
	if err := s.begin(); err != nil {
		return err
	}
	if s.signed, s.boundaries.credentials, s.boundaries.recent = c.to, b.credentials, recent; credential != nil {
		s.credential = credential
	}
	return s.commit()
}

// credential is the user's, with the signature that t replicas have certified.
func (w *Wallet) credential(ctx context.Context, l utt.CredentialLeaf) (*utt.Holding, error) {
	w.mu.Lock()
	r, err := w.state.member(w.PID()) // his registration
	w.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if r, err = r.WithCredentials(l); err != nil {
		return nil, fmt.Errorf("utt: replicas certified a credential that is none: %w", err)
	}
	for _, o := range w.keys.Look(r).Received(false) {
		h, err := o.Holding()
		if err != nil {
			return nil, err
		}
		opens, err := w.p.VerifyHoldings(ctx, []*utt.Holding{h})
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			return nil, fmt.Errorf("utt: replicas certified what they did not sign: %w", err)
		case opens[0]:
			return h, nil
		}
	}
	return nil, fmt.Errorf("%w: a registration that holds no credential of the wallet's", utt.ErrInvalid)
}
