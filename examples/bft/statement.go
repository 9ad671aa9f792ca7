package bft

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
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
	kindShares      contentKind = 5
	kindSignatures  contentKind = 6
	kindEndorsement contentKind = 7
	kindCheckpoint  contentKind = 8
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

// shareSet holds the signature shares on the outputs of a decided block.
type shareSet struct {
	height uint64
	shares [][]byte // encoded utt.Share
}

// signatureSize is that of a combined signature, an uncompressed point, in bytes.
const signatureSize = 96

// signatures are those on the outputs of a decided block, of every record those of
// utt.Record.Signatures.
type signatures struct {
	height  uint64
	records [][]byte
}

// endorsement says that the signer found the signatures in a payload of this SHA-256
// to be right.
type endorsement struct {
	height uint64
	digest [32]byte
}

// checkpointShare is the signer's share of the certificate of a height.
type checkpointShare struct {
	height uint64
	share  []byte // encoded utt.CertificateShare
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

func (s *shareSet) payload() []byte { return appendItems(header(kindShares, s.height), s.shares) }

func (s *signatures) payload() []byte {
	return appendItems(header(kindSignatures, s.height), s.records)
}

func (e *endorsement) payload() []byte {
	return append(header(kindEndorsement, e.height), e.digest[:]...)
}

func (c *checkpointShare) payload() []byte {
	return append(header(kindCheckpoint, c.height), c.share...)
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
	case kindShares:
		c = &shareSet{height: r.uint64(), shares: r.items()}
	case kindSignatures:
		c = &signatures{height: r.uint64(), records: r.items()}
	case kindEndorsement:
		c = &endorsement{height: r.uint64(), digest: r.id()}
	case kindCheckpoint:
		c = &checkpointShare{height: r.uint64(), share: r.take(len(r.b))}
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
