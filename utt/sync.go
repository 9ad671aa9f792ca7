package utt

import (
	"context"
	"fmt"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/sig"
)

// syncBatch is how many records are taken in at once: notes are tried on all
// cores, and signatures are verified in one batch.
const syncBatch = 512

// Sync takes in all records since the last call. A record that does not verify is
// the node's fault: it stops there, keeps what came before, and another node may
// go on.
func (w *Wallet) Sync(ctx context.Context, n Node) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	head, err := n.Head(ctx)
	if err != nil {
		return fmt.Errorf("utt: sync: %w", err)
	}
	batch := make([]*Record, 0, syncBatch)
	for r, err := range n.Records(ctx, w.state.cursor) {
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
	w.state.advance(head)
	return nil
}

// advance takes note of the time: what was made for an epoch now past can no
// longer execute.
func (s *walletState) advance(h Head) {
	if h.Height < s.head.Height {
		return
	}
	s.head = h
	for id, p := range s.pending {
		// records up to the head have been taken in, so nothing of it is on its way
		if p.epoch != 0 && p.epoch < h.Epoch && s.cursor.Height >= h.Height {
			s.settle(id, false)
		}
	}
	for nf, c := range s.coins {
		if c.epoch != 0 && c.epoch < h.Epoch {
			delete(s.coins, nf)
		}
	}
}

// intake is a batch of records on its way into a wallet.
type intake struct {
	w       *Wallet
	state   walletState
	members map[PID]*registrationEntry
	notes   []map[int]note // by record and output: notes from others, decrypted
	claimed []*sig.Signed
	keys    []*sig.PublicKey
}

