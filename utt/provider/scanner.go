package provider

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"

	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/utt"
)

// Scanner looks out for payments to customers. It keeps nothing on disk: store what Save
// returns beside up to where it has looked, and Load it into one that is made again. It locks
// itself, may be used from several goroutines, and prints as "redacted".
type Scanner struct {
	p      *utt.Parameters
	secret *utt.ScanSecret

	mu sync.Mutex
	state
}

// state is what a scanner knows.
type state struct {
	time      uint64 // of the last record that it has looked at
	next      uint64 // no mandate expires before
	customers map[utt.ScanHandle]client
	held      map[utt.ID][]utt.PID // payments to customers that wait to be settled
}

// client is somebody who is looked out for.
type client struct {
	pid   utt.PID
	until uint64 // in seconds since 1970
}

func newState() state {
	return state{next: math.MaxUint64, customers: make(map[utt.ScanHandle]client), held: make(map[utt.ID][]utt.PID)}
}

// New is a scanner without customers, with a scan secret. ErrInvalid says that there is none.
func New(p *utt.Parameters, secret *utt.ScanSecret) (*Scanner, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if secret.ScanKey().IsZero() {
		return nil, fmt.Errorf("%w: no scan secret: make it with GenerateScanSecret", utt.ErrInvalid)
	}
	return &Scanner{p: p, secret: secret, state: newState()}, nil
}

// Format prints "redacted".
func (s *Scanner) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (s *Scanner) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

func (s *Scanner) usable() error {
	if s == nil || s.secret == nil {
		return fmt.Errorf("%w: an empty scanner: make it with New", utt.ErrInvalid)
	}
	return nil
}

// ScanKey is what customers have in their addresses.
func (s *Scanner) ScanKey() utt.ScanKey {
	if s.usable() != nil {
		return utt.ScanKey{}
	}
	return s.secret.ScanKey()
}

// Admit makes a user a customer, for the records that come after, by his mandate
// [CLUE-MANDATE], until that expires by the times of records. The user must be as the ledger
// registers him, not as he says himself: a mandate holds by the account key that is his there. Of
// two mandates of one user the one admitted last counts.
func (s *Scanner) Admit(user *utt.Member, m *utt.Mandate) error {
	if err := s.usable(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := m.Verify(s.p, user, s.secret.ScanKey(), s.time); err != nil {
		return err
	}
	s.admit(s.p, client{user.PID(), m.Expires()})
	return nil
}

func (s *state) admit(p *utt.Parameters, c client) {
	s.customers[c.pid.ScanHandle(p.Network())] = c
	s.next = min(s.next, c.until)
}

// Drop looks out for a user no longer. Of one who was no customer it changes nothing.
func (s *Scanner) Drop(user utt.PID) {
	if s.usable() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(func(c client) bool { return c.pid == user })
}

// drop forgets customers, and what is held of theirs.
func (s *state) drop(out func(client) bool) {
	gone := make(map[utt.PID]bool)
	s.next = math.MaxUint64
	for h, c := range s.customers {
		if out(c) {
			gone[c.pid] = true
			delete(s.customers, h)
		} else {
			s.next = min(s.next, c.until)
		}
	}
	for id, of := range s.held {
		if left := slices.DeleteFunc(of, func(p utt.PID) bool { return gone[p] }); len(left) > 0 {
			s.held[id] = left
		} else {
			delete(s.held, id)
		}
	}
}

// pass drops the customers whose mandates have expired by the time of a record.
func (s *state) pass(now uint64) {
	if s.time = max(s.time, now); s.time > s.next {
		s.drop(func(c client) bool { return c.until < s.time })
	}
}

// Customers are all of them, in order.
func (s *Scanner) Customers() []utt.PID {
	if s.usable() != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pids()
}

func (s *state) pids() []utt.PID {
	var all []utt.PID
	for _, c := range s.customers {
		all = append(all, c.pid)
	}
	return sorted(all)
}

// Look says of each record which customers it is to be shown to, in order, none of most: those
// whom a clue names, and of a payment to them that was held, what becomes of it. Records come
// in the ledger's order, each once; it takes an X25519 for each output to somebody else, on all
// cores. A customer is named once for a record, and at most a dozen are, whatever its clues
// say: many payments with one customer's handle take the scanner no longer than others, and
// the customer what he looks at of them. The error is that of the context; nothing was looked
// at then.
func (s *Scanner) Look(ctx context.Context, records []*utt.Record) ([][]utt.PID, error) {
	if err := s.usable(); err != nil {
		return nil, err
	}
	handles, err := handlesOf(ctx, s.secret, records)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := make([][]utt.PID, len(records))
	for i, r := range records {
		s.pass(r.Time())
		switch {
		case r.Kind() == utt.KindSettlement:
			found[i] = slices.Clone(s.held[r.ID()])
			if r.Status() != utt.Approved {
				delete(s.held, r.ID())
			}
		default:
			for _, h := range handles[i] {
				if c, ok := s.customers[h]; ok {
					found[i] = append(found[i], c.pid)
				}
			}
			found[i] = sorted(found[i])
			if len(found[i]) > 0 && r.Status() == utt.Held {
				s.held[r.ID()] = slices.Clone(found[i])
			}
		}
	}
	return found, nil
}

// handlesOf are what the clues of each record open to.
func handlesOf(ctx context.Context, secret *utt.ScanSecret, records []*utt.Record) ([][]utt.ScanHandle, error) {
	handles := make([][]utt.ScanHandle, len(records))
	parallel.For(len(records), func(i int) {
		if ctx.Err() == nil {
			handles[i] = secret.Handles(records[i])
		}
	})
	return handles, ctx.Err()
}

// sorted is users in order, each once.
func sorted(users []utt.PID) []utt.PID {
	slices.SortFunc(users, func(a, b utt.PID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(users)
}
