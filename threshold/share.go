package threshold

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/sig"
)

// KeyShare is one party's share of a key. It is immutable and prints as
// "redacted".
type KeyShare struct {
	generation Generation
	index      Index
	key        *sig.SecretKey
}

// Stand-ins for nil.
var (
	noKeyShare KeyShare
	noShare    SignatureShare
)

// Index is the party that holds the share, 0 for an empty one.
func (k *KeyShare) Index() Index { return cmp.Or(k, &noKeyShare).index }

// Generation names the sharing that the share is of.
func (k *KeyShare) Generation() Generation { return cmp.Or(k, &noKeyShare).generation }

// Format prints "redacted".
func (k *KeyShare) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (k *KeyShare) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// SignatureShare is one party's part S_j of a signature.
type SignatureShare struct {
	generation Generation
	index      Index
	s          curve.G1
}

// Index is the party that the share claims to be from. Nothing authenticates it
// before the share is verified.
func (s *SignatureShare) Index() Index { return cmp.Or(s, &noShare).index }

// Generation names the sharing of the key that the share is made with.
func (s *SignatureShare) Generation() Generation { return cmp.Or(s, &noShare).generation }

// Equal reports whether two shares are the same.
func (s *SignatureShare) Equal(t *SignatureShare) bool {
	if s == nil || t == nil {
		return s == t
	}
	return *s == *t
}

// Sign is the party's share of a signature on a commitment. It is deterministic.
// The caller answers for what sig.SecretKey.Sign says: no other message is ever
// signed under the base, and the points are in the subgroup, as those of a
// decoded commitment are; else the share leaks part of the key.
func (k *KeyShare) Sign(c *sig.Commitment) (*SignatureShare, error) {
	s, err := k.SignBatch([]*sig.Commitment{c})
	if err != nil {
		return nil, err
	}
	return s[0], nil
}

// SignBatch is Sign for many commitments, on the calling goroutine, faster than one
// by one. It signs all or none.
func (k *KeyShare) SignBatch(c []*sig.Commitment) ([]*SignatureShare, error) {
	if k == nil || k.key == nil {
		return nil, fmt.Errorf("%w: no key share", ErrArgument)
	}
	signatures, err := k.key.SignBatch(c)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrArgument, err)
	}
	shares := make([]*SignatureShare, len(c))
	for i, s := range signatures {
		shares[i] = &SignatureShare{k.generation, k.index, s.Point()} // [THR-1]
	}
	return shares, nil
}

// Expects reports, without a computation on the point, whether a share is of this
// committee: ErrGeneration or ErrIndex if not. A collector of shares drops what
// fails here, and a second share of a party, before it calls Combine.
func (c *Committee) Expects(s *SignatureShare) error {
	if s == nil {
		return fmt.Errorf("%w: no share", ErrArgument)
	}
	return c.checkOrigin(s.generation, s.index)
}

// VerifyShare checks [THR-1]: that s is its party's share of the signature on m.
func (c *Committee) VerifyShare(m *sig.Commitment, s *SignatureShare) error {
	return c.VerifyShares(context.Background(), []*sig.Commitment{m}, []*SignatureShare{s})[0]
}

// VerifyShares checks s[i] on m[i] for every i, on all cores, and returns one error
// for each share, nil for a valid one. An invalid one costs the others nothing. The
// parties are to blame only if the points of m[i] are in the subgroup, as those of
// a decoded commitment are.
func (c *Committee) VerifyShares(ctx context.Context, m []*sig.Commitment, s []*SignatureShare) []error {
	errs := make([]error, len(s))
	which := make([]int, 0, len(s))
	for i := range s {
		if errs[i] = c.Expects(s[i]); errs[i] != nil {
			continue
		}
		if i >= len(m) {
			errs[i] = fmt.Errorf("%w: no commitment", ErrArgument)
		} else if errs[i] = c.checkCommitment(m[i]); errs[i] == nil {
			which = append(which, i)
		}
	}
	// one after the other, the shares of a party take few pairings
	slices.SortStableFunc(which, func(a, b int) int { return cmp.Compare(s[a].index, s[b].index) })
	items := make([]*batch.Claims, len(which))
	for k, i := range which {
		signed := sig.Signed{Commitment: m[i], Signature: sig.SignatureOf(s[i].s)}
		items[k] = new(batch.Claims)
		signed.Claim(items[k], "THR-1", c.parties[s[i].index-1].key()) // [THR-1]
	}
	for k, err := range batch.Verify(ctx, items) {
		switch i := which[k]; {
		case refuted(err):
			errs[i] = fmt.Errorf("%w: share of party %d: %w", ErrInvalid, s[i].index, err)
		case err != nil:
			errs[i] = err
		}
	}
	return errs
}

// checkCommitment demands a commitment that this committee's key can sign.
func (c *Committee) checkCommitment(m *sig.Commitment) error {
	if m == nil || c.Parties() == 0 {
		return fmt.Errorf("%w: no commitment, or no committee", ErrArgument)
	}
	if m.Attributes() != c.Attributes() {
		return fmt.Errorf("%w: %d attributes under a key for %d", ErrArgument, m.Attributes(), c.Attributes())
	}
	if m.Base().IsIdentity() {
		return fmt.Errorf("%w: the base is the identity", ErrArgument)
	}
	return nil
}
