package utt

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

// Checkpoint is what a ledger has published up to a height: the time of that block, the
// number of all records so far, and the roots of trees over them. There are two kinds, since
// two groups sign, of whom one must not wait for the other. The zero Checkpoint is that of
// nothing.
type Checkpoint struct {
	Kind    CheckpointKind
	Height  uint64
	Time    uint64 // of the block, in seconds since 1970
	Records uint64 // the size of each tree
	// Roots of the trees: of a ledger's those of entries [LOG-1] and of signatures under the
	// coin key, and of a credentials' that of signatures under the credential key [LOG-SIG].
	// The rest is zero.
	Entries, Coins, Credentials [32]byte
}

// CheckpointKind says what a checkpoint is of.
type CheckpointKind uint8

// The kinds of checkpoints.
const (
	LedgerCheckpoint     CheckpointKind = 0 // what was executed, with the signatures on coins
	CredentialCheckpoint CheckpointKind = 1 // signatures on credentials; it may be of blocks long before
)

var checkpointKinds = map[CheckpointKind]string{LedgerCheckpoint: "ledger", CredentialCheckpoint: "credentials"}

func (k CheckpointKind) String() string { return nameIn(checkpointKinds, k, "checkpoint") }

// trees are those of which a checkpoint of the kind has the roots.
func (k CheckpointKind) trees() []Tree {
	if k == CredentialCheckpoint {
		return []Tree{CredentialTree}
	}
	return []Tree{EntryTree, CoinTree}
}

// Certificate is a checkpoint that t replicas signed, with a key for nothing else.
// Wallets believe the records that lead to it and the time that it says, and nothing
// that a node tells them besides.
//
//	[CERT-1]    e(H1("checkpoint", network ‖ checkpoint), X2) = e(S, G2g), the records leading to its number
//	[CERT-KIND] the checkpoint says whether it is the ledger's or the credentials', and is taken for no other
type Certificate struct {
	Checkpoint
	signature *sig.Signature
}

// CertificateShare is one replica's part of a certificate.
type CertificateShare struct {
	Checkpoint
	Share *threshold.SignatureShare
}

// Is reports whether a reader at the checkpoint is at another, of a certificate: who was led by
// entries does not know the root of the signatures, which is zero then.
func (c Checkpoint) Is(certified Checkpoint) bool {
	if c.Coins == ([32]byte{}) {
		certified.Coins = c.Coins
	}
	return c == certified
}

// Next is where records go on.
func (c Checkpoint) Next() Cursor { return Cursor{Height: c.Height + 1} }

func (c Checkpoint) append(b []byte) []byte {
	b = wire.AppendUint64(append(b, byte(c.Kind)), c.Height)
	b = wire.AppendUint64(b, c.Time)
	b = wire.AppendUint64(b, c.Records)
	for _, t := range c.Kind.trees() {
		b = append(b, c.root(t)[:]...)
	}
	return b
}

func readCheckpoint(r *wire.Reader) (c Checkpoint) {
	if c.Kind = CheckpointKind(r.Byte()); checkpointKinds[c.Kind] == "" {
		r.Fail("checkpoint of kind %d", c.Kind)
	}
	c.Height, c.Time, c.Records = r.Uint64(), r.Uint64(), r.Uint64()
	for _, t := range c.Kind.trees() {
		r.Fill(c.root(t)[:])
	}
	return c
}

const checkpointVersion = 2

// AppendBinary appends version, kind, height, time, records, and the roots of the kind.
func (c Checkpoint) AppendBinary(b []byte) ([]byte, error) {
	return c.append(append(b, checkpointVersion)), nil
}

// MarshalBinary encodes the checkpoint.
func (c Checkpoint) MarshalBinary() ([]byte, error) { return c.AppendBinary(nil) }

// UnmarshalBinary decodes a checkpoint.
func (c *Checkpoint) UnmarshalBinary(b []byte) error {
	if c == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(checkpointVersion)
	d := readCheckpoint(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: checkpoint: %w", ErrMalformed, err)
	}
	*c = d
	return nil
}

// Commitment is what replicas sign: a base and no attributes.
func (c Checkpoint) Commitment(n NetworkID) *sig.Commitment {
	return sig.Assemble(attr.NewBase(dst.Checkpoint, n[:], c.append(nil)).Point())
}

// claim claims [CERT-1], unless that was found to hold before.
func (c *Certificate) claim(claims *batch.Claims, p *Parameters) {
	if !claims.Require(labelCertificate, c.signature != nil, "nothing signed") || p.seen.has(c.digest()) {
		return
	}
	s := sig.Signed{Commitment: c.Commitment(p.network), Signature: c.signature}
	s.ClaimHashed(claims, labelCertificate, p.config.LedgerKey)
}

// digest names the certificate among those verified.
func (c *Certificate) digest() [sha256.Size]byte {
	b, _ := c.MarshalBinary() // an empty one never verifies
	return sha256.Sum256(b)
}

const labelCertificate = "CERT-1"

// VerifyCertificate checks that t replicas signed a certificate of the ledger. The error is
// ErrInvalid, also for one of the credentials.
func (p *Parameters) VerifyCertificate(c *Certificate) error {
	return p.verifyCertificate(LedgerCheckpoint, c)
}

// VerifyCredentialCertificate checks that t replicas signed a certificate of the credentials.
// The error is ErrInvalid, also for one of the ledger.
func (p *Parameters) VerifyCredentialCertificate(c *Certificate) error {
	return p.verifyCertificate(CredentialCheckpoint, c)
}

