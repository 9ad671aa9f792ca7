package threshold

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/sig"
)

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
