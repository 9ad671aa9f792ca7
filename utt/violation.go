package utt

// Violation is what the opening of a warrant shows to be wrong with it.
type Violation uint8

// What can be wrong with a warrant that was sealed.
const (
	ViolationCount    Violation = 1 // it said another number of payments
	ViolationTransfer Violation = 2 // a payment has no audit record
)

var violations = map[Violation]string{ViolationCount: "count", ViolationTransfer: "transfer"}

func (v Violation) String() string { return nameIn(violations, v, "violation") }

// MarshalText is the name.
func (v Violation) MarshalText() ([]byte, error) { return marshalName(violations, v, "violation") }

// UnmarshalText parses a name.
func (v *Violation) UnmarshalText(text []byte) error {
	return unmarshalName(violations, v, text, "violation")
}
