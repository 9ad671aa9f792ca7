package utt

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// Signatures are those on the record's outputs, as Attach takes them; nil if it has
// none.
func (r *Record) Signatures() (b []byte) {
	r = cmp.Or(r, &noRecord)
	for _, s := range r.signatures {
		b = s.Point().Append(b)
	}
	return b
}

// Attach returns records, as a replica's own ledger yields them, with signatures of a tree,
// CoinTree or CredentialTree, that another replica has made of the shares: for each record
// those of Record.Signatures, and none for one whose signatures are in the other tree, which
// stays as it is. They are verified in one batch under the group keys, and that is
// all there is to know of them, since a key and a commitment leave only one
// signature. It costs less than to combine the shares. ErrInvalid and ErrMalformed
// say that they are not those of the records.
func (p *Parameters) Attach(ctx context.Context, t Tree, records []*Record, signatures [][]byte) ([]*Record, error) {
	done, err := p.AttachTrusted(t, records, signatures)
	if err != nil {
		return nil, err
	}
	if err := verifySignatures(ctx, p, inTree(t, done)); err != nil {
		return nil, err
	}
	return done, nil
}

// AttachTrusted is Attach without verification, for signatures of which f+1 replicas
// say that they verify, of exactly these bytes, so that an honest one has verified
// them. The records count as verified from then on: a Certifier signs them on the
// caller's word. Wallets verify the signatures of what is theirs all the same.
func (p *Parameters) AttachTrusted(t Tree, records []*Record, signatures [][]byte) ([]*Record, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if len(signatures) != len(records) {
		return nil, fmt.Errorf("%w: signatures on %d records of %d", ErrInvalid, len(signatures), len(records))
	}
	done := make([]*Record, len(records))
	for i, r := range records {
		if r == nil || r.entry == nil {
			return nil, fmt.Errorf("%w: record %d of those given is nil or empty", ErrInvalid, i)
		}
		d := *r
		done[i] = &d
		if r.tree() != t {
			if len(signatures[i]) > 0 {
				return nil, fmt.Errorf("%w: signatures on record %v, which are not of the %v", ErrInvalid, r.id, t)
			}
			continue
		}
		d.signatures = make([]*sig.Signature, r.Outputs(p))
		in := wire.NewReader(signatures[i])
		for j := range d.signatures {
			d.signatures[j] = sig.SignatureOf(curve.ReadG1(in))
		}
		if err := in.Close(); err != nil {
			return nil, fmt.Errorf("%w: signatures on record %v: %w", ErrMalformed, r.id, err)
		}
		d.verified = p.Founding().digest
	}
	return done, nil
}

// inTree are those of the records whose signatures are in a tree.
func inTree(t Tree, records []*Record) (some []*Record) {
	for _, r := range records {
		if r.tree() == t {
			some = append(some, r)
		}
	}
	return some
}

// verifySignatures demands, in one batch, that all outputs of records are signed.
func verifySignatures(ctx context.Context, p *Parameters, records []*Record) error {
	of := make([][]*batch.Claims, len(records))
	parallel.For(len(records), func(i int) { of[i] = records[i].claims(p) })
	for _, err := range batch.Verify(ctx, slices.Concat(of...)) {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return fmt.Errorf("%w: signature: %w", ErrInvalid, err)
		}
	}
	return nil
}

// claims says that the signatures are those on the outputs, which the ledger has
// found to be in the subgroup.
func (r *Record) claims(p *Parameters) []*batch.Claims {
	outputs := r.commitments(p)
	claims := make([]*batch.Claims, len(outputs))
	for j, c := range outputs {
		claims[j] = new(batch.Claims)
		if !claims[j].Require("SIG-1", j < len(r.signatures), "nothing signed") {
			continue
		}
		(&sig.Signed{Commitment: c, Signature: r.signatures[j]}).ClaimHashed(claims[j], "SIG-1", r.keyFor(p, c))
	}
	return claims
}

// VerifyRecords demands that all outputs of those records are signed whose signatures are in a
// tree. What Combine and Attach
// have verified under these parameters, or AttachTrusted was told of, is not verified
// again. The error is ErrInvalid.
func (p *Parameters) VerifyRecords(ctx context.Context, t Tree, records []*Record) error {
	if err := p.Usable(); err != nil {
		return err
	}
	var unverified []*Record
	for i, r := range records {
		if r == nil || r.entry == nil {
			return fmt.Errorf("%w: record %d of those given is nil or empty", ErrInvalid, i)
		}
		if r.tree() != t {
			continue
		}
		if r.signatures == nil || len(r.signatures) != r.Outputs(p) {
			return fmt.Errorf("%w: record %v has %d signatures for %d outputs", ErrInvalid, r.id, len(r.signatures), r.Outputs(p))
		}
		if r.verified != p.Founding().digest {
			unverified = append(unverified, r)
		}
	}
	return verifySignatures(ctx, p, unverified)
}
