package utt

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/merkle"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Inclusion shows that a record is a ledger's, and so that its operation was executed, to
// whoever has the parameters: without a node, and without the records before and after it.
// With the signatures on its outputs it shows that these are signed as well; of a registration
// those are in a tree with a certificate of its own.
//
//	[LOG-INC]  the path of record i leads from its entry to the root of the entries, and that of
//	           its signatures to the root of their tree, of certificates that hold [CERT-1]
//
// It says what everybody can read in the ledger, and nothing else; but whoever keeps one
// shows what concerned him.
type Inclusion struct {
	certificate *Certificate
	index       uint64
	record      *Record
	path        []merkle.Hash
	signatures  []merkle.Hash // path of the record's signatures, if it has any
	credentials *Certificate  // that counts these, of a registration
}

// NewInclusion proves what is on record, with the signatures that the record bears. The
// certificate counts it, and the record is number index of its ledger, from 0. That of the
// credentials is for a registration that bears signatures, and nil for all else. nodes yields
// the roots of complete subtrees, as Completed was told them, and its error is returned. It
// is for those who keep the trees: wallets get an Inclusion from a node, and verify it.
func NewInclusion(c, credentials *Certificate, index uint64, r *Record, nodes func(t Tree, level int, index uint64) ([32]byte, error)) (*Inclusion, error) {
	if c == nil || r == nil || r.entry == nil || nodes == nil || index >= c.Records {
		return nil, fmt.Errorf("%w: no certificate, record or trees, or a certificate from before the record", ErrInvalid)
	}
	path := func(t Tree, size uint64) ([]merkle.Hash, error) {
		return merkle.Inclusion(index, size, func(level int, index uint64) (merkle.Hash, error) { return nodes(t, level, index) })
	}
	i := &Inclusion{certificate: c, index: index, record: r}
	var err error
	if i.path, err = path(EntryTree, c.Records); err != nil {
		return nil, err
	}
	if len(r.signatures) == 0 {
		return i, nil
	}
	signed := c
	if r.tree() == CredentialTree {
		if credentials == nil || index >= credentials.Records {
			return nil, fmt.Errorf("%w: no certificate of the credentials that counts the record", ErrInvalid)
		}
		i.credentials, signed = credentials, credentials
	}
	if i.signatures, err = path(r.tree(), signed.Records); err != nil {
		return nil, err
	}
	return i, nil
}

// noInclusion stands in for a nil one.
var noInclusion Inclusion

// Record is what is on record; nil in an empty Inclusion. VerifyInclusion says whether it is
// the ledger's. It bears its signatures if these are shown too.
func (i *Inclusion) Record() *Record {
	if i == nil || i.record == nil {
		return nil
	}
	r := *i.record // which the caller may decode another into
	return &r
}

// Index is the number of the record on the ledger, from 0.
func (i *Inclusion) Index() uint64 {
	if i == nil {
		i = &noInclusion
	}
	return i.index
}

// Certificate is that whose root the path of the entry leads to; nil in an empty Inclusion.
func (i *Inclusion) Certificate() *Certificate {
	if i == nil || i.certificate == nil {
		return nil
	}
	c := *i.certificate
	return &c
}

// CredentialCertificate is that whose root the path of the signatures leads to, of a
// registration that bears any; nil of all else.
func (i *Inclusion) CredentialCertificate() *Certificate {
	if i == nil || i.credentials == nil {
		return nil
	}
	c := *i.credentials
	return &c
}

// VerifyInclusion checks that the record is the ledger's, at its index, and its signatures, if
// it bears any, those that t replicas have certified. That outputs are signed, a record
// without signatures does not show. The error is ErrInvalid.
func (p *Parameters) VerifyInclusion(i *Inclusion) error {
	if err := p.Usable(); err != nil {
		return err
	}
	if i == nil || i.certificate == nil || i.record == nil {
		return fmt.Errorf("%w: an empty proof that something is on record", ErrInvalid)
	}
	c := i.certificate
	if err := p.VerifyCertificate(c); err != nil {
		return err
	}
	err := merkle.VerifyInclusion(i.record.leaf(), i.index, c.Records, i.path, c.Entries)
	if err == nil && i.record.Signed() && len(i.record.signatures) == 0 && i.record.Outputs(p) > 0 {
		err = errors.New("it says that it bears signatures, and has none")
	}
	if err == nil && len(i.record.signatures) > 0 {
		t, signed := i.record.tree(), c
		if t == CredentialTree {
			if signed = i.credentials; signed == nil {
				return fmt.Errorf("%w: the signature on a credential without the certificate of the credentials", ErrInvalid)
			}
			if err := p.VerifyCredentialCertificate(signed); err != nil {
				return err
			}
		}
		if err = merkle.VerifyInclusion(merkle.Leaf(i.record.signatureLeaf()), i.index, signed.Records, i.signatures, *signed.root(t)); err != nil {
			err = fmt.Errorf("its signatures: %w", err)
		}
	}
	if err != nil && batch.Enforced("LOG-INC") {
		return fmt.Errorf("%w: [LOG-INC] record %d of the ledger, as the certificate of height %d has it, is another: %w", ErrInvalid, i.index, c.Height, err)
	}
	return nil
}

