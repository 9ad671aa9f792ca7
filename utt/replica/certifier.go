package replica

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"sync"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
)

// Certifier is the part of a replica that makes certificates of one kind. With its share of
// the ledger key it signs what its own ledger has on record, once that carries the
// signatures of the kind's tree, which the replica has verified, or of which it says that f+1
// have (AttachTrusted).
//
// It keeps nothing on disk. What it signs depends on the ledger alone, whose blocks
// consensus decides for good, so that one begun anew signs the same.
type Certifier struct {
	share  *threshold.KeyShare
	ledger *ledger.Ledger
	kind   utt.CheckpointKind

	mu   sync.Mutex
	last utt.Frontier
}

// NewCertifier makes a certifier of the ledger for a key share of the ledger key's committee.
// It goes on from a certificate, with the edges of its trees: that of a replica that was
// restored is the last one up to its ledger's head. Nil stands for a ledger none of whose
// records is published.
func NewCertifier(l *ledger.Ledger, c *threshold.Committee, share *threshold.KeyShare, from *utt.Certificate, at utt.Frontier) (*Certifier, error) {
	return newCertifier(utt.LedgerCheckpoint, l, c, share, from, at)
}

// NewCredentialCertifier is NewCertifier of the credentials.
func NewCredentialCertifier(l *ledger.Ledger, c *threshold.Committee, share *threshold.KeyShare, from *utt.Certificate, at utt.Frontier) (*Certifier, error) {
	return newCertifier(utt.CredentialCheckpoint, l, c, share, from, at)
}

func newCertifier(of utt.CheckpointKind, l *ledger.Ledger, c *threshold.Committee, share *threshold.KeyShare, from *utt.Certificate, at utt.Frontier) (*Certifier, error) {
	if err := checkShare(l, c, share, "the ledger key", (*utt.Parameters).LedgerKey); err != nil {
		return nil, err
	}
	k := &Certifier{share: share, ledger: l, kind: of}
	if from != nil {
		if err := k.Advance(from, at); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// verify checks a certificate of a kind.
func verify(of utt.CheckpointKind, p *utt.Parameters, c *utt.Certificate) error {
	if of == utt.CredentialCheckpoint {
		return p.VerifyCredentialCertificate(c)
	}
	return p.VerifyCertificate(c)
}

// Advance goes on from a later certificate, with the edges of its trees, of records that this
// replica need not verify any more since t others have. One not above the last checkpoint
// changes nothing.
func (k *Certifier) Advance(c *utt.Certificate, at utt.Frontier) error {
	if k == nil || k.ledger == nil {
		return errNoCertifier
	}
	if err := verify(k.kind, k.ledger.Parameters(), c); err != nil {
		return err
	}
	if err := at.At(c); err != nil {
		return err
	}
	if b, err := k.ledger.Block(c.Height); err != nil || !agrees(c.Checkpoint, b) {
		return fmt.Errorf("%w: the ledger does not hold block %d, or with another time or log", utt.ErrConflict, c.Height)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if c.Height > k.last.Height {
		k.last = at
	}
	return nil
}

// agrees reports whether a checkpoint is of a ledger's block, as far as the ledger knows:
// signatures are not on it.
func agrees(c utt.Checkpoint, b ledger.BlockInfo) bool {
	return b.Time == c.Time && b.Size == c.Records && (b.Root == c.Entries || c.Kind == utt.CredentialCheckpoint)
}

var errNoCertifier = fmt.Errorf("%w: an empty certifier: make it with NewCertifier", utt.ErrInvalid)

// Checkpoint is the last one signed, or that of the certificate begun with.
func (k *Certifier) Checkpoint() utt.Checkpoint {
	k = cmp.Or(k, &noCertifier)
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.last.Checkpoint
}

// noCertifier stands in for a nil one.
var noCertifier Certifier

// Certify signs the checkpoint of a height. The records are all those of the blocks
// after the last checkpoint up to there, in order, as Combine made them, but for credentials,
// which they do not bear; or, of the credentials, the registrations among them, which do. They are
// held against the ledger's log, and signatures against the keys, but for those that
// Combine and Attach have verified and AttachTrusted was told of. The error is
// ErrInvalid if they differ, or are more than MaxBlock, ErrConflict for a height below
// the last, and ErrNotFound for a block that the ledger has not executed; then nothing
// was signed. To ask for the last height again, without records, yields the same share.
func (k *Certifier) Certify(ctx context.Context, height uint64, records []*utt.Record) (*utt.CertificateShare, error) {
	if k == nil || k.ledger == nil {
		return nil, errNoCertifier
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if height < k.last.Height || height == 0 {
		return nil, fmt.Errorf("%w: a checkpoint of height %d after one of height %d", utt.ErrConflict, height, k.last.Height)
	}
	next := k.last
	if len(records) > utt.MaxBlock {
		return nil, fmt.Errorf("%w: %d records for one certificate, of at most %d: certify every block", utt.ErrInvalid, len(records), utt.MaxBlock)
	}
	if height > k.last.Height {
		info, err := k.ledger.Block(height)
		if err != nil {
			return nil, err
		}
		tree := utt.CoinTree
		if k.kind == utt.CredentialCheckpoint {
			tree = utt.CredentialTree
			next, err = k.extendCredentials(ctx, height, info.Size, records)
		} else {
			next, err = next.Extend(records)
		}
		if err != nil {
			return nil, err
		}
		if k.kind == utt.LedgerCheckpoint && (next.Records != info.Size || next.Entries != info.Root) && batch.Enforced("LOG-CERT") {
			return nil, k.others(height)
		}
		if err := k.ledger.Parameters().VerifyRecords(ctx, tree, records); err != nil {
			return nil, err
		}
		next.Height, next.Time = height, info.Time
	} else if len(records) > 0 {
		return nil, fmt.Errorf("%w: records for the checkpoint of height %d, which is made", utt.ErrConflict, height)
	}
	s, err := k.share.Sign(next.Commitment(k.ledger.Parameters().Network()))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrInvalid, err)
	}
	k.last = next
	return &utt.CertificateShare{Checkpoint: next.Checkpoint, Share: s}, nil
}

func (k *Certifier) others(height uint64) error {
	return fmt.Errorf("%w: [LOG-CERT] the records are not those of the ledger from block %d to block %d", utt.ErrInvalid, k.last.Height+1, height)
}

// extendCredentials goes on by signed registrations, which must be those of the ledger.
func (k *Certifier) extendCredentials(ctx context.Context, height, size uint64, records []*utt.Record) (at utt.Frontier, err error) {
	var leaves []utt.CredentialLeaf
	rest := records
	for own, err := range k.ledger.Registrations(ctx, k.last.Height+1, height) {
		if err != nil {
			return at, err
		}
		if len(rest) == 0 || !bytes.Equal(rest[0].LogLeaf(utt.EntryTree), own.Record.LogLeaf(utt.EntryTree)) {
			if !batch.Enforced("LOG-CERT") {
				continue
			}
			return at, k.others(height)
		}
		l, ok := rest[0].Credentials(own.Number)
		if !ok {
			return at, fmt.Errorf("%w: record %v without the signature on its credential", utt.ErrInvalid, rest[0].ID())
		}
		leaves, rest = append(leaves, l), rest[1:]
	}
	if len(rest) > 0 && batch.Enforced("LOG-CERT") {
		return at, k.others(height)
	}
	return k.last.ExtendCredentials(ctx, size, leaves)
}
