package wallet

import (
	"context"
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
	w   *Wallet
	s   *walletState
	err error // that another seed than the wallet's is registered

	found     map[place]*claimed // what the wallet is to have, in all passes
	undecided []*claimed         // new in this one
}

// claimed is an output that the wallet counts if it verifies.
type claimed struct {
	holding *utt.Holding
	decided bool
	burned  bool // it does not open, or nobody could spend it
}

// apply applies the records, and keeps what they change if there is nothing undecided
// in it.
func (in *intake) apply(records []*utt.Record, seen []*utt.Sighting, p *utt.Parameters, to utt.Frontier, epoch utt.Epoch) (done bool) {
	in.w.mu.Lock()
	defer in.w.mu.Unlock()
	in.s = &in.w.state
	in.s.begin()
	in.s.p = p
	for i, r := range records {
		in.record(r, seen[i])
	}
	if len(in.undecided) > 0 || in.err != nil {
		in.s.rollback()
		return in.err != nil
	}
	in.s.frontier, in.s.epoch = to, epoch
	in.s.expire()
	in.s.commit()
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

// record applies one record to the state.
func (in *intake) record(r *utt.Record, seen *utt.Sighting) {
	e, _ := r.Entry(in.s.p) // a certified one is of these parameters
	mine := false
	switch e.Kind {
	case utt.KindRegistration:
		if !in.register(r, &e) {
			return
		}
	case utt.KindReaddress:
		in.readdress(r, &e)
	case utt.KindIssue:
		in.credit(e.PID, e.Asset, e.Amount)
	case utt.KindPublicTransfer:
		in.debit(r, &e)
		in.credit(e.To, e.Asset, e.Amount)
	case utt.KindCollection:
		in.credit(e.To, e.Asset, e.Amount)
	case utt.KindMint:
		in.debit(r, &e)
	case utt.KindGrant:
		if e.PID == in.w.PID() {
			set(in.s, in.s.granted, grantID{e.Counter, e.Asset, e.Epoch}, true)
			in.s.settleOrder(r)
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
		mine = in.spend(r, &e, Status{State: Executed})
		in.credit(e.PID, e.Asset, e.Amount) // what is burned
		in.credit(in.s.p.At(e.Epoch).FeeAccount(), e.Asset, e.Fee)
	case utt.KindSettlement:
		in.settle(r, &e)
		return
	}
	for _, o := range seen.Received(mine) {
		in.receive(r, o)
	}
}

// register takes note of a user. It reports false if he is the wallet's, with other keys.
func (in *intake) register(r *utt.Record, e *utt.Entry) bool {
	set(in.s, in.s.members, e.PID, r)
	if e.PID != in.w.PID() {
		return true
	}
	keys, err := in.w.keys.WithScanKey(e.Member.ScanKey()) // which he may have chosen anew
	if err != nil {
		in.err = err
		return false
	}
	if differs := keys.Member(e.Member.Class()).Differs(e.Member); differs != "" {
		in.err = fmt.Errorf("%w: %.64q is %s in block %d: wrong seed, or another's identity",
			utt.ErrConflict, in.w.identity, differs, r.Cursor().Height)
		return false
	}
	in.s.registered = e.Member
	set(in.s, in.s.outcomes, r.ID(), Status{State: Executed})
	return true
}

// readdress takes note of a user's new address.
func (in *intake) readdress(r *utt.Record, e *utt.Entry) {
	set(in.s, in.s.moved, e.PID, r)
	if e.PID != in.w.PID() {
		return
	}
	in.s.addresses = append(slices.Clip(in.s.addresses), r)
	if m, err := r.Readdressed(in.s.p, in.s.registered); err == nil {
		in.s.registered = m
	}
	set(in.s, in.s.outcomes, r.ID(), Status{State: Executed})
}

func (in *intake) credit(to utt.PID, asset string, v utt.Amount) {
	if to == in.w.PID() && v > 0 {
		set(in.s, in.s.accounts, asset, in.s.accounts[asset]+v)
	}
}

// debit applies an order on record to the wallet's account.
func (in *intake) debit(r *utt.Record, e *utt.Entry) {
	if e.PID != in.w.PID() {
		return
	}
	s := in.s
	set(s, s.accounts, e.Asset, s.accounts[e.Asset]-e.Amount)
	s.nonce = e.Nonce + 1
	s.settleOrder(r)
	for _, p := range s.pending {
		if p.nonce != nil && *p.nonce <= e.Nonce {
			s.settle(p, Status{State: Failed}) // another order was faster
		}
	}
}

// spend removes the coins that a transfer on record spends, and reports whether any of
// them was the wallet's, which follows it then.
func (in *intake) spend(r *utt.Record, e *utt.Entry, to Status) (mine bool) {
	s := in.s
	for _, n := range e.Nullifiers {
		if s.coins[n] == nil {
			continue
		}
		mine = true
		for _, p := range s.locks[n] {
			if p.handle.ID == r.ID() {
				s.settle(p, to)
			} else {
				s.settle(p, Status{State: Failed}) // another transfer was faster
			}
		}
		unset(s, s.coins, n)
	}
	if mine {
		set(s, s.outcomes, r.ID(), to)
		if to.State == Executed {
			s.execute(r)
		}
	}
	return mine
}

// hold takes note of a transfer that waits for the auditors. What may come of it is not the
// user's yet, but the coins that it spends are gone.
func (in *intake) hold(r *utt.Record, e *utt.Entry, seen *utt.Sighting) {
	wait, _ := r.Wait(in.s.p) // by the version that it was made for
	h := &hold{id: r.ID(), sighting: seen, use: e.Case, asset: e.Asset, time: r.Time(), due: after(r.Time(), wait.Audit.Expire)}
	h.mine = in.spend(r, e, Status{State: Held, Due: h.due})
	if wait.FeeTo == in.w.PID() {
		h.fee = wait.Fee
	}
	for _, o := range seen.Received(h.mine) {
		if in.open(r, o) != nil {
			h.outputs = append(h.outputs, o)
		}
	}
	if h.concerns() {
		set(in.s, in.s.holds, h.id, h)
	}
}

// after is a time in seconds that is later by a wait.
func after(at uint64, wait time.Duration) uint64 { return at + uint64(wait/time.Second) }

// settle takes note of what becomes of a transfer that was held.
func (in *intake) settle(r *utt.Record, e *utt.Entry) {
	h := in.s.holds[r.ID()]
	if h == nil {
		return
	}
	to := Status{Cause: e.Cause}
	switch r.Status() {
	case utt.Approved:
		approved := *h
		approved.approved, approved.due = true, e.Due
		set(in.s, in.s.holds, h.id, &approved)
		to.State, to.Due = Approved, e.Due
	case utt.Refunded:
		to.State = Refunded
		unset(in.s, in.s.paid, h.id)
	default:
		to.State = Executed
		in.s.execute(r)
		in.credit(in.w.PID(), h.asset, h.fee)
	}
	if h.mine {
		set(in.s, in.s.outcomes, h.id, to)
	}
	if to.State == Approved {
		return
	}
	unset(in.s, in.s.holds, h.id)
	for _, o := range h.sighting.Settled(r).Received(h.mine) {
		in.receive(r, o)
	}
}

// receive counts an output that is signed.
func (in *intake) receive(r *utt.Record, o *utt.Received) {
	h := in.open(r, o)
	if h == nil {
		return
	}
	s := in.s
	if o.Role == utt.Credential {
		s.credential = h
		return
	}
	n := h.Nullifier().Key()
	set(s, s.coins, n, &coin{h, o.Asset, o.Counter, o.Epoch, o.Amount, n})
	if o.Role == utt.Payee || o.Role == utt.Fixed {
		s.received = append(s.received, Payment{r.ID(), o.Output, o.Role, o.Asset, o.Amount, o.Memo, r.Time()})
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
