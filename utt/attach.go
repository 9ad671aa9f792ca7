package utt

import (
	"context"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// Signatures are those on the record's outputs, as Ledger.Attach takes them; nil if
// it has none.
func (r *Record) Signatures() (b []byte) {
	for _, s := range r.signatures {
		b = s.Point().Append(b)
	}
	return b
}

// Attach returns a block's records with signatures that another replica has made of
// the shares: for each record those of Record.Signatures. They are verified in one
// batch under the group keys, and that is all there is to know of them, since a key
// and a commitment leave only one signature. It costs less than to combine the
// shares. ErrInvalid and ErrMalformed say that they are not those of the block.
func (l *Ledger) Attach(ctx context.Context, height uint64, signatures [][]byte) ([]*Record, error) {
	info, err := l.block(height)
	if err != nil {
		return nil, err
	}
	records, err := l.blockRecords(height, info.records)
	if err != nil {
		return nil, err
	}
	if len(signatures) != len(records) {
		return nil, fmt.Errorf("%w: signatures on %d records of %d", ErrInvalid, len(signatures), len(records))
	}
	done, claims, errs := make([]*Record, len(records)), make([][]*batch.Claims, len(records)), make([]error, len(records))
	forAll(len(records), func(i int) {
		r := *records[i]
		done[i] = &r
		claims[i], errs[i] = r.attach(l.p, signatures[i])
	})
	var all []*batch.Claims
	for i, r := range records {
		if errs[i] != nil {
			return nil, fmt.Errorf("record %v: %w", r.id, errs[i])
		}
		all = append(all, claims[i]...)
	}
	for _, err := range batch.Verify(ctx, all) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("%w: signatures of block %d: %w", ErrInvalid, height, err)
		}
	}
	return done, nil
}

// attach decodes signatures and claims that they are those on the record's outputs.
// The ledger has verified that the outputs are in the subgroup.
func (r *Record) attach(p *Parameters, signatures []byte) ([]*batch.Claims, error) {
	outputs := r.entry.commitments(p)
	in := wire.NewReader(signatures)
	r.signatures = make([]*sig.Signature, len(outputs))
	claims := make([]*batch.Claims, len(outputs))
	for j, c := range outputs {
		r.signatures[j] = sig.SignatureOf(curve.ReadG1(in))
		key := r.key(p)
		if kind, ok := c.Public(coinKind); ok && key == p.config.CoinKey {
			key = p.coinKeyFor(kind)
		}
		claims[j] = new(batch.Claims)
		(&sig.Signed{Commitment: c, Signature: r.signatures[j]}).ClaimHashed(claims[j], "SIG-1", key)
	}
	if err := in.Close(); err != nil {
		return nil, fmt.Errorf("%w: signatures: %w", ErrMalformed, err)
	}
	return claims, nil
}
