package replica

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// receiveCertified keeps what another has certified until Work gets to it: of each the
// first of what it sends, so that nobody drives out what others have sent.
func (r *line) receiveCertified(f follow) {
	r.follow = slices.DeleteFunc(r.follow, func(o follow) bool { return o.from == f.from && o.what.about() == f.what.about() })
	r.follow = append(r.follow, f)
	for {
		kept, size, last := 0, 0, 0
		for i, o := range r.follow {
			if o.from != f.from {
				continue
			}
			if kept == 0 || o.what.about() >= r.follow[last].what.about() {
				last = i
			}
			kept, size = kept+1, size+o.what.size()
		}
		if kept <= maxAnswer && (size <= r.limits.kept || kept == 1) {
			return
		}
		r.follow = slices.Delete(r.follow, last, last+1)
		if f.from != (Party{}) {
			r.peer(f.from).lack(r.next(), anyPart)
		}
	}
}

func (r *line) receiveCertificateShare(from Party, c *certificateShare) error {
	s := c.share
	err := r.c.Committees.Ledger.Expects(s.Share)
	if errors.Is(err, threshold.ErrGeneration) {
		return nil // of before or after a resharing: no fault, and of no use here
	}
	if err != nil || from.Ledger == 0 || s.Share.Index() != from.Ledger {
		return fmt.Errorf("%w: a share of a certificate that is not the sender's", utt.ErrInvalid)
	}
	if r.heard(from, s.Height) != nil {
		r.gather(s)
	}
	return nil
}

// gather keeps a share of a certificate, the first of a party and height.
func (r *line) gather(s *utt.CertificateShare) {
	g := r.certifying[s.Height]
	if g == nil {
		g = &certifying{shares: make(map[threshold.Index]*utt.CertificateShare)}
		r.certifying[s.Height] = g
	}
	if g.shares[s.Share.Index()] == nil {
		g.shares[s.Share.Index()], g.dirty = s, true
	}
}

// certify makes shares of the certificates that can be made, joins those of t parties,
// and publishes.
func (r *line) certify(ctx context.Context) error {
	r.mu.Lock()
	err := r.catchUp()
	r.mu.Unlock()
	if err != nil {
		return err
	}
	for r.certifier != nil {
		r.mu.Lock()
		height := r.after(r.certifier.Checkpoint().Height)
		records, ok := r.signed[height]
		ok = ok && r.counted(height)
		r.mu.Unlock()
		if !ok {
			break
		}
		s, err := r.certifier.Certify(ctx, height, records)
		if err != nil {
			return err
		}
		r.mu.Lock()
		if c := r.place(height); c != nil {
			r.say(c, &certificateShare{s})
			r.gather(s)
		}
		r.mu.Unlock()
	}
	r.mu.Lock()
	heights := slices.Sorted(maps.Keys(r.certifying))
	r.mu.Unlock()
	for _, h := range heights {
		c, err := r.certificateOf(h)
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		if err := r.publish(c); err != nil {
			return err
		}
	}
	return nil
}

// counted reports whether the ledger's certificates have come to a block, which the
// credentials' wait for.
func (r *line) counted(height uint64) bool { return r == r.main || height <= r.main.published() }

// catchUp has the certifier go on from the last certificate published, also where the store
// has failed in between.
func (r *line) catchUp() error {
	last := r.certificate
	if r.certifier == nil || last == nil || r.certifier.Checkpoint().Height >= last.Height {
		return nil
	}
	return r.certifier.Advance(last, r.at)
}

// certificateOf joins the shares of a height's certificate, nil if there are too few.
func (r *line) certificateOf(height uint64) (*utt.Certificate, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.certifying[height]
	if g == nil || height <= r.published() {
		return nil, nil
	}
	if g.made != nil || !g.dirty || len(g.shares) < r.c.Committees.Ledger.Threshold() {
		return g.made, nil
	}
	g.dirty = false
	join := r.c.Committees.Certify
	if r.kind == utt.CredentialCheckpoint {
		join = r.c.Committees.CertifyCredentials
	}
	c, err := join(r.parameters(), slices.Collect(maps.Values(g.shares)))
	var blame *threshold.BlameError
	switch {
	case err == nil:
		g.made = c
		return c, nil
	case errors.As(err, &blame):
		for _, culprit := range blame.Culprits {
			r.blame(Blame{LedgerKey, culprit, height, "certificate share"})
			delete(g.shares, culprit)
		}
	case !errors.Is(err, threshold.ErrTooFew):
		return nil, err
	}
	return nil, nil
}

