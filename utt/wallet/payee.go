package wallet

import (
	"fmt"

	"github.com/utt-ecash/utt-go/utt"
)

// payee is a registered user, at his newest address, for which an endorser vouches. No
// node's word is taken for it: a substituted address would get the notes.
func (w *Wallet) payee(pid utt.PID) (*utt.Member, error) {
	r, err := w.state.member(pid)
	if err != nil {
		return nil, err
	}
	if r == nil {
		if w.way != Full {
			return nil, fmt.Errorf("%w: user %v is not known here: Meet him, by a card of his", utt.ErrNotFound, pid)
		}
		return nil, fmt.Errorf("%w: no user %v is registered; sync, or check the name", utt.ErrNotFound, pid)
	}
	m, err := r.Member(w.state.p)
	if err != nil {
		return nil, err
	}
	if m.PID() != pid {
		return nil, fmt.Errorf("%w: the record registers %v, not %v", utt.ErrInvalid, m.PID(), pid)
	}
	moved, err := w.state.moved(pid)
	if err != nil || moved == nil {
		return m, err
	}
	return moved.Readdressed(w.state.p, m)
}

// payeeNamed is the registered user of an identity, if an endorser who may vouch for it
// does [POLICY-PREFIX].
func (w *Wallet) payeeNamed(identity string) (*utt.Member, error) {
	if err := utt.CheckIdentity(identity); err != nil {
		return nil, err
	}
	pid := utt.PIDOf(identity)
	if _, err := w.payee(pid); err != nil {
		return nil, err
	}
	r, err := w.state.member(pid)
	if err != nil {
		return nil, err
	}
	moved, err := w.state.moved(pid)
	if err != nil {
		return nil, err
	}
	m, err := r.MemberNamed(w.state.p, identity)
	if err == nil && moved != nil {
		return moved.ReaddressedNamed(w.state.p, m, identity)
	}
	return m, err
}

// upToDate reports addresses of payees that may be old: they read notes to one that was changed
// in an epoch through the next, so that who knows the one before has to have seen that begin.
func (w *Wallet) upToDate(payees ...utt.PID) error {
	now := w.present()
	if now > w.state.epoch+1 {
		return fmt.Errorf("%w: payees may have other addresses than in epoch %d, in which the wallet was synced last; it is epoch %d: Sync",
			utt.ErrConflict, w.state.epoch, now)
	}
	if w.state.way == Full {
		return nil
	}
	for _, pid := range payees {
		known, err := w.state.met(pid)
		if err != nil {
			return err
		}
		if known = max(known, w.state.read); now > known+1 {
			return fmt.Errorf("%w: user %v may have another address than in epoch %d, of which the wallet knows; it is epoch %d: Meet him again, by a new card",
				utt.ErrConflict, pid, known, now)
		}
	}
	return nil
}