func (p *Parameters) verifyCertificate(of CheckpointKind, c *Certificate) error {
	if err := p.Usable(); err != nil {
		return err
	}
	if c == nil {
		return fmt.Errorf("%w: no certificate", ErrInvalid)
	}
	if err := of.expects(c.Checkpoint); err != nil {
		return err
	}
	var claims batch.Claims
	c.claim(&claims, p)
	if err := batch.One(&claims); err != nil {
		return fmt.Errorf("%w: certificate of height %d, forged or of another network: %w", ErrInvalid, c.Height, err)
	}
	p.seen.add(c.digest())
	return nil
}

// expects reports a checkpoint of another kind.
func (k CheckpointKind) expects(c Checkpoint) error {
	if c.Kind != k && batch.Enforced("CERT-KIND") {
		return fmt.Errorf("%w: [CERT-KIND] a checkpoint of the %v, where one of the %v is wanted", ErrInvalid, c.Kind, k)
	}
	return nil
}

// Certify joins shares of t or more replicas on one checkpoint of the ledger to a
// certificate. Of several checkpoints the highest that has enough valid shares wins: fewer
// than t faulty replicas cannot make another. Bad shares, and those of other keys,
// generations and kinds, are left out. If too few remain (threshold.ErrTooFew) the error names
// the parties whose shares were bad (threshold.BlameError): give it none whose Index
// is not that of the replica which sent it, or anybody has others blamed.
func (c *Committees) Certify(p *Parameters, shares []*CertificateShare) (*Certificate, error) {
	return c.certify(LedgerCheckpoint, p, shares)
}

// CertifyCredentials is Certify for checkpoints of the credentials.
func (c *Committees) CertifyCredentials(p *Parameters, shares []*CertificateShare) (*Certificate, error) {
	return c.certify(CredentialCheckpoint, p, shares)
}

func (c *Committees) certify(of CheckpointKind, p *Parameters, shares []*CertificateShare) (*Certificate, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if c == nil || c.Ledger == nil || !c.Ledger.Group().Equal(p.config.LedgerKey) {
		return nil, fmt.Errorf("%w: no committee of the ledger key", ErrInvalid)
	}
	given := make(map[Checkpoint][]*threshold.SignatureShare)
	for _, s := range shares {
		if s != nil && of.expects(s.Checkpoint) == nil {
			given[s.Checkpoint] = append(given[s.Checkpoint], s.Share)
		}
	}
	points := make([]Checkpoint, 0, len(given))
	for at := range given {
		points = append(points, at)
	}
	slices.SortFunc(points, func(a, b Checkpoint) int {
		return cmp.Or(cmp.Compare(b.Height, a.Height), slices.Compare(a.append(nil), b.append(nil)))
	})
	failure := fmt.Errorf("%w: no shares of a certificate", threshold.ErrTooFew)
	var culprits []threshold.Index
	for _, at := range points {
		m := at.Commitment(p.network)
		s, err := c.Ledger.Combine(m, distinctShares(context.Background(), c.Ledger, m, given[at]))
		if err == nil {
			certificate := &Certificate{at, s}
			p.seen.add(certificate.digest()) // Combine has verified it
			return certificate, nil
		}
		var blame *threshold.BlameError
		if errors.As(err, &blame) {
			culprits = append(culprits, blame.Culprits...)
		}
		failure = fmt.Errorf("%w: of a certificate of height %d or below", threshold.ErrTooFew, points[0].Height)
	}
	if len(culprits) > 0 {
		slices.Sort(culprits)
		failure = fmt.Errorf("%w: %w", failure, &threshold.BlameError{Culprits: slices.Compact(culprits)})
	}
	return nil, failure
}

const certificateVersion = 2

// AppendBinary appends version, checkpoint, S.
func (c *Certificate) AppendBinary(b []byte) ([]byte, error) {
	if c == nil || c.signature == nil {
		return nil, fmt.Errorf("%w: an empty certificate has no encoding", ErrInvalid)
	}
	return c.signature.Point().Append(c.append(append(b, certificateVersion))), nil
}

// MarshalBinary encodes the certificate.
func (c *Certificate) MarshalBinary() ([]byte, error) { return c.AppendBinary(nil) }

// UnmarshalBinary decodes a certificate, which it does not verify.
func (c *Certificate) UnmarshalBinary(b []byte) error {
	if c == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(certificateVersion)
	d := Certificate{readCheckpoint(r), sig.SignatureOf(curve.ReadG1(r))}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: certificate: %w", ErrMalformed, err)
	}
	*c = d
	return nil
}

// AppendBinary appends version, checkpoint, share.
func (s *CertificateShare) AppendBinary(b []byte) ([]byte, error) {
	if s == nil || s.Share == nil {
		return nil, fmt.Errorf("%w: an empty share has no encoding", ErrInvalid)
	}
	return s.Share.AppendBinary(s.append(append(b, certificateVersion)))
}

// MarshalBinary encodes the share.
func (s *CertificateShare) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// UnmarshalBinary decodes a share, which it does not verify.
func (s *CertificateShare) UnmarshalBinary(b []byte) error {
	if s == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(certificateVersion)
	d := CertificateShare{readCheckpoint(r), new(threshold.SignatureShare)}
	share := r.Take(r.Len())
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: share of a certificate: %w", ErrMalformed, err)
	}
	if err := d.Share.UnmarshalBinary(share); err != nil {
		return fmt.Errorf("%w: share of a certificate: %w", ErrMalformed, err)
	}
	*s = d
	return nil
}
