package replica

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
)

// Signer signs the outputs of executed operations with a replica's key share: a
// share of the coin key signs coins, one of the credential key credentials. It
// signs what its ledger has on record and nothing else, so that each base carries
// one message; and having signed a block it never signs a ledger that had another
// history up to it.
type Signer struct {
	share  *threshold.KeyShare
	group  *sig.PublicKey
	ledger *ledger.Ledger

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
func NewSigner(l *ledger.Ledger, c *threshold.Committee, share *threshold.KeyShare, state SignerState) (*Signer, error) {
	err := checkShare(l, c, share, "the coin key or the credential key", (*utt.Parameters).CoinKey, (*utt.Parameters).CredentialKey)
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
func checkShare(l *ledger.Ledger, c *threshold.Committee, share *threshold.KeyShare, names string, keys ...func(*utt.Parameters) *sig.PublicKey) error {
	if l.Parameters() == nil || c == nil {
		return fmt.Errorf("%w: no ledger, or no committee", utt.ErrInvalid)
	}
	if !slices.ContainsFunc(keys, func(key func(*utt.Parameters) *sig.PublicKey) bool { return c.Group().Equal(key(l.Parameters())) }) {
		return fmt.Errorf("%w: a share of another key than %s", utt.ErrPolicy, names)
	}
	if err := c.VerifyKeyShare(share); err != nil {
		return fmt.Errorf("%w: %w", utt.ErrInvalid, err)
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

// signChunk is how many outputs one goroutine signs at once: 32, or with many cores as few
// as eight, which are signed in lanes together.
func signChunk(outputs int) int {
	const lanes, most = 8, 32
	vectors := (outputs + lanes - 1) / lanes
	tasks := parallel.Tasks(vectors)
	return min(most, lanes*max(1, (vectors+tasks-1)/tasks))
}

// SignBlock signs the outputs of a block that consensus has decided irrevocably
// and the ledger has executed. It is deterministic: to ask again yields the same.
// A block that holds nothing for this key yields no shares.
func (s *Signer) SignBlock(ctx context.Context, height uint64) ([]*utt.Share, error) {
	if s == nil || s.ledger == nil {
		return nil, fmt.Errorf("%w: an empty signer: make it with NewSigner", utt.ErrInvalid)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkHistory(); err != nil {
		return nil, err
	}
	info, err := s.ledger.Block(height)
	if err != nil {
		return nil, err
	}
	records, err := s.records(ctx, height)
	if err != nil {
		return nil, err
	}
	of := make([][]*sig.Commitment, len(records))
	parallel.For(len(records), func(i int) { of[i] = s.commitments(records[i]) })
	var outputs []*sig.Commitment
	var shares []*utt.Share
	for i, c := range of {
		if len(c) > 0 {
			outputs = append(outputs, c...)
			shares = append(shares, &utt.Share{Record: records[i].Cursor(), Outputs: make([]*threshold.SignatureShare, len(c))})
		}
	}
	signed := make([]*threshold.SignatureShare, len(outputs))
	chunk := signChunk(len(outputs))
	chunks := (len(outputs) + chunk - 1) / chunk
	errs := make([]error, chunks)
	parallel.For(chunks, func(k int) {
		from, to := k*chunk, min((k+1)*chunk, len(outputs))
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
		s.last = SignerState{height, info.History}
	}
	return shares, nil
}

// records are those of a block among which there are some that the group key signs: registrars
// need no details of payments, which may be dropped before they answer.
func (s *Signer) records(ctx context.Context, height uint64) ([]*utt.Record, error) {
	if s.group.Equal(s.ledger.Parameters().CredentialKey()) {
		return registrations(ctx, s.ledger, height)
	}
	return s.ledger.BlockRecords(height)
}

// commitments are the outputs of a record that the group key signs.
func (s *Signer) commitments(r *utt.Record) []*sig.Commitment {
	p := s.ledger.Parameters()
	if !r.Key(p).Equal(s.group) {
		return nil
	}
	return r.Commitments(p)
}

// checkHistory demands that the ledger holds the block signed last.
func (s *Signer) checkHistory() error {
	if s.last.Height == 0 {
		return nil
	}
	info, err := s.ledger.Block(s.last.Height)
	if err != nil {
		return fmt.Errorf("utt: replay the decided blocks up to %d before signing: %w", s.last.Height, err)
	}
	if info.History != s.last.History {
		return fmt.Errorf("%w: block %d was signed with another history; this ledger must not be signed", utt.ErrConflict, s.last.Height)
	}
	return nil
}

// registrations are the records of a block that register users.
func registrations(ctx context.Context, l *ledger.Ledger, height uint64) ([]*utt.Record, error) {
	records := []*utt.Record{}
	for own, err := range l.Registrations(ctx, height, height) {
		if err != nil {
			return nil, err
		}
		records = append(records, own.Record)
	}
	return records, nil
}
