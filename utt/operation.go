package utt

import (
	"encoding"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Operation is a request to the ledger: *Registration, *Issue, *PublicTransfer,
// *Mint, *Grant or *Transfer. It is immutable.
type Operation interface {
	encoding.BinaryAppender
	// Digest names the exact bytes; receipts go by it.
	Digest() Digest
	// ID names what the operation does once it is executed.
	ID() ID

	// claims states all that makes the operation valid whatever the ledger's
	// state, in an epoch, and returns what executing it puts on record.
	claims(p *Parameters, now Epoch, c *batch.Claims) entry
}

// Kind is the kind of an operation or record, and the second byte of its encoding.
type Kind byte

// The kinds of operations.
const (
	KindRegistration   Kind = 1
	KindIssue          Kind = 2
	KindPublicTransfer Kind = 3
	KindMint           Kind = 4
	KindGrant          Kind = 5
	KindTransfer       Kind = 6
)

var kinds = map[Kind]string{
	KindRegistration: "registration", KindIssue: "issue", KindPublicTransfer: "public transfer",
	KindMint: "mint", KindGrant: "grant", KindTransfer: "transfer",
}

func (k Kind) String() string { return nameIn(kinds, k, "kind") }

const operationVersion = 1

// maxOperation bounds an encoded operation, in bytes.
const maxOperation = 1 << 16

// sealed is an operation's encoding, fixed when it is made or parsed.
type sealed struct {
	raw    []byte
	digest Digest
}

func seal(raw []byte) sealed {
	return sealed{raw, transcript.Hash(dst.OperationDigest, raw)}
}

// AppendBinary appends the encoding.
func (s *sealed) AppendBinary(b []byte) ([]byte, error) {
	if s.raw == nil {
		return nil, fmt.Errorf("%w: an empty operation has no encoding", ErrInvalid)
	}
	return append(b, s.raw...), nil
}

// MarshalBinary is the encoding.
func (s *sealed) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// Digest names the exact bytes.
func (s *sealed) Digest() Digest { return s.digest }

// ID names the operation; where nothing can be left out, by its digest.
func (s *sealed) ID() ID { return ID(s.digest) }

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
	}
	return true // nil, or a type from elsewhere, whose Digest could be anything
}

func opening(k Kind) []byte { return []byte{operationVersion, byte(k)} }

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
