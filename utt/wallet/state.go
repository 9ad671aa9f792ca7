package wallet

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
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
	stale   []string   // names of entries that a Rescan removes
	session []byte     // is on disk as long as no other wallet was opened on it
	broken  error      // writing has failed: what is on disk may be more than what is here
	journal *journal   // while something is changed that is to be kept
	before  facts      // as they were then
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
	writes, err := s.writes()
	if err == nil {
		if err = s.alone(); err == nil {
			err = s.disk.apply(writes...)
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

// writes are those of all that has changed, and of the facts, which bind it.
func (s *walletState) writes() ([]store.Write, error) {
	all := make([]entry, 0, 1+len(s.journal.names))
	if c := s.credential; c != nil && c != s.before.credential {
		b, err := c.AppendBinary(nil)
		if err != nil {
			return nil, err
		}
		all = append(all, entry{live, entryCredential, b})
	}
	all, err := s.journal.append(all)
	if err != nil {
		return nil, err
	}
	writes, err := s.disk.change(all, &s.bound)
	if err != nil {
		return nil, err
	}
	b, err := s.facts.encode()
	if err != nil {
		return nil, err
	}
	w, err := s.disk.seal(entry{live, entryFacts, b})
	return append(writes, w), err
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
