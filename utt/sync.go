package utt

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/sig"
)

// syncBatch is about how many records are taken in at once: notes are tried on all
// cores, and signatures are verified in one batch.
const syncBatch = 512

// Sync takes in all records that the node has a certificate for since the last call.
// Nothing is looked at that t replicas did not certify, so that a node that garbles,
// invents or leaves out records learns nothing from what the wallet does: it fails
// alike for all wallets. The error is ErrInvalid then; what came some hundred records
// before is kept, and another node may go on.
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
	last, err := n.Certificate(ctx, math.MaxUint64)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil // nothing is published yet
	case err != nil:
		return fmt.Errorf("utt: sync: %w", err)
	case last == nil:
		return fmt.Errorf("%w: the node served no certificate", ErrInvalid)
	case last.Height <= w.Checkpoint().Height:
		return nil // nothing new; a node that lags behind knows no better
	}
	d := &download{w: w, node: n, last: last, records: make([]*Record, 0, syncBatch)}
	for r, err := range n.Records(ctx, w.Checkpoint().Next()) {
		if err != nil {
			return fmt.Errorf("utt: sync: %w", err)
		}
		if r == nil || r.entry == nil {
			return fmt.Errorf("%w: the node served an empty record", ErrInvalid)
		}
		if r.height > last.Height {
			break
		}
		if err := d.add(ctx, r); err != nil {
			return err
		}
	}
	return w.takeIn(ctx, d.records, last)
}

// download collects records until a certificate covers them.
type download struct {
	w       *Wallet
	node    Node
	last    *Certificate // of all that will come
	bounded bool         // last is verified, and with it the number of records to come
	records []*Record
}

// add takes in what was collected, if it is much and ends a block, and adds r.
func (d *download) add(ctx context.Context, r *Record) error {
	n := len(d.records)
	if n >= syncBatch && !d.bounded {
		// make sure that the node cannot go on for ever
		if err := d.w.p.VerifyCertificate(d.last); err != nil {
			return err
		}
		d.bounded = true
	}
	if d.bounded && uint64(n) >= d.last.Records-d.w.Checkpoint().Records {
		return fmt.Errorf("%w: more records than the %d certified", ErrInvalid, d.last.Records)
	}
	if n >= syncBatch && r.height > d.records[n-1].height {
		c, err := d.node.Certificate(ctx, r.height-1)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return fmt.Errorf("utt: sync: %w", err)
		}
		if err == nil && c != nil && c.Height >= d.records[n-1].height && c.Height < r.height {
			if err := d.w.takeIn(ctx, d.records, c); err != nil {
				return err
			}
			d.records = d.records[:0]
		}
	}
	d.records = append(d.records, r)
	return nil
}

// place is an output of a record.
type place struct {
	cursor Cursor
	output int
}

// intake is a batch of records on its way into a wallet.
type intake struct {
	w       *Wallet
	state   walletState
	members map[PID]*registrationEntry
	seen    []sighting     // by record
	refuted map[place]bool // coins that are none
	err     error          // that another seed than the wallet's is registered

	places []place         // of the claims
	claims []*batch.Claims // that coins open and are signed
}

