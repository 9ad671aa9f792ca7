package bft

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// Statement is a payload signed by a replica, valid whoever hands it on.
type Statement struct {
	Signer    NodeID
	Payload   []byte
	Signature []byte // Ed25519
}

// contentKind is the first byte of a payload. The height follows it.
type contentKind byte

const (
	kindProposal    contentKind = 1
	kindPrevote     contentKind = 2
	kindPrecommit   contentKind = 3
	kindAttestation contentKind = 4
	kindMessage     contentKind = 5
)

const payloadHeader = 1 + 8

// content is what a payload says.
type content interface{ payload() []byte }

// proposal is ⟨PROPOSAL, h, round, v, validRound⟩.
type proposal struct {
	height     uint64
	round      int32
	validRound int32 // -1 for none
	block      *Block
}

// vote is ⟨PREVOTE, h, round, id⟩ or ⟨PRECOMMIT, h, round, id⟩.
type vote struct {
	kind   contentKind
	height uint64
	round  int32
	id     BlockID
}

// attestation vouches for a ledger's digest after a decided block.
type attestation struct {
	height uint64
	block  BlockID
	digest [32]byte
}

// carried is a message of the signer's replica.Replica.
type carried struct {
	height  uint64 // that it is about
	message []byte // encoded replica.Message
}

// kind is that of the message, the second byte of its encoding.
func (c *carried) kind() replica.Kind {
	if len(c.message) < 2 {
		return 0
	}
	return replica.Kind(c.message[1])
}

// credentials reports whether the message is about credentials, of which there are certificates
// besides those of the ledger.
func (c *carried) credentials() bool {
	at, mark := 2, byte(replica.CredentialKey) // behind version and kind, the key
	switch c.kind() {
	case replica.KindCertificateShare: // length and version of the share, and the kind of its checkpoint
		at, mark = 2+4+1, byte(utt.CredentialCheckpoint)
	case replica.KindCertified: // whether there is more, and the same of a certificate
		at, mark = 2+1+4+1, byte(utt.CredentialCheckpoint)
	}
	return len(c.message) > at && c.message[at] == mark
}

func header(k contentKind, height uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{byte(k)}, height)
}

func (p *proposal) payload() []byte {
	b := binary.BigEndian.AppendUint32(header(kindProposal, p.height), uint32(p.round))
	return append(binary.BigEndian.AppendUint32(b, uint32(p.validRound)), p.block.raw...)
}

func (v *vote) payload() []byte {
	return append(binary.BigEndian.AppendUint32(header(v.kind, v.height), uint32(v.round)), v.id[:]...)
}

func (a *attestation) payload() []byte {
	return append(append(header(kindAttestation, a.height), a.block[:]...), a.digest[:]...)
}

func (c *carried) payload() []byte {
	return append(header(kindMessage, c.height), c.message...)
}

// parse decodes a payload whose signature holds.
func (s *Statement) parse() (content, error) {
	r := reader{b: s.Payload}
	var c content
	k, _, ok := s.peek()
	if !ok {
		return nil, errMalformed
	}
	r.take(1)
	switch k {
	case kindProposal:
		p := &proposal{height: r.uint64(), round: int32(r.uint32()), validRound: int32(r.uint32())}
		var err error
		if p.block, err = parseBlock(r.take(len(r.b))); err != nil {
			return nil, err
		}
		c = p
	case kindPrevote, kindPrecommit:
		c = &vote{kind: k, height: r.uint64(), round: int32(r.uint32()), id: r.id()}
	case kindAttestation:
		c = &attestation{height: r.uint64(), block: r.id(), digest: r.id()}
	case kindMessage:
		c = &carried{height: r.uint64(), message: r.take(len(r.b))}
	default:
		return nil, errMalformed
	}
	return c, r.close()
}

// peek is kind and height without a look at the rest.
func (s *Statement) peek() (contentKind, uint64, bool) {
	if len(s.Payload) < payloadHeader {
		return 0, 0, false
	}
	return contentKind(s.Payload[0]), binary.BigEndian.Uint64(s.Payload[1:payloadHeader]), true
}

// carries reports whether the statement is a message of a replica.
func (s *Statement) carries() bool {
	if s == nil {
		return false
	}
	kind, _, ok := s.peek()
	return ok && kind == kindMessage
}

func (s *Statement) digest() [32]byte {
	h := sha256.New()
	_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(s.Signer)))
	_, _ = h.Write(s.Payload)
	return [32]byte(h.Sum(nil))
}

// signed is the Ed25519 message: the payload, bound to the network.
func (c *Config) signed(payload []byte) []byte {
	n := c.Parameters.Network()
	return append(append([]byte("utt-bft-1 "), n[:]...), payload...)
}

func (c *Config) sign(v content) *Statement {
	p := v.payload()
	return &Statement{c.ID, p, ed25519.Sign(c.Key, c.signed(p))}
}

func (c *Config) verify(s *Statement) bool {
	return s.Signer >= 0 && int(s.Signer) < len(c.Keys) && ed25519.Verify(c.Keys[s.Signer], c.signed(s.Payload), s.Signature)
}
