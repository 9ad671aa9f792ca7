package sig

import (
	"context"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
)

// Verify checks [SIG-1]. It says nothing of who knows the hidden attributes.
func (k *PublicKey) Verify(s *Signed) error {
	return VerifyBatch(context.Background(), []*PublicKey{k}, []*Signed{s})[0]
}

// VerifyBatch checks s[i] under k[i] for every i, on all cores, and returns one
// error for each, nil for a valid one. An invalid one costs the others nothing.
func VerifyBatch(ctx context.Context, k []*PublicKey, s []*Signed) []error {
	items := make([]*batch.Claims, len(s))
	for i := range s {
		items[i] = new(batch.Claims)
		if i >= len(k) || k[i] == nil {
			items[i].Require("SIG-1", false, "no key")
			continue
		}
		s[i].Claim(items[i], "SIG-1", k[i])
	}
	errs := batch.Verify(ctx, items)
	for i, err := range errs {
		if err != nil {
			errs[i] = fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	return errs
}
