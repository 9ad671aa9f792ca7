package ledger

import (
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
)

// transfer spends coins, and credits what is burned. The coins that it makes are in
// the record.
func (x *execution) transfer(t *utt.Transfer, spent [][]byte) *utt.Rejection {
	id := t.ID()
	for _, k := range spent {
		if x.has(k) && batch.Enforced("NF-ONCE") {
			return x.reject(utt.CodeSpent, "NF-ONCE", "a coin was spent before")
		}
		x.put(k, id[:])
	}
	if w, ok := x.p.WaitOf(t); ok { // [HOLD-NF] the nullifiers are consumed, for good
		x.status = utt.Held
		x.record()
		x.beginHold(id, w)
		return nil
	}
	fee, to := x.p.FeeOf(t)
	x.takeFee(t.Asset(), fee, to)
	x.joinTax(t.Asset(), x.p.TaxOf(t))
	if amount, account := t.Burned(); amount > 0 {
		if x.member(account) == nil && batch.Enforced("BURN-TO") {
			return x.reject(utt.CodeUnregistered, "BURN-TO", "no account %v", account)
		}
		x.credit(account, t.Asset(), amount)
	}
	x.record()
	return nil
}
