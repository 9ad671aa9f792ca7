package utt

import (
	"fmt"
)

// Status is what became of an operation.
type Status uint8

// The states of an operation. Executed and Rejected are final.
const (
	Executed Status = 1
	Held     Status = 2 // waits for the auditors; reserved
	Rejected Status = 3
)

func (s Status) String() string {
	switch s {
	case Executed:
		return "executed"
	case Held:
		return "held"
	case Rejected:
		return "rejected"
	}
	return fmt.Sprintf("status %d", uint8(s))
}

// Receipt says what became of an operation. It goes by the digest of the exact
// bytes: an ID does not name a rejected transfer, or garbled proofs under
// somebody's ID would pass for the failure of his payment.
type Receipt struct {
	Op        Digest
	ID        ID
	Status    Status
	Rejection *Rejection // of a rejected one
}

// Err is nil if the operation was executed, and its *Rejection if it was rejected.
// Return it instead of the field: a nil *Rejection is not a nil error.
func (r Receipt) Err() error {
	switch {
	case r.Rejection != nil:
		return r.Rejection
	case r.Status == Executed:
		return nil
	}
	return fmt.Errorf("%w: operation %v is %v, neither executed nor rejected", ErrInvalid, r.Op, r.Status)
}

// Code classifies a rejection. Codes are stable and part of receipts.
type Code uint8

// The codes, each with the error that a Rejection unwraps to.
const (
	CodeInvalid      Code = 1  // ErrInvalid: a proof, signature or shape is wrong
	CodePolicy       Code = 2  // ErrPolicy: the parameters do not allow it
	CodeEpoch        Code = 3  // ErrPolicy: made for another epoch than the block's
	CodeSpent        Code = 4  // ErrConflict: a nullifier was used before
	CodeNonce        Code = 5  // ErrConflict: not the account's next nonce
	CodeBalance      Code = 6  // ErrInsufficient: the account holds less
	CodeUnregistered Code = 7  // ErrNotFound: no such user
	CodeRegistered   Code = 8  // ErrConflict: the user is registered otherwise
	CodeAccountKey   Code = 9  // ErrConflict: account key of another user, or not of this one
	CodeGranted      Code = 10 // ErrConflict: the budget was granted before
	CodeSupply       Code = 11 // ErrPolicy: supply would reach 2^64
)

var codes = map[Code]struct {
	name  string
	cause error
}{
	CodeInvalid:      {"invalid", ErrInvalid},
	CodePolicy:       {"policy", ErrPolicy},
	CodeEpoch:        {"epoch", ErrPolicy},
	CodeSpent:        {"spent", ErrConflict},
	CodeNonce:        {"nonce", ErrConflict},
	CodeBalance:      {"balance", ErrInsufficient},
	CodeUnregistered: {"unregistered", ErrNotFound},
	CodeRegistered:   {"registered", ErrConflict},
	CodeAccountKey:   {"account key", ErrConflict},
	CodeGranted:      {"granted", ErrConflict},
	CodeSupply:       {"supply", ErrPolicy},
}

func (c Code) String() string {
	if e, ok := codes[c]; ok {
		return e.name
	}
	return fmt.Sprintf("code %d", uint8(c))
}

// Rejection says why an operation is not executed. errors.Is finds the code's
// cause.
type Rejection struct {
	Code   Code
	Label  string // of the check, as in PROTOCOL.md
	Op     Digest // of the operation's bytes
	Detail string // holds no secret
}

func (r *Rejection) Error() string {
	if r == nil {
		return "utt: no rejection"
	}
	return fmt.Sprintf("utt: operation %v rejected (%v) [%s]: %s", r.Op, r.Code, r.Label, r.Detail)
}

// Unwrap is the cause of the code.
func (r *Rejection) Unwrap() error {
	if r == nil {
		return ErrInvalid
	}
	if e, ok := codes[r.Code]; ok {
		return e.cause
	}
	return ErrInvalid
}

