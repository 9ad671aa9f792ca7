package utt

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Status is what became of an operation.
type Status uint8

// The states of an operation. Executed and Refunded are final; what was rejected for a
// state that changes, such as its epoch, may be executed when it is handed in again.
const (
	Executed Status = 1
	Held     Status = 2 // waits for the auditors
	Rejected Status = 3
	Refunded Status = 4 // on record only: held before, and the money went back
	Approved Status = 5 // on record only: held before, and executes after a delay
)

var statuses = map[Status]string{Executed: "executed", Held: "held", Rejected: "rejected", Refunded: "refunded", Approved: "approved"}

func (s Status) String() string { return nameIn(statuses, s, "status") }

// MarshalText is the name.
func (s Status) MarshalText() ([]byte, error) { return marshalName(statuses, s, "status") }

// UnmarshalText parses a name.
func (s *Status) UnmarshalText(text []byte) error { return unmarshalName(statuses, s, text, "status") }

// Accepted reports an operation that did not leave the state as it was.
func (s Status) Accepted() bool { return s == Executed || s == Held }

// Receipt says what became of an operation. It goes by the digest of the exact
// bytes: an ID does not name a rejected transfer, or garbled proofs under
// somebody's ID would pass for the failure of his payment.
type Receipt struct {
	Op        Digest // of the operation's bytes: wallet.Handle.Digest
	ID        ID
	Status    Status
	Rejection *Rejection // of a rejected one
}

// Err is nil if the operation was executed or is held, and its *Rejection if it was rejected.
// Return it instead of the field: a nil *Rejection is not a nil error.
func (r Receipt) Err() error {
	switch {
	case r.Rejection != nil:
		return r.Rejection
	case r.Status.Accepted():
		return nil
	}
	return fmt.Errorf("%w: operation %v is %v, neither accepted nor rejected", ErrInvalid, r.Op, r.Status)
}

// Code classifies a rejection. Codes are stable and part of receipts.
type Code uint8

// The codes, each with the error that a Rejection unwraps to.
const (
	CodeInvalid      Code = 1  // ErrInvalid: a proof, signature or shape is wrong
	CodePolicy       Code = 2  // ErrPolicy: the parameters do not allow it
	CodeEpoch        Code = 3  // ErrPolicy: made for another epoch than the block's
	CodeSpent        Code = 4  // ErrConflict: a nullifier was used before
	CodeNonce        Code = 5  // ErrConflict: not the next nonce, of the account for instance
	CodeBalance      Code = 6  // ErrInsufficient: the account holds less
	CodeUnregistered Code = 7  // ErrNotFound: no such user
	CodeRegistered   Code = 8  // ErrConflict: the user is registered otherwise
	CodeAccountKey   Code = 9  // ErrConflict: account key of another user, or not of this one
	CodeGranted      Code = 10 // ErrConflict: the budget was granted before
	CodeSupply       Code = 11 // ErrPolicy: supply would reach 2^64
	CodeRepeated     Code = 12 // ErrConflict: executed before; its receipt of then stays
	CodeNotHeld      Code = 13 // ErrConflict: no payment that waits for this decision
	CodeSuspended    Code = 14 // ErrPolicy: the user is suspended
	CodeSession      Code = 16 // ErrConflict: not what the session is waiting for, or of keys that others hold
	CodeNotAudited   Code = 17 // ErrNotFound: no payment with an audit record
	CodeNotSealed    Code = 18 // ErrConflict: no warrant that waits for this
	CodeOverdue      Code = 19 // ErrPolicy: warrants wait to be opened, and must be opened first
	CodeNotClosed    Code = 20 // ErrConflict: no closed batch with this sum
	CodeCollected    Code = 21 // ErrConflict: the tax of the batch was collected before
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
	CodeRepeated:     {"executed before", ErrConflict},
	CodeNotHeld:      {"not held", ErrConflict},
	CodeSuspended:    {"suspended", ErrPolicy},
	CodeSession:      {"session", ErrConflict},
	CodeNotAudited:   {"not audited", ErrNotFound},
	CodeNotSealed:    {"not sealed", ErrConflict},
	CodeOverdue:      {"overdue", ErrPolicy},
	CodeNotClosed:    {"not closed", ErrConflict},
	CodeCollected:    {"collected before", ErrConflict},
}

