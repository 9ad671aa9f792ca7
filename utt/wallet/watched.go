package wallet

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/follow"
)

// watching is a Sync of a watched wallet.
type watching struct {
	w      *Wallet
	node   shower
	took   func(utt.Frontier)
	known  utt.Checkpoint // up to where what is named is taken in
	aim    utt.Checkpoint // the node's last
	from   utt.Cursor     // to ask for
	named  []utt.Cursor   // not taken in yet, in order
	own    []ownPlace     // likewise
	begins bool           // what came before was read by range
}

// ownPlace is where a node says that there is a record of one of the user's own operations.
type ownPlace struct {
	at utt.Cursor
	id utt.ID
}

func (p ownPlace) compare(at utt.Cursor) int { return p.at.Compare(at) }

// syncWatched takes in what concerns the user up to the node's last certificate, as far as who
// looks out for him has looked. What is missing from the range that it begins with it reads in full.
func (w *Wallet) syncWatched(ctx context.Context, n *aimed, node Node, took func(utt.Frontier)) error {
	shows, ok := showerOf(node)
	if !ok {
		return fmt.Errorf("%w: a watched wallet needs a node that shows single records: an InclusionNode", utt.ErrInvalid)
	}
	w.mu.Lock()
	begins := w.state.way == Full
	w.mu.Unlock()
	if begins {
		if err := w.syncRange(ctx, n, Full, took); err != nil {
			return err
		}
	}
	s := &watching{w: w, node: shows, took: took, known: w.Checkpoint(), begins: begins}
	s.aim, s.from = s.known, s.known.Next()
	c, err := follow.Aim(ctx, w.p, s.known, n)
	if err != nil {
		return err
	}
	if c != nil {
		s.aim = c.Checkpoint
	}
	if s.own, err = s.ofOwn(ctx); err != nil {
		return err
	}
	for more := c != nil || begins; more; {
		if more, err = s.page(ctx); err != nil {
			return err
		}
	}
	if len(s.own) > 0 && s.own[0].at.Height <= s.known.Height { // what another node did not say before
		if err := s.take(ctx, s.known); err != nil {
			return err
		}
	}
	if err := s.credential(ctx); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if m := w.state.registered; m != nil && m.ScanKey() != w.watcher.ScanKey() {
		return &WatcherError{Cause: fmt.Errorf("%w: payments to the user have clues for another scan key than that of who is asked, who is told of none: "+
			"Readdress to his, or open the wallet with who has it", utt.ErrConflict)}
	}
	return nil
}

// credential has the node show the user's registration once more, if it came without his credential.
func (s *watching) credential(ctx context.Context) error {
	w := s.w
	w.mu.Lock()
	waits := w.state.enrolled > 0 && w.state.credential == nil
	r, err := w.state.member(w.PID())
	w.mu.Unlock()
	if err != nil || !waits {
		return err
	}
	i, err := w.shown(ctx, s.node, r.Cursor())
	if err != nil {
		return err
	}
	leaf, ok := i.Record().Credentials(i.Index())
	if !ok {
		return nil // registrars have not signed it
	}
	h, err := w.credential(ctx, leaf)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.state.begin(); err != nil {
		return err
	}
	w.state.credential = h
	return w.state.commit()
}

// ofOwn are the places of records of the user's own operations that are not decided, which who looks
// out for him does not see.
func (s *watching) ofOwn(ctx context.Context) (all []ownPlace, err error) {
	type question struct {
		id    utt.ID
		after utt.Cursor
		skip  int // records after that are known
	}
	var questions []question
	s.w.mu.Lock()
	for id, p := range s.w.state.pending.m {
		if !p.left || p.locksNothing() && s.w.state.lapsed(p) {
			continue
		}
		if was, err := s.w.state.outcome(id); err == nil && was.Certain() { // its record is taken in
			continue
		}
		questions = append(questions, question{id: id})
	}
	for id, h := range s.w.state.holds.m {
		if h.mine {
			q := question{id: id, after: h.record.Cursor()}
			if h.approved {
				q.skip = 1
			}
			questions = append(questions, q)
		}
	}
	s.w.mu.Unlock()
	slices.SortFunc(questions, func(a, b question) int { return slices.Compare(a.id[:], b.id[:]) })
	for _, q := range questions {
		places, err := s.node.Places(ctx, q.id)
		if err != nil && !errors.Is(err, utt.ErrNotFound) {
			return nil, fmt.Errorf("utt: places of operation %v: %w", q.id, err)
		}
		if len(places) > maxOwn {
			return nil, broken("%d records of one operation, of at most %d", len(places), maxOwn)
		}
		places = slices.DeleteFunc(slices.Clone(places), func(at utt.Cursor) bool { return at.Compare(q.after) <= 0 })
		slices.SortFunc(places, utt.Cursor.Compare)
		places = slices.Compact(places)
		for _, at := range places[min(q.skip, len(places)):] {
			all = append(all, ownPlace{at, q.id})
		}
	}
	slices.SortFunc(all, func(a, b ownPlace) int { return a.compare(b.at) })
	return all, nil
}

// maxOwn is how many records there are of one operation: held, approved, and then settled.
const maxOwn = 3

