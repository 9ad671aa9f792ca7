package utt

import (
	"context"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

// Committees are the public shares of the three group keys. They change when a key is
// reshared; the group keys in the parameters do not.
type Committees struct {
	Coin       *threshold.Committee // of the replicas, who sign coins
	Credential *threshold.Committee // of the registrars, who sign credentials: the replicas, or others
	Ledger     *threshold.Committee // of the replicas, who sign certificates
}

// Expects reports, without a computation on points, whether s can be the shares of a
// party on the outputs of a record: on so many, under the key that signs them, and all
// in the party's name. A collector drops what fails here before it calls Combine; the
// party is the replica that sent the shares, whatever these say.
func (c *Committees) Expects(p *Parameters, r *Record, s *Share, party threshold.Index) error {
	if err := p.Usable(); err != nil {
		return err
	}
	if c == nil || r == nil || r.entry == nil || s == nil {
		return fmt.Errorf("%w: no committees, no record or no shares", ErrInvalid)
	}
	if s.Record != r.Cursor() || len(s.Outputs) != r.Outputs(p) {
		return fmt.Errorf("%w: shares on %d outputs of record %v, where %v has %d", ErrInvalid, len(s.Outputs), s.Record, r.Cursor(), r.Outputs(p))
	}
	of := c.Coin
	if r.key(p) == p.config.CredentialKey {
		of = c.Credential
	}
	for _, o := range s.Outputs {
		if err := of.Expects(o); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		if o.Index() != party {
			return fmt.Errorf("%w: a share of party %d from party %d", ErrInvalid, o.Index(), party)
		}
	}
	return nil
}

// Combine joins the signature shares of t or more replicas to each record's
// signatures and returns the records with them. A record without outputs needs no
// shares. Bad shares, and those of other records, keys and generations, are left
// out. If then too few remain (threshold.ErrTooFew) the error names the parties whose
// shares were bad (threshold.BlameError): give it none that Expects refuses, or anybody
// has others blamed.
func (c *Committees) Combine(ctx context.Context, p *Parameters, records []*Record, shares []*Share) ([]*Record, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if c == nil || !c.Coin.Group().Equal(p.config.CoinKey) || !c.Credential.Group().Equal(p.config.CredentialKey) {
		return nil, fmt.Errorf("%w: no committees of the coin key and the credential key", ErrInvalid)
	}
	byRecord := make(map[Cursor][]*Share)
	for _, s := range shares {
		if s != nil {
			byRecord[s.Record] = append(byRecord[s.Record], s)
		}
	}
	done := make([]*Record, len(records))
	for i, r := range records {
		if r == nil || r.entry == nil {
			return nil, fmt.Errorf("%w: record %d of those given is nil or empty", ErrInvalid, i)
		}
		d := *r
		d.signatures, d.verified = []*sig.Signature{}, [32]byte{}
		done[i] = &d
	}
	for _, committee := range []*threshold.Committee{c.Coin, c.Credential} {
		if err := combineUnder(ctx, p, committee, done, byRecord); err != nil {
			return nil, err
		}
	}
	for _, r := range done {
		r.verified = p.Founding().digest
	}
	return done, nil
}

// combineUnder fills in the signatures of the records that a committee signs.
func combineUnder(ctx context.Context, p *Parameters, c *threshold.Committee, records []*Record, shares map[Cursor][]*Share) error {
	var outputs []*sig.Commitment
	var columns [][]*threshold.SignatureShare
	var owners []*Record
	for _, r := range records {
		if !r.key(p).Equal(c.Group()) {
			continue
		}
		for j, m := range r.commitments(p) {
			var column []*threshold.SignatureShare
			for _, s := range shares[r.Cursor()] {
				if j < len(s.Outputs) {
					column = append(column, s.Outputs[j])
				}
			}
			outputs, columns, owners = append(outputs, m), append(columns, distinctShares(ctx, c, m, column)), append(owners, r)
		}
	}
	signatures, errs := c.CombineBatch(ctx, outputs, columns)
	for i, r := range owners {
		if errs[i] != nil {
			return fmt.Errorf("utt: record %v: %w", r.id, errs[i])
		}
		r.signatures = append(r.signatures, signatures[i])
	}
	return nil
}

// distinctShares leaves out what is not of the committee, and all but one share of
// a party. Anybody can name any party: of several, a valid one stays.
func distinctShares(ctx context.Context, c *threshold.Committee, m *sig.Commitment, shares []*threshold.SignatureShare) []*threshold.SignatureShare {
	kept := make([]*threshold.SignatureShare, 0, len(shares))
	var rivals []*threshold.SignatureShare // for one place
	for _, s := range shares {
		if c.Expects(s) != nil {
			continue
		}
		k := slices.IndexFunc(kept, func(o *threshold.SignatureShare) bool { return o.Index() == s.Index() })
		switch {
		case k < 0:
			kept = append(kept, s)
		case !kept[k].Equal(s):
			rivals = append(rivals, s)
		}
	}
	if len(rivals) == 0 {
		return kept
	}
	rivals = append(rivals, kept...)
	for i, err := range c.VerifyShares(ctx, slices.Repeat([]*sig.Commitment{m}, len(rivals)), rivals) {
		if err == nil {
			k := slices.IndexFunc(kept, func(o *threshold.SignatureShare) bool { return o.Index() == rivals[i].Index() })
			kept[k] = rivals[i]
		}
	}
	return kept
}

const committeesVersion = 1

// AppendBinary appends version and the three committees, each behind its length.
func (c *Committees) AppendBinary(b []byte) ([]byte, error) {
	if c == nil {
		return nil, fmt.Errorf("%w: no committees", ErrInvalid)
	}
	b = append(b, committeesVersion)
	for _, k := range []*threshold.Committee{c.Coin, c.Credential, c.Ledger} {
		encoded, err := k.MarshalBinary()
		if err != nil {
			return nil, fmt.Errorf("%w: committees: %w", ErrInvalid, err)
		}
		b = wire.AppendBytes(b, encoded)
	}
	return b, nil
}

// MarshalBinary encodes the committees.
func (c *Committees) MarshalBinary() ([]byte, error) { return c.AppendBinary(nil) }

// UnmarshalBinary decodes committees and verifies of each that its keys are consistent.
// Whether they are of a ledger's keys, Combine and Certify find.
func (c *Committees) UnmarshalBinary(b []byte) error {
	if c == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(committeesVersion)
	coin, credential, ledger := r.Bytes(r.Len()), r.Bytes(r.Len()), r.Bytes(r.Len())
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: committees: %w", ErrMalformed, err)
	}
	d := Committees{new(threshold.Committee), new(threshold.Committee), new(threshold.Committee)}
	for _, k := range []struct {
		name string
		into *threshold.Committee
		from []byte
	}{{"coin", d.Coin, coin}, {"credential", d.Credential, credential}, {"ledger", d.Ledger, ledger}} {
		if err := k.into.UnmarshalBinary(k.from); err != nil {
			return fmt.Errorf("%w: committee of the %s key: %w", ErrMalformed, k.name, err)
		}
	}
	*c = d
	return nil
}
