package wallet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/utt-ecash/utt-go/utt"
)

// place is an output of a record.
type place struct {
	cursor utt.Cursor
	output int
}

// intake is a batch of records on its way into a wallet.
type intake struct {
	w       *Wallet
	s       *walletState
	way     Way      // in which the records were found
	numbers []uint64 // of the records on the ledger
	err     error    // that another seed than the wallet's is registered, or the store fails

	users     map[utt.PID]*utt.Record // registered, for a directory
	moved     map[utt.PID]*utt.Record // who have another address, for it
	found     map[place]*claimed      // what the wallet is to have, in all passes
	undecided []*claimed              // new in this one
}

// claimed is an output that the wallet counts if it verifies.
type claimed struct {
	holding *utt.Holding
	decided bool
	burned  bool // it does not open, or nobody could spend it
}

// apply applies the records, and keeps what they change if there is nothing undecided
// in it.
func (in *intake) apply(records []*utt.Record, seen []*utt.Sighting, p *utt.Parameters, to utt.Frontier, b boundaries, epoch utt.Epoch) (done bool) {
	in.w.mu.Lock()
	defer in.w.mu.Unlock()
	in.s, in.users, in.moved = &in.w.state, make(map[utt.PID]*utt.Record), make(map[utt.PID]*utt.Record)
	if in.err = in.s.begin(); in.err != nil {
		return true
	}
	in.s.p = p
	for i, r := range records {
		in.record(in.numbers[i], r, seen[i])
	}
	if len(in.undecided) > 0 || in.err != nil {
		in.s.rollback()
		return in.err != nil
	}
	in.s.frontier, in.s.boundaries, in.s.epoch, in.s.way = to, b, epoch, in.way
	if in.way != Watched { // or else what is not known may be on record all the same
		in.s.read = epoch
		in.s.expire()
	}
	if in.err = in.s.shared.put(in.users, in.moved); in.err != nil {
		in.s.rollback()
		return true
	}
	in.err = in.s.commit()
	return true
}

// decide verifies what is undecided in one batch: that openings open, which is the
// sender's affair, and that outputs are signed, which t replicas have certified; what is
// held is not signed yet.
func (in *intake) decide(ctx context.Context) error {
	holdings := make([]*utt.Holding, len(in.undecided))
	for i, k := range in.undecided {
		holdings[i] = k.holding
	}
	opens, err := in.w.p.VerifyHoldings(ctx, holdings)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return fmt.Errorf("utt: replicas certified what they did not sign: %w", err)
	}
	for i, k := range in.undecided {
		k.burned, k.decided = !opens[i], true
	}
	return nil
}

// record applies one record, of a number on the ledger, to the state.
func (in *intake) record(number uint64, r *utt.Record, seen *utt.Sighting) {
	e, _ := r.Entry(in.s.p) // a certified one is of these parameters
	mine := false
	switch e.Kind {
	case utt.KindRegistration:
		in.register(number, r, &e)
		return
	case utt.KindReaddress:
		in.readdress(r, &e)
	case utt.KindIssue:
		in.got(r, e.PID, &item{kind: ItemIssued, asset: e.Asset, amount: e.Amount})
	case utt.KindPublicTransfer:
		in.debit(r, &e, &item{kind: ItemPaidPublicly, pid: e.To})
		in.got(r, e.To, &item{kind: ItemReceivedPublicly, asset: e.Asset, amount: e.Amount, pid: e.PID})
	case utt.KindCollection:
		in.got(r, e.To, &item{kind: ItemCollected, asset: e.Asset, amount: e.Amount})
	case utt.KindMint:
		in.debit(r, &e, &item{kind: ItemMinted})
	case utt.KindGrant:
		if e.PID == in.w.PID() {
			set(in.s.journal, &in.s.granted, grantID{e.Counter, e.Asset, e.Epoch}, true)
			in.s.settleOrder(r)
			in.note(r, &item{output: own, kind: ItemGranted, asset: e.Asset, amount: e.Amount, grant: grant{e.Counter, e.Epoch}})
		}
	case utt.KindSuspension:
		if e.PID == in.w.PID() {
			in.s.suspended = e.Suspended
		}
	case utt.KindTransfer:
		if r.Status() == utt.Held {
			in.hold(r, &e, seen)
			return
		}
		mine = in.spend(r, &e, seen, e.Fee, Status{State: Executed})
		in.credit(e.PID, e.Asset, e.Amount) // what is burned
		in.credit(in.s.p.At(e.Epoch).FeeAccount(), e.Asset, e.Fee)
	case utt.KindSettlement:
		in.settle(r, &e)
		return
	case utt.KindAmendment:
		at, err := r.Cursor().MarshalBinary()
		in.keep(live, entryAmendment+string(at), r, err)
	}
	for _, o := range seen.Received(mine) {
		in.receive(r, o, e.Case, 0)
	}
}

