package ledger

import (
	"bytes"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
)

// readdress gives a user another address, which is in the record: the state has its number.
func (x *execution) readdress(r *utt.Readdress) *utt.Rejection {
	m := x.member(r.PID())
	if m == nil {
		return x.reject(utt.CodeUnregistered, "ACCOUNT", "no account %v", r.PID())
	}
	if !bytes.Equal(m.AccountKey(), r.AccountKey()) && batch.Enforced("ACCOUNT-KEY") {
		return x.reject(utt.CodeAccountKey, "ACCOUNT-KEY", "not the key of account %v", r.PID())
	}
	if next := x.addressNumber(r.PID()); r.Number() != next && batch.Enforced("ADDR-NUMBER") {
		return x.reject(utt.CodeNonce, "ADDR-NUMBER", "address %d, next is %d", r.Number(), next)
	}
	x.putNumber(addressKey(r.PID()), r.Number())
	x.record()
	return nil
}

// addressNumber is that of a user's next address.
func (x *execution) addressNumber(pid utt.PID) uint64 { return x.number(addressKey(pid)) + 1 }
