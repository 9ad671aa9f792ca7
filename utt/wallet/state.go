package wallet

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/utt"
)

// walletState is what records and the wallet's own operations change. Its tables are in memory
// and, but for what follows from others, on disk; users, outcomes and history are on disk only.
type walletState struct {
	facts
	coins    table[coinKey, *coin]       // unspent
	locks    table[coinKey, []*spending] // of a coin, what is to spend it
	purses   table[purseID, purse]       // of the coins, by what they are of
	accounts table[string, utt.Amount]
	pending  table[utt.ID, *spending] // on disk those that may have left
	holds    table[utt.ID, *hold]     // transfers that wait for the auditors
	granted  table[grantID, bool]

	disk    *sealed
	shared  *Directory // of registrations; nil if they are all on disk
	session []byte   // is on disk as long as no other wallet was opened on it
	broken  error    // writing has failed: what is on disk may be more than what is here
	journal *journal // while something is changed that is to be kept
	before  facts    // as they were then
}

// facts are what of the state has no entries.
type facts struct {
	checkpoint utt.Checkpoint  // up to which all records are taken in
	epoch      utt.Epoch       // at its time
	p          *utt.Parameters // with the amendments on record
	suspended  bool            // the user
	registered *utt.Member
	credential *utt.Holding
	nonce      uint64 // of the account, the next to use
	items      uint64 // of the history
	birthday   uint64 // in seconds since 1970: no payment before it is the user's
}

func newState() walletState {
	return walletState{
		coins:    newTable(entryCoin, keyOfCoin, (*coin).encode),
		locks:    newTable[coinKey, []*spending]("", nil, nil),
		purses:   newTable[purseID, purse]("", nil, nil),
		accounts: newTable(entryAccount, keyOfAsset, encodeAmount),
		pending:  newTable(entryPending, keyOfID, (*spending).encode),
		holds:    newTable(entryHold, keyOfID, (*hold).encode),
		granted:  newTable(entryGranted, grantID.encode, encodeTrue),
	}
}

// begin begins changes that are kept all or none: commit or rollback ends them.
func (s *walletState) begin() error {
	if s.broken != nil {
		return fmt.Errorf("%w: writing failed before: open the wallet again: %w", utt.ErrStore, s.broken)
	}
	s.journal, s.before = newJournal(), s.facts
	return nil
}

// commit writes what has changed. If it fails, the changes are undone, and the wallet has to
// be opened again: they may be on disk all the same.
func (s *walletState) commit() error {
	entries, err := s.entries()
	if err == nil {
		if err = s.alone(); err == nil {
			err = s.disk.apply(entries)
		}
		s.broken = err
	}
	if err != nil {
		s.rollback()
		return err
	}
	s.journal = nil
	return nil
}

// entries are those to be written.
func (s *walletState) entries() ([]entry, error) {
	all := make([]entry, 0, 1+len(s.journal.names))
	b, err := s.facts.encode()
	if err != nil {
		return nil, err
	}
	all = append(all, entry{live, entryFacts, b})
	if c := s.credential; c != nil && c != s.before.credential {
		if b, err = c.AppendBinary(nil); err != nil {
			return nil, err
		}
		all = append(all, entry{live, entryCredential, b})
	}
	return s.journal.append(all)
}

// alone reports a wallet that was opened again on its store since.
func (s *walletState) alone() error {
	b, err := s.disk.get(kept, entrySession)
	if err == nil && !bytes.Equal(b, s.session) {
		err = fmt.Errorf("%w: the wallet was opened on the same store since: one at a time", utt.ErrConflict)
	}
	return err
}

func (s *walletState) rollback() {
	s.journal.rollback()
	s.facts, s.journal = s.before, nil
}

// put changes an entry that is on disk only; a nil value removes it.
func (s *walletState) put(name string, value []byte) {
	s.journal.put(name, value)
}

// get is an entry that is on disk only, with the changes so far; nil if there is none.
func (s *walletState) get(name string) ([]byte, error) {
	if s.journal != nil {
		if b, ok := s.journal.kept[name]; ok {
			return b, nil
		}
	}
	return s.disk.get(kept, name)
}

// receive counts a coin.
func (s *walletState) receive(c *coin) {
	if again := s.coins.m[c.key]; again != nil {
		s.lose(again)
	}
	set(s.journal, &s.coins, c.key, c)
	s.move(c, func(p *purse) {
		if s.free(c.key) {
			p.free = p.free.with(c)
		} else {
			p.locked += c.value
		}
	})
}