// publish writes the signatures of the records that lead to a certificate, and it, if
// the replica has them all. Else the next Work tries again, or somebody else has them.
func (r *line) publish(c *utt.Certificate) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var records []*utt.Record
	for h := r.next(); h <= c.Height; h = r.after(h) {
		signed, ok := r.signed[h]
		if !ok || !r.counted(c.Height) {
			return nil
		}
		records = append(records, signed...)
		if len(records) > utt.MaxBlock { // readers take in no more at once: somebody has one in between
			r.behind = true
			return nil
		}
	}
	var leaves []utt.CredentialLeaf
	if r != r.main {
		var err error
		if leaves, err = r.leaves(records); err != nil {
			return err
		}
		records = nil
	}
	tiles := r.kept.growing()
	at, err := r.lead(c, records, leaves, tiles.complete)
	if err != nil {
		return fmt.Errorf("t replicas certified other records up to block %d than this one has: %w", c.Height, err)
	}
	return r.write(c, at, tiles, records, leaves)
}

// write publishes what leads from the last certificate to the next, which is at a
// frontier.
func (r *line) write(c *utt.Certificate, at utt.Frontier, tiles *growing, records []*utt.Record, leaves []utt.CredentialLeaf) error {
	grown, err := tiles.writes()
	if err != nil {
		return err
	}
	if err := r.kept.publish(c, at, grown, records, leaves); err != nil {
		return err
	}
	r.certificate, r.at = c, at
	r.settle(c.Height)
	maps.DeleteFunc(r.signed, func(h uint64, _ []*utt.Record) bool { return h <= c.Height })
	r.waited = 0
	for _, l := range r.lines() {
		l.erase()
	}
	if r.grown != nil {
		close(r.grown)
		r.grown = nil
	}
	return nil
}

// followAll takes in what others have certified, in order. What begins above the last
// certificate is kept until what is missing has come.
func (r *line) followAll(ctx context.Context) error {
	r.mu.Lock()
	all := r.follow
	r.follow = nil
	r.mu.Unlock()
	slices.SortStableFunc(all, func(a, b follow) int {
		return cmp.Compare(a.what.certificate.Height, b.what.certificate.Height)
	})
	for i, f := range all {
		if err := ctx.Err(); err != nil {
			r.mu.Lock()
			r.follow = append(r.follow, all[i:]...)
			r.mu.Unlock()
			return err
		}
		height := f.what.certificate.Height
		if height <= r.reached() {
			continue
		}
		err := r.followTo(f.what)
		r.mu.Lock()
		switch {
		case err == nil && f.what.more:
			r.send(f.from, &ask{r.key, r.next()})
		case errors.Is(err, utt.ErrConflict) && r.beginsAbove(f.what):
			r.receiveCertified(f)
		case errors.Is(err, utt.ErrInvalid) && f.from.Ledger != 0:
			r.blame(Blame{LedgerKey, f.from.Ledger, height, "certified records"})
		}
		r.mu.Unlock()
		if err != nil && !errors.Is(err, utt.ErrConflict) && !errors.Is(err, utt.ErrNotFound) && !errors.Is(err, utt.ErrInvalid) {
			return err
		}
	}
	return nil
}

// beginsAbove reports whether what another has certified may fit once others have come. What
// begins below never does.
func (r *line) beginsAbove(m *certified) bool {
	if r == r.main {
		return m.certificate.Records > r.at.Records+uint64(len(m.records))
	}
	next, err := r.ledger.Block(r.next())
	return !r.counted(m.certificate.Height) || err == nil && len(m.leaves) > 0 && m.leaves[0].Record >= next.Size
}

// Follow publishes what others have certified: the records that lead from the last
// certificate to a later one. They are held against the replica's own ledger, and the
// certificate speaks for their signatures. ErrNotFound says that the ledger has not
// executed so far, ErrConflict that they do not begin where this replica is, ErrInvalid
// that the certificate is forged, or not of these records, or that these are more than
// utt.MaxBlock.
func (r *Replica) Follow(c *utt.Certificate, records []*utt.Record) error {
	if err := r.usable(); err != nil {
		return err
	}
	if c == nil {
		return fmt.Errorf("%w: no certificate", utt.ErrInvalid)
	}
	r.working.Lock()
	defer r.working.Unlock()
	return r.main.followTo(&certified{certificate: c, records: records})
}

// FollowCredentials is Follow for the credentials: the signatures that lead from their last
// certificate to a later one. ErrNotFound says that the ledger has not been published so far
// here.
func (r *Replica) FollowCredentials(c *utt.Certificate, leaves []utt.CredentialLeaf) error {
	if err := r.usable(); err != nil {
		return err
	}
	if c == nil {
		return fmt.Errorf("%w: no certificate", utt.ErrInvalid)
	}
	r.working.Lock()
	defer r.working.Unlock()
	return r.credentials.followTo(&certified{certificate: c, leaves: leaves})
}

