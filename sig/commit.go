package sig

import (
	"io"

	"github.com/utt-ecash/utt-go/internal/curve"
)

// Commit commits to the attributes m under h, hiding those with the given
// indices and leaving the others public. A nil reader is crypto/rand.
func Commit(rand io.Reader, h Base, m []Attribute, hide ...int) (*Commitment, *Opening, error) {
	if err := checkHidden(len(m), hide); err != nil {
		return nil, nil, err
	}
	r := make([]curve.Scalar, len(m))
	for _, i := range hide {
		var err error
		if r[i], err = curve.RandomNonZero(rand); err != nil {
			return nil, nil, err
		}
	}
	o := NewOpening(m, r)
	c, err := CommitOpening(h.Point(), o, hide...)
	if err != nil {
		return nil, nil, err
	}
	return c, o, nil
}
