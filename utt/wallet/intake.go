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
	w       *Wallet
	state   walletState
	members map[utt.PID]*utt.Record
	err     error // that another seed than the wallet's is registered

	found     map[place]*claimed // what the wallet is to have, in all passes
	undecided []*claimed         // new in this one
}

// claimed is an output that the wallet counts if it verifies.
type claimed struct {
	holding *utt.Holding
	decided bool
	burned  bool // it does not open, or nobody could spend it
}

// apply applies the records, and keeps the state if there is nothing undecided in it.
func (in *intake) apply(records []*utt.Record, seen []*utt.Sighting, to utt.Checkpoint, epoch utt.Epoch) (done bool) {
	w := in.w
	w.mu.Lock()
	defer w.mu.Unlock()
	in.state = w.state.clone()
	for i, r := range records {
		in.record(r, seen[i])
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
	for pid, r := range in.members {
		w.members[pid] = r
	}
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
	case utt.KindMint:
		in.debit(r, &e)
	case utt.KindGrant:
		if e.PID == in.w.PID() {
			in.state.granted[grantID{e.Asset, e.Epoch}] = true
			in.state.settleOrder(r)
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
	in.members[e.PID] = r
	if e.PID != in.w.PID() {
		return true
	}
	if mine := in.w.keys.Member(e.Member.Class()); !mine.Equal(e.Member) {
		in.err = fmt.Errorf("%w: this identity is registered with other keys: wrong seed", utt.ErrConflict)
		return false
	}
	in.state.registered = e.Member
	return true
}

func (in *intake) credit(to utt.PID, asset string, v utt.Amount) {
	if to == in.w.PID() {
		in.state.accounts[asset] += v
	}
}

// debit applies an order on record to the wallet's account.
func (in *intake) debit(r *utt.Record, e *utt.Entry) {
	if e.PID != in.w.PID() {
		return
	}
	s := &in.state
	s.accounts[e.Asset] -= e.Amount
	s.nonce = e.Nonce + 1
	s.settleOrder(r)
	for id, p := range s.pending {
		if p.nonce != nil && *p.nonce <= e.Nonce {
			s.settle(id, false) // another order was faster
		}
	}
}

// spend removes the coins that a transfer on record spends, and reports whether any of
// them was the wallet's.
func (in *intake) spend(r *utt.Record, e *utt.Entry) (mine bool) {
	s := &in.state
	for _, n := range e.Nullifiers {
		if c := s.coins[n]; c != nil {
			mine = true
			s.settle(c.locked, c.locked == r.ID()) // or another transfer was faster
			delete(s.coins, n)
		}
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
	s := &in.state
	if o.Role == utt.Credential {
		s.credential = k.holding
		return
	}
	s.coins[k.holding.Nullifier()] = &coin{holding: k.holding, asset: o.Asset, epoch: o.Epoch, value: o.Amount}
	if o.Role == utt.Payee || o.Role == utt.Fixed {
		s.received = append(s.received, Payment{r.ID(), o.Asset, o.Amount, o.Memo, r.Time()})
	}
}
