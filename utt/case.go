package utt

import (
	"math"

	"github.com/utt-ecash/utt-go/budget"
)

// Case is how a private transfer stands to the policy. The sender names it; what
// follows from it, the verifier derives.
type Case uint8

// The cases of a private transfer.
const (
	// Self moves money between coins of one owner (split, merge) or out to his
	// account (burn, which others call to unshield). It costs no budget and reveals nothing
	// but a burn.
	Self Case = 1
	// Anonymous pays somebody within the budget, and reveals nothing.
	Anonymous Case = 2
	// Audited pays beyond the budget, with the auditors' approval in real time.
	// Reserved: this version rejects it.
	Audited Case = 3
	// Delayed pays beyond the audited tier: approval, then a delay. Reserved: this
	// version rejects it.
	Delayed Case = 4
)

var caseNames = func() map[Case]string {
	names := make(map[Case]string, len(cases))
	for c, r := range cases {
		names[c] = r.name
	}
	return names
}()

func (c Case) String() string { return nameIn(caseNames, c, "case") }

// MarshalText is the name.
func (c Case) MarshalText() ([]byte, error) { return marshalName(caseNames, c, "case") }

// UnmarshalText parses a name.
func (c *Case) UnmarshalText(text []byte) error { return unmarshalName(caseNames, c, text, "case") }

// cases is the policy table: what every case demands of a transfer. A sender who
// could choose any of these would choose no budget and no tax.
var cases = map[Case]struct {
	name      string
	payee     bool                        // output 0 belongs to somebody else
	budget    bool                        // a budget coin is spent and its change returned
	audit     bool                        // the auditors can read sender, payee and amount
	refund    bool                        // an output of the whole input, signed if the payment is refused
	publicOut bool                        // money may leave for the sender's account
	limit     func(*budget.Policy) Amount // on output 0, where the budget does not limit it
}{
	Self:      {name: "self", publicOut: true, limit: func(*budget.Policy) Amount { return math.MaxUint64 }},
	Anonymous: {name: "anonymous", payee: true, budget: true, limit: func(*budget.Policy) Amount { return 0 }},
	Audited:   {name: "audited", payee: true, audit: true, refund: true, limit: func(p *budget.Policy) Amount { return p.Audited.Limit }},
	Delayed:   {name: "delayed", payee: true, audit: true, refund: true, limit: func(p *budget.Policy) Amount { return p.Delayed.Limit }},
}
