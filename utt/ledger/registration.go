package ledger

import (
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
)

// register gives a user a credential, once.
func (x *execution) register(r *utt.Registration) *utt.Rejection {
	m := r.Member()
	if known := x.member(m.PID()); known != nil && batch.Enforced("REG-ONCE") {
		if known.Equal(m) {
			return nil // idempotent
		}
		return x.reject(utt.CodeRegistered, "REG-ONCE", "%s", m.Differs(known))
	}
	if x.has(accountKeyKey(m.AccountKey())) && batch.Enforced("REG-KEY-ONCE") {
		return x.reject(utt.CodeAccountKey, "REG-KEY-ONCE", "account key of another user")
	}
	encoded, err := m.MarshalBinary()
	if err != nil {
		x.fail(err)
	}
	pid := m.PID()
	x.put(memberKey(pid), encoded)
	x.put(accountKeyKey(m.AccountKey()), pid[:])
	x.put(endorsedKey(pid), append(be64(x.p.Version()), r.Endorser()...))
	x.record()
	return nil
}

// member is a registered user, nil for nobody.
func (x *execution) member(pid utt.PID) *utt.Member {
	b := x.get(memberKey(pid))
	if b == nil {
		return nil
	}
	m := new(utt.Member)
	if err := m.UnmarshalBinary(b); err != nil {
		x.fail(err)
		return nil
	}
	return m
}
