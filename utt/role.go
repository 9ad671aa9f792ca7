package utt

// Role is what an output is for.
type Role uint8

// The roles of outputs: those of transfers, and what registrations, mints and grants
// make.
const (
	Payee        Role = 1 // money for somebody else
	Own          Role = 2 // money for the sender
	Fixed        Role = 3 // money for a public identifier, such as a tax office
	BudgetChange Role = 4 // what is left of the budget
	Refund       Role = 5 // all the money back, should the payment be refused
	Credential   Role = 6 // of a registered user
	Minted       Role = 7 // money out of an account
	Granted      Role = 8 // a budget
	BudgetRefund Role = 9 // all the budget back, should the payment be refused
)

var roles = map[Role]string{
	Payee: "payee", Own: "own", Fixed: "fixed", BudgetChange: "budget change", Refund: "refund",
	Credential: "credential", Minted: "minted", Granted: "granted", BudgetRefund: "budget refund",
}

func (r Role) String() string { return nameIn(roles, r, "role") }

// MarshalText is the name.
func (r Role) MarshalText() ([]byte, error) { return marshalName(roles, r, "role") }

// UnmarshalText parses a name.
func (r *Role) UnmarshalText(text []byte) error { return unmarshalName(roles, r, text, "role") }

// Output is what a record shows of something that it makes.
type Output struct {
	Role  Role `json:"role"`
	Owner PID  `json:"owner,omitzero"` // where that is public: zero else
}