func (r *line) followTo(m *certified) error {
	c := m.certificate
	if err := verify(r.kind, r.parameters(), c); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.Height <= r.published() {
		return nil
	}
	if len(m.records) > utt.MaxBlock { // published, no wallet would take them in
		return fmt.Errorf("%w: %d records without a certificate in between, of at most %d", utt.ErrInvalid, len(m.records), utt.MaxBlock)
	}
	if head := r.ledger.Head().Height; c.Height > head {
		return fmt.Errorf("%w: block %d: the ledger is at block %d", utt.ErrNotFound, c.Height, head)
	}
	if err := r.joins(m); err != nil {
		return err
	}
	tiles := r.kept.growing()
	at, err := r.lead(c, m.records, m.leaves, tiles.complete)
	if err != nil {
		return err
	}
	own, err := r.ledger.Block(c.Height)
	if err != nil {
		return err
	}
	if !agrees(c.Checkpoint, own) {
		return fmt.Errorf("t replicas certified other records up to block %d than this ledger has", c.Height)
	}
	if err := r.write(c, at, tiles, m.records, m.leaves); err != nil {
		return err
	}
	return r.catchUp()
}

// joins reports, as ErrConflict, what does not lead from the last certificate to its own.
func (r *line) joins(m *certified) error {
	c, fits := m.certificate, r.at.Records+uint64(len(m.records)) == m.certificate.Records
	if r != r.main {
		if !r.counted(c.Height) {
			return fmt.Errorf("%w: the ledger is published up to block %d, and not to block %d", utt.ErrConflict, r.main.published(), c.Height)
		}
		rest := m.leaves
		fits = true
		for h := r.next(); fits && h <= c.Height; h = r.after(h) {
			for own, err := range r.ledger.Registrations(context.Background(), h, h) {
				if err != nil {
					return err
				}
				if fits = len(rest) > 0 && rest[0].Record == own.Number; !fits {
					break
				}
				rest = rest[1:]
			}
		}
		fits = fits && len(rest) == 0
	}
	if !fits {
		return fmt.Errorf("%w: the records do not lead from block %d to block %d", utt.ErrConflict, r.at.Height, c.Height)
	}
	return nil
}

// answer tells those who asked what they lack: certified records, and what the replica
// has said of blocks that are not certified. What a party was sent before it is sent again
// as far as it has any to spare; the rest of its ask waits.
func (r *line) answer(ctx context.Context) error {
	r.mu.Lock()
	asks := r.asks
	r.asks = make(map[Party]uint64)
	r.mu.Unlock()
	for _, to := range slices.SortedFunc(maps.Keys(asks), compareParty) {
		if err := r.answerTo(ctx, to, asks[to]); err != nil {
			return err
		}
	}
	return nil
}

func (r *line) answerTo(ctx context.Context, to Party, from uint64) error {
	r.mu.Lock()
	p, published := r.peer(to), r.published()
	p.refill(r.clock(), r.limits)
	if from <= p.from && !p.waits { // not having got on, it is told anew
		p.told = 0
	}
	p.from, p.waits = from, false
	r.mu.Unlock()
	for n, size := 1, 0; from <= published; n++ {
		if from <= p.certified && p.spare <= 0 {
			r.mu.Lock()
			r.postpone(to, p, from)
			r.mu.Unlock()
			return nil
		}
		m, err := r.kept.next(ctx, r.kind, from)
		if errors.Is(err, utt.ErrNotFound) {
			break // others have older ones
		}
		if err != nil {
			return err
		}
		c := m.certificate
		size += m.size()
		m.more = (n == maxAnswer || size >= r.limits.answer) && c.Height < published
		r.mu.Lock()
		p.charge(c.Height, &p.certified, m.size())
		r.send(to, m)
		r.mu.Unlock()
		if m.more {
			return nil
		}
		from = c.Height + 1
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	size := 0
	for _, h := range slices.Sorted(maps.Keys(r.blocks)) {
		own, n := r.own(h)
		if h < from || n == 0 {
			continue
		}
		if h > p.told || h == from { // which it dropped, if it was told before
			if !p.charge(h, &p.ever, n) {
				r.postpone(to, p, from)
				return nil
			}
			for _, m := range own {
				r.send(to, m.body)
			}
			p.told = max(p.told, h)
		}
		if size += n; size >= r.limits.answer {
			break
		}
	}
	return nil
}

// postpone keeps an ask until the party has more to spare, or asks again.
func (r *line) postpone(to Party, p *peer, from uint64) {
	p.waits = true
	if _, again := r.asks[to]; !again {
		r.asks[to] = from
	}
}
