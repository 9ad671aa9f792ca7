package utt

// Cause is why a held transfer was settled, or is about to be.
type Cause uint8

// The causes.
const (
	ByApproval Cause = 1 // the auditors approved
	ByVeto     Cause = 2 // the auditors vetoed
	ByExpiry   Cause = 3 // the auditors did not decide in time
	ByDelay    Cause = 4 // approved before, and the delay is over
)

var causes = map[Cause]string{ByApproval: "approval", ByVeto: "veto", ByExpiry: "expiry", ByDelay: "delay"}

func (c Cause) String() string { return nameIn(causes, c, "cause") }

// MarshalText is the name.
func (c Cause) MarshalText() ([]byte, error) { return marshalName(causes, c, "cause") }

// UnmarshalText parses a name.
func (c *Cause) UnmarshalText(text []byte) error { return unmarshalName(causes, c, text, "cause") }
