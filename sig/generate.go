package sig

import (
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// GenerateKey draws a key for l attributes, 0 ≤ l ≤ MaxAttributes. A key for
// none signs bases alone (BLS signatures). A nil reader is crypto/rand; of one that
// repeats itself, up to sign, no key is made (ErrArgument).
func GenerateKey(rand io.Reader, attributes int) (*SecretKey, error) {
	if attributes < 0 || attributes > MaxAttributes {
		return nil, fmt.Errorf("%w: %d attributes, of at most %d", ErrArgument, attributes, MaxAttributes)
	}
	s := make([]curve.Scalar, 1+attributes)
	for i := range s {
		var err error
		if s[i], err = curve.RandomNonZero(rand); err != nil {
			return nil, err
		}
	}
	if curve.Repeated(s) {
		return nil, fmt.Errorf("%w: [SIG-KEY] the reader of randomness repeats itself", ErrArgument)
	}
	return NewSecretKey(s), nil
}
