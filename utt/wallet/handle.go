package wallet

import (
	"encoding/hex"
	"fmt"

	"github.com/utt-ecash/utt-go/utt"
)

// Handle follows an operation: ID names what it does, Digest its exact bytes, by which
// the ledger keeps receipts. It marshals as text; keep it, and Status and Await say in
// another process, or after a restart, what became of the operation.
type Handle struct {
	ID     utt.ID
	Digest utt.Digest
}

// HandleOf is the handle of an operation, such as a registration that others hand in; the
// zero Handle of none.
func HandleOf(op utt.Operation) Handle {
	if utt.Absent(op) {
		return Handle{}
	}
	return Handle{op.ID(), op.Digest()}
}

// String is the text: ID and digest in hexadecimal, a hyphen between.
func (h Handle) String() string {
	return hex.EncodeToString(h.ID[:]) + "-" + hex.EncodeToString(h.Digest[:])
}

// MarshalText is String.
func (h Handle) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText decodes what String made; ErrMalformed says that it did not.
func (h *Handle) UnmarshalText(b []byte) error {
	if h == nil {
		return fmt.Errorf("%w: nil to decode into", utt.ErrInvalid)
	}
	var d Handle
	const id = 2 * len(d.ID)
	if len(b) != id+1+2*len(d.Digest) {
		return fmt.Errorf("%w: handle of %d bytes", utt.ErrMalformed, len(b))
	}
	_, errID := hex.Decode(d.ID[:], b[:id])
	_, errDigest := hex.Decode(d.Digest[:], b[id+1:])
	if errID != nil || errDigest != nil || d.String() != string(b) {
		return fmt.Errorf("%w: handle %q is not two lower-case hexadecimal numbers and a hyphen between", utt.ErrMalformed, b)
	}
	*h = d
	return nil
}

// State is how far an operation has come.
type State uint8

// The states of an operation. From Executed on, but for Rejected and Lapsed, they are certified.
// Executed, Failed and Refunded are final; Held ends in one of Approved, Executed and
// Refunded, and Approved in one of the last two.
const (
	Unknown  State = 0 // neither the wallet nor the node has heard of it, or not yet
	Pending  State = 1 // it may be executed
	Executed State = 2 // it is on record
	Rejected State = 3 // the node says so; handed in again, it may still be executed
	Failed   State = 4 // it can never be executed: another operation was, or its epoch is over
	Held     State = 5 // it waits for the auditors; its coins are gone, and the payment or a refund will come of it
	Approved State = 6 // it executes once its delay is over, unless the auditors veto it
	Refunded State = 7 // the auditors vetoed it, or did not decide in time: the money came back
	// Lapsed is what is pending for an epoch that is over, of a wallet that does not read all
	// records: it may have been executed all the same. Abandon decides it, or a wallet that
	// reads in full.
	Lapsed State = 8
)

func (s State) String() string {
	if names := [...]string{"unknown", "pending", "executed", "rejected", "failed", "held", "approved", "refunded", "lapsed"}; int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// Status is what became of an operation. A rejection is the node's word, on which a
// wallet frees no coins: Abandon frees them.
type Status struct {
	State     State
	Rejection *utt.Rejection // why, in state Rejected
	Cause     utt.Cause      // of what was held: why it was approved, executed or refunded
	// Due is when, in seconds since 1970, what is held is refunded by itself, or, once it is
	// approved, executed.
	Due uint64
}

// Certain reports whether certified records say so: it is on record, or can never be.
func (s Status) Certain() bool {
	switch s.State {
	case Executed, Failed, Held, Approved, Refunded:
		return true
	case Unknown, Pending, Rejected, Lapsed:
	}
	return false
}

// Final reports whether nothing more will become of the operation.
func (s Status) Final() bool {
	return s.State == Executed || s.State == Failed || s.State == Refunded
}

// OperationError says that an operation is not executed. It matches ErrConflict in state
// Failed, ErrPolicy in state Refunded, ErrNotFound in states Unknown and Lapsed, and the rejection's
// cause in state Rejected.
type OperationError struct {
	Operation Handle
	Status
}

func (e *OperationError) Error() string {
	switch {
	case e == nil:
		return utt.ErrNotFound.Error()
	case e.State == Failed:
		return fmt.Sprintf("%v: operation %v can no longer execute: one of its inputs was used by another, or its epoch is over", utt.ErrConflict, e.Operation)
	case e.State == Refunded:
		return fmt.Sprintf("%v: payment %v was held and refunded by %v: its money is back, in a new coin", utt.ErrPolicy, e.Operation, e.Cause)
	case e.State == Rejected:
		return fmt.Sprintf("utt: the node says that operation %v was rejected, so that its coins stay locked; "+
			"Resubmit hands it in again, Abandon gives it up: %v", e.Operation, e.Rejection)
	case e.State == Lapsed:
		return fmt.Sprintf("%v: a record of operation %v, whose epoch is over: a wallet that does not read all cannot tell whether it was executed, "+
			"so that its coins stay locked; Abandon decides it, or open the wallet to read in full", utt.ErrNotFound, e.Operation)
	case e.State == Unknown:
		return fmt.Sprintf("%v: this wallet handed in no operation %v, and the node has no receipt of it, or keeps none; "+
			"for a registration, Sync until Registered", utt.ErrNotFound, e.Operation)
	}
	return fmt.Sprintf("utt: operation %v is %v", e.Operation, e.State)
}

// Unwrap is the cause.
func (e *OperationError) Unwrap() error {
	switch {
	case e != nil && e.State == Failed:
		return utt.ErrConflict
	case e != nil && e.State == Refunded:
		return utt.ErrPolicy
	case e != nil && e.State == Rejected && e.Rejection != nil:
		return e.Rejection
	}
	return utt.ErrNotFound
}