// register takes note of a user. If he is the wallet's, his credential comes later, but for its
// signature, which has a certificate of its own.
func (in *intake) register(number uint64, r *utt.Record, e *utt.Entry) {
	if in.s.shared != nil {
		in.users[e.PID] = r
	}
	if in.s.shared == nil || e.PID == in.w.PID() {
		in.keep(kept, entryMember+string(e.PID[:]), r, nil)
	}
	if e.PID != in.w.PID() {
		return
	}
	keys, err := in.w.keys.WithScanKey(e.Member.ScanKey()) // which he may have chosen anew
	if err != nil {
		in.err = err
		return
	}
	if differs := keys.Member(e.Member.Class()).Differs(e.Member); differs != "" {
		in.err = fmt.Errorf("%w: %.64q is %s in block %d: wrong seed, or another's identity",
			utt.ErrConflict, in.w.identity, differs, r.Cursor().Height)
		return
	}
	in.s.registered, in.s.enrolled = e.Member, number+1
	in.s.decide(r.ID(), Status{State: Executed})
}

// readdress takes note of a user's new address.
func (in *intake) readdress(r *utt.Record, e *utt.Entry) {
	if in.s.shared != nil {
		in.moved[e.PID] = r
	} else if before, err := in.s.moved(e.PID); err != nil {
		in.err = err
	} else if before == nil || before.Cursor().Compare(r.Cursor()) < 0 { // Meet may know a later one
		in.keep(kept, entryMoved+string(e.PID[:]), r, nil)
	}
	if e.PID != in.w.PID() {
		return
	}
	at, err := r.Cursor().MarshalBinary()
	in.keep(live, entryAddress+string(at), r, err)
	in.s.addresses = append(slices.Clip(in.s.addresses), r)
	if m, err := r.Readdressed(in.s.p, in.s.registered); err == nil {
		in.s.registered = m
	}
	in.s.decide(r.ID(), Status{State: Executed})
}

// keep has a record kept.
func (in *intake) keep(c class, name string, r *utt.Record, err error) {
	b, failed := r.AppendBinary(nil)
	if err = errors.Join(err, failed); err != nil {
		in.err = err
		return
	}
	in.s.journal.write(name, func() (entry, error) { return entry{c, name, b}, nil })
	if c == kept {
		in.s.put(name, b)
	}
}

// note puts an item of a record into the history.
func (in *intake) note(r *utt.Record, it *item) {
	it.id, it.time = r.ID(), r.Time()
	if err := in.s.note(it); err != nil {
		in.err = err
	}
}

// got credits what an account got, and notes it.
func (in *intake) got(r *utt.Record, to utt.PID, it *item) {
	in.credit(to, it.asset, it.amount)
	if to == in.w.PID() && it.pid != to {
		it.output, it.status.State = credit, Executed
		in.note(r, it)
	}
}

func (in *intake) credit(to utt.PID, asset string, v utt.Amount) {
	if to == in.w.PID() && v > 0 {
		set(in.s.journal, &in.s.accounts, asset, in.s.accounts.m[asset]+v)
	}
}

// debit applies an order on record to the wallet's account.
func (in *intake) debit(r *utt.Record, e *utt.Entry, it *item) {
	if e.PID != in.w.PID() {
		return
	}
	s := in.s
	had := s.accounts.m[e.Asset] // what it got, somebody may have left out
	set(s.journal, &s.accounts, e.Asset, had-min(had, e.Amount))
	s.nonce = max(s.nonce, e.Nonce+1)
	s.settleOrder(r)
	it.output, it.asset, it.amount = own, e.Asset, e.Amount
	in.note(r, it)
	for _, p := range s.pending.m {
		if p.nonce != nil && *p.nonce <= e.Nonce {
			s.settle(p, Status{State: Failed}) // another order was faster
		}
	}
}

// spend removes the coins that a transfer on record spends, and reports whether any of
// them was the wallet's, which follows it then.
func (in *intake) spend(r *utt.Record, e *utt.Entry, seen *utt.Sighting, fee utt.Amount, to Status) (mine bool) {
	s := in.s
	var spent utt.Amount
	for _, n := range e.Nullifiers {
		c := s.coins.m[n]
		if c == nil && s.free(n) { // a coin that a Rescan did not find may be locked
			continue
		}
		mine = true
		if c != nil && c.epoch == 0 {
			spent += c.value
		}
		for _, p := range s.locks.m[n] {
			if p.handle.ID == r.ID() {
				s.settle(p, to)
			} else {
				s.settle(p, Status{State: Failed}) // another transfer was faster
			}
		}
		if c != nil {
			s.lose(c)
		}
	}
	if !mine {
		return false
	}
	s.decide(r.ID(), to)
	in.note(r, spentItem(e, seen, spent, fee))
	if to.State == Executed {
		in.execute(r)
	}
	return true
}

