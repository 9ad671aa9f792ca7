package wallet

import (
	"slices"

	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/utt"
)

// walletState is what records and the wallet's own operations change.
type walletState struct {
	facts
	members  map[utt.PID]*utt.Record       // of their registrations
	moved    map[utt.PID]*utt.Record       // of their newest readdresses
	coins    map[nullifier.Key]*coin       // unspent
	locks    map[nullifier.Key][]*spending // of a coin, what is to spend it
	accounts map[string]utt.Amount
	pending  map[utt.ID]*spending
	outcomes map[utt.ID]Status // of the wallet's operations that are on record, or can no longer execute
	holds    map[utt.ID]*hold  // transfers that wait for the auditors
	granted  map[grantID]bool
	paid     map[utt.ID]*paid // by the wallet's own transfers that may have left, and may execute

	journal *journal // while records are taken in
}

// facts are what of the state has no entries.
type facts struct {
	frontier   utt.Frontier    // up to which all records are taken in
	epoch      utt.Epoch       // at its time
	p          *utt.Parameters // with the amendments on record
	suspended  bool            // the user
	registered *utt.Member
	addresses  []*utt.Record // of the user's own readdresses, in order: what he reads notes by
	credential *utt.Holding
	nonce      uint64    // of the account, the next to use
	received   []Payment // only grows
}

type grantID struct {
	counter, asset string
	epoch          utt.Epoch
}

// coin is one's own unspent coin, of money or budget.
type coin struct {
	holding *utt.Holding
	asset   string
	counter string    // of budget; "" for money
	epoch   utt.Epoch // of budget; 0 for money
	value   utt.Amount
	order   [nullifier.KeySize]byte // of the coins in a transfer: that of their nullifiers
}

// paid is what a wallet keeps to prove what a transfer of its own paid. It is not changed
// but replaced.
type paid struct {
	openings *utt.Openings
	record   *utt.Record // of its execution
}

// spending is an operation of the wallet's that is not yet decided.
type spending struct {
	op       utt.Operation // nil while it is being proven
	openings *utt.Openings // of what it pays others; nil if it is no transfer
	handle   Handle
	left     bool // Submit was called: it may execute from then on
	inputs   []nullifier.Key
	epoch    utt.Epoch // after which it can no longer execute; 0 for none
	nonce    *uint64   // of an order on the account
}

// locksNothing reports a request for budget.
func (p *spending) locksNothing() bool { return len(p.inputs) == 0 && p.nonce == nil }

func newState() walletState {
	return walletState{
		members:  make(map[utt.PID]*utt.Record),
		moved:    make(map[utt.PID]*utt.Record),
		coins:    make(map[nullifier.Key]*coin),
		locks:    make(map[nullifier.Key][]*spending),
		accounts: make(map[string]utt.Amount),
		pending:  make(map[utt.ID]*spending),
		outcomes: make(map[utt.ID]Status),
		holds:    make(map[utt.ID]*hold),
		granted:  make(map[grantID]bool),
		paid:     make(map[utt.ID]*paid),
	}
}

// journal is how to undo changes, so that a batch of records costs what it changes,
// whether it is kept or not.
type journal struct {
	before facts
	undo   []func()
}

func (s *walletState) begin() { s.journal = &journal{before: s.facts} }

func (s *walletState) commit() { s.journal = nil }

func (s *walletState) rollback() {
	for _, undo := range slices.Backward(s.journal.undo) {
		undo()
	}
	s.facts, s.journal = s.journal.before, nil
}

// set sets an entry of one of the state's maps.
func set[K comparable, V any](s *walletState, m map[K]V, k K, v V) {
	remember(s, m, k)
	m[k] = v
}

// unset removes an entry of one of the state's maps.
func unset[K comparable, V any](s *walletState, m map[K]V, k K) {
	remember(s, m, k)
	delete(m, k)
}

func remember[K comparable, V any](s *walletState, m map[K]V, k K) {
	if s.journal == nil {
		return
	}
	v, was := m[k]
	s.journal.undo = append(s.journal.undo, func() {
		if was {
			m[k] = v
		} else {
			delete(m, k)
		}
	})
}

// free reports whether nothing is to spend a coin.
func (s *walletState) free(n nullifier.Key) bool { return len(s.locks[n]) == 0 }

// lock keeps an operation's inputs for it. They may be another's as well, which it is
// to replace.
func (s *walletState) lock(p *spending) {
	for _, n := range p.inputs {
		set(s, s.locks, n, append(slices.Clip(s.locks[n]), p))
	}
}

// release ends that.
func (s *walletState) release(p *spending) {
	for _, n := range p.inputs {
		left := slices.DeleteFunc(slices.Clone(s.locks[n]), func(q *spending) bool { return q == p })
		if len(left) == 0 {
			unset(s, s.locks, n)
		} else {
			set(s, s.locks, n, left)
		}
	}
}

// add makes an operation pending, whose inputs are locked.
func (s *walletState) add(p *spending, op utt.Operation) {
	p.op, p.handle = op, HandleOf(op)
	set(s, s.pending, p.handle.ID, p)
	if len(p.openings.Outputs()) > 0 {
		set(s, s.paid, p.handle.ID, &paid{openings: p.openings})
	}
}

// drop forgets an operation that never left.
func (s *walletState) drop(p *spending) {
	s.release(p)
	if s.pending[p.handle.ID] == p {
		unset(s, s.pending, p.handle.ID)
		unset(s, s.paid, p.handle.ID)
	}
}

// settle decides an operation, or has it held: its inputs are its own no longer.
func (s *walletState) settle(p *spending, to Status) {
	s.release(p)
	if p.op == nil {
		return // what is being proven finds its coins gone
	}
	unset(s, s.pending, p.handle.ID)
	set(s, s.outcomes, p.handle.ID, to)
	if to.State == Failed {
		unset(s, s.paid, p.handle.ID)
	}
}

// execute keeps the record by which a transfer of the wallet's own executed, if it has what
// to prove what it paid.
func (s *walletState) execute(r *utt.Record) {
	if p := s.paid[r.ID()]; p != nil {
		set(s, s.paid, r.ID(), &paid{p.openings, r})
	}
}

// settleOrder settles the pending order that is the one on record.
func (s *walletState) settleOrder(r *utt.Record) {
	set(s, s.outcomes, r.ID(), Status{State: Executed})
	for _, p := range s.pending {
		if r.Of(p.op) {
			s.settle(p, Status{State: Executed})
		}
	}
}

// expire settles what was made for an epoch that is over by a certificate: it can no
// longer execute. By a clock alone, a block that comes late could still execute it.
func (s *walletState) expire() {
	for _, p := range s.pending {
		if p.epoch != 0 && p.epoch < s.epoch {
			s.settle(p, Status{State: Failed})
		}
	}
}

// rival is another operation that spends one of the same inputs, or uses the same
// nonce; nil if there is none.
func (s *walletState) rival(p *spending) *spending {
	for _, n := range p.inputs {
		for _, q := range s.locks[n] {
			if q != p {
				return q
			}
		}
	}
	for _, q := range s.pending {
		if q != p && p.nonce != nil && q.nonce != nil {
			return q
		}
	}
	return nil
}
