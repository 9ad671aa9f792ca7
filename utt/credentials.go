package utt

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/merkle"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// CredentialLeaf is what registrars have signed of one record: a leaf in the tree of
// credentials, where the leaves of all other records are empty. Readers ask for all of them in
// order, whoever they are: to ask for one shows whose it is.
type CredentialLeaf struct {
	Record     uint64 // its number on the ledger, from 0
	Signatures []byte // on its outputs under the credential key, compressed, one after the other
}

const (
	credentialLeafVersion = 1
	maxCredentialLeaf     = curve.G1CompressedSize // a registration has one output
)

// AppendBinary appends version, number and signatures.
func (l CredentialLeaf) AppendBinary(b []byte) ([]byte, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	return append(wire.AppendUint64(append(b, credentialLeafVersion), l.Record), l.Signatures...), nil
}

// MarshalBinary encodes the leaf.
func (l CredentialLeaf) MarshalBinary() ([]byte, error) { return l.AppendBinary(nil) }

// UnmarshalBinary decodes a leaf, of which LeadCredentials finds whether it is certified.
func (l *CredentialLeaf) UnmarshalBinary(b []byte) error {
	if l == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(credentialLeafVersion)
	d := CredentialLeaf{Record: r.Uint64()}
	d.Signatures = bytes.Clone(r.Take(r.Len()))
	err := r.Close()
	if err == nil {
		err = d.check()
	}
	if err != nil {
		return fmt.Errorf("%w: credentials: %w", ErrMalformed, err)
	}
	*l = d
	return nil
}

func (l CredentialLeaf) check() error {
	if n := len(l.Signatures); n == 0 || n > maxCredentialLeaf {
		return fmt.Errorf("%w: %d bytes of signatures on a credential, of 1 to %d", ErrInvalid, n, maxCredentialLeaf)
	}
	return nil
}

// Credentials are the record's signatures under the credential key as a leaf, of the record of
// that number; ok if it bears any.
func (r *Record) Credentials(number uint64) (l CredentialLeaf, ok bool) {
	if r == nil || r.entry == nil || r.tree() != CredentialTree || len(r.signatures) == 0 {
		return l, false
	}
	return CredentialLeaf{number, r.signatureLeaf()}, true
}

// Owes reports whether the record waits for registrars: it is one of those whose outputs they
// sign, and which are published without these signatures.
func (r *Record) Owes() bool { return r != nil && r.entry != nil && r.tree() == CredentialTree }

// WithCredentials is a record with the signatures that registrars have made for it, in a leaf
// that is certified. They are not verified. The error is ErrMalformed for what is none.
func (r *Record) WithCredentials(l CredentialLeaf) (*Record, error) {
	if !r.Owes() {
		return nil, fmt.Errorf("%w: the signature on a credential for a record without one", ErrInvalid)
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	d := *r
	in := wire.NewReader(l.Signatures)
	for d.signatures = nil; in.Len() > 0 && in.Err() == nil; {
		d.signatures = append(d.signatures, sig.SignatureOf(curve.ReadG1Compressed(in)))
	}
	if err := in.Close(); err != nil {
		return nil, fmt.Errorf("%w: signatures on record %v: %w", ErrMalformed, r.id, err)
	}
	d.verified = [32]byte{}
	return &d, nil
}

// leavesAtOnce are added to a tree together.
const leavesAtOnce = 1 << 10

// LeadCredentials is the frontier at a later certificate of the credentials, which has been
// verified, given the leaves that lead there, in order; those that are missing between them are
// empty [LOG-EXT]. Completed may be nil. The error is ErrInvalid if they are not those certified,
// and otherwise that with which the leaves ended.
func (f Frontier) LeadCredentials(ctx context.Context, c *Certificate, leaves iter.Seq2[CredentialLeaf, error], completed Completed) (Frontier, error) {
	if c == nil || leaves == nil {
		return Frontier{}, fmt.Errorf("%w: no certificate, or nothing that leads there", ErrInvalid)
	}
	if err := CredentialCheckpoint.expects(c.Checkpoint); err != nil {
		return Frontier{}, err
	}
	d, err := f.extendCredentials(ctx, c.Records, leaves, completed)
	if err != nil {
		return Frontier{}, err
	}
	if d.Credentials != c.Credentials && batch.Enforced("LOG-SIG") {
		return Frontier{}, fmt.Errorf("%w: [LOG-SIG] the signatures on credentials up to block %d are not those certified", ErrInvalid, c.Height)
	}
	d.Checkpoint = c.Checkpoint
	return d, nil
}

// ExtendCredentials is a credentials' frontier with further leaves, in order, up to so many
// records, whose other leaves are empty. Height and time are the caller's.
func (f Frontier) ExtendCredentials(ctx context.Context, records uint64, leaves []CredentialLeaf) (Frontier, error) {
	return f.extendCredentials(ctx, records, Leaves(leaves), nil)
}

// Leaves yields leaves that are at hand.
func Leaves(leaves []CredentialLeaf) iter.Seq2[CredentialLeaf, error] {
	return func(yield func(CredentialLeaf, error) bool) {
		for _, l := range leaves {
			if !yield(l, nil) {
				return
			}
		}
	}
}

func (f Frontier) extendCredentials(ctx context.Context, records uint64, leaves iter.Seq2[CredentialLeaf, error], completed Completed) (Frontier, error) {
	if err := f.begins(CredentialCheckpoint); err != nil {
		return Frontier{}, err
	}
	if records < f.Records {
		return Frontier{}, fmt.Errorf("%w: credentials of %d records after those of %d", ErrInvalid, records, f.Records)
	}
	f.Kind = CredentialCheckpoint
	next, hashes := f.Records, make([]merkle.Hash, 0, leavesAtOnce)
	add := func(h merkle.Hash) error {
		next, hashes = next+1, append(hashes, h)
		if len(hashes) < leavesAtOnce {
			return nil
		}
		f, hashes = f.grow([][]merkle.Hash{hashes}, completed), hashes[:0]
		return ctx.Err()
	}
	fill := func(to uint64) error { // with empty leaves
		for next < to {
			if err := add(noLeaf); err != nil {
				return err
			}
		}
		return nil
	}
	for l, err := range leaves {
		if err == nil {
			err = l.check()
		}
		if err != nil {
			return Frontier{}, err
		}
		if l.Record < next || l.Record >= records {
			return Frontier{}, fmt.Errorf("%w: [LOG-SIG] the signature on the credential of record %d out of order, or not among the %d records", ErrInvalid, l.Record, records)
		}
		if err := fill(l.Record); err != nil {
			return Frontier{}, err
		}
		if err := add(merkle.Leaf(l.Signatures)); err != nil {
			return Frontier{}, err
		}
	}
	if err := fill(records); err != nil {
		return Frontier{}, err
	}
	return f.grow([][]merkle.Hash{hashes}, completed), nil
}

// noLeaf is the hash of an empty leaf.
var noLeaf = merkle.Leaf(nil)
