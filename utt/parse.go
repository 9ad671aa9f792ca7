package utt

import (
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Absent reports whether an operation is nil or empty: neither made by a
// constructor nor parsed.
func Absent(op Operation) bool {
	switch o := op.(type) {
	case *Registration:
		return o == nil || o.raw == nil
	case *Issue:
		return o == nil || o.raw == nil
	case *PublicTransfer:
		return o == nil || o.raw == nil
	case *Mint:
		return o == nil || o.raw == nil
	case *Grant:
		return o == nil || o.raw == nil
	case *Transfer:
		return o == nil || o.raw == nil
	case *Decision:
		return o == nil || o.raw == nil
	case *Collection:
		return o == nil || o.raw == nil
	case *Amendment:
		return o == nil || o.raw == nil
	case *Suspension:
		return o == nil || o.raw == nil
	case *Warrant:
		return o == nil || o.raw == nil
	case *WarrantOpening:
		return o == nil || o.raw == nil
	case *WarrantVoid:
		return o == nil || o.raw == nil
	case *SessionOpening:
		return o == nil || o.raw == nil
	case *SessionMessage:
		return o == nil || o.raw == nil
	case *SessionAdoption:
		return o == nil || o.raw == nil
	case *Readdress:
		return o == nil || o.raw == nil
	}
	return true // nil, or a type from elsewhere, whose Digest could be anything
}

// ParseOperation decodes an operation, of at most 64 KiB. What it accepts encodes to the
// same bytes.
// It checks form only: see Parameters.Check.
func ParseOperation(b []byte) (Operation, error) {
	if len(b) > maxOperation {
		return nil, fmt.Errorf("%w: operation of %d bytes, of at most %d", ErrMalformed, len(b), maxOperation)
	}
	raw := slices.Clone(b)
	r := wire.NewReader(raw)
	r.Version(operationVersion)
	var op Operation
	switch k := Kind(r.Byte()); k {
	case KindRegistration:
		op = readRegistration(r, raw)
	case KindIssue:
		op = readIssue(r, raw)
	case KindPublicTransfer:
		op = readPublicTransfer(r, raw)
	case KindMint:
		op = readMint(r, raw)
	case KindGrant:
		op = readGrant(r, raw)
	case KindTransfer:
		op = readTransfer(r, raw)
	case KindDecision:
		op = readDecision(r, raw)
	case KindCollection:
		op = readCollection(r, raw)
	case KindAmendment:
		op = readAmendment(r, raw)
	case KindSuspension:
		op = readSuspension(r, raw)
	case KindWarrant:
		op = readWarrant(r, raw)
	case KindWarrantOpening:
		op = readWarrantOpening(r, raw)
	case KindWarrantVoid:
		op = readWarrantVoid(r, raw)
	case KindSessionOpening:
		op = readSessionOpening(r, raw)
	case KindSessionMessage:
		op = readSessionMessage(r, raw)
	case KindSessionAdoption:
		op = readSessionAdoption(r, raw)
	case KindReaddress:
		op = readReaddress(r, raw)
	default:
		r.Fail("operation of kind %d", k)
	}
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: operation: %w", ErrMalformed, err)
	}
	return op, nil
}

// ParseOperations is ParseOperation for many, on all cores. Of operation and error
// at an index one is nil.
func ParseOperations(raw [][]byte) ([]Operation, []error) {
	ops, errs := make([]Operation, len(raw)), make([]error, len(raw))
	parallel.For(len(raw), func(i int) { ops[i], errs[i] = ParseOperation(raw[i]) })
	return ops, errs
}
