package utt

import (
	"errors"
	"fmt"
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
	// ErrStore is returned where the Store of a ledger or a wallet failed, or is damaged; see
	// Ledger.Execute and wallet.Open.
	ErrStore = errors.New("utt: the store failed")
)

// Labels of checks that stand for a policy rather than for an equation.
const (
	labelEpoch  = "POLICY-EPOCH"
	labelPolicy = "POLICY-"
)

var errInto = fmt.Errorf("%w: nil to decode into", ErrInvalid)
