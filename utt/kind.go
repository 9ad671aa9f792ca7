package utt

// Kind is the kind of an operation or record, and the second byte of its encoding.
type Kind byte

// The kinds of operations and records.
const (
	KindRegistration   Kind = 1
	KindIssue          Kind = 2
	KindPublicTransfer Kind = 3
	KindMint           Kind = 4
	KindGrant          Kind = 5
	KindTransfer       Kind = 6
	KindDecision       Kind = 7 // of operations only: what it decides is a settlement on record
	KindSettlement     Kind = 8 // of records only
	KindAmendment      Kind = 9
	KindSuspension     Kind = 10
	KindWarrant        Kind = 11
	KindWarrantOpening Kind = 12
	KindWarrantVoid    Kind = 13
	KindSum            Kind = 14 // of records only
	KindCollection     Kind = 15

	KindSessionOpening  Kind = 16
	KindSessionMessage  Kind = 17
	KindSessionAdoption Kind = 18

	KindReaddress Kind = 19
)

var kinds = map[Kind]string{
	KindRegistration: "registration", KindIssue: "issue", KindPublicTransfer: "public transfer",
	KindMint: "mint", KindGrant: "grant", KindTransfer: "transfer",
	KindDecision: "decision", KindSettlement: "settlement",
	KindAmendment: "amendment", KindSuspension: "suspension",
	KindWarrant: "warrant", KindWarrantOpening: "warrant opening", KindWarrantVoid: "warrant void", KindSum: "sum", KindCollection: "collection",
	KindSessionOpening: "session opening", KindSessionMessage: "session message", KindSessionAdoption: "session adoption",
	KindReaddress: "readdress",
}

func (k Kind) String() string { return nameIn(kinds, k, "kind") }

// MarshalText is the name.
func (k Kind) MarshalText() ([]byte, error) { return marshalName(kinds, k, "kind") }

// UnmarshalText parses a name.
func (k *Kind) UnmarshalText(text []byte) error { return unmarshalName(kinds, k, text, "kind") }
