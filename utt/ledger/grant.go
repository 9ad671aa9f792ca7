package ledger

import (
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
)

// grant gives a user the budget of his class for an epoch, once.
func (x *execution) grant(g *utt.Grant) *utt.Rejection {
	m := x.member(g.PID())
	if m == nil {
		return x.reject(utt.CodeUnregistered, "GRANT-TO", "no user %v", g.PID())
	}
	if due, err := x.policy.Amount(g.Counter(), m.Class()); (err != nil || due != g.Amount()) && batch.Enforced("GRANT-AMOUNT") {
		return x.reject(utt.CodePolicy, "GRANT-AMOUNT", "%d is not the amount of class %d", g.Amount(), m.Class())
	}
	key := grantKey(g.PID(), g.Counter(), g.Asset(), g.Epoch())
	if x.has(key) && batch.Enforced("GRANT-ONCE") {
		return x.reject(utt.CodeGranted, "GRANT-ONCE", "granted before")
	}
	x.put(key, []byte{1})
	x.record()
	return nil
}
