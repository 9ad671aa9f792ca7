package sig

import (
	"context"
	"errors"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/batch"
)

// Verify checks [SIG-1]. It says nothing of who knows the hidden attributes.
func (k *PublicKey) Verify(s *Signed) error {
	return VerifyBatch(context.Background(), []*PublicKey{k}, []*Signed{s})[0]
}

// VerifyBatch checks s[i] under k[i] for every i, on all cores, and returns one
// error for each, nil for a valid one. An invalid one costs the others nothing.
// If the context ends first, those not yet decided get its error.
func VerifyBatch(ctx context.Context, k []*PublicKey, s []*Signed) []error {
	items := make([]*batch.Claims, len(s))
	for i := range s {
		items[i] = new(batch.Claims)
		var key *PublicKey
		if i < len(k) {
			key = k[i]
		}
		s[i].Claim(items[i], "SIG-1", key)
	}
	errs := batch.Verify(ctx, items)
	for i, err := range errs {
		if failed := (*batch.Error)(nil); errors.As(err, &failed) {
			errs[i] = fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	return errs
}
