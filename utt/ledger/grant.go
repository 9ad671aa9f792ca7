package ledger

import (
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
)

// grant gives a user the budget of his class for an epoch, in the version of that, once.
func (x *execution) grant(g *utt.Grant) *utt.Rejection {
	m := x.member(g.PID())
	if m == nil {
		return x.reject(utt.CodeUnregistered, "GRANT-TO", "no user %v", g.PID())
	}
	if x.has(suspendedKey(g.PID())) && batch.Enforced("SUS-GRANT") {
		return x.reject(utt.CodeSuspended, "SUS-GRANT", "user %v is suspended", g.PID())
	}
	if due, err := x.p.Allowance(g.Counter(), m.Class(), g.Epoch()); (err != nil || due != g.Amount()) && batch.Enforced("GRANT-AMOUNT") {
		return x.reject(utt.CodePolicy, "GRANT-AMOUNT", "%d is not the amount of class %d in epoch %d", g.Amount(), m.Class(), g.Epoch())
	}
	key := grantKey(g.PID(), g.Counter(), g.Asset(), g.Epoch())
	if x.has(key) && batch.Enforced("GRANT-ONCE") {
		return x.reject(utt.CodeGranted, "GRANT-ONCE", "granted before")
	}
	x.put(key, []byte{1})
	x.record()
	return nil
}
