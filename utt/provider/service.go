package provider

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/follow"
	"github.com/utt-ecash/utt-go/utt/store"
)

// Service looks out for payments to customers, and tells each of them where on the ledger there
// is what concerns him, so that he need not read it: payments to him by their clues, what becomes
// of those that are held, and what names him for all to see. It keeps the places, not the records.
//
// What it knows is in a store, which tells when each customer is paid: keep it as secret as the
// scan secret. What is there is written batch by batch, with how far the ledger was read, so that
// a crash loses nothing. A service on an empty store, expecting the same customers, comes to have
// the same again.
//
// It locks itself, may be used from several goroutines, and prints as "redacted".
type Service struct {
	secret *utt.ScanSecret
	disk   *disk
	now    func() time.Time

	following sync.Mutex // one reads at a time

	mu    sync.Mutex
	at    utt.Frontier    // up to which it has looked
	rules *utt.Parameters // with the amendments so far
	book
}

// ServiceConfig is what a service may have besides a scan secret and a store.
type ServiceConfig struct {
	Now func() time.Time // the clock, for how old questions are; default time.Now
}

// OpenService opens a service with a scan secret on the store in which it was before, or on an
// empty one, in which it begins. ErrConflict says that the store is that of another scan key,
// another network, or something else; ErrStore that it fails, or is damaged.
func OpenService(p *utt.Parameters, secret *utt.ScanSecret, s store.Store, c ServiceConfig) (*Service, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if secret.ScanKey().IsZero() || s == nil {
		return nil, fmt.Errorf("%w: no scan secret, or no store: make the one with utt.GenerateScanSecret", utt.ErrInvalid)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	d := &Service{
		secret: secret, disk: &disk{s}, now: c.Now, rules: p.Founding(), book: newBook(p.Founding(), secret.ScanKey()),
	}
	if err := d.load(); err != nil {
		return nil, err
	}
	return d, nil
}

const serviceVersion = 1

// load reads what is in the store, or marks an empty one.
func (s *Service) load() error {
	n, key := s.p.Network(), s.secret.ScanKey()
	was, err := s.disk.claim(slices.Concat([]byte{serviceVersion}, n[:], key[:]))
	if err != nil || !was {
		return err
	}
	for kind, take := range map[string]func(key, value []byte) error{
		"F": func(_, value []byte) error { return s.at.UnmarshalBinary(value) },
		"C": s.loadCustomer, "H": s.loadHeld, "E": s.loadAmendment,
	} {
		if err := s.disk.each(kind, take); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) loadCustomer(key, value []byte) error {
	c, err := readCustomer(value)
	if err != nil || len(key) != len(utt.PID{}) {
		return fmt.Errorf("%w: a customer: %w", utt.ErrMalformed, err)
	}
	s.add(utt.PID(key), c)
	return nil
}

func (s *Service) loadHeld(key, value []byte) error {
	if len(key) != len(utt.ID{}) || len(value)%len(utt.PID{}) != 0 {
		return fmt.Errorf("%w: a held payment", utt.ErrMalformed)
	}
	for b := range slices.Chunk(value, len(utt.PID{})) {
		s.held[utt.ID(key)] = append(s.held[utt.ID(key)], utt.PID(b))
	}
	return nil
}

// loadAmendment follows an amendment: they come in order.
func (s *Service) loadAmendment(_, value []byte) error {
	r := new(utt.Record)
	if err := r.UnmarshalBinary(value); err != nil {
		return err
	}
	p, err := s.rules.Follow(r)
	if err == nil {
		s.rules = p
	}
	return err
}

// Format prints "redacted".
func (s *Service) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (s *Service) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

func (s *Service) usable() error {
	if s == nil || s.disk == nil {
		return fmt.Errorf("%w: an empty service: make it with OpenService", utt.ErrInvalid)
	}
	return nil
}

// ScanKey is what customers have in their addresses.
func (s *Service) ScanKey() utt.ScanKey {
	if s.usable() != nil {
		return utt.ScanKey{}
	}
	return s.secret.ScanKey()
}

// Checkpoint is up to where it has looked.
func (s *Service) Checkpoint() utt.Checkpoint {
	if s.usable() != nil {
		return utt.Checkpoint{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at.Checkpoint
}

// Customers are all of them, in order, also those who are not registered yet.
func (s *Service) Customers() []utt.PID {
	if s.usable() != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(slices.Collect(maps.Keys(s.customers)))
}

// Expect makes a customer, once he is registered, of a user who is not yet: so that there is all
// that ever concerns him. His mandate is verified by his registration, and one that does not hold by then is
// forgotten [CLUE-MANDATE]. Who is on record as registered by then is not made one: Admit him. It is for the
// caller to see whom he expects, and of one user the last mandate counts. ErrConflict says that he is a customer, ErrInvalid that the mandate is for another.
func (s *Service) Expect(m *utt.Mandate) error {
	if err := s.usable(); err != nil {
		return err
	}
	if m == nil || m.ScanKey() != s.secret.ScanKey() {
		return fmt.Errorf("%w: a mandate for another scan key", utt.ErrInvalid)
	}
	s.following.Lock()
	defer s.following.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.customers[m.PID()]; c != nil && c.account != nil {
		return fmt.Errorf("%w: user %v is a customer already: Admit takes his new mandate", utt.ErrConflict, m.PID())
	}
	return s.keep(m.PID(), &customer{mandate: m})
}

// Admit makes a registered user a customer by his mandate [CLUE-MANDATE], until that expires by the times of
// records, for the records that come after: what is on record before he has to find out otherwise.
// The user must be as the ledger registers him, not as he says himself. Of who is a customer it is
// the mandate from now on, and if that is before his former one has expired, nothing is missing.
func (s *Service) Admit(user *utt.Member, m *utt.Mandate) error {
	if err := s.usable(); err != nil {
		return err
	}
	s.following.Lock() // or else a batch under way would write what was before
	defer s.following.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := m.Verify(s.p, user, s.secret.ScanKey(), s.at.Time); err != nil {
		return err
	}
	since := s.at.Next()
	if c := s.customers[user.PID()]; c.looked() && c.account != nil {
		since = c.since
	}
	return s.keep(user.PID(), &customer{mandate: m, account: user.AccountKey(), since: since})
}

// keep makes somebody a customer, on disk and here.
func (s *Service) keep(pid utt.PID, c *customer) error {
	w, err := c.write(pid)
	if err == nil {
		err = s.disk.apply([]store.Write{w})
	}
	if err == nil {
		s.add(pid, c)
	}
	return err
}

// Drop looks out for a user no longer, and forgets where he was paid. What is left of that after
// an error, another Drop takes away.
func (s *Service) Drop(user utt.PID) error {
	if err := s.usable(); err != nil {
		return err
	}
	s.following.Lock() // or else a batch under way would write more of him
	defer s.following.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	writes := []store.Write{{Key: customerKey(user)}}
	held := make(map[utt.ID][]utt.PID)
	for id, of := range s.held {
		if left := slices.DeleteFunc(slices.Clone(of), func(p utt.PID) bool { return p == user }); len(left) < len(of) {
			held[id] = left
			writes = append(writes, heldWrite(id, left))
		}
	}
	if err := s.disk.apply(writes); err != nil {
		return err
	}
	delete(s.customers, user)
	delete(s.handles, user.ScanHandle(s.p.Network()))
	s.hold(held)
	return s.disk.forget(user)
}

// Follow looks at all that a node has a certificate for since the last call. The error is that
// of follow.Records, or ErrStore; what came before stays, and the next call goes on from there.
func (s *Service) Follow(ctx context.Context, n follow.Source) error {
	if err := s.usable(); err != nil {
		return err
	}
	s.following.Lock()
	defer s.following.Unlock()
	s.mu.Lock()
	at := s.at
	s.mu.Unlock()
	return follow.Records(ctx, s.p, at, n, s.take)
}

// take looks at records that lead to where a certificate is.
func (s *Service) take(ctx context.Context, records []*utt.Record, to utt.Frontier) error {
	handles, err := handlesOf(ctx, s.secret, records)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &look{book: &s.book, next: s.next, rules: s.rules, held: make(map[utt.ID][]utt.PID), joined: make(map[utt.PID]*customer)}
	for i, r := range records {
		if err := l.amend(r); err != nil {
			return err
		}
		if err := l.expire(r.Cursor(), r.Time()); err != nil {
			return err
		}
		l.look(sightOf(r, l.rules, handles[i]))
		if r.Kind() == utt.KindRegistration {
			if err := l.join(r); err != nil {
				return err
			}
		}
	}
	frontier, err := to.MarshalBinary()
	if err != nil {
		return err
	}
	for id, of := range l.held {
		l.writes = append(l.writes, heldWrite(id, of))
	}
	if err := s.disk.apply(append(l.writes, store.Write{Key: frontierKey, Value: frontier})); err != nil {
		return err
	}
	s.at, s.rules, s.next = to, l.rules, l.next
	s.hold(l.held)
	for pid, c := range l.joined {
		if c == nil {
			delete(s.customers, pid)
		} else {
			s.add(pid, c)
		}
	}
	return nil
}

// Watch answers a customer's question [WATCH-SIGNED], from what it has looked at: where there is
// what concerns him, or everybody, utt.MaxWatchPlaces at most. The error is ErrInvalid for who
// is no customer as for who did not sign, and for what comes after a customer's mandate has expired.
func (s *Service) Watch(_ context.Context, q *utt.WatchQuestion) (*utt.WatchAnswer, error) {
	if err := s.usable(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	at, c := s.at, s.customers[q.PID()]
	s.mu.Unlock()
	if c == nil || c.account == nil {
		c = new(customer)
	}
	if err := q.Verify(s.p, c.account, s.secret.ScanKey(), s.now()); err != nil {
		return nil, err
	}
	to := at.Next()
	if !c.looked() {
		to = c.ended
	}
	if q.From().Compare(to) >= 0 && !c.looked() {
		return nil, fmt.Errorf("%w: the mandate has expired at %d: give another", utt.ErrInvalid, c.mandate.Expires())
	}
	places, err := s.disk.places(q.PID(), q.From(), to)
	if err != nil {
		return nil, err
	}
	a := &utt.WatchAnswer{Since: c.since, Places: places, Next: to}
	if n := len(places); n == utt.MaxWatchPlaces {
		last := places[n-1]
		a.Next = utt.Cursor{Height: last.Height, Index: last.Index + 1} // a block has fewer
	}
	return a, nil
}