// takeIn applies records, which must lead to a certificate, to a copy of the state. It
// keeps that if the certificate verifies; coins that do not, it leaves out.
func (w *Wallet) takeIn(ctx context.Context, records []*Record, c *Certificate) error {
	before := w.Checkpoint() // only Sync moves it
	reached, err := before.extend(records)
	if err != nil {
		return err
	}
	if (reached.Records != c.Records || reached.Chain != c.Chain) && batch.Enforced(labelCertificate) {
		return fmt.Errorf("%w: [%s] the records up to block %d are not those certified", ErrInvalid, labelCertificate, c.Height)
	}
	epoch, err := w.p.config.Policy.EpochAt(c.Time)
	if err != nil {
		return fmt.Errorf("%w: certificate of height %d: %w", ErrInvalid, c.Height, err)
	}
	seen := make([]sighting, len(records))
	parallel.For(len(records), func(i int) {
		if ctx.Err() == nil {
			seen[i] = w.look(records[i])
		}
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	certified := new(batch.Claims)
	c.claim(certified, w.p)
	refuted := make(map[place]bool)
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		in := &intake{w: w, state: w.state.clone(), members: make(map[PID]*registrationEntry), seen: seen, refuted: refuted}
		for i, r := range records {
			in.apply(i, r)
		}
		in.claims = append(in.claims, certified)
		in.state.checkpoint, in.state.epoch = c.Checkpoint, epoch
		in.state.expire()
		again := false
		for i, err := range batch.Verify(ctx, in.claims) {
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case err != nil && i == len(in.places):
				return fmt.Errorf("%w: certificate of height %d: %w", ErrInvalid, c.Height, err)
			case err != nil:
				refuted[in.places[i]], again = true, true
			}
		}
		if again {
			continue // without the coins that are none
		}
		if in.err != nil {
			return in.err
		}
		w.p.seen.add(c)
		w.state = in.state
		for pid, m := range in.members {
			w.members[pid] = m
		}
		return nil
	}
}

// sighting is what a wallet makes of a transfer without knowing its coins.
type sighting struct {
	shape *shape
	seed  seed
	notes map[int]note // from others, by output, decrypted
}

// look decrypts the notes of outputs that may be the wallet's.
func (w *Wallet) look(r *Record) (found sighting) {
	e, ok := r.entry.(*transferEntry)
	if !ok {
		return found
	}
	if found.shape = e.shape(w.p); found.shape == nil {
		return found
	}
	found.seed = e.seed()
	for j, ro := range found.shape.roles {
		if ro.kind != payee && (ro.kind != fixed || ro.pid != w.pid) {
			continue
		}
		if n, ok := openPayeeNote(w.keys.address, e.outputs[j].note, noteContext(&e.header, found.seed, j)); ok {
			if found.notes == nil {
				found.notes = make(map[int]note)
			}
			found.notes[j] = n
		}
	}
	return found
}

func (in *intake) apply(i int, r *Record) {
	switch e := r.entry.(type) {
	case *registrationEntry:
		in.register(r, e)
	case *issueOrder:
		in.credit(e.to, e.asset, e.amount)
	case *publicOrder:
		in.debit(e, &e.accountOrder)
		in.credit(e.to, e.asset, e.amount)
	case *mintOrder:
		in.debit(e, &e.accountOrder)
		if e.account == in.w.pid {
			in.claimPublic(r, e.asset, 0, e.seed(in.w.p.network), e.amount, moneyKind(e.asset))
		}
	case *grantOrder:
		if e.pid == in.w.pid {
			in.state.granted[grantID{e.asset, e.epoch}] = true
			in.state.settleOrder(e)
			in.claimPublic(r, e.asset, e.epoch, e.seed(in.w.p.network), e.amount, budget.Kind(e.asset, e.epoch))
		}
	case *transferEntry:
		in.transfer(i, r, e)
	}
}

func (in *intake) register(r *Record, e *registrationEntry) {
	in.members[e.pid] = e
	if e.pid != in.w.pid {
		return
	}
	if mine := in.w.keys.member(in.w.p.network, e.pid, e.class); !mine.same(&e.member) {
		in.err = fmt.Errorf("%w: this identity is registered with other keys: wrong seed", ErrConflict)
		return
	}
	o := in.w.credentialOpening()
	if signed := in.claim(r, 0, e.member.credential(in.w.p.network), o); signed != nil {
		in.state.registered = &e.member
		in.state.credential = &holding{signed, o}
	}
}

func (in *intake) credit(to PID, asset string, v Amount) {
	if to == in.w.pid {
		in.state.accounts[asset] += v
	}
}

