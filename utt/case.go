package utt

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
	// Audited pays beyond the budget, with the auditors' approval in real time. The
	// payment is held until they have approved it; else the money comes back.
	Audited Case = 3
	// Delayed pays beyond the audited tier: approval, then a delay, in which it can still
	// be vetoed.
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

// cases are what every case demands of a row of the policy table, and so of a transfer. A
// sender who could choose any of these would choose no budget and no tax.
var cases = map[Case]struct {
	name      string
	payee     bool // output 0 belongs to somebody else
	audit     bool // the auditors can read payer, payee and amount; an output of the whole input is signed if they refuse
	delay     bool // the payment waits after the approval
	publicOut bool // money may leave for the sender's account
}{
	Self:      {name: "self", publicOut: true},
	Anonymous: {name: "anonymous", payee: true},
	Audited:   {name: "audited", payee: true, audit: true},
	Delayed:   {name: "delayed", payee: true, audit: true, delay: true},
}