// lose forgets a coin.
func (s *walletState) lose(c *coin) {
	unset(s.journal, &s.coins, c.key)
	s.move(c, func(p *purse) {
		if s.free(c.key) {
			p.free = p.free.without(c)
		} else {
			p.locked -= c.value
		}
	})
}

// money is the coins of money.
func (s *walletState) money(asset string) purse { return s.purses.m[purseID{asset: asset}] }

// budget is the coins of budget in an epoch.
func (s *walletState) budget(counter, asset string, e utt.Epoch) purse {
	if e == 0 || counter == "" {
		return purse{} // what has neither is money
	}
	return s.purses.m[purseID{asset, counter, e}]
}

// fill makes the purses of the coins and locks that there are.
func (s *walletState) fill() {
	free := make(map[purseID][]*coin)
	for n, c := range s.coins.m {
		id := c.purse()
		if p := s.purses.m[id]; s.free(n) {
			free[id] = append(free[id], c)
		} else {
			p.locked += c.value
			s.purses.m[id] = p
		}
	}
	for id, all := range free {
		p := s.purses.m[id]
		p.free = setOf(all)
		s.purses.m[id] = p
	}
}

// move changes the purse of a coin.
func (s *walletState) move(c *coin, change func(*purse)) {
	id := c.purse()
	p := s.purses.m[id]
	change(&p)
	if p == (purse{}) {
		unset(s.journal, &s.purses, id)
	} else {
		set(s.journal, &s.purses, id, p)
	}
}

// free reports whether nothing is to spend a coin.
func (s *walletState) free(n coinKey) bool { return len(s.locks.m[n]) == 0 }

// relock changes what is to spend a coin.
func (s *walletState) relock(n coinKey, by []*spending) {
	was := s.free(n)
	if len(by) == 0 {
		unset(s.journal, &s.locks, n)
	} else {
		set(s.journal, &s.locks, n, by)
	}
	c := s.coins.m[n]
	switch now := s.free(n); {
	case c == nil || was == now:
	case now:
		s.move(c, func(p *purse) { p.free, p.locked = p.free.with(c), p.locked-c.value })
	default:
		s.move(c, func(p *purse) { p.free, p.locked = p.free.without(c), p.locked+c.value })
	}
}

// lock keeps an operation's inputs for it. They may be another's as well, which it is
// to replace.
func (s *walletState) lock(p *spending) {
	for _, n := range p.inputs {
		s.relock(n, append(slices.Clip(s.locks.m[n]), p))
	}
}

// release ends that.
func (s *walletState) release(p *spending) {
	for _, n := range p.inputs {
		s.relock(n, slices.DeleteFunc(slices.Clone(s.locks.m[n]), func(q *spending) bool { return q == p }))
	}
}

// add makes an operation pending, whose inputs are locked.
func (s *walletState) add(p *spending, op utt.Operation) {
	p.op, p.handle = op, HandleOf(op)
	set(s.journal, &s.pending, p.handle.ID, p)
}

// drop forgets an operation that never left.
func (s *walletState) drop(p *spending) {
	s.release(p)
	if s.pending.m[p.handle.ID] == p {
		unset(s.journal, &s.pending, p.handle.ID)
	}
}

// leave writes what is about to be handed in, which may execute from then on.
func (s *walletState) leave(p *spending, now uint64) error {
	if err := s.begin(); err != nil {
		return err
	}
	p.left = true
	set(s.journal, &s.pending, p.handle.ID, p)
	err := s.record(p, now)
	if err == nil {
		err = s.commit()
	} else {
		s.rollback()
	}
	if err != nil {
		p.left = false
		return err
	}
	p.openings = nil
	return nil
}

// record writes what the history, and proofs of payment, take of an operation that leaves.
func (s *walletState) record(p *spending, now uint64) error {
	if len(p.openings.Outputs()) > 0 {
		b, err := (&paid{openings: p.openings}).encode()
		if err != nil {
			return err
		}
		s.put(entryPaid+keyOfID(p.handle.ID), b)
	}
	p.made.digest, p.made.time = p.handle.Digest, now
	s.put(entryMade+keyOfID(p.handle.ID), p.made.encode())
	return s.note(&item{id: p.handle.ID, output: own, kind: p.made.kind, asset: p.made.asset})
}

