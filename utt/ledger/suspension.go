package ledger

import (
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
)

// suspend suspends a user, or lifts that.
func (x *execution) suspend(s *utt.Suspension) *utt.Rejection {
	if next := x.number(suspensionNumberKey); s.Number() != next && batch.Enforced("SUS-NUMBER") {
		return x.reject(utt.CodeNonce, "SUS-NUMBER", "suspension %d, next is %d", s.Number(), next)
	}
	if x.member(s.PID()) == nil && batch.Enforced("SUS-USER") {
		return x.reject(utt.CodeUnregistered, "SUS-USER", "no user %v", s.PID())
	}
	x.putNumber(suspensionNumberKey, s.Number()+1)
	if s.On() {
		x.put(suspendedKey(s.PID()), []byte{1})
	} else {
		x.remove(suspendedKey(s.PID()))
	}
	x.record()
	return nil
}
