package wallet

import "github.com/utt-ecash/utt-go/utt"

// payeeNamed is the registered user of an identity, if an endorser who may vouch for it
// does [POLICY-PREFIX].
func (w *Wallet) payeeNamed(identity string) (*utt.Member, error) {
	m, err := w.payee(utt.PIDOf(identity))
	if err != nil {
		return nil, err
	}
	return w.state.members[m.PID()].MemberNamed(w.p, identity)
}
