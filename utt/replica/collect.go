package replica

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

func (r *line) receiveShares(from Party, s *shares) error {
	if g, ok := s.generation(); ok && g != committee(r.c.Committees, s.key).Generation() {
		return nil // of before or after a resharing: no fault, and of no use here
	}
	j := from.index(s.key)
	if j == 0 {
		return fmt.Errorf("%w: shares under the %v of a party that has none", utt.ErrInvalid, s.key)
	}
	c := r.heard(from, s.height)
	if c == nil || c.done || slices.ContainsFunc(c.sets, func(o *set) bool { return o.index == j }) {
		return nil
	}
	if r.keeps(from, s.height, sharesPart, s.size()) {
		c.sets, c.dirty = append(c.sets, &set{from: from, index: j, encoded: s.encoded}), true
	}
	return nil
}

// speaks reports whether what a party says by its index in the ledger key's committee is of
// this generation.
func (r *Replica) speaks(of threshold.Generation) bool {
	return of == r.c.Committees.Ledger.Generation()
}

func (r *line) receiveSignatures(from Party, s *signatures) error {
	if !r.speaks(s.by) {
		return nil // as shares are
	}
	if from.Ledger == 0 {
		return fmt.Errorf("%w: signatures of a party that has no share of the ledger key", utt.ErrInvalid)
	}
	c := r.heard(from, s.height)
	if c == nil || c.done || slices.ContainsFunc(c.offers, func(o *offer) bool { return o.index == from.Ledger }) {
		return nil
	}
	if r.keeps(from, s.height, signaturesPart, s.size()) {
		c.offers = append(c.offers, &offer{from: from, size: s.size(), index: from.Ledger, records: s.records, digest: digestOf(s.records)})
		c.dirty = true
	}
	return nil
}

func (r *line) receiveEndorsement(from Party, e *endorsement) error {
	if !r.speaks(e.by) {
		return nil
	}
	if from.Ledger == 0 {
		return fmt.Errorf("%w: an endorsement of a party that has no share of the ledger key", utt.ErrInvalid)
	}
	c := r.heard(from, e.height)
	if c == nil || c.done {
		return nil
	}
	if _, twice := c.endorsed[from.Ledger]; twice {
		return nil
	}
	if c.endorsed == nil {
		c.endorsed = make(map[threshold.Index][32]byte)
	}
	c.endorsed[from.Ledger], c.dirty = e.digest, true
	return nil
}

// advance does what can be done for the signatures of a block.
func (r *line) advance(ctx context.Context, height uint64) error {
	r.mu.Lock()
	c := r.place(height)
	if c == nil || c.done || c.loaded && !c.dirty {
		r.mu.Unlock()
		return nil
	}
	c.dirty = false
	loaded := c.loaded
	r.mu.Unlock()
	if !loaded {
		if err := r.load(ctx, height, c); err != nil {
			return err
		}
	}
	records, err := r.join(ctx, height, c)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		c.dirty = true
		return err
	}
	if records != nil {
		r.signed[height] = records
		r.release(c)
		*c = collection{loaded: true, done: true, own: c.own}
	}
	return nil
}

// load reads an executed block and makes the replica's own shares on it.
func (r *line) load(ctx context.Context, height uint64, c *collection) error {
	records, err := r.records(height)
	if err != nil {
		return err
	}
	own, err := r.sign(ctx, height)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c.records, c.loaded = records, true
	if own != nil {
		c.sets = slices.Insert(c.sets, 0, own)
		r.say(c, &shares{r.key, height, own.encoded})
	}
	return nil
}

// sign makes the replica's own shares on a block, nil if it has none to make.
func (r *line) sign(ctx context.Context, height uint64) (*set, error) {
	s := r.signers[r.key]
	if s == nil {
		return nil, nil
	}
	end := r.c.Observe(StageSign)
	made, err := s.SignBlock(ctx, height)
	end()
	if err != nil || len(made) == 0 {
		return nil, err
	}
	joined, err := utt.JoinShares(made)
	if err != nil {
		return nil, err
	}
	encoded, err := joined.MarshalBinary()
	return &set{index: s.share.Index(), encoded: encoded, records: made}, err
}

// say sends something of the replica's own to all, and keeps it for those who come late.
func (r *line) say(c *collection, b body) {
	m := &Message{body: b}
	c.own = append(c.own, m)
	r.out = append(r.out, m)
}

