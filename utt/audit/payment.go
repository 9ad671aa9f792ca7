package audit

import (
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// Payment is a payment that waits for the auditors, as everybody sees it.
type Payment struct {
	Transfer utt.ID
	Case     utt.Case
	Asset    string
	Reveals  utt.Reveals // what is opened to decide
	Time     uint64      // since when it is held, in seconds since 1970
	Approved bool        // it executes at Due, unless it is vetoed
	Due      uint64      // when it is refunded unless it is approved before; of an approved one, when it executes
}

// Opened is what is opened of a payment to decide on it. It prints as "redacted".
type Opened struct {
	Payment
	Amount utt.Amount
	Payee  utt.PID // zero where it is not revealed
	Payer  utt.PID // zero where it is not revealed
}

// Format prints "redacted".
func (o Opened) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (o Opened) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// payment is one that is held, and how far the auditors have come with it.
type payment struct {
	Payment
	decryption
	settlement *utt.Record // of its approval, nil before it
	votes      map[utt.Verb]map[threshold.Index]*threshold.SignatureShare

	opened    *Opened
	unread    bool // whether part of that says nothing [AUD-PAYEE]
	decisions map[utt.Verb]*utt.Decision
	announced map[utt.Verb]bool // whether the decision was handed in
}

// useful reports whether a vote for a verb can still do something.
func (p *payment) useful(v utt.Verb) bool { return v == utt.Veto || v == utt.Approve && !p.Approved }

// vote keeps an auditor's share of a decision.
func (p *payment) vote(v utt.Verb, by threshold.Index, s *threshold.SignatureShare) {
	if p.votes[v] == nil {
		p.votes[v] = make(map[threshold.Index]*threshold.SignatureShare)
	}
	p.votes[v][by] = s
}
