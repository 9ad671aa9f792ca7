package follow

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"github.com/utt-ecash/utt-go/utt"
)

// TakeCredentials takes in the leaves that are wanted up to where a reader then is in the tree
// of credentials, which is certified. If it fails, reading ends with its error.
type TakeCredentials func(ctx context.Context, leaves []utt.CredentialLeaf, to utt.Frontier) error

// Credentials reads what registrars have signed, from where its reader is in the tree of
// credentials to the node's last certificate of them, of what the reader has taken in of the
// ledger. Only those leaves are kept and taken in that are wanted, by the number of the record,
// and only once all of them are certified. What is asked for depends on the two places alone, so
// that nobody shows by it which he wants; call it after every Records, whether any is wanted or
// not. The errors are those of Records: a node may lag here and not there. Without anything
// new take is not called.
func Credentials(ctx context.Context, p *utt.Parameters, from utt.Frontier, ledger utt.Checkpoint, s Source, wanted func(record uint64) bool, take TakeCredentials) error {
	if err := p.Usable(); err != nil {
		return err
	}
	if s == nil || wanted == nil || take == nil {
		return fmt.Errorf("%w: no node, or nobody to take in its credentials", utt.ErrInvalid)
	}
	if ledger.Height == 0 {
		return nil
	}
	last, err := s.CredentialCertificate(ctx, ledger.Height)
	if last, err = aim(from.Checkpoint, last, err, p.VerifyCredentialCertificate); err != nil || last == nil {
		return err
	}
	if last.Height > ledger.Height || last.Records > ledger.Records {
		return broken("a certificate of the credentials of block %d, where that of block %d was asked for", last.Height, ledger.Height)
	}
	all := s.Credentials(ctx, from.Records)
	if all == nil {
		return broken("Credentials returned nil, which nothing can be read from")
	}
	r := &reading{all: all, to: last.Records, wanted: wanted}
	reached, err := from.LeadCredentials(ctx, last, r.leaves(), nil)
	switch {
	case r.failed != nil:
		return fmt.Errorf("utt: read credentials: %w", r.failed)
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &NodeError{Fault: Broken, Cause: err}
	}
	return take(ctx, r.kept, reached)
}

// reading keeps what is wanted of the leaves that a node serves.
type reading struct {
	all    iter.Seq2[utt.CredentialLeaf, error]
	to     uint64
	wanted func(record uint64) bool
	kept   []utt.CredentialLeaf
	failed error // the node's
}

func (r *reading) leaves() iter.Seq2[utt.CredentialLeaf, error] {
	return func(yield func(utt.CredentialLeaf, error) bool) {
		for l, err := range r.all {
			if r.failed = err; err == nil && l.Record >= r.to { // newer than the certificate
				return
			}
			if err == nil && r.wanted(l.Record) {
				l.Signatures = bytes.Clone(l.Signatures) // which are the node's
				r.kept = append(r.kept, l)
			}
			if !yield(l, err) || err != nil {
				return
			}
		}
	}
}
