package sig

import (
	"io"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// Rerandomize makes a presentation of s that hides the attributes with the given
// indices and reveals the others, with its opening. Whoever does not know the
// opening cannot tell which Signed it came from, among those with the same
// revealed attributes. The opening must be that of s, which is not checked: with
// another, the presentation does not verify. A nil reader is crypto/rand.
func (k *PublicKey) Rerandomize(rand io.Reader, s *Signed, o *Opening, hide ...int) (*Signed, *Opening, error) {
	p, err := k.Present(rand, s, o, hide...)
	if err != nil {
		return nil, nil, err
	}
	return p.Finish(curve.SumsSecret(p.Sums())), p.Opening(), nil
}
