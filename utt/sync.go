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
// The certificate is verified before anything is done that depends on whose wallet it
// is, so that a node that garbles, invents or leaves out records learns nothing: all
// wallets refuse alike. The error is ErrInvalid then; what came some hundred records
// before is kept, and another node may go on.
//
// Records that concern the wallet take longer than others to take in. All that a Sync
// asks for it asks before it takes in the last of it. One of some hundred records at
// most, called at a time fixed in advance, tells the node nothing; in a longer one, the
// node sees how long each batch took.
//
// One Sync runs at a time, and others wait for it: bound its context at a node that may
// hang.
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
	d := &download{w: w, node: n, records: make([]*Record, 0, syncBatch)}
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
	records []*Record
}

// add takes in what was collected, if it is much and ends a block, and adds r. A node
// that certifies nothing in between is left before it fills the memory.
func (d *download) add(ctx context.Context, r *Record) error {
	n := len(d.records)
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
	if len(d.records) == syncBatch-1+MaxBlock { // those that waited for more, and the next certificate's
		return fmt.Errorf("%w: the node serves more than %d records without a certificate", ErrInvalid, MaxBlock)
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
	seen    []sighting // by record
	err     error      // that another seed than the wallet's is registered

	found     map[place]*claimed // what the wallet is to have, in all passes
	undecided []*claimed         // new in this one
}

// claimed is an output that the wallet counts if it verifies.
type claimed struct {
	holding
	nullifier nullifier.Nullifier // of a coin
	record    *Record
	decided   bool
	burned    bool // it does not open, or nobody could spend it
}

// takeIn applies records, which must lead to a certificate, to a copy of the state, and
// keeps that. Coins that the wallet could not open, it leaves out.
func (w *Wallet) takeIn(ctx context.Context, records []*Record, served *Certificate) error {
	c := *served             // which is the node's
	before := w.Checkpoint() // only Sync moves it
	reached, err := before.extend(records)
	if err != nil {
		return err
	}
	if (reached.Records != c.Records || reached.Chain != c.Chain) && batch.Enforced(labelCertificate) {
		return fmt.Errorf("%w: [%s] the records up to block %d are not those certified", ErrInvalid, labelCertificate, c.Height)
	}
	if err := w.p.VerifyCertificate(&c); err != nil {
		return err
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
	found := make(map[place]*claimed)
	for {
		in := &intake{w: w, members: make(map[PID]*registrationEntry), seen: seen, found: found}
		if done := in.apply(records, c.Checkpoint, epoch); done {
			return in.err
		}
		// the wallet can be used meanwhile, so that it may be another one then
		if err := in.decide(ctx); err != nil {
			return err
		}
	}
}

// apply applies the records, and keeps the state if there is nothing undecided in it.
func (in *intake) apply(records []*Record, to Checkpoint, epoch Epoch) (done bool) {
	w := in.w
	w.mu.Lock()
	defer w.mu.Unlock()
	in.state = w.state.clone()
	for i, r := range records {
		in.record(i, r)
	}
	if len(in.undecided) > 0 {
		return false
	}
	if in.err != nil {
		return true
	}
	in.state.checkpoint, in.state.epoch = to, epoch
	in.state.expire()
	w.state = in.state
	for pid, m := range in.members {
		w.members[pid] = m
	}
	return true
}

// decide verifies what is undecided in one batch: that openings open, which is the
// sender's affair, and that outputs are signed, which t replicas have certified.
func (in *intake) decide(ctx context.Context) error {
	claims := make([]*batch.Claims, 2*len(in.undecided))
	for i, k := range in.undecided {
		opens, signed := new(batch.Claims), new(batch.Claims)
		k.signed.Commitment.ClaimOpening(opens, "SIG-1", k.opening)
		k.signed.ClaimHashed(signed, "SIG-1", k.record.keyFor(in.w.p, k.signed.Commitment))
		claims[2*i], claims[2*i+1] = opens, signed
	}
	for i, err := range batch.Verify(ctx, claims) {
		k := in.undecided[i/2]
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && i%2 == 1:
			return k.record.unsigned(err)
		case err != nil:
			k.burned = true
		}
		k.decided = true
	}
	return nil
}

// unsigned says that a record lacks a signature and was certified all the same.
func (r *Record) unsigned(cause error) error {
	return fmt.Errorf("%w: replicas certified record %d of block %d, whose signature is invalid: %w", ErrInvalid, r.index, r.height, cause)
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

// record applies one record to the state.
func (in *intake) record(i int, r *Record) {
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
	k := in.claim(r, 0, func() (*sig.Commitment, *sig.Opening) {
		return e.member.credential(in.w.p.network), in.w.credentialOpening()
	})
	if k != nil {
		in.state.registered = &e.member
		in.state.credential = &k.holding
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
	in.claimCoin(r, 0, asset, e, v, func() (*sig.Commitment, *sig.Opening) {
		o := sig.NewOpening([]attr.Attribute{in.w.pid.attribute(), s.serial(0), attr.Uint64(uint64(v)), kind}, make([]curve.Scalar, CoinAttributes))
		return r.entry.commitments(in.w.p)[0], o
	})
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
		counted := in.claimCoin(r, j, e.header.asset, epoch, n.value, func() (*sig.Commitment, *sig.Opening) {
			o := n.seed.opening(in.w.p.network, sd, j, in.w.pid.attribute(), n.value, sh.kindOf(j))
			return e.outputs[j].commitment(sd.base(j), sd, sh, j), o
		})
		if counted && (ro.kind == payee || ro.kind == fixed) {
			s.received = append(s.received, Payment{r.id, e.header.asset, n.value, n.memo, r.time})
		}
	}
}

// claimCoin adds output j to the coins, unless it is known that it cannot be spent: its
// sender burned it then.
func (in *intake) claimCoin(r *Record, j int, asset string, e Epoch, v Amount, output func() (*sig.Commitment, *sig.Opening)) bool {
	k := in.claim(r, j, output)
	if k == nil {
		return false
	}
	if k.nullifier == (nullifier.Nullifier{}) {
		var err error
		if k.nullifier, err = nullifier.Derive(in.w.keys.secret, k.attribute(coinSerial)); err != nil {
			k.burned = true // s + sn = 0
			return false
		}
	}
	in.state.coins[k.nullifier] = &coin{holding: k.holding, asset: asset, epoch: e, value: v}
	return true
}

// claim is output j of a record, with its opening and signature; nil if it is known not
// to open. What was not seen before is left to decide.
func (in *intake) claim(r *Record, j int, output func() (*sig.Commitment, *sig.Opening)) *claimed {
	at := place{r.Cursor(), j}
	k := in.found[at]
	if k == nil {
		c, o := output()
		s := &sig.Signed{Commitment: c}
		if j < len(r.signatures) {
			s.Signature = r.signatures[j]
		}
		k = &claimed{holding: holding{s, o}, record: r}
		in.found[at] = k
	}
	if !k.decided {
		in.undecided = append(in.undecided, k)
	}
	if k.burned {
		return nil
	}
	return k
}
