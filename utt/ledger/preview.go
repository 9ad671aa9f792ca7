package ledger

import (
	"fmt"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
)

// Outlook is what would become of an operation.
type Outlook uint8

// The outlooks of an operation that is not in a block yet.
const (
	Now   Outlook = 1 // it would be executed in the next block
	Later Outlook = 2 // its nonce or round is ahead, or its epoch is the next: hold it back
	Never Outlook = 3 // the state rules it out: it can be dropped
)

func (o Outlook) String() string {
	switch o {
	case Now:
		return "now"
	case Later:
		return "later"
	case Never:
		return "never"
	}
	return fmt.Sprintf("outlook %d", uint8(o))
}

// Preview says what would become of an operation in a block with the given time, in
// seconds since 1970, that follows the head. It looks at the state only and computes
// nothing on points, so that it costs next to nothing: for a mempool, before Check. A
// rejection says why not now. What is missing besides, such as money or a registration
// that may yet come, counts as Never: as long as the head is this one. Signatures and proofs
// are not looked at: what is Later may be anybody's, and is to have room of its own.
func (l *Ledger) Preview(op utt.Operation, time uint64) (Outlook, *utt.Rejection, error) {
	if err := l.usable(); err != nil {
		return 0, nil, err
	}
	if utt.Absent(op) {
		return 0, nil, fmt.Errorf("%w: an operation that is nil or empty", utt.ErrInvalid)
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	x := l.begin(l.meta.height+1, max(time, l.meta.time), 1)
	now, err := x.policy.EpochAt(x.time)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", utt.ErrPolicy, err)
	}
	x.op = op
	switch o := op.(type) {
	case *utt.Transfer:
		if e := o.Epoch(); e != now {
			return outlook(e == now+1), x.reject(utt.CodeEpoch, "POLICY-EPOCH", "made for epoch %d, not %d", e, now), nil
		}
	case *utt.Grant:
		if e := o.Epoch(); !budget.Grantable(e, now) {
			return outlook(budget.Grantable(e, now+1)), x.reject(utt.CodeEpoch, "POLICY-EPOCH", "grant for epoch %d in epoch %d", e, now), nil
		}
	case *utt.Amendment:
		// to look at its rules takes points, and whoever signed it is not known yet
		next := x.p.Amendments() + 1
		if o.Number() != next {
			return outlook(o.Number() > next), x.reject(utt.CodeNonce, "AMD-NUMBER", "amendment %d, next is %d", o.Number(), next), nil
		}
		return Now, nil, nil
	}
	no := x.execute(op, spentKeys(op))
	later := x.early
	if no != nil && no.Code == utt.CodeNonce {
		switch o := op.(type) {
		case *utt.Issue:
			later = o.Nonce() > x.number(issueNonceKey)
		case *utt.Readdress:
			later = o.Number() > x.addressNumber(o.PID())
		case *utt.Suspension:
			later = o.Number() > x.number(suspensionNumberKey)
		case *utt.Warrant:
			later = o.Number() > x.number(warrantNumberKey)
		case accountOrder:
			later = o.Nonce() > x.number(nonceKey(o.PID()))
		}
	}
	switch {
	case x.err != nil:
		return 0, nil, fmt.Errorf("%w: %w", utt.ErrStore, x.err)
	case no == nil:
		return Now, nil, nil
	}
	return outlook(later), no, nil
}

func outlook(later bool) Outlook {
	if later {
		return Later
	}
	return Never
}