// page asks for places, and takes in what is complete. It reports whether there may be more.
func (s *watching) page(ctx context.Context) (more bool, err error) {
	q, err := s.w.keys.WatchQuestion(s.w.watcher.ScanKey(), s.from, s.w.now())
	if err != nil {
		return false, err
	}
	a, err := s.w.watcher.Watch(ctx, q)
	if err != nil {
		return false, &WatcherError{Cause: fmt.Errorf("ask him: %w; where the user is his customer, he has not read as far as the registration yet, or his mandate is over", err)}
	}
	if err := a.Check(s.from); err != nil {
		return false, &WatcherError{Cause: err}
	}
	if a.Since.Compare(s.known.Next()) > 0 {
		return false, &WatcherError{Since: a.Since}
	}
	if by := a.Next.Compare(s.from); by < 0 || by == 0 && !s.begins {
		return false, nil // he lags
	}
	if s.named, s.from = append(s.named, a.Places...), a.Next; len(s.named) > utt.MaxBlock+utt.MaxWatchPlaces {
		return false, &WatcherError{Cause: fmt.Errorf("%w: he names more than %d records between two certificates of the node's", utt.ErrInvalid, utt.MaxBlock)}
	}
	more = len(a.Places) == utt.MaxWatchPlaces && s.from.Height <= s.aim.Height
	to, err := s.complete(ctx)
	if err != nil || to.Height <= s.known.Height && !s.begins {
		return more, err
	}
	return more, s.take(ctx, to)
}

// complete is the last checkpoint up to which all is named.
func (s *watching) complete(ctx context.Context) (utt.Checkpoint, error) {
	if s.from.Height > s.aim.Height {
		return s.aim, nil
	}
	c, err := s.node.Certificate(ctx, s.from.Height-1) // which is no less than the one that is known
	switch {
	case errors.Is(err, utt.ErrNotFound):
		return s.known, nil
	case err != nil:
		return s.known, fmt.Errorf("utt: certificate of height %d: %w", s.from.Height-1, err)
	case c == nil || c.Height >= s.from.Height:
		return s.known, broken("no certificate of a height up to %d, or a later one", s.from.Height-1)
	}
	at := *c // which is the node's
	if err := s.w.p.VerifyCertificate(&at); err != nil {
		return s.known, &NodeError{Fault: Foreign, Height: at.Height, Known: s.known.Height, Cause: err}
	}
	return at.Checkpoint, nil
}

// take fetches and takes in what is named up to a checkpoint. All is fetched first, or else a node
// sees how long each took.
func (s *watching) take(ctx context.Context, to utt.Checkpoint) error {
	named, _ := slices.BinarySearchFunc(s.named, to.Next(), utt.Cursor.Compare)
	own, _ := slices.BinarySearchFunc(s.own, to.Next(), ownPlace.compare)
	places, of := slices.Clone(s.named[:named]), make(map[utt.Cursor]utt.ID)
	for _, p := range s.own[:own] {
		of[p.at] = p.id
		if i, twice := slices.BinarySearchFunc(places, p.at, utt.Cursor.Compare); !twice {
			places = slices.Insert(places, i, p.at)
		}
	}
	records, numbers, err := s.fetch(ctx, places, of)
	if err != nil {
		return err
	}
	if err := s.w.takeIn(ctx, records, leading{to: utt.Frontier{Checkpoint: to}, taken: numbers}, Watched); err != nil {
		return err
	}
	s.begins = false
	s.known, s.named, s.own = to, s.named[named:], s.own[own:]
	s.took(utt.Frontier{Checkpoint: to})
	return nil
}

// fetch has the node show what is on record at places [LOG-INC], with the signatures. What a node
// named as the user's own must be of that operation: else a record that was taken in long ago
// would be once more.
func (s *watching) fetch(ctx context.Context, places []utt.Cursor, own map[utt.Cursor]utt.ID) (records []*utt.Record, numbers []uint64, err error) {
	for _, at := range places {
		i, err := s.w.shown(ctx, s.node, at)
		if errors.Is(err, utt.ErrNotFound) {
			return nil, nil, &WatcherError{Cause: fmt.Errorf("he, or a node before, names record %d of block %d, and the node does not have it: %w", at.Index, at.Height, err)}
		}
		if err != nil {
			return nil, nil, err
		}
		if c := i.Certificate(); c.Height == s.aim.Height && c.Checkpoint != s.aim {
			return nil, nil, &NodeError{Fault: Forked, Height: c.Height, Known: s.aim.Height}
		}
		r := i.Record()
		if id, is := own[at]; is && r.ID() != id && batch.Enforced("WATCH-OWN") {
			return nil, nil, broken("[WATCH-OWN] record %d of block %d, which it names as operation %v's, is another's", at.Index, at.Height, id)
		}
		records, numbers = append(records, r), append(numbers, i.Index())
	}
	p, _, err := s.w.follow(records)
	if err != nil {
		return nil, nil, &WatcherError{Cause: fmt.Errorf("he leaves out what concerns everybody: %w", err)}
	}
	for _, r := range records {
		if r.Outputs(p) > 0 && !r.Owes() && len(r.Signatures()) == 0 {
			return nil, nil, broken("record %d of block %d without the signatures on its outputs", r.Cursor().Index, r.Cursor().Height)
		}
	}
	return records, numbers, nil
}

// shown is what a node shows to be on record at a place, verified [LOG-INC]: a record says itself
// where it stands.
func (w *Wallet) shown(ctx context.Context, n shower, at utt.Cursor) (*utt.Inclusion, error) {
	i, err := n.Inclusion(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("utt: what is on record: %w", err)
	}
	if err := w.p.VerifyInclusion(i); err != nil {
		return nil, &NodeError{Fault: Broken, Cause: err}
	}
	if got := i.Record().Cursor(); got != at {
		return nil, broken("record %d of block %d, and not %d of block %d, which was asked for", got.Index, got.Height, at.Index, at.Height)
	}
	return i, nil
}
