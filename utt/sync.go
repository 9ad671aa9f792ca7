package utt

import (
	"context"
	"fmt"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/sig"
)

// syncBatch is how many records are taken in at once: notes are tried on all
// cores, and signatures are verified in one batch.
const syncBatch = 512

// Sync takes in all records since the last call. A record that does not verify is
// the node's fault: Sync stops there, keeps what came some hundred records before,
// and another node may go on.
func (w *Wallet) Sync(ctx context.Context, n Node) error {
	if n == nil {
		return errNode
	}
	if w.syncing == nil {
		return fmt.Errorf("%w: an empty wallet: make it with NewWallet", ErrInvalid)
	}
	select {
	case w.syncing <- struct{}{}:
		defer func() { <-w.syncing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	w.mu.Lock()
	from := w.state.cursor // only Sync moves it
	w.mu.Unlock()
	head, err := n.Head(ctx)
	if err != nil {
		return fmt.Errorf("utt: sync: %w", err)
	}
	batch := make([]*Record, 0, syncBatch)
	for r, err := range n.Records(ctx, from) {
		if err != nil {
			return fmt.Errorf("utt: sync: %w", err)
		}
		if batch = append(batch, r); len(batch) == syncBatch {
			if err := w.takeIn(ctx, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	if err := w.takeIn(ctx, batch); err != nil {
		return err
	}
	if head.Height < from.Height {
		return nil // a node that lags behind knows no better
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state.advance(head, &w.p.config.Policy)
	return nil
}

// advance takes note of the time: what was made for an epoch now past can no
// longer execute. An epoch is past once a record of a later one has been taken in,
// for records come in order, or once all those up to a head in a later one have: a
// node tells its head before its records.
func (s *walletState) advance(h Head, policy *budget.Policy) {
	s.head = h
	now, err := policy.EpochAt(s.time)
	if err != nil {
		now = 0 // no records yet
	}
	now = max(now, h.Epoch)
	for id, p := range s.pending {
		if p.epoch != 0 && p.epoch < now {
			s.settle(id, false)
		}
	}
}

// intake is a batch of records on its way into a wallet.
type intake struct {
	w       *Wallet
	state   walletState
	members map[PID]*registrationEntry
	seen    []sighting      // by record
	claims  []*batch.Claims // that the outputs are signed

	outputs []*sig.Signed // of the record at hand, those to be verified
}

// takeIn applies records to a copy of the state and keeps it if all that concerns
// the wallet verifies.
func (w *Wallet) takeIn(ctx context.Context, records []*Record) error {
	for _, r := range records {
		if r == nil || r.entry == nil {
			return fmt.Errorf("%w: the node served an empty record", ErrInvalid)
		}
	}
	in := &intake{w: w, members: make(map[PID]*registrationEntry), seen: make([]sighting, len(records))}
	forAll(len(records), func(i int) {
		if ctx.Err() == nil {
			in.seen[i] = w.look(records[i])
		}
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	in.state = w.state.clone()
	for i, r := range records {
		if err := in.apply(i, r); err != nil {
			return err
		}
	}
	for i, err := range batch.Verify(ctx, in.claims) {
		if err != nil {
			return fmt.Errorf("%w: signature %d of those for this wallet, up to block %d: %w", ErrInvalid, i, in.state.cursor.Height, err)
		}
	}
	w.state = in.state
	for pid, m := range in.members {
		w.members[pid] = m
	}
	return nil
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

func (in *intake) apply(i int, r *Record) error {
	s := &in.state
	c, next := r.Cursor(), s.cursor
	if c != next && (c.Height <= next.Height || c.Index != 0) {
		return fmt.Errorf("%w: record %d of block %d came where record %d of block %d, or the first of a later one, is next",
			ErrInvalid, c.Index, c.Height, next.Index, next.Height)
	}
	in.outputs = nil
	var err error
	switch e := r.entry.(type) {
	case *registrationEntry:
		err = in.register(r, e)
	case *issueOrder:
		err = in.credit(e.to, e.asset, e.amount)
	case *publicOrder:
		if err = in.debit(e, &e.accountOrder); err == nil {
			err = in.credit(e.to, e.asset, e.amount)
		}
	case *mintOrder:
		if err = in.debit(e, &e.accountOrder); err == nil && e.account == in.w.pid {
			err = in.claimPublic(r, e.asset, 0, e.seed(in.w.p.network), e.amount, moneyKind(e.asset))
		}
	case *grantOrder:
		if e.pid == in.w.pid {
			s.granted[grantID{e.asset, e.epoch}] = true
			for id, p := range s.pending {
				if p.is(e) {
					s.settle(id, true)
				}
			}
			err = in.claimPublic(r, e.asset, e.epoch, e.seed(in.w.p.network), e.amount, budget.Kind(e.asset, e.epoch))
		}
	case *transferEntry:
		err = in.transfer(i, r, e)
	}
	if err != nil {
		return err
	}
	s.cursor, s.time = r.next(), r.time
	return nil
}

func (in *intake) register(r *Record, e *registrationEntry) error {
	if _, known := in.w.members[e.pid]; known || in.members[e.pid] != nil {
		return fmt.Errorf("%w: a second registration of %v", ErrInvalid, e.pid)
	}
	if !e.endorsed(in.w.p) {
		return fmt.Errorf("%w: no endorser vouches for the registration of %v", ErrInvalid, e.pid)
	}
	in.members[e.pid] = e
	if e.pid != in.w.pid {
		return nil
	}
	if mine := in.w.keys.member(in.w.p.network, e.pid, e.class); !mine.same(&e.member) {
		return fmt.Errorf("%w: this identity is registered with other keys: wrong seed", ErrConflict)
	}
	o := in.w.credentialOpening()
	signed, err := in.claim(r, 0, e.member.credential(in.w.p.network), o)
	if err != nil {
		return err
	}
	if signed == nil {
		return fmt.Errorf("%w: the credential on record does not open", ErrInvalid)
	}
	in.state.registered = &e.member
	in.state.credential = &holding{signed, o}
	return nil
}

func (in *intake) credit(to PID, asset string, v Amount) error {
	if to != in.w.pid {
		return nil
	}
	have := in.state.accounts[asset]
	if have+v < have {
		return fmt.Errorf("%w: the account's %s would reach 2^64", ErrInvalid, asset)
	}
	in.state.accounts[asset] = have + v
	return nil
}

// debit applies an order on record to the wallet's account.
func (in *intake) debit(e entry, o *accountOrder) error {
	s := &in.state
	if o.account != in.w.pid {
		return nil
	}
	if have := s.accounts[o.asset]; o.nonce != s.nonce || have < o.amount {
		return fmt.Errorf("%w: order %d of the account over %d where order %d is next and %d are there: the node left something out",
			ErrInvalid, o.nonce, o.amount, s.nonce, have)
	}
	s.accounts[o.asset] -= o.amount
	s.nonce++
	for id, p := range s.pending {
		if p.nonce != nil && *p.nonce <= o.nonce {
			s.settle(id, p.is(e))
		}
	}
	return nil
}

// claimPublic takes a coin whose attributes are all public: a mint or a grant.
func (in *intake) claimPublic(r *Record, asset string, e Epoch, s seed, v Amount, kind attr.Attribute) error {
	if in.state.credential == nil {
		return fmt.Errorf("%w: a coin of this wallet's account before its registration", ErrInvalid)
	}
	o := sig.NewOpening([]attr.Attribute{in.w.pid.attribute(), s.serial(0), attr.Uint64(uint64(v)), kind}, make([]curve.Scalar, CoinAttributes))
	return in.claimCoin(r, 0, r.entry.commitments(in.w.p)[0], o, asset, e, v)
}

func (in *intake) transfer(i int, r *Record, e *transferEntry) error {
	s := &in.state
	mine := false
	for _, n := range e.nullifiers() {
		c := s.coins[n]
		if c == nil {
			continue
		}
		mine = true
		if p := s.pending[c.locked]; p != nil && in.seen[i].shape != nil {
			s.settle(c.locked, p.made(e, in.seen[i].shape)) // or another transfer was faster
		}
		delete(s.coins, n)
		s.spent[n] = true
	}
	if e.burn.amount > 0 {
		if err := in.credit(e.burn.account, e.header.asset, e.burn.amount); err != nil {
			return err
		}
	}
	sh, sd := in.seen[i].shape, in.seen[i].seed
	if sh == nil {
		return fmt.Errorf("%w: record %v is not one of this ledger", ErrInvalid, r.id)
	}
	for j, ro := range sh.roles {
		var c *sig.Commitment
		if mine && ro.kind != refund {
			// its base is a hash of the nullifiers: signed, it proves that they are spent
			c = e.outputs[j].commitment(sd.base(j), sd, sh, j)
			if _, err := in.output(r, j, c, (*sig.Signed).Claim); err != nil {
				return err
			}
		}
		n, ok := in.seen[i].notes[j]
		epoch := Epoch(0)
		switch ro.kind {
		case own, budgetChange:
			if mine {
				if n, ok = openOwnNote(in.w.keys.note, e.outputs[j].note, noteContext(&e.header, sd, j)); !ok {
					return fmt.Errorf("%w: the note on output %d of record %v, this wallet's own, was altered", ErrInvalid, j, r.id)
				}
			}
			if ro.kind == budgetChange {
				epoch = e.header.epoch
			}
		case payee, fixed:
		case refund:
			continue // signed only if the payment is refused
		}
		if !ok {
			continue
		}
		o := n.seed.opening(in.w.p.network, sd, j, in.w.pid.attribute(), n.value, sh.kindOf(j))
		if c == nil {
			c = e.outputs[j].commitment(sd.base(j), sd, sh, j)
		}
		if n.value == 0 {
			if (ro.kind == own || ro.kind == budgetChange) && !c.Opens(o) {
				return fmt.Errorf("%w: output %d of record %v, this wallet's own, was altered", ErrInvalid, j, r.id)
			}
			continue
		}
		before := len(s.coins)
		if err := in.claimCoin(r, j, c, o, e.header.asset, epoch, n.value); err != nil {
			return err
		}
		switch counted := len(s.coins) > before; ro.kind {
		case payee, fixed:
			if counted {
				s.received = append(s.received, Payment{r.id, e.header.asset, n.value, n.memo, r.time})
			}
		case own, budgetChange:
			if !counted { // a point of small order added, which the signature does not show
				return fmt.Errorf("%w: output %d of record %v, this wallet's own, was altered", ErrInvalid, j, r.id)
			}
		case refund:
		}
	}
	return nil
}

// claimCoin adds output j to the coins, if the opening opens it.
func (in *intake) claimCoin(r *Record, j int, c *sig.Commitment, o *sig.Opening, asset string, e Epoch, v Amount) error {
	s := &in.state
	signed, err := in.claim(r, j, c, o)
	if err != nil || signed == nil {
		return err // an output that does not open is not counted: its sender burned it
	}
	h := holding{signed, o}
	n, err := nullifier.Derive(in.w.secret, h.attribute(coinSerial))
	if err != nil {
		return err
	}
	// no honest record repeats a coin: this is one served again, at another place
	if s.coins[n] != nil || s.spent[n] {
		return fmt.Errorf("%w: output %d of record %v was there before", ErrInvalid, j, r.id)
	}
	s.coins[n] = &coin{holding: h, asset: asset, epoch: e, value: v}
	return nil
}

// claim is output j of a record, the commitment c, with its signature, to be
// verified with the batch; nil if the opening does not open it.
func (in *intake) claim(r *Record, j int, c *sig.Commitment, o *sig.Opening) (*sig.Signed, error) {
	if !c.Opens(o) {
		return nil, nil
	}
	return in.output(r, j, c, (*sig.Signed).ClaimHashed)
}

// output is output j of a record with its signature, to be verified with the batch.
// Points that are not opened must be claimed in full: with a point of small order
// added, which the equation does not show, the wallet's own transfer would look like
// another that was faster.
func (in *intake) output(r *Record, j int, c *sig.Commitment, claim func(*sig.Signed, *batch.Claims, string, *sig.PublicKey)) (*sig.Signed, error) {
	if j >= len(r.signatures) {
		return nil, fmt.Errorf("%w: record %v has no signature on output %d", ErrInvalid, r.id, j)
	}
	if in.outputs == nil {
		in.outputs = make([]*sig.Signed, len(r.signatures))
	}
	if in.outputs[j] == nil {
		in.outputs[j] = &sig.Signed{Commitment: c, Signature: r.signatures[j]}
		key := r.key(in.w.p)
		if kind, ok := c.Public(coinKind); ok {
			key = in.w.p.coinKeyFor(kind)
		}
		claims := new(batch.Claims)
		claim(in.outputs[j], claims, "SIG-1", key)
		in.claims = append(in.claims, claims)
	}
	return in.outputs[j], nil
}
