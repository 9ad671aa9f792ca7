package replica

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// Message is from one replica to others. The host carries it, and says to Receive who
// sent it; it holds no secret.
type Message struct {
	to   Party
	body body
}

// To is whom the message is for; the zero Party stands for all replicas.
func (m *Message) To() Party {
	if m == nil {
		return Party{}
	}
	return m.to
}

// body is what a message says.
type body interface {
	kind() Kind
	of() Key // of the line that it is about
	about() uint64
	size() int // of the encoding, more or less
	append(b []byte) ([]byte, error)
}

// Kind says what a message says. It is the second byte of the encoding.
type Kind uint8

// The kinds of messages.
const (
	KindShares           Kind = 1 // signature shares on the outputs of a block
	KindSignatures       Kind = 2 // made of them
	KindEndorsement      Kind = 3 // of signatures that the sender has verified
	KindCertificateShare Kind = 4
	KindAsk              Kind = 5 // for what others have certified
	KindCertified        Kind = 6 // an answer
)

func (k Kind) String() string {
	switch k {
	case KindShares:
		return "shares"
	case KindSignatures:
		return "signatures"
	case KindEndorsement:
		return "endorsement"
	case KindCertificateShare:
		return "certificate share"
	case KindAsk:
		return "ask"
	case KindCertified:
		return "certified records"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Kind is the message's, 0 for an empty one. With Height it serves hosts that send what is
// urgent first, or watch.
func (m *Message) Kind() Kind {
	if m == nil || m.body == nil {
		return 0
	}
	return m.body.kind()
}

// Key is CredentialKey if the message is about credentials, which are less urgent than what the
// ledger waits for, CoinKey if it is about the rest, and 0 for an empty one.
func (m *Message) Key() Key {
	if m == nil || m.body == nil {
		return 0
	}
	return m.body.of()
}

// Height is that of the block that the message is about: the first one asked for, or the
// certificate's.
func (m *Message) Height() uint64 {
	if m == nil || m.body == nil {
		return 0
	}
	return m.body.about()
}

// shares are a party's signature shares on the outputs of a block under one key, an
// encoded utt.BlockShares: to decode it takes a square root for each, which is for those
// who join shares.
type shares struct {
	key     Key
	height  uint64
	encoded []byte
}

// signatures are those on the outputs of a block under one key, of every record those of
// utt.Record.Signatures: under the coin key of all records, under the credential key of the
// registrations. Like an endorsement they name the generation of the ledger key of
// which the sender has its index: under another, the index is another's.
type signatures struct {
	key     Key
	by      threshold.Generation
	height  uint64
	records [][]byte
}

// endorsement says that the sender found signatures with this digest to be right.
type endorsement struct {
	key    Key
	by     threshold.Generation
	height uint64
	digest [32]byte
}

// ask says from which height on the sender lacks what is certified, with signatures under a key.
type ask struct {
	key    Key
	height uint64
}

// certified is what leads to a certificate from the one before it: records, or the signatures
// on credentials, by its kind. more says that the sender has further ones.
type certified struct {
	more        bool
	certificate *utt.Certificate
	records     []*utt.Record
	leaves      []utt.CredentialLeaf
	bytes       int // of these
}

// certificateShare is the sender's part of a certificate.
type certificateShare struct{ share *utt.CertificateShare }

func (*shares) kind() Kind           { return KindShares }
func (*signatures) kind() Kind       { return KindSignatures }
func (*endorsement) kind() Kind      { return KindEndorsement }
func (*certificateShare) kind() Kind { return KindCertificateShare }
func (*ask) kind() Kind              { return KindAsk }
func (*certified) kind() Kind        { return KindCertified }

func (s *shares) of() Key           { return s.key }
func (s *signatures) of() Key       { return s.key }
func (e *endorsement) of() Key      { return e.key }
func (c *certificateShare) of() Key { return keyFor(c.share.Kind) }
func (a *ask) of() Key              { return a.key }
func (c *certified) of() Key        { return keyFor(c.certificate.Kind) }

// keyFor is the key that signs what certificates of a kind wait for.
func keyFor(k utt.CheckpointKind) Key {
	if k == utt.CredentialCheckpoint {
		return CredentialKey
	}
	return CoinKey
}

func (s *shares) about() uint64           { return s.height }
func (s *signatures) about() uint64       { return s.height }
func (e *endorsement) about() uint64      { return e.height }
func (c *certificateShare) about() uint64 { return c.share.Height }
func (a *ask) about() uint64              { return a.height }
func (c *certified) about() uint64        { return c.certificate.Height }

func (s *shares) size() int         { return len(s.encoded) }
func (*endorsement) size() int      { return 32 + 8 + 32 }
func (*certificateShare) size() int { return maxCertificate }
func (*ask) size() int              { return 8 }
func (c *certified) size() int      { return maxCertificate + c.bytes }
func (s *signatures) size() (size int) {
	for _, of := range s.records {
		size += 4 + len(of)
	}
	return size
}

const messageVersion = 2

// Bounds on the parts of a message, in bytes.
const (
	maxShares           = 1 << 22
	maxRecordSignatures = 1 << 11
	maxRecord           = 1 << 17
	maxCertificate      = 1 << 10
)

// AppendBinary appends version, kind and what the message says; not whom it is for.
func (m *Message) AppendBinary(b []byte) ([]byte, error) {
	if m == nil || m.body == nil {
		return nil, fmt.Errorf("%w: an empty message has no encoding", utt.ErrInvalid)
	}
	return m.body.append(append(b, messageVersion, byte(m.body.kind())))
}

// MarshalBinary encodes the message.
func (m *Message) MarshalBinary() ([]byte, error) { return m.AppendBinary(nil) }

// UnmarshalBinary decodes a message, which Receive verifies.
func (m *Message) UnmarshalBinary(b []byte) error {
	if m == nil {
		return fmt.Errorf("%w: nil to decode into", utt.ErrInvalid)
	}
	r := wire.NewReader(b)
	r.Version(messageVersion)
	d, err := readBody(r)
	if err == nil {
		err = r.Close()
	}
	if err != nil {
		return fmt.Errorf("%w: message: %w", utt.ErrMalformed, err)
	}
	*m = Message{body: d}
	return nil
}

func readBody(r *wire.Reader) (body, error) {
	switch k := Kind(r.Byte()); k {
	case KindShares:
		return readShares(r)
	case KindSignatures:
		s := &signatures{key: readKey(r)}
		r.Fill(s.by[:])
		s.height, s.records = r.Uint64(), make([][]byte, r.Count(utt.MaxBlock, 4))
		for i := range s.records {
			s.records[i] = r.Bytes(maxRecordSignatures)
		}
		return s, nil
	case KindEndorsement:
		e := &endorsement{key: readKey(r)}
		r.Fill(e.by[:])
		e.height = r.Uint64()
		r.Fill(e.digest[:])
		return e, nil
	case KindCertificateShare:
		c := &certificateShare{new(utt.CertificateShare)}
		encoded := r.Bytes(maxCertificate)
		if r.Err() != nil {
			return nil, r.Err()
		}
		return c, c.share.UnmarshalBinary(encoded)
	case KindAsk:
		return &ask{readKey(r), r.Uint64()}, nil
	case KindCertified:
		return readCertified(r)
	default:
		r.Fail("message of %v", k)
		return nil, r.Err()
	}
}

func (s *shares) append(b []byte) ([]byte, error) {
	return wire.AppendBytes(wire.AppendUint64(append(b, byte(s.key)), s.height), s.encoded), nil
}

func readShares(r *wire.Reader) (body, error) {
	s := &shares{key: readKey(r), height: r.Uint64(), encoded: r.Bytes(maxShares)}
	return s, r.Err()
}

// readKey reads one of those that sign outputs.
func readKey(r *wire.Reader) Key {
	k := Key(r.Byte())
	if k != CoinKey && k != CredentialKey {
		r.Fail("signatures under key %d", k)
	}
	return k
}

// generation is what the shares say they are of, ok if they are long enough to say it. They
// are utt.BlockShares: version, height, generation, party, and more.
func (s *shares) generation() (g threshold.Generation, ok bool) {
	r := wire.NewReader(s.encoded)
	r.Take(1 + 8)
	r.Fill(g[:])
	return g, r.Err() == nil
}

func (s *signatures) append(b []byte) ([]byte, error) {
	return s.appendBody(append(append(b, byte(s.key)), s.by[:]...)), nil
}

func (s *signatures) appendBody(b []byte) []byte {
	b = wire.AppendUint16(wire.AppendUint64(b, s.height), uint16(len(s.records)))
	for _, of := range s.records {
		b = wire.AppendBytes(b, of)
	}
	return b
}

func (e *endorsement) append(b []byte) ([]byte, error) {
	return append(wire.AppendUint64(append(append(b, byte(e.key)), e.by[:]...), e.height), e.digest[:]...), nil
}

func (c *certificateShare) append(b []byte) ([]byte, error) {
	e, err := c.share.MarshalBinary()
	return wire.AppendBytes(b, e), err
}

func (a *ask) append(b []byte) ([]byte, error) {
	return wire.AppendUint64(append(b, byte(a.key)), a.height), nil
}

func (c *certified) append(b []byte) ([]byte, error) {
	more := byte(0)
	if c.more {
		more = 1
	}
	e, err := c.certificate.MarshalBinary()
	if err != nil {
		return nil, err
	}
	b = wire.AppendBytes(append(b, more), e)
	if c.certificate.Kind == utt.CredentialCheckpoint {
		return appendAll(b, c.leaves, utt.CredentialLeaf.MarshalBinary)
	}
	return appendAll(b, c.records, (*utt.Record).MarshalBinary)
}

// appendAll appends how many there are, in two bytes, and each behind its length.
func appendAll[T any](b []byte, all []T, encode func(T) ([]byte, error)) ([]byte, error) {
	b = wire.AppendUint16(b, uint16(len(all)))
	for _, v := range all {
		e, err := encode(v)
		if err != nil {
			return nil, err
		}
		b = wire.AppendBytes(b, e)
	}
	return b, nil
}

func readCertified(r *wire.Reader) (body, error) {
	c := &certified{more: r.Bool(), certificate: new(utt.Certificate)}
	encoded := r.Bytes(maxCertificate)
	if r.Err() != nil {
		return nil, r.Err()
	}
	if err := c.certificate.UnmarshalBinary(encoded); err != nil {
		return nil, err
	}
	c.bytes = r.Len()
	if c.certificate.Kind == utt.CredentialCheckpoint {
		c.leaves = make([]utt.CredentialLeaf, r.Count(utt.MaxBlock, 4))
		for i := range c.leaves {
			if err := decode(r, maxRecordSignatures, c.leaves[i].UnmarshalBinary); err != nil {
				return nil, err
			}
		}
		return c, nil
	}
	c.records = make([]*utt.Record, r.Count(utt.MaxBlock, 4))
	for i := range c.records {
		c.records[i] = new(utt.Record)
		if err := decode(r, maxRecord, c.records[i].UnmarshalBinary); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// decode decodes what is behind its length.
func decode(r *wire.Reader, limit int, into func([]byte) error) error {
	encoded := r.Bytes(limit)
	if r.Err() != nil {
		return r.Err()
	}
	return into(encoded)
}
