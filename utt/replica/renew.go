package replica

import (
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// Replaced are the group keys of which another generation holds the shares, as of the
// ledger's head, than that of the replica's committees [RES-HEIGHT]: a later one, or an
// earlier one, if these do not hold the keys yet. Meanwhile the replica signs nothing, and
// follows what others certify: until Renew, or that block.
func (r *Replica) Replaced() ([]Key, error) {
	if err := r.usable(); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	keys, _, err := replaced(r.ledger, r.c.Committees)
	return keys, err
}

// Renew goes on with the shares of the generations that hold the keys as of the ledger's
// head, as sessions have made them; nil for a key of which the replica has none. What is
// executed and not published is signed by these, with the same result. The error is
// ErrPolicy for another generation: before n − f parties have adopted it, and after a later
// one.
//
// The shares that are replaced are erased with the first certificate of a block of the new
// generations, those of the credential key once no credential of before is owed besides; on disk
// they are the caller's to erase, then at the latest.
func (r *Replica) Renew(c *utt.Committees, coin, credential, ledgerShare *threshold.KeyShare) error {
	if err := r.usable(); err != nil {
		return err
	}
	r.working.Lock()
	defer r.working.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.c
	next.Committees, next.Coin, next.Credential, next.Ledger = c, coin, credential, ledgerShare
	if err := next.check(); err != nil {
		return err
	}
	keys, since, err := replaced(r.ledger, c)
	if err != nil {
		return err
	}
	if len(keys) > 0 {
		return fmt.Errorf("%w: [RES-HEIGHT] another generation holds the %v as of block %d", utt.ErrPolicy, keys[0], r.ledger.Head().Height)
	}
	if err := next.takeFaults(r.ledger); err != nil {
		return err
	}
	fresh := &Replica{c: next, ledger: r.ledger, kept: keeper{l: r.ledger, s: r.c.Store}}
	if err := fresh.takeShares(); err != nil {
		return err
	}
	inUse := []*threshold.KeyShare{coin, credential, ledgerShare}
	fresh.main.take(r.main, inUse, r.c.Coin, r.c.Ledger)
	fresh.credentials.take(r.credentials, inUse, r.c.Credential)
	r.c, r.signers, r.main, r.credentials, r.renewed = next, fresh.signers, fresh.main, fresh.credentials, since
	r.suspects, r.out = make(map[suspect]bool), nil
	for _, l := range r.lines() {
		l.Replica, l.behind = r, true
		l.erase()
	}
	return nil
}

// take goes on from the line of the shares before, some of which it retires. What was heard
// was of parties by their indices of before: others have these now, and are neither charged nor
// blamed for it, nor answered.
func (r *line) take(before *line, inUse []*threshold.KeyShare, old ...*threshold.KeyShare) {
	r.signed = before.signed
	r.retired = append(before.retired, old...)
	r.retired = slices.DeleteFunc(r.retired, func(old *threshold.KeyShare) bool {
		return old == nil || slices.Contains(inUse, old)
	})
}

// erase overwrites the shares that were replaced, once all that is signed with them up to a
// block that is signed without them is certified.
func (r *line) erase() {
	if r.through() < r.renewed {
		return
	}
	for _, old := range r.retired {
		old.Erase()
	}
	r.retired = nil
}