// note puts an item into the history, in the place of what was there of the same.
func (s *walletState) note(it *item) error {
	n, _, err := s.noted(it.id, it.output)
	if err != nil {
		return err
	}
	if n == s.items {
		s.items++
		s.put(entryPlace+it.place(), encodeNumber(n))
	}
	s.put(entryItem+keyOfNumber(n), it.encode())
	return nil
}

// noted is an item and its number, which is the next free one if there is none.
func (s *walletState) noted(id utt.ID, output uint8) (uint64, *item, error) {
	wanted := &item{id: id, output: output}
	b, err := s.get(entryPlace + wanted.place())
	if err != nil || b == nil {
		return s.items, nil, err
	}
	n, err := decodeAmount(b)
	if err != nil || uint64(n) >= s.items { // from before a rescan
		return s.items, nil, err
	}
	it, err := s.item(uint64(n))
	if err != nil || it.id != id || it.output != output {
		return s.items, nil, err
	}
	return uint64(n), it, nil
}

// item is one of the history.
func (s *walletState) item(n uint64) (*item, error) {
	b, err := s.get(entryItem + keyOfNumber(n))
	if err != nil {
		return nil, err
	}
	return decodeItem(b)
}

// settle decides an operation, or has it held: its inputs are its own no longer.
func (s *walletState) settle(p *spending, to Status) {
	s.release(p)
	if p.op == nil {
		return // what is being proven finds its coins gone
	}
	unset(s.journal, &s.pending, p.handle.ID)
	s.decide(p.handle.ID, to)
	if to.State == Failed && p.left {
		s.put(entryPaid+keyOfID(p.handle.ID), nil)
	}
}

// decide keeps what became of an operation of the wallet's that is on record, or can no
// longer execute.
func (s *walletState) decide(id utt.ID, to Status) { s.put(entryOutcome+keyOfID(id), to.encode()) }

// outcome is that; of another operation, nothing.
func (s *walletState) outcome(id utt.ID) (Status, error) {
	b, err := s.get(entryOutcome + keyOfID(id))
	if err != nil || b == nil {
		return Status{}, err
	}
	return decodeStatus(b)
}

// execute keeps the record by which a transfer of the wallet's own executed, if it has what
// to prove what it paid.
func (s *walletState) execute(r *utt.Record) error {
	p, err := s.paid(r.ID())
	if err != nil || p == nil {
		return err
	}
	p.record = r
	b, err := p.encode()
	if err == nil {
		s.put(entryPaid+keyOfID(r.ID()), b)
	}
	return err
}

// paid is what the wallet keeps to prove what a transfer of its own paid; nil if it has nothing.
func (s *walletState) paid(id utt.ID) (*paid, error) {
	b, err := s.get(entryPaid + keyOfID(id))
	if err != nil || b == nil {
		return nil, err
	}
	return decodePaid(s.p, b)
}

// member is the record of a user's registration; nil if there is none.
func (s *walletState) member(pid utt.PID) (*utt.Record, error) {
	if s.shared != nil {
		if r, err := s.shared.get(pid); err != nil || r != nil {
			return r, err
		}
	}
	b, err := s.get(entryMember + string(pid[:]))
	if err != nil || b == nil {
		return nil, err
	}
	r := new(utt.Record)
	if err := r.UnmarshalBinary(b); err != nil {
		return nil, failed(err)
	}
	return r, nil
}

// settleOrder settles the pending order that is the one on record.
func (s *walletState) settleOrder(r *utt.Record) {
	s.decide(r.ID(), Status{State: Executed})
	for _, p := range s.pending.m {
		if r.Of(p.op) {
			s.settle(p, Status{State: Executed})
		}
	}
}

// expire settles what was made for an epoch that is over by a certificate: it can no
// longer execute. By a clock alone, a block that comes late could still execute it.
func (s *walletState) expire() {
	for _, p := range s.pending.m {
		if p.epoch != 0 && p.epoch < s.epoch {
			s.settle(p, Status{State: Failed})
		}
	}
}

// rival is another operation that spends one of the same inputs, or uses the same
// nonce; nil if there is none.
func (s *walletState) rival(p *spending) *spending {
	for _, n := range p.inputs {
		for _, q := range s.locks.m[n] {
			if q != p {
				return q
			}
		}
	}
	for _, q := range s.pending.m {
		if q != p && p.nonce != nil && q.nonce != nil {
			return q
		}
	}
	return nil
}