var codeNames = func() map[Code]string {
	names := make(map[Code]string, len(codes))
	for c, e := range codes {
		names[c] = e.name
	}
	return names
}()

func (c Code) String() string { return nameIn(codeNames, c, "code") }

// MarshalText is the name.
func (c Code) MarshalText() ([]byte, error) { return marshalName(codeNames, c, "code") }

// UnmarshalText parses a name.
func (c *Code) UnmarshalText(text []byte) error { return unmarshalName(codeNames, c, text, "code") }

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
	return fmt.Sprintf("utt: operation %v rejected (%v) [%s]: %s", r.Op, r.Code, printable(r.Label), printable(r.Detail))
}

// printable is a text that a node may have made up, without what would move a cursor or
// begin a line in somebody's log.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return unicode.ReplacementChar
	}, text)
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

// rejectionOf turns a failed claim into a rejection; other errors, such as that of
// a context, pass.
func rejectionOf(op Digest, err error) error {
	var e *batch.Error
	if !errors.As(err, &e) {
		return err
	}
	code := CodeInvalid
	switch {
	case e.Label == labelEpoch:
		code = CodeEpoch
	case e.Label == labelFrom || strings.HasPrefix(e.Label, labelPolicy):
		code = CodePolicy
	}
	return &Rejection{Code: code, Label: e.Label, Op: op, Detail: e.Detail}
}

const receiptVersion = 1

// Bounds on the texts of an encoded rejection, in bytes.
const (
	maxLabel  = 64
	maxDetail = 1 << 10
)

// AppendBinary appends version, digest, ID and status, and of a rejected operation code,
// label and detail, each text behind its length.
func (r Receipt) AppendBinary(b []byte) ([]byte, error) {
	if r.Status != Executed && r.Status != Held && r.Status != Rejected {
		return nil, fmt.Errorf("%w: a receipt of no status", ErrInvalid)
	}
	no := r.Rejection
	if (no != nil) != (r.Status == Rejected) {
		return nil, fmt.Errorf("%w: receipt of an operation that is %v, and a rejection or none", ErrInvalid, r.Status)
	}
	b = append(append(b, receiptVersion), r.Op[:]...)
	b = append(append(b, r.ID[:]...), byte(r.Status))
	if no == nil {
		return b, nil
	}
	if no.Op != r.Op || no.Code == 0 || len(no.Label) > maxLabel || len(no.Detail) > maxDetail {
		return nil, fmt.Errorf("%w: receipt with the rejection of another operation, without a code, or with texts of %d and %d bytes, of at most %d and %d",
			ErrInvalid, len(no.Label), len(no.Detail), maxLabel, maxDetail)
	}
	b = wire.AppendBytes(append(b, byte(no.Code)), []byte(no.Label))
	return wire.AppendBytes(b, []byte(no.Detail)), nil
}

// MarshalBinary encodes the receipt.
func (r Receipt) MarshalBinary() ([]byte, error) { return r.AppendBinary(nil) }

// UnmarshalBinary decodes a receipt. Codes of a later version are taken, and unwrap to
// ErrInvalid.
func (r *Receipt) UnmarshalBinary(b []byte) error {
	if r == nil {
		return errInto
	}
	rd := wire.NewReader(b)
	rd.Version(receiptVersion)
	var d Receipt
	rd.Fill(d.Op[:])
	rd.Fill(d.ID[:])
	switch d.Status = Status(rd.Byte()); d.Status {
	case Executed, Held:
	case Rejected:
		no := &Rejection{Op: d.Op, Code: Code(rd.Byte())}
		no.Label, no.Detail = string(rd.Bytes(maxLabel)), string(rd.Bytes(maxDetail))
		if no.Code == 0 {
			rd.Fail("rejection without a code")
		}
		d.Rejection = no
	default:
		rd.Fail("receipt of status %d", d.Status)
	}
	if err := rd.Close(); err != nil {
		return fmt.Errorf("%w: receipt: %w", ErrMalformed, err)
	}
	*r = d
	return nil
}
