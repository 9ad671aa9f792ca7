package audit

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/follow"
)

// Config is what an auditor is made with.
type Config struct {
	Parameters *utt.Parameters
	// Opening and Approval are the auditors' committees, whose group keys the parameters
	// have, with this auditor's shares: of one index, the auditor's.
	Opening       *threshold.EncryptionCommittee
	OpeningShare  *threshold.EncryptionKeyShare
	Approval      *threshold.Committee
	ApprovalShare *threshold.KeyShare
	Keys          *Keys
	Peers         []Peer // of auditor j at j − 1, his own included
	// Judge decides on a payment: utt.Approve, utt.Veto, or 0 for not now, so that it is
	// asked again by the next Work, unless Decide has said it. It is called by Work, on one
	// goroutine; it must not call the auditor.
	Judge func(Opened) utt.Verb
	// Table finds amounts; by default a small one, made by New in some tens of
	// milliseconds. Auditors in one process may share it.
	Table *threshold.LogTable
	// Now is the clock; default time.Now. It can only make an auditor more careful.
	Now func() time.Time
}

// Auditor is one of the auditors of a ledger, as New makes him. He may be used from several
// goroutines. He prints as "redacted".
type Auditor struct {
	c     Config
	p     *utt.Parameters
	rules *utt.Parameters // with the amendments of all records taken in
	self  threshold.Index
	peers []*peer

	syncing chan struct{} // holds a token while a Sync runs
	working sync.Mutex    // one Work at a time

	mu         sync.Mutex
	frontier   utt.Frontier
	identities identities
	payments   map[utt.ID]*payment         // that certified records hold, and that are not settled
	held       map[utt.ID]*utt.HeldPayment // of all that was ever held
	warrants   map[uint64]*warrant         // on record, by number
	sums       map[utt.ID]*sum             // on record, by the ID of the record

	decryptions map[subject]*decryption
	started     uint64 // how many there were
	early       map[sender]*early
	out         map[threshold.Index]*outbox
	blamed      []Blame
}

// Blame says that an auditor has sent something false, over his signature.
type Blame struct {
	Auditor  threshold.Index
	Purpose  Purpose
	Warrant  uint64 // its number, 0 but for ByWarrant
	Transfer utt.ID // the payment, or of a sum the ID of its record
	Label    string // of the equation that does not hold: ENC-SHARE or THR-1
}

