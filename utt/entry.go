package utt

import (
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/sig"
)

// Entry is what everybody can read in a record, an explorer for instance. Fields that
// operations of the kind do not have are zero, and left out of JSON, where amounts are
// strings, since many readers of JSON hold no more than 53 bits.
type Entry struct {
	Kind       Kind            `json:"kind,omitzero"`
	PID        PID             `json:"pid,omitzero"`           // whom it concerns: who is registered, paid by an issue, pays, mints, gets a budget, or burns
	To         PID             `json:"to,omitzero"`            // who is paid, by a public transfer, and the tax account
	Asset      string          `json:"asset,omitzero"`         // but of a registration
	Amount     Amount          `json:"amount,omitzero,string"` // issued, paid, minted, granted, burned or collected
	Nonce      uint64          `json:"nonce,omitzero,string"`  // of an order on an account, of the issuer, of the authority, of a warrant, or of an address
	Member     *Member         `json:"member,omitzero"`        // of a registration; Record.Member verifies that an endorser vouches for him
	Address    string          `json:"address,omitzero"`       // of a readdress, in hexadecimal; Record.Readdressed verifies who vouches for it
	ScanKey    ScanKey         `json:"scan_key,omitzero"`      // of a readdress; zero for none
	Case       Case            `json:"case,omitzero"`          // of a transfer
	Epoch      Epoch           `json:"epoch,omitzero"`         // of a grant, a transfer and a sum, and from which an amendment takes effect
	Counter    string          `json:"counter,omitzero"`       // that is granted
	Fee        Amount          `json:"fee,omitzero,string"`    // of a transfer, paid once it executes
	Cause      Cause           `json:"cause,omitzero"`         // of a settlement
	Suspended  bool            `json:"suspended,omitzero"`     // by a suspension; false where it lifts one
	Due        uint64          `json:"due,omitzero"`           // of an approval, when the transfer executes; of a warrant, when it must have been opened; in seconds since 1970
	Count      uint64          `json:"count,omitzero,string"`  // of the payments that a warrant names, or that are in a sum
	Transfers  []ID            `json:"transfers,omitempty"`    // that a warrant names; none of a sealed one
	Components Components      `json:"components,omitzero"`    // of them that auditors open
	Reason     string          `json:"reason,omitempty"`       // of the opening of a warrant
	Violation  Violation       `json:"violation,omitzero"`     // that the opening of a warrant shows
	Sum        SumKind         `json:"sum,omitzero"`           // what was added up
	Batch      uint64          `json:"batch,omitzero,string"`  // of a collection
	Nullifiers []nullifier.Key `json:"nullifiers,omitempty"`
	Outputs    []Output        `json:"outputs,omitempty"`
	Session    ID              `json:"session,omitzero"` // in which keys are made or reshared; Record.SessionEvent has the rest
}

// entry is the part of a record that depends on the kind of operation.
type entry interface {
	kind() Kind
	// append appends what of it is in the summary of the record.
	append(b []byte) []byte
	// read is what everybody can read.
	read(p *Parameters) (Entry, error)
	// commitments are the outputs, to be signed.
	commitments(p *Parameters) []*sig.Commitment
}

// detailed is an entry of which a part is in the detail of the record.
type detailed interface {
	// detail appends that part, which is never empty.
	detail(b []byte) []byte
	// readDetail reads it into an entry that was read of a summary.
	readDetail(r *wire.Reader)
}
