package wallet

import (
	"context"
	"time"
)

// Rescan has the wallet read all records again, from the first, at the next Sync, with
// another birthday, or with none: where the one before was too late, money that came before it is
// missing. What is pending stays pending, and its coins stay locked; of the history stays what records do
// not restore. Until the Sync has read what was read before, money is missing that was there, and nothing new is made: what
// would be is refused with a RescanError. It waits for a Sync that runs.
func (w *Wallet) Rescan(ctx context.Context, born time.Time) error {
	if err := w.usable(); err != nil {
		return err
	}
	select {
	case w.syncing <- struct{}{}: // what a Sync is taking in is to be read again
		defer func() { <-w.syncing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	at := uint64(0)
	if !born.IsZero() {
		at = birthday(born)
	}
	return w.again(at)
}

// again has the wallet read all records again, with a birthday.
func (w *Wallet) again(birthday uint64) error {
	s := &w.state
	if err := s.begin(); err != nil {
		return err
	}
	before := s.items
	w.window, w.waiting = nil, 0
	s.facts = facts{p: s.p, birthday: birthday, former: max(s.former, s.frontier.Height), directory: s.directory, bound: s.bound}
	if err := w.forget(before); err != nil {
		s.rollback()
		return err
	}
	if err := s.commit(); err != nil {
		return err
	}
	s.stale = nil
	return nil
}

// forget takes away what records restore.
func (w *Wallet) forget(items uint64) error {
	s := &w.state
	for _, c := range s.coins.m {
		s.lose(c)
	}
	for asset := range s.accounts.m {
		unset(s.journal, &s.accounts, asset)
	}
	for id := range s.holds.m {
		unset(s.journal, &s.holds, id)
	}
	for g := range s.granted.m {
		unset(s.journal, &s.granted, g)
	}
	for _, r := range s.before.addresses {
		at, err := r.Cursor().MarshalBinary()
		if err != nil {
			return err
		}
		name := entryAddress + string(at)
		s.journal.write(name, func() (entry, error) { return entry{class: live, name: name}, nil })
	}
	for _, name := range append(s.stale, entryCredential) {
		s.journal.write(name, func() (entry, error) { return entry{class: live, name: name}, nil })
	}
	for n := range items {
		b, err := s.get(entryItem + keyOfNumber(n))
		if err != nil {
			return err
		}
		if b == nil {
			continue // it was taken away
		}
		it, err := decodeItem(b)
		if err != nil {
			return err
		}
		if it.output != own {
			continue
		}
		if now, err := w.became(it.id); err != nil {
			return err
		} else if now.State != Pending && now.State != Lapsed && now.State != Failed {
			continue
		}
		s.put(entryPlace+it.place(), encodeNumber(s.items))
		s.put(entryItem+keyOfNumber(s.items), it.encode())
		s.items++
	}
	return nil
}

// rescanned reports a wallet that has not read again all that it had read. Coins may be there that
// are spent, a nonce is the next that was used, and payees have addresses that they had before.
func (w *Wallet) rescanned() error {
	if s := &w.state; s.frontier.Height < s.former {
		return &RescanError{s.frontier.Checkpoint, s.former}
	}
	return nil
}