// debit applies an order on record to the wallet's account.
func (in *intake) debit(e entry, o *accountOrder) {
	if o.account != in.w.pid {
		return
	}
	s := &in.state
	s.accounts[o.asset] -= o.amount
	s.nonce = o.nonce + 1
	s.settleOrder(e)
	for id, p := range s.pending {
		if p.nonce != nil && *p.nonce <= o.nonce {
			s.settle(id, false) // another order was faster
		}
	}
}

// claimPublic takes a coin whose attributes are all public: a mint or a grant.
func (in *intake) claimPublic(r *Record, asset string, e Epoch, s seed, v Amount, kind attr.Attribute) {
	o := sig.NewOpening([]attr.Attribute{in.w.pid.attribute(), s.serial(0), attr.Uint64(uint64(v)), kind}, make([]curve.Scalar, CoinAttributes))
	in.claimCoin(r, 0, r.entry.commitments(in.w.p)[0], o, asset, e, v)
}

func (in *intake) transfer(i int, r *Record, e *transferEntry) {
	s := &in.state
	mine := false
	for _, n := range e.nullifiers() {
		if c := s.coins[n]; c != nil {
			mine = true
			s.settle(c.locked, c.locked == r.id) // or another transfer was faster
			delete(s.coins, n)
		}
	}
	if e.burn.amount > 0 {
		in.credit(e.burn.account, e.header.asset, e.burn.amount)
	}
	sh, sd := in.seen[i].shape, in.seen[i].seed
	if sh == nil {
		return // of no ledger with these parameters
	}
	for j, ro := range sh.roles {
		n, ok := in.seen[i].notes[j]
		epoch := Epoch(0)
		switch ro.kind {
		case own, budgetChange:
			if mine {
				n, ok = openOwnNote(in.w.keys.note, e.outputs[j].note, noteContext(&e.header, sd, j))
			}
			if ro.kind == budgetChange {
				epoch = e.header.epoch
			}
		case payee, fixed:
		case refund:
			continue // signed only if the payment is refused
		}
		if !ok || n.value == 0 {
			continue
		}
		o := n.seed.opening(in.w.p.network, sd, j, in.w.pid.attribute(), n.value, sh.kindOf(j))
		counted := in.claimCoin(r, j, e.outputs[j].commitment(sd.base(j), sd, sh, j), o, e.header.asset, epoch, n.value)
		if counted && (ro.kind == payee || ro.kind == fixed) {
			s.received = append(s.received, Payment{r.id, e.header.asset, n.value, n.memo, r.time})
		}
	}
}

// claimCoin adds output j to the coins, unless the opening has been found not to open
// it: its sender burned it then.
func (in *intake) claimCoin(r *Record, j int, c *sig.Commitment, o *sig.Opening, asset string, e Epoch, v Amount) bool {
	signed := in.claim(r, j, c, o)
	if signed == nil {
		return false
	}
	h := holding{signed, o}
	n, err := nullifier.Derive(in.w.secret, h.attribute(coinSerial))
	if err != nil {
		return false // s + sn = 0: nobody can spend it
	}
	in.state.coins[n] = &coin{holding: h, asset: asset, epoch: e, value: v}
	return true
}

// claim is output j of a record, the commitment c, with its signature; nil if it is
// known not to verify. That o opens it and that it is signed is left to the batch.
func (in *intake) claim(r *Record, j int, c *sig.Commitment, o *sig.Opening) *sig.Signed {
	at := place{r.Cursor(), j}
	if in.refuted[at] || j >= len(r.signatures) {
		return nil
	}
	s := &sig.Signed{Commitment: c, Signature: r.signatures[j]}
	claims := new(batch.Claims)
	c.ClaimOpening(claims, "SIG-1", o)
	s.ClaimHashed(claims, "SIG-1", r.keyFor(in.w.p, c))
	in.claims, in.places = append(in.claims, claims), append(in.places, at)
	return s
}
