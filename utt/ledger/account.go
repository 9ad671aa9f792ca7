package ledger

import (
	"bytes"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
)

// issue creates ordinary money.
func (x *execution) issue(o *utt.Issue) *utt.Rejection {
	if next := x.number(issueNonceKey); o.Nonce() != next && batch.Enforced("ISSUE-NONCE") {
		return x.reject(utt.CodeNonce, "ISSUE-NONCE", "nonce %d, next is %d", o.Nonce(), next)
	}
	if x.member(o.To()) == nil && batch.Enforced("ISSUE-TO") {
		return x.reject(utt.CodeUnregistered, "ISSUE-TO", "no account %v", o.To())
	}
	supply := utt.Amount(x.number(supplyKey(o.Asset())))
	if supply+o.Amount() < supply && batch.Enforced("ISSUE-SUPPLY") {
		return x.reject(utt.CodeSupply, "ISSUE-SUPPLY", "supply would reach 2^64")
	}
	x.putNumber(issueNonceKey, o.Nonce()+1)
	x.putNumber(supplyKey(o.Asset()), uint64(supply+o.Amount()))
	x.credit(o.To(), o.Asset(), o.Amount())
	x.record()
	return nil
}

// accountOrder takes money out of an account: *utt.PublicTransfer or *utt.Mint.
type accountOrder interface {
	PID() utt.PID
	AccountKey() []byte
	Nonce() uint64
	Asset() string
	Amount() utt.Amount
}

// spend takes the amount out of the account.
func (x *execution) spend(o accountOrder) *utt.Rejection {
	m := x.member(o.PID())
	if m == nil {
		return x.reject(utt.CodeUnregistered, "ACCOUNT", "no account %v", o.PID())
	}
	if !bytes.Equal(m.AccountKey(), o.AccountKey()) && batch.Enforced("ACCOUNT-KEY") {
		return x.reject(utt.CodeAccountKey, "ACCOUNT-KEY", "not the key of account %v", o.PID())
	}
	if x.has(suspendedKey(o.PID())) && batch.Enforced("SUS-ORDER") {
		return x.reject(utt.CodeSuspended, "SUS-ORDER", "user %v is suspended", o.PID())
	}
	if next := x.number(nonceKey(o.PID())); o.Nonce() != next && batch.Enforced("ACCOUNT-NONCE") {
		return x.reject(utt.CodeNonce, "ACCOUNT-NONCE", "nonce %d, next is %d", o.Nonce(), next)
	}
	if have := x.balance(o.PID(), o.Asset()); have < o.Amount() && batch.Enforced("ACCOUNT-BALANCE") {
		return x.reject(utt.CodeBalance, "ACCOUNT-BALANCE", "balance %d below %d", have, o.Amount())
	}
	x.putNumber(nonceKey(o.PID()), o.Nonce()+1)
	x.debit(o.PID(), o.Asset(), o.Amount())
	return nil
}

// pay moves ordinary money between accounts.
func (x *execution) pay(o *utt.PublicTransfer) *utt.Rejection {
	if x.member(o.To()) == nil && batch.Enforced("ACCOUNT-TO") {
		return x.reject(utt.CodeUnregistered, "ACCOUNT-TO", "no account %v", o.To())
	}
	if no := x.spend(o); no != nil {
		return no
	}
	x.credit(o.To(), o.Asset(), o.Amount())
	x.record()
	return nil
}

// mint turns ordinary money into a coin, which is in the record.
func (x *execution) mint(o *utt.Mint) *utt.Rejection {
	if no := x.spend(o); no != nil {
		return no
	}
	x.record()
	return nil
}

func (x *execution) balance(a utt.PID, asset string) utt.Amount {
	return utt.Amount(x.number(balanceKey(a, asset)))
}

// credit cannot overflow: all accounts together hold no more than the supply.
func (x *execution) credit(a utt.PID, asset string, v utt.Amount) {
	x.putNumber(balanceKey(a, asset), uint64(x.balance(a, asset)+v))
}

func (x *execution) debit(a utt.PID, asset string, v utt.Amount) {
	x.putNumber(balanceKey(a, asset), uint64(x.balance(a, asset)-v))
}