// spentItem is what a record says of a transfer of the user's, who spent so much by it.
func spentItem(e *utt.Entry, seen *utt.Sighting, spent, fee utt.Amount) *item {
	it := &item{output: own, kind: ItemPaid, use: e.Case, asset: e.Asset, fee: fee}
	switch {
	case e.Case != utt.Self:
		for _, o := range seen.Received(true) {
			if o.Role == utt.Own {
				spent -= min(spent, o.Amount)
			}
		}
		it.amount = spent - min(spent, fee)
	case e.Amount > 0:
		it.kind, it.amount = ItemBurned, e.Amount
	default:
		it.kind = ItemRearranged
	}
	return it
}

// execute keeps what proves a payment.
func (in *intake) execute(r *utt.Record) {
	if err := in.s.execute(r); err != nil {
		in.err = err
	}
}

// hold takes note of a transfer that waits for the auditors. What may come of it is not the
// user's yet, but the coins that it spends are gone.
func (in *intake) hold(r *utt.Record, e *utt.Entry, seen *utt.Sighting) {
	wait, _ := r.Wait(in.s.p) // by the version that it was made for
	h := &hold{id: r.ID(), record: r, sighting: seen, use: e.Case, asset: e.Asset, time: r.Time(), due: after(r.Time(), wait.Audit.Expire)}
	h.mine = in.spend(r, e, seen, wait.Fee, Status{State: Held, Due: h.due})
	if wait.FeeTo == in.w.PID() {
		h.fee = wait.Fee
	}
	for _, o := range seen.Received(h.mine) {
		if in.open(r, o) != nil {
			h.outputs = append(h.outputs, o)
		}
	}
	if h.concerns() {
		set(in.s.journal, &in.s.holds, h.id, h)
	}
	for _, p := range h.incoming() {
		in.note(r, &item{
			output: uint8(p.Output), kind: ItemReceived, role: p.Role, use: h.use, status: Status{State: Held, Due: h.due},
			asset: h.asset, amount: p.Amount, memo: p.Memo,
		})
	}
}

// after is a time in seconds that is later by a wait.
func after(at uint64, wait time.Duration) uint64 { return at + uint64(wait/time.Second) }

// settle takes note of what becomes of a transfer that was held.
func (in *intake) settle(r *utt.Record, e *utt.Entry) {
	h := in.s.holds.m[r.ID()]
	if h == nil {
		return
	}
	to := Status{Cause: e.Cause}
	switch r.Status() {
	case utt.Approved:
		approved := *h
		approved.approved, approved.due = true, e.Due
		set(in.s.journal, &in.s.holds, h.id, &approved)
		to.State, to.Due = Approved, e.Due
	case utt.Refunded:
		to.State = Refunded
		in.s.put(entryPaid+keyOfID(h.id), nil)
	default:
		to.State = Executed
		in.execute(r)
		in.credit(in.w.PID(), h.asset, h.fee)
	}
	if h.mine {
		in.s.decide(h.id, to)
	}
	in.became(h, to)
	if to.State == Approved {
		return
	}
	unset(in.s.journal, &in.s.holds, h.id)
	for _, o := range h.sighting.Settled(r).Received(h.mine) {
		in.receive(r, o, h.use, to.Cause)
	}
}

// became notes what became of payments to the user that were held.
func (in *intake) became(h *hold, to Status) {
	for _, p := range h.incoming() {
		_, it, err := in.s.noted(h.id, uint8(p.Output))
		if err == nil && it != nil {
			it.status = to
			err = in.s.note(it)
		}
		if err != nil {
			in.err = err
		}
	}
}

// receive counts an output that is signed.
func (in *intake) receive(r *utt.Record, o *utt.Received, use utt.Case, cause utt.Cause) {
	h := in.open(r, o)
	if h == nil {
		return
	}
	s := in.s
	s.receive(&coin{h.Nullifier().Key(), o.Asset, o.Counter, o.Epoch, o.Amount, h})
	if o.Role == utt.Payee || o.Role == utt.Fixed {
		in.note(r, &item{
			output: uint8(o.Output), kind: ItemReceived, role: o.Role, use: use, status: Status{State: Executed, Cause: cause},
			asset: o.Asset, amount: o.Amount, memo: o.Memo,
		})
	}
}

// open is what a user can show of an output, nil if it is known that he cannot spend it:
// its sender burned it then. What was not seen before is left to decide.
func (in *intake) open(r *utt.Record, o *utt.Received) *utt.Holding {
	at := place{r.Cursor(), o.Output}
	k := in.found[at]
	if k == nil {
		h, err := o.Holding()
		k = &claimed{holding: h}
		k.decided, k.burned = err != nil, err != nil
		in.found[at] = k
	}
	if !k.decided {
		in.undecided = append(in.undecided, k)
	}
	if k.burned {
		return nil
	}
	return k.holding
}
