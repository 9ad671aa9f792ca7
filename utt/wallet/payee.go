package wallet

import (
	"fmt"

	"github.com/utt-ecash/utt-go/utt"
)

// payee is a registered user whose address an endorser vouches for. No node's word
// is taken for it: a substituted address would get the notes.
func (w *Wallet) payee(pid utt.PID) (*utt.Member, error) {
	r, err := w.state.member(pid)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, fmt.Errorf("%w: no user %v is registered; sync, or check the name", utt.ErrNotFound, pid)
	}
	m, err := r.Member(w.state.p)
	if err == nil && m.PID() != pid {
		return nil, fmt.Errorf("%w: the record registers %v, not %v", utt.ErrInvalid, m.PID(), pid)
	}
	return m, err
}

// payeeNamed is the registered user of an identity, if an endorser who may vouch for it
// does [POLICY-PREFIX].
func (w *Wallet) payeeNamed(identity string) (*utt.Member, error) {
	if err := utt.CheckIdentity(identity); err != nil {
		return nil, err
	}
	m, err := w.payee(utt.PIDOf(identity))
	if err != nil {
		return nil, err
	}
	r, err := w.state.member(m.PID())
	if err != nil {
		return nil, err
	}
	return r.MemberNamed(w.state.p, identity)
}