const inclusionVersion = 2

func (i *Inclusion) append(b []byte) ([]byte, error) {
	if i == nil || i.certificate == nil || i.record == nil {
		return nil, fmt.Errorf("%w: an empty Inclusion has no encoding", ErrInvalid)
	}
	c, err := i.certificate.MarshalBinary()
	if err != nil {
		return nil, err
	}
	r, err := i.record.MarshalBinary()
	if err != nil {
		return nil, err
	}
	b = wire.AppendBytes(append(b, inclusionVersion), c)
	b = wire.AppendBytes(wire.AppendUint64(b, i.index), r)
	b = appendPath(b, i.path)
	if len(i.record.signatures) == 0 {
		return b, nil
	}
	if i.record.tree() == CredentialTree {
		if c, err = i.credentials.MarshalBinary(); err != nil {
			return nil, err
		}
		b = wire.AppendBytes(b, c)
	}
	return appendPath(b, i.signatures), nil
}

// AppendBinary appends version, certificate, index, record and path; then, if it bears
// signatures, of a registration the certificate of the credentials, and their path. Certificates and record stand behind their lengths, and paths
// behind the number of their hashes in one byte.
func (i *Inclusion) AppendBinary(b []byte) ([]byte, error) { return i.append(b) }

// MarshalBinary encodes the proof.
func (i *Inclusion) MarshalBinary() ([]byte, error) { return i.append(nil) }

func appendPath(b []byte, path []merkle.Hash) []byte {
	b = append(b, byte(len(path)))
	for _, h := range path {
		b = append(b, h[:]...)
	}
	return b
}

func readPath(r *wire.Reader) []merkle.Hash {
	n := int(r.Byte())
	if n > merkle.MaxPath {
		r.Fail("a path of %d hashes, of at most %d", n, merkle.MaxPath)
	}
	b := r.Take(n * len(merkle.Hash{}))
	path := make([]merkle.Hash, len(b)/len(merkle.Hash{}))
	for k := range path {
		copy(path[k][:], b[k*len(merkle.Hash{}):])
	}
	return path
}

// UnmarshalBinary decodes what VerifyInclusion verifies.
func (i *Inclusion) UnmarshalBinary(b []byte) error {
	if i == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(inclusionVersion)
	certificate := r.Bytes(maxOperation)
	d := Inclusion{index: r.Uint64(), certificate: new(Certificate), record: new(Record)}
	record := r.Bytes(2 * maxOperation)
	if err := r.Err(); err != nil {
		return fmt.Errorf("%w: proof of a record: %w", ErrMalformed, err)
	}
	if err := d.certificate.UnmarshalBinary(certificate); err != nil {
		return err
	}
	if err := d.record.UnmarshalBinary(record); err != nil {
		return err
	}
	d.path = readPath(r)
	if len(d.record.signatures) > 0 {
		if d.record.tree() == CredentialTree {
			encoded := r.Bytes(maxOperation)
			d.credentials = new(Certificate)
			if err := d.credentials.UnmarshalBinary(encoded); err != nil {
				return err
			}
		}
		d.signatures = readPath(r)
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: proof of a record: %w", ErrMalformed, err)
	}
	*i = d
	return nil
}

const inclusionPrefix = "utt-record-"

// maxInclusionText bounds the text, in characters.
const maxInclusionText = 1 << 18

func inclusionChecksum(b []byte) []byte {
	h := transcript.Hash(dst.InclusionChecksum, b)
	return h[:checksumSize]
}

// MarshalText is the proof as it is handed on: without spaces, and with a checksum.
func (i *Inclusion) MarshalText() ([]byte, error) {
	b, err := i.append(nil)
	if err != nil {
		return nil, err
	}
	return []byte(inclusionPrefix + base64.RawURLEncoding.EncodeToString(append(b, inclusionChecksum(b)...))), nil
}

// UnmarshalText decodes a text. The error is ErrMalformed if it was not copied whole.
func (i *Inclusion) UnmarshalText(text []byte) error {
	content, ok := strings.CutPrefix(string(text), inclusionPrefix)
	if !ok || len(text) > maxInclusionText {
		return fmt.Errorf("%w: no proof of a record: one begins with %s and has at most %d characters", ErrMalformed, inclusionPrefix, maxInclusionText)
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(content)
	// the decoder passes over line breaks
	if err != nil || len(b) < checksumSize || base64.RawURLEncoding.EncodedLen(len(b)) != len(content) {
		return fmt.Errorf("%w: proof of a record with a character that does not belong there, or cut short: copy it again, without spaces and line breaks", ErrMalformed)
	}
	b, sum := b[:len(b)-checksumSize], b[len(b)-checksumSize:]
	if !slices.Equal(sum, inclusionChecksum(b)) {
		return fmt.Errorf("%w: proof of a record with a wrong character, or not whole: copy it again", ErrMalformed)
	}
	return i.UnmarshalBinary(b)
}
