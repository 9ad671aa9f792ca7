package utt

import (
	"encoding"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
)

// Operation is a request to the ledger: *Registration, *Readdress, *Issue, *PublicTransfer,
// *Mint, *Grant, *Transfer, *Decision, *Collection, *Amendment, *Suspension, *Warrant,
// *WarrantOpening or *WarrantVoid; or of a session in which keys are made or reshared: *SessionOpening,
// *SessionMessage or *SessionAdoption. It is immutable.
type Operation interface {
	encoding.BinaryAppender
	// Digest names the exact bytes; receipts go by it.
	Digest() Digest
	// ID names what the operation does once it is executed.
	ID() ID

	// claims states all that makes the operation valid whatever the ledger's
	// state, in an epoch, for whose version the parameters speak, and returns what
	// executing it puts on record. It depends on no version but that one and the next
	// epoch's. Bases that were hashed before are not hashed again.
	claims(p *Parameters, now Epoch, c *batch.Claims, hashed bases) entry
}

const operationVersion = 1

// sealed is an operation's encoding, fixed when it is made or parsed.
type sealed struct {
	raw    []byte
	digest Digest
}

func seal(raw []byte) sealed { return sealed{raw, DigestOf(raw)} }

// DigestOf is the digest of the operation that an encoding is of, whether or not there is one: by
// it the operation is found where it was parsed before.
func DigestOf(raw []byte) Digest { return transcript.Hash(dst.OperationDigest, raw) }

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

func opening(k Kind) []byte { return []byte{operationVersion, byte(k)} }
