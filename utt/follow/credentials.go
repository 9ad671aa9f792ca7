package follow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/utt-ecash/utt-go/utt"
)

// TakeCredentials takes in the leaves that are wanted up to where a reader then is in the tree
// of credentials, which is certified. If it fails, reading ends with its error.
type TakeCredentials func(ctx context.Context, leaves []utt.CredentialLeaf, to utt.Frontier) error

// Credentials reads what registrars have signed, from where its reader is in the tree of
// credentials to the node's last certificate of them, of what the reader has taken in of the
// ledger. Only those leaves are kept and taken in that are wanted, by the number of the record,
// and only once all of them are certified. What is asked for depends on the two places alone, so
// that nobody shows by it which he wants; ask at every turn, whether any is wanted or
// not. The errors are those of Records: a node may lag here and not there. Without anything
// new take is not called.
func Credentials(ctx context.Context, p *utt.Parameters, from utt.Frontier, ledger utt.Checkpoint, s Source, wanted func(record uint64) bool, take TakeCredentials) error {
	if err := p.Usable(); err != nil {
		return err
	}
	if s == nil || wanted == nil || take == nil {
		return fmt.Errorf("%w: no node, or nobody to take in its credentials", utt.ErrInvalid)
	}
	r := &reading{wanted: wanted, reached: from}
	if err := r.read(ctx, p, ledger, s); err != nil || r.reached.Checkpoint == from.Checkpoint {
		return err
	}
	return take(ctx, r.kept, r.reached)
}

// Place is where a reader is in the ledger, and in the credentials, which lag.
type Place struct{ Ledger, Credentials utt.Frontier }

// Both is Records and Credentials, for who is not to show by the time that it takes him to take
// in the last records that they concern him: whatever there is to ask he has asked before. Where
// credentials cannot be read records are taken in all the same; the error says so. wanted is asked
// again once all records are taken in, with which more may be wanted.
func Both(ctx context.Context, p *utt.Parameters, from Place, s Source, take Take, wanted func(record uint64) bool, credentials TakeCredentials) error {
	if wanted == nil || credentials == nil {
		return fmt.Errorf("%w: nobody to take in credentials", utt.ErrInvalid)
	}
	r := &reading{reached: from.Credentials}
	var failed error
	err := records(ctx, p, from.Ledger, s, take, func(ctx context.Context, to utt.Checkpoint, first uint64) {
		r.wanted = func(record uint64) bool { return record >= first || wanted(record) }
		failed = r.read(ctx, p, to, s)
	})
	if err = errors.Join(err, failed); err != nil || r.reached.Checkpoint == from.Credentials.Checkpoint {
		return err
	}
	kept := slices.DeleteFunc(r.kept, func(l utt.CredentialLeaf) bool { return !wanted(l.Record) })
	return credentials(ctx, kept, r.reached)
}

// reading keeps what is wanted of the leaves that a node serves.
type reading struct {
	wanted  func(record uint64) bool
	reached utt.Frontier
	kept    []utt.CredentialLeaf
	failed  error // the node's
}

// read reads up to what a node has certified of the ledger up to a checkpoint.
func (r *reading) read(ctx context.Context, p *utt.Parameters, ledger utt.Checkpoint, s Source) error {
	if ledger.Height == 0 {
		return nil
	}
	last, err := s.CredentialCertificate(ctx, ledger.Height)
	if last, err = aim(r.reached.Checkpoint, last, err, p.VerifyCredentialCertificate); err != nil || last == nil {
		return err
	}
	if last.Height > ledger.Height || last.Records > ledger.Records {
		return broken("a certificate of the credentials of block %d, where that of block %d was asked for", last.Height, ledger.Height)
	}
	all := s.Credentials(ctx, r.reached.Records)
	if all == nil {
		return broken("Credentials returned nil, which nothing can be read from")
	}
	reached, err := r.reached.LeadCredentials(ctx, last, r.leaves(all, last.Records), nil)
	switch {
	case r.failed != nil:
		return fmt.Errorf("utt: read credentials: %w", r.failed)
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &NodeError{Fault: Broken, Cause: err}
	}
	r.reached = reached
	return nil
}

func (r *reading) leaves(all iter.Seq2[utt.CredentialLeaf, error], to uint64) iter.Seq2[utt.CredentialLeaf, error] {
	return func(yield func(utt.CredentialLeaf, error) bool) {
		for l, err := range all {
			if r.failed = err; err == nil && l.Record >= to { // newer than the certificate
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
