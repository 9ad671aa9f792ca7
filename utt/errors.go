package utt

import (
	"errors"
	"fmt"
	"strings"

	"github.com/utt-ecash/utt-go/internal/batch"
)

var (
	// ErrMalformed is returned for bytes that are no encoding of the type.
	ErrMalformed = errors.New("utt: malformed encoding")
	// ErrInvalid is returned for proofs, signatures and blocks that do not verify.
	ErrInvalid = errors.New("utt: invalid")
	// ErrConflict is returned for what was done before: a coin spent, a nonce used,
	// a name registered.
	ErrConflict = errors.New("utt: conflicts with the ledger")
	// ErrPolicy is returned for what the parameters do not allow.
	ErrPolicy = errors.New("utt: against the policy")
	// ErrNotFound is returned for users, records and keys that are not there.
	ErrNotFound = errors.New("utt: not found")
	// ErrInsufficient is returned for missing money or budget; see FundsError.
	ErrInsufficient = errors.New("utt: insufficient funds")
	// ErrStore is returned where the ledger's Store failed; see Ledger.Execute.
	ErrStore = errors.New("utt: the store failed")
)

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

// Labels of checks that stand for a policy rather than for an equation.
const (
	labelEpoch  = "POLICY-EPOCH"
	labelPolicy = "POLICY-"
)

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
	case strings.HasPrefix(e.Label, labelPolicy):
		code = CodePolicy
	}
	return &Rejection{Code: code, Label: e.Label, Op: op, Detail: e.Detail}
}

// Funds are what may be missing.
type Funds string

// The kinds of funds.
const (
	FundsMoney   Funds = "money"               // private, in coins
	FundsBudget  Funds = "budget"              // in one coin, of the epoch of the last sync
	FundsAccount Funds = "the account's money" // ordinary
)

// FundsError says what is missing, as of the wallet's last Sync: money that is not
// there, or money that is there and waits for a pending operation.
type FundsError struct {
	What      Funds
	Need      Amount
	Spendable Amount // now
	Pending   Amount // locked by operations not yet decided
}

func (e *FundsError) Error() string {
	if e == nil {
		return ErrInsufficient.Error()
	}
	if e.Spendable+e.Pending >= e.Need {
		return fmt.Sprintf("utt: %d of %s needed, %d spendable now and %d once pending operations are decided: wait and retry",
			e.Need, e.What, e.Spendable, e.Pending)
	}
	pending := ""
	if e.Pending > 0 {
		pending = fmt.Sprintf(", %d of it pending", e.Pending)
	}
	if e.What == FundsBudget {
		return fmt.Sprintf("utt: %d of %s needed, only %d owned in the epoch of the last sync%s: RequestBudget asks for it, once in every epoch",
			e.Need, e.What, e.Spendable+e.Pending, pending)
	}
	return fmt.Sprintf("utt: %d of %s needed, only %d owned as of the last sync%s", e.Need, e.What, e.Spendable+e.Pending, pending)
}

// Unwrap is ErrInsufficient.
func (e *FundsError) Unwrap() error { return ErrInsufficient }

var errInto = fmt.Errorf("%w: nil to decode into", ErrInvalid)