// join returns the records of a block with their signatures, nil if there are none yet.
func (r *line) join(ctx context.Context, height uint64, c *collection) ([]*utt.Record, error) {
	p := r.parameters()
	r.mu.Lock()
	offers, alone := slices.Clone(c.offers), c.alone
	for _, o := range offers {
		if c.vouchers(o) > r.c.Faults {
			r.mu.Unlock()
			records, err := p.AttachTrusted(r.tree(), c.records, o.records)
			if err != nil { // more than f say that they verified what is not even well formed
				return nil, fmt.Errorf("signatures of block %d: %w", height, err)
			}
			return records, nil
		}
	}
	r.mu.Unlock()
	turn, certifies := r.turn(height)
	// t verify, the combiner among them: enough for a certificate without waiting for vouchers
	combines, endorses := certifies && turn == 0, certifies && turn > 0 && turn < r.c.Committees.Ledger.Threshold()
	for _, o := range offers {
		if o.bad || !endorses && !combines && !alone {
			continue
		}
		end := r.c.Observe(StageAttach)
		records, err := p.Attach(ctx, r.tree(), c.records, o.records)
		end()
		r.mu.Lock()
		switch {
		case err == nil:
			switch {
			case combines: // whoever made them may have told nobody else
				r.say(c, &signatures{r.key, r.c.Committees.Ledger.Generation(), height, o.records})
			case certifies:
				r.say(c, &endorsement{r.key, r.c.Committees.Ledger.Generation(), height, o.digest})
			}
			r.mu.Unlock()
			return records, nil
		case errors.Is(err, utt.ErrInvalid), errors.Is(err, utt.ErrMalformed):
			o.bad = true
			r.blame(Blame{LedgerKey, o.index, height, "signatures"})
		default:
			r.mu.Unlock()
			return nil, err
		}
		r.mu.Unlock()
	}
	if !combines && !alone && !r.trivial(c) {
		return nil, nil
	}
	return r.combineAll(ctx, height, c, combines)
}

// trivial reports a block without outputs that the line's key signs.
func (r *line) trivial(c *collection) bool {
	return !slices.ContainsFunc(c.records, func(rec *utt.Record) bool {
		return keyOf(rec) == r.key && rec.Outputs(r.parameters()) > 0
	})
}

// combineAll joins the shares of a block itself.
func (r *line) combineAll(ctx context.Context, height uint64, c *collection, combiner bool) ([]*utt.Record, error) {
	var under []*utt.Record // the line's key
	for _, rec := range c.records {
		if keyOf(rec) == r.key {
			under = append(under, rec)
		}
	}
	done, err := r.combine(ctx, height, c, under)
	if err != nil || done == nil {
		return nil, err
	}
	records, made := slices.Clone(c.records), &signatures{key: r.key, by: r.c.Committees.Ledger.Generation(), height: height}
	for i, rec := range records {
		if keyOf(rec) == r.key {
			records[i], done = done[0], done[1:]
		}
		made.records = append(made.records, records[i].Signatures())
	}
	if combiner && !r.trivial(c) {
		r.mu.Lock()
		r.say(c, made)
		r.mu.Unlock()
	}
	return records, nil
}

// keyOf is the key that signs a record's outputs.
func keyOf(rec *utt.Record) Key {
	if rec.Owes() {
		return CredentialKey
	}
	return CoinKey
}

// combine joins the shares of t parties on the outputs of records under the line's key. Those who sent bad
// ones are blamed and left out. It returns nil if there are too few.
func (r *line) combine(ctx context.Context, height uint64, c *collection, records []*utt.Record) ([]*utt.Record, error) {
	if len(records) == 0 {
		return []*utt.Record{}, nil
	}
	outputs := 0
	for _, rec := range records {
		outputs += rec.Outputs(r.parameters())
	}
	for {
		var joined []*utt.Share
		if outputs > 0 {
			use := r.usableSets(height, c, records)
			if use == nil {
				return nil, nil
			}
			for _, s := range use {
				joined = append(joined, s.records...)
			}
		}
		end := r.c.Observe(StageCombine)
		done, err := r.c.Committees.Combine(ctx, r.parameters(), records, joined)
		end()
		if err == nil {
			return done, nil
		}
		var blame *threshold.BlameError
		if !errors.As(err, &blame) {
			return nil, err
		}
		r.mu.Lock()
		for _, culprit := range blame.Culprits {
			r.blame(Blame{r.key, culprit, height, "shares"})
			for _, s := range c.sets {
				s.bad = s.bad || s.index == culprit
			}
		}
		r.mu.Unlock()
	}
}

// usableSets are t complete sets of shares by those they claim to be by, of
// parties that were never blamed as long as enough of these may still come.
func (r *line) usableSets(height uint64, c *collection, records []*utt.Record) []*set {
	of := committee(r.c.Committees, r.key)
	var sets, doubtful []*set
	r.mu.Lock()
	answered := 0
	for _, s := range c.sets {
		switch {
		case s.bad:
		case r.suspects[suspect{r.key, s.index}]:
			doubtful = append(doubtful, s)
		default:
			sets = append(sets, s)
		}
		answered++
	}
	if answered == of.Parties() || c.alone {
		sets = append(sets, doubtful...)
	}
	r.mu.Unlock()
	var use []*set
	for _, s := range sets {
		if !r.complete(s, records) {
			r.mu.Lock()
			s.bad = true
			r.blame(Blame{r.key, s.index, height, "shares"})
			r.mu.Unlock()
			continue
		}
		if use = append(use, s); len(use) == of.Threshold() {
			return use
		}
	}
	return nil
}

// complete decodes a set, which is of its key's generation, and reports whether it is one
// share of its sender on every output under the key, and nothing else. Their points are
// verified once they are combined.
func (r *line) complete(s *set, records []*utt.Record) bool {
	if s.records != nil {
		return true
	}
	joined := new(utt.BlockShares)
	if joined.UnmarshalBinary(s.encoded) != nil || joined.Party() != s.index {
		return false
	}
	var err error
	s.records, err = r.c.Committees.Split(r.parameters(), records, joined)
	return err == nil
}
