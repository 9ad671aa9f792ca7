package provider

import (
	"fmt"
	"iter"
	"math"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
)

// book is whom a service looks out for, and what of theirs waits.
type book struct {
	p         *utt.Parameters // that the ledger was founded on
	scan      utt.ScanKey
	customers map[utt.PID]*customer
	handles   map[utt.ScanHandle]utt.PID // of those who are registered
	held      map[utt.ID][]utt.PID       // payments that wait to be settled, and whom they concern
	next      uint64                     // no mandate expires before
}

func newBook(p *utt.Parameters, d utt.ScanKey) book {
	return book{p, d, make(map[utt.PID]*customer), make(map[utt.ScanHandle]utt.PID), make(map[utt.ID][]utt.PID), math.MaxUint64}
}

func (b *book) add(pid utt.PID, c *customer) {
	b.customers[pid] = c
	if c.looked() {
		b.next = min(b.next, c.mandate.Expires())
	}
	if c.account != nil {
		b.handles[pid.ScanHandle(b.p.Network())] = pid
	}
}

// hold takes over what payments are held.
func (b *book) hold(changed map[utt.ID][]utt.PID) {
	for id, of := range changed {
		if len(of) == 0 {
			delete(b.held, id)
		} else {
			b.held[id] = of
		}
	}
}

// look is a batch of records on its way into a service.
type look struct {
	book   *book
	rules  *utt.Parameters
	held   map[utt.ID][]utt.PID  // changed
	joined map[utt.PID]*customer // changed; nil of who is expected no longer
	next   uint64
	writes []store.Write
}

// sight is what of a record says whom it concerns. Its summary says all of it.
type sight struct {
	at      utt.Cursor
	id      utt.ID
	kind    utt.Kind
	status  utt.Status
	named   []utt.PID // for all to see
	handles []utt.ScanHandle
}

// sightOf is that of a record, under the parameters at its time.
func sightOf(r *utt.Record, p *utt.Parameters, handles []utt.ScanHandle) sight {
	v := sight{at: r.Cursor(), id: r.ID(), kind: r.Kind(), status: r.Status(), handles: handles}
	switch v.kind {
	case utt.KindRegistration, utt.KindReaddress, utt.KindIssue, utt.KindPublicTransfer, utt.KindMint, utt.KindGrant,
		utt.KindSuspension, utt.KindCollection:
		e, _ := r.Entry(p) // a certified one is of these parameters
		v.named = []utt.PID{e.PID, e.To}
	case utt.KindTransfer:
		e, _ := r.Entry(p)
		if v.named = []utt.PID{e.PID}; v.status == utt.Held {
			if w, ok := r.Wait(p); ok && w.Fee > 0 {
				v.named = append(v.named, w.FeeTo)
			}
		} else if e.Fee > 0 {
			v.named = append(v.named, p.At(e.Epoch).FeeAccount())
		}
	}
	return v
}

// expire looks out no longer, from a record on, for those whose mandates have expired at its time.
func (l *look) expire(at utt.Cursor, time uint64) error {
	if time <= l.next {
		return nil
	}
	l.next = math.MaxUint64
	for pid := range l.everybody() {
		c := l.customer(pid)
		switch {
		case !c.looked():
		case c.mandate.Expires() >= time:
			l.next = min(l.next, c.mandate.Expires())
		default:
			ended := *c
			ended.ended = at
			w, err := ended.write(pid)
			if err != nil {
				return err
			}
			l.joined[pid], l.writes = &ended, append(l.writes, w)
		}
	}
	return nil
}

// everybody are those who are or were customers, or are to be.
func (l *look) everybody() iter.Seq[utt.PID] {
	return func(yield func(utt.PID) bool) {
		for pid := range l.book.customers {
			if !yield(pid) {
				return
			}
		}
		for pid := range l.joined {
			if _, twice := l.book.customers[pid]; !twice && !yield(pid) {
				return
			}
		}
	}
}

// look finds whom a record concerns, and writes down its place.
func (l *look) look(v sight) {
	var of []utt.PID
	switch v.kind {
	case utt.KindAmendment: // everybody
	case utt.KindSettlement:
		of = l.waits(v.id)
		if v.status != utt.Approved && len(of) > 0 {
			l.held[v.id] = nil
		}
	default:
		for _, h := range v.handles {
			if pid, ok := l.named(h); ok {
				of = append(of, pid)
			}
		}
		for _, pid := range v.named {
			if c := l.customer(pid); c != nil {
				of = append(of, pid)
			}
		}
		of = sorted(of)
		if v.status == utt.Held && len(of) > 0 {
			l.held[v.id] = of
		}
	}
	for _, pid := range of {
		if !l.customer(pid).looked() {
			continue
		}
		l.writes = append(l.writes, store.Write{Key: placeKey(pid, v.at), Value: []byte{1}})
	}
}

// waits are those whom a held payment concerns.
func (l *look) waits(id utt.ID) []utt.PID {
	if of, ok := l.held[id]; ok {
		return of
	}
	return l.book.held[id]
}

// named is the customer of a handle.
func (l *look) named(h utt.ScanHandle) (utt.PID, bool) {
	for pid, c := range l.joined {
		if c != nil && pid.ScanHandle(l.book.p.Network()) == h {
			return pid, true
		}
	}
	pid, ok := l.book.handles[h]
	return pid, ok
}

func (l *look) customer(pid utt.PID) *customer {
	if c, ok := l.joined[pid]; ok {
		return c
	}
	return l.book.customers[pid]
}

// amend follows an amendment, which concerns everybody.
func (l *look) amend(r *utt.Record) error {
	if r.Kind() != utt.KindAmendment {
		return nil
	}
	p, err := l.rules.Follow(r)
	if err != nil {
		return fmt.Errorf("utt: replicas certified an amendment that is none: %w", err)
	}
	l.rules = p
	b, err := r.MarshalBinary()
	l.writes = append(l.writes, store.Write{Key: everybodyKey(r.Cursor()), Value: b})
	return err
}

// join makes a customer of who was expected, if he has signed his mandate with the account key
// that is registered.
func (l *look) join(r *utt.Record) error {
	e, err := r.Entry(l.rules)
	if err != nil {
		return nil
	}
	c := l.customer(e.PID)
	if c == nil || c.account != nil {
		return nil
	}
	if c.mandate.Verify(l.book.p, e.Member, l.book.scan, r.Time()) != nil {
		l.joined[e.PID] = nil
		l.writes = append(l.writes, store.Write{Key: customerKey(e.PID)}, store.Write{Key: placeKey(e.PID, r.Cursor())})
		return nil
	}
	joined := &customer{mandate: c.mandate, account: e.Member.AccountKey()}
	w, err := joined.write(e.PID)
	l.joined[e.PID] = joined
	l.next = min(l.next, c.mandate.Expires())
	l.writes = append(l.writes, w)
	return err
}
