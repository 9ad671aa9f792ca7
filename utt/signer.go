package utt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

// Signer signs the outputs of executed operations with a replica's key share: a
// share of the coin key signs coins, one of the credential key credentials. It
// signs what its ledger has on record and nothing else, so that each base carries
// one message; and having signed a block it never signs a ledger that had another
// history up to it.
type Signer struct {
	share  *threshold.KeyShare
	group  *sig.PublicKey
	ledger *Ledger

	mu   sync.Mutex
	last SignerState
}

// SignerState is the last block signed. A replica stores it before it sends
// shares away, and starts with it. NewSigner and SignBlock then demand that the ledger
// holds this block (ErrNotFound if not: replay), with the history that was signed
// (ErrConflict). Blocks up to it may be signed again, with the same shares; those above
// it are compared with nothing.
//
// A replica that lost everything but its key share starts with the zero state, with
// which nothing is compared: the signer signs any block of its ledger, also those that
// it signed before. It opens it on a ledger that Restore made, with the digest that f+1
// replicas vouch for. The digest covers the history and one of the f+1 is honest, so
// that the blocks are those that consensus decided for good, and signing is
// deterministic: the shares are those sent before.
//
// On another ledger the signer would not notice. Two histories make two messages under
// one base, with whose signatures anybody makes coins: never open a signer on a ledger
// that consensus did not decide.
type SignerState struct {
	Height  uint64
	History [32]byte
}

// NewSigner makes a signer for a key share of the committee given. The state is
// that of the signer before it, zero for the first.
func NewSigner(l *Ledger, c *threshold.Committee, share *threshold.KeyShare, state SignerState) (*Signer, error) {
	err := checkShare(l, c, share, "the coin key or the credential key", (*Parameters).CoinKey, (*Parameters).CredentialKey)
	if err != nil {
		return nil, err
	}
	s := &Signer{share: share, group: c.Group(), ledger: l, last: state}
	if err := s.checkHistory(); err != nil {
		return nil, err
	}
	return s, nil
}

