package wallet

import (
	"context"
	"fmt"

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
func (in *intake) apply(records []*utt.Record, seen []*utt.Sighting, to utt.Checkpoint, epoch utt.Epoch) (done bool) {
	in.w.mu.Lock()
	defer in.w.mu.Unlock()
	in.s = &in.w.state
	in.s.begin()
	for i, r := range records {
		in.record(r, seen[i])
	}
	if len(in.undecided) > 0 || in.err != nil {
		in.s.rollback()
		return in.err != nil
	}
	in.s.checkpoint, in.s.epoch = to, epoch
	in.s.expire()
	in.s.commit()
	return true
}

// decide verifies what is undecided in one batch: that openings open, which is the
// sender's affair, and that outputs are signed, which t replicas have certified.
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
	e, _ := r.Entry(in.w.p) // a certified one is of these parameters
	mine := false
	switch e.Kind {
	case utt.KindRegistration:
		if !in.register(r, &e) {
			return
		}
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
			set(in.s, in.s.granted, grantID{e.Asset, e.Epoch}, true)
			in.s.settleOrder(r)
		}
	case utt.KindTransfer:
		mine = in.spend(r, &e)
		in.credit(e.PID, e.Asset, e.Amount) // what is burned
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
	if differs := in.w.keys.Member(e.Member.Class()).Differs(e.Member); differs != "" {
		in.err = fmt.Errorf("%w: %.64q is %s in block %d: wrong seed, or another's identity",
			utt.ErrConflict, in.w.identity, differs, r.Cursor().Height)
		return false
	}
	in.s.registered = e.Member
	set(in.s, in.s.decided, r.ID(), true)
	return true
}

func (in *intake) credit(to utt.PID, asset string, v utt.Amount) {
	if to == in.w.PID() {
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
			s.settle(p, false) // another order was faster
		}
	}
}

// spend removes the coins that a transfer on record spends, and reports whether any of
// them was the wallet's.
func (in *intake) spend(r *utt.Record, e *utt.Entry) (mine bool) {
	s := in.s
	for _, n := range e.Nullifiers {
		if s.coins[n] == nil {
			continue
		}
		mine = true
		for _, p := range s.locks[n] {
			s.settle(p, p.handle.ID == r.ID()) // or another transfer was faster
		}
		unset(s, s.coins, n)
	}
	if mine {
		set(s, s.decided, r.ID(), true)
	}
	return mine
}

// receive counts an output, unless it is known that it cannot be spent: its sender burned
// it then. What was not seen before is left to decide.
func (in *intake) receive(r *utt.Record, o *utt.Received) {
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
		return
	}
	s := in.s
	if o.Role == utt.Credential {
		s.credential = k.holding
		return
	}
	n := k.holding.Nullifier()
	set(s, s.coins, n, &coin{k.holding, o.Asset, o.Epoch, o.Amount, n.Key()})
	if o.Role == utt.Payee || o.Role == utt.Fixed {
		s.received = append(s.received, Payment{r.ID(), o.Output, o.Role, o.Asset, o.Amount, o.Memo, r.Time()})
	}
}