// takeIn applies records to a copy of the state and keeps it if all that concerns
// the wallet verifies.
func (w *Wallet) takeIn(ctx context.Context, records []*Record) error {
	in := &intake{w: w, state: w.state.clone(), members: make(map[PID]*registrationEntry), notes: make([]map[int]note, len(records))}
	forAll(len(records), func(i int) {
		if ctx.Err() == nil {
			in.notes[i] = w.tryNotes(records[i])
		}
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	for i, r := range records {
		if err := in.apply(i, r); err != nil {
			return err
		}
	}
	for i, err := range sig.VerifyBatch(ctx, in.keys, in.claimed) {
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

// tryNotes decrypts the notes of outputs that may be the wallet's.
func (w *Wallet) tryNotes(r *Record) map[int]note {
	e, ok := r.entry.(*transferEntry)
	if !ok {
		return nil
	}
	sh := e.shape(w.p)
	if sh == nil {
		return nil
	}
	var found map[int]note
	for j, ro := range sh.roles {
		if ro.kind != payee && (ro.kind != fixed || ro.pid != w.pid) {
			continue
		}
		if n, ok := openPayeeNote(w.keys.address, e.outputs[j].note, noteContext(&e.header, e.seed(), j)); ok {
			if found == nil {
				found = make(map[int]note)
			}
			found[j] = n
		}
	}
	return found
}

func (in *intake) apply(i int, r *Record) error {
	s := &in.state
	c := r.Cursor()
	if c.Height < s.cursor.Height || c.Height == s.cursor.Height && c.Index < s.cursor.Index {
		return fmt.Errorf("%w: record %d of block %d came after it", ErrInvalid, c.Index, c.Height)
	}
	var err error
	switch e := r.entry.(type) {
	case *registrationEntry:
		err = in.register(r, e)
	case *issueOrder:
		in.credit(e.to, e.asset, e.amount)
	case *publicOrder:
		in.debit(r.id, &e.accountOrder)
		in.credit(e.to, e.asset, e.amount)
	case *mintOrder:
		in.debit(r.id, &e.accountOrder)
		if e.account == in.w.pid {
			err = in.claimPublic(r, e.asset, 0, e.seed(in.w.p.network), e.amount, moneyKind(e.asset))
		}
	case *grantOrder:
		if e.pid == in.w.pid {
			s.granted[grantID{e.asset, e.epoch}] = true
			err = in.claimPublic(r, e.asset, e.epoch, e.seed(in.w.p.network), e.amount, budget.Kind(e.asset, e.epoch))
		}
	case *transferEntry:
		err = in.transfer(i, r, e)
	}
	if err != nil {
		return err
	}
	s.settle(r.id, true)
	s.cursor = r.next()
	return nil
}

func (in *intake) register(r *Record, e *registrationEntry) error {
	if _, known := in.w.members[e.pid]; known || in.members[e.pid] != nil {
		return fmt.Errorf("%w: a second registration of %v", ErrInvalid, e.pid)
	}
	in.members[e.pid] = e
	if e.pid != in.w.pid {
		return nil
	}
	if mine := in.w.keys.member(in.w.p.network, e.pid, e.class); !mine.same(&e.member) {
		return fmt.Errorf("%w: this identity is registered with other keys: wrong seed", ErrConflict)
	}
	o := in.w.credentialOpening(&e.member)
	signed, err := in.claim(r, 0, o)
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

func (in *intake) credit(to PID, asset string, v Amount) {
	if to == in.w.pid {
		in.state.accounts[asset] += v
	}
}

// debit applies an order, of the operation self, to the wallet's account.
func (in *intake) debit(self ID, o *accountOrder) {
	s := &in.state
	if o.account != in.w.pid {
		return
	}
	s.accounts[o.asset] -= o.amount
	s.nonce = o.nonce + 1
	for id, p := range s.pending {
		if p.nonce != nil && *p.nonce <= o.nonce {
			s.settle(id, id == self)
		}
	}
}

// claimPublic takes a coin whose attributes are all public: a mint or a grant.
func (in *intake) claimPublic(r *Record, asset string, e Epoch, s seed, v Amount, kind attr.Attribute) error {
	o := sig.NewOpening([]attr.Attribute{in.w.pid.attribute(), s.serial(0), attr.Uint64(uint64(v)), kind}, make([]curve.Scalar, CoinAttributes))
	return in.claimCoin(r, 0, o, asset, e, v)
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
		if c.locked != (ID{}) && c.locked != r.id {
			s.settle(c.locked, false) // another transfer was faster
		}
		delete(s.coins, n)
	}
	if e.burn.amount > 0 {
		in.credit(e.burn.account, e.header.asset, e.burn.amount)
	}
	sh := e.shape(in.w.p)
	if sh == nil {
		return fmt.Errorf("%w: record %v is not one of this ledger", ErrInvalid, r.id)
	}
	sd := e.seed()
	for j, ro := range sh.roles {
		n, ok := in.notes[i][j]
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
		before := len(s.coins)
		if err := in.claimCoin(r, j, o, e.header.asset, epoch, n.value); err != nil {
			return err
		}
		if (ro.kind == payee || ro.kind == fixed) && len(s.coins) > before {
			s.received = append(s.received, Payment{r.id, e.header.asset, n.value, n.memo, r.time})
		}
	}
	return nil
}

// claimCoin adds output j to the coins, if the opening opens it.
func (in *intake) claimCoin(r *Record, j int, o *sig.Opening, asset string, e Epoch, v Amount) error {
	s := &in.state
	if s.credential == nil {
		return fmt.Errorf("%w: a coin for this wallet before its registration", ErrInvalid)
	}
	signed, err := in.claim(r, j, o)
	if err != nil || signed == nil {
		return err // an output that does not open is not counted: its sender burned it
	}
	h := holding{signed, o}
	n, err := nullifier.Derive(s.secret(), h.attribute(coinSerial))
	if err != nil {
		return err
	}
	s.coins[n] = &coin{holding: h, asset: asset, epoch: e, value: v}
	return nil
}

// claim is output j of a record with its signature, to be verified with the
// batch; nil if the opening does not open it.
func (in *intake) claim(r *Record, j int, o *sig.Opening) (*sig.Signed, error) {
	outputs, err := r.signedOutputs(in.w.p)
	if err != nil {
		return nil, err
	}
	if j >= len(outputs) {
		return nil, fmt.Errorf("%w: record %v has no output %d", ErrInvalid, r.id, j)
	}
	if !outputs[j].Commitment.Opens(o) {
		return nil, nil
	}
	in.claimed = append(in.claimed, outputs[j])
	in.keys = append(in.keys, r.key(in.w.p))
	return outputs[j], nil
}