// checkShare demands a ledger, and a share of one of its keys.
func checkShare(l *Ledger, c *threshold.Committee, share *threshold.KeyShare, names string, keys ...func(*Parameters) *sig.PublicKey) error {
	if l.usable() != nil || c == nil {
		return fmt.Errorf("%w: no ledger, or no committee", ErrInvalid)
	}
	if !slices.ContainsFunc(keys, func(key func(*Parameters) *sig.PublicKey) bool { return c.Group().Equal(key(l.p)) }) {
		return fmt.Errorf("%w: a share of another key than %s", ErrPolicy, names)
	}
	if err := c.VerifyKeyShare(share); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

// State is the last block signed, to be stored.
func (s *Signer) State() SignerState {
	s = cmp.Or(s, &noSigner)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// noSigner stands in for a nil one.
var noSigner Signer

// Share is a replica's signature shares on the outputs of one record.
type Share struct {
	Record  Cursor
	Outputs []*threshold.SignatureShare
}

// signChunk is how many outputs one goroutine signs at once.
const signChunk = 32

// SignBlock signs the outputs of a block that consensus has decided irrevocably
// and the ledger has executed. It is deterministic: to ask again yields the same.
// A block that holds nothing for this key yields no shares.
func (s *Signer) SignBlock(ctx context.Context, height uint64) ([]*Share, error) {
	if s == nil || s.ledger == nil {
		return nil, fmt.Errorf("%w: an empty signer: make it with NewSigner", ErrInvalid)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkHistory(); err != nil {
		return nil, err
	}
	info, err := s.ledger.executed(height)
	if err != nil {
		return nil, err
	}
	records, err := s.ledger.blockRecords(height, info.records)
	if err != nil {
		return nil, err
	}
	var outputs []*sig.Commitment
	var shares []*Share
	for _, r := range records {
		c := r.entry.commitments(s.ledger.p)
		if len(c) == 0 || !r.key(s.ledger.p).Equal(s.group) {
			continue
		}
		outputs = append(outputs, c...)
		shares = append(shares, &Share{r.Cursor(), make([]*threshold.SignatureShare, len(c))})
	}
	signed := make([]*threshold.SignatureShare, len(outputs))
	chunks := (len(outputs) + signChunk - 1) / signChunk
	errs := make([]error, chunks)
	parallel.For(chunks, func(k int) {
		from, to := k*signChunk, min((k+1)*signChunk, len(outputs))
		if errs[k] = ctx.Err(); errs[k] == nil {
			var part []*threshold.SignatureShare
			part, errs[k] = s.share.SignBatch(outputs[from:to])
			copy(signed[from:to], part)
		}
	})
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("utt: sign block %d: %w", height, err)
	}
	for _, sh := range shares {
		signed = signed[copy(sh.Outputs, signed):]
	}
	if height > s.last.Height {
		s.last = SignerState{height, info.history}
	}
	return shares, nil
}

// checkHistory demands that the ledger holds the block signed last.
func (s *Signer) checkHistory() error {
	if s.last.Height == 0 {
		return nil
	}
	info, err := s.ledger.block(s.last.Height)
	if err != nil {
		return fmt.Errorf("utt: replay the decided blocks up to %d before signing: %w", s.last.Height, err)
	}
	if info.history != s.last.History {
		return fmt.Errorf("%w: block %d was signed with another history; this ledger must not be signed", ErrConflict, s.last.Height)
	}
	return nil
}

// Committees are the public shares of the three group keys. They change when a key is
// reshared; the group keys in the parameters do not.
type Committees struct{ Coin, Credential, Ledger *threshold.Committee }

// Expects reports, without a computation on points, whether s can be the shares of a
// party on the outputs of a record: on so many, under the key that signs them, and all
// in the party's name. A collector drops what fails here before it calls Combine; the
// party is the replica that sent the shares, whatever these say.
func (c *Committees) Expects(p *Parameters, r *Record, s *Share, party threshold.Index) error {
	if err := p.usable(); err != nil {
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
	if err := p.usable(); err != nil {
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
		r.verified = p.digest
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
		for j, m := range r.entry.commitments(p) {
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

const shareVersion = 1

// AppendBinary appends the shares.
func (s *Share) AppendBinary(b []byte) ([]byte, error) {
	if s == nil || len(s.Outputs) > maxOutputs || slices.Contains(s.Outputs, nil) {
		return nil, fmt.Errorf("%w: more than %d shares, or nil ones", ErrInvalid, maxOutputs)
	}
	b = wire.AppendUint64(append(b, shareVersion), s.Record.Height)
	b = wire.AppendUint32(b, s.Record.Index)
	b = wire.AppendUint16(b, uint16(len(s.Outputs)))
	for _, o := range s.Outputs {
		e, err := o.MarshalBinary()
		if err != nil {
			return nil, err
		}
		b = wire.AppendBytes(b, e)
	}
	return b, nil
}

// MarshalBinary encodes the shares.
func (s *Share) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// maxShare bounds an encoded signature share, in bytes.
const maxShare = 256

// UnmarshalBinary decodes the shares of one record.
func (s *Share) UnmarshalBinary(b []byte) error {
	if s == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(shareVersion)
	d := Share{Record: Cursor{r.Uint64(), r.Uint32()}}
	d.Outputs = make([]*threshold.SignatureShare, r.Count(maxOutputs, 4))
	for i := range d.Outputs {
		d.Outputs[i] = new(threshold.SignatureShare)
		if e := r.Bytes(maxShare); r.Err() == nil {
			if err := d.Outputs[i].UnmarshalBinary(e); err != nil {
				return fmt.Errorf("%w: share: %w", ErrMalformed, err)
			}
		}
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: share: %w", ErrMalformed, err)
	}
	*s = d
	return nil
}