// New makes an auditor, who knows nothing yet: Sync. The error is ErrPolicy for keys that
// are not the parameters', and ErrInvalid for shares that are not of the committees.
func New(c Config) (*Auditor, error) {
	if err := c.Parameters.Usable(); err != nil {
		return nil, err
	}
	keys := c.Parameters.Auditors()
	switch {
	case keys == nil:
		return nil, fmt.Errorf("%w: parameters without auditors", utt.ErrPolicy)
	case !c.Opening.Key().Equal(keys.Opening) || !c.Approval.Group().Equal(keys.Approval):
		return nil, fmt.Errorf("%w: committees of other keys than the auditors' of the parameters", utt.ErrPolicy)
	case c.Keys.empty() || c.Judge == nil:
		return nil, fmt.Errorf("%w: an auditor without keys, or who judges nothing", utt.ErrInvalid)
	case c.Opening.Parties() != c.Approval.Parties() || len(c.Peers) != c.Approval.Parties():
		return nil, fmt.Errorf("%w: %d auditors open, %d decide, %d are known", utt.ErrInvalid, c.Opening.Parties(), c.Approval.Parties(), len(c.Peers))
	}
	if err := c.Opening.VerifyKeyShare(c.OpeningShare); err != nil {
		return nil, fmt.Errorf("%w: opening: %w", utt.ErrInvalid, err)
	}
	if err := c.Approval.VerifyKeyShare(c.ApprovalShare); err != nil {
		return nil, fmt.Errorf("%w: approval: %w", utt.ErrInvalid, err)
	}
	a := &Auditor{
		c: c, p: c.Parameters, rules: c.Parameters, self: c.OpeningShare.Index(), syncing: make(chan struct{}, 1),
		identities: identities{at: make(map[uint64]uint32)}, payments: make(map[utt.ID]*payment),
		held: make(map[utt.ID]*utt.HeldPayment), warrants: make(map[uint64]*warrant), sums: make(map[utt.ID]*sum),
		decryptions: make(map[subject]*decryption), early: make(map[sender]*early), out: make(map[threshold.Index]*outbox),
	}
	own := c.Keys.Peer()
	if at := int(a.self) - 1; c.ApprovalShare.Index() != a.self || !slices.Equal(c.Peers[at].Identity, own.Identity) || !slices.Equal(c.Peers[at].Address, own.Address) {
		return nil, fmt.Errorf("%w: shares of auditors %d and %d, or keys of another", utt.ErrInvalid, a.self, c.ApprovalShare.Index())
	}
	for i := range c.Peers {
		p, err := c.Peers[i].decode()
		if err != nil {
			return nil, err
		}
		a.peers = append(a.peers, p)
	}
	if a.c.Now == nil {
		a.c.Now = time.Now
	}
	if a.c.Table == nil {
		var err error
		if a.c.Table, err = threshold.NewLogTable(threshold.SmallLogTable); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// noAuditor stands in for a nil one.
var noAuditor Auditor

// usable reports an auditor that New did not make.
func (a *Auditor) usable() error {
	if a == nil || a.p == nil {
		return fmt.Errorf("%w: an empty auditor: make one with New", utt.ErrInvalid)
	}
	return nil
}

// Index is which of the auditors he is, 0 for an empty one.
func (a *Auditor) Index() threshold.Index { return cmp.Or(a, &noAuditor).self }

// Checkpoint is up to where the auditor has taken the ledger in.
func (a *Auditor) Checkpoint() utt.Checkpoint { return a.known().Checkpoint }

func (a *Auditor) known() utt.Frontier {
	a = cmp.Or(a, &noAuditor)
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.frontier
}

// Blamed are those who have sent something false, the last 1024 of them, oldest first.
func (a *Auditor) Blamed() []Blame {
	a = cmp.Or(a, &noAuditor)
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.blamed)
}

// Held are the payments that are held, oldest first.
func (a *Auditor) Held() (all []Payment) {
	a = cmp.Or(a, &noAuditor)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.waiting() {
		all = append(all, p.Payment)
	}
	return all
}

// Opened is what was opened of a payment that is held. The error is ErrNotFound if none is,
// or too few shares have come.
func (a *Auditor) Opened(transfer utt.ID) (Opened, error) {
	if err := a.usable(); err != nil {
		return Opened{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.payments[transfer]
	if p == nil || p.opened == nil {
		return Opened{}, fmt.Errorf("%w: %v is not held, or not opened yet", utt.ErrNotFound, transfer)
	}
	o := *p.opened
	o.Payment = p.Payment
	return o, nil
}

// waiting are the payments that are held, oldest first.
func (a *Auditor) waiting() []*payment {
	all := make([]*payment, 0, len(a.payments))
	for _, p := range a.payments {
		all = append(all, p)
	}
	slices.SortFunc(all, func(p, q *payment) int { return cmp.Compare(p.order, q.order) })
	return all
}

// time is that of the last certificate, or by the clock if that says a later one.
func (a *Auditor) time() uint64 { return max(a.frontier.Time, uint64(max(0, a.c.Now().Unix()))) }

// Format prints "redacted".
func (a *Auditor) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (a *Auditor) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// Sync takes in all records that a node has a certificate for since the last call: who is
// registered, what is held, and what became of it, warrants and sums. It keeps the audit
// records of all payments that were ever held, some 500 bytes each, since a warrant may name
// any of them, and to ask a node for those that a sealed one names would tell it which. The error is a follow.NodeError for a
// node that serves anything else; another one may go on.
func (a *Auditor) Sync(ctx context.Context, s follow.Source) error {
	if err := a.usable(); err != nil {
		return err
	}
	select {
	case a.syncing <- struct{}{}:
		defer func() { <-a.syncing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return follow.Records(ctx, a.p, a.known(), s, a.takeIn)
}

// taken is what a record tells an auditor.
type taken struct {
	key     uint64 // of who is registered
	payment *payment
	kept    *utt.HeldPayment
}

// takeIn takes in certified records, all or none.
func (a *Auditor) takeIn(ctx context.Context, records []*utt.Record, to utt.Frontier) error {
	p := a.rules // only Sync changes them
	for _, r := range records {
		var err error
		if p, err = p.Follow(r); err != nil {
			return fmt.Errorf("utt: replicas certified an amendment that is none: %w", err)
		}
	}
	all := make([]taken, len(records))
	parallel.For(len(records), func(i int) {
		if ctx.Err() == nil {
			all[i] = a.read(p, records[i])
		}
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, r := range records {
		e, _ := r.Entry(p) // a certified one is of these parameters
		switch {
		case e.Kind == utt.KindRegistration:
			a.identities.add(all[i].key, e.PID)
		case all[i].payment != nil:
			p := all[i].payment
			p.read = func(ctx context.Context, plain []threshold.Plaintext) error { return a.identify(ctx, p, plain) }
			a.payments[p.Transfer], a.held[p.Transfer] = p, all[i].kept
			a.start(&p.decryption)
		case e.Kind == utt.KindSettlement && r.Status() == utt.Approved:
			if p := a.payments[r.ID()]; p != nil {
				p.Approved, p.Due, p.settlement = true, e.Due, r
			}
		case e.Kind == utt.KindSettlement:
			delete(a.payments, r.ID())
			delete(a.decryptions, subject{purpose: ToDecide, id: r.ID()})
		case e.Kind == utt.KindWarrant:
			a.warrants[e.Nonce] = &warrant{number: e.Nonce, record: r, order: e}
		case e.Kind == utt.KindWarrantOpening, e.Kind == utt.KindWarrantVoid:
			if w := a.warrants[e.Nonce]; w != nil {
				w.end, w.ended = r, e
			}
		case e.Kind == utt.KindSum:
			a.sums[r.ID()] = &sum{record: r, set: r.Sum().Set(), count: e.Count}
		}
	}
	a.frontier, a.rules = to, p
	return nil
}

// read is what a record tells under parameters with all amendments before it.
func (a *Auditor) read(p *utt.Parameters, r *utt.Record) (t taken) {
	e, _ := r.Entry(p)
	if e.Kind == utt.KindRegistration {
		t.key = keyOf(e.PID.Plaintext())
		return t
	}
	w, held := r.Wait(p)
	if !held {
		return t
	}
	t.kept, _ = r.HeldPayment(p)
	t.payment = &payment{
		Payment:    Payment{Transfer: r.ID(), Case: e.Case, Asset: e.Asset, Reveals: w.Audit.Reveals, Time: r.Time(), Due: r.Time() + uint64(w.Audit.Expire/time.Second)},
		decryption: decryption{subject: subject{purpose: ToDecide, id: r.ID()}},
		votes:      make(map[utt.Verb]map[threshold.Index]*threshold.SignatureShare), decisions: make(map[utt.Verb]*utt.Decision), announced: make(map[utt.Verb]bool),
	}
	return t
}
