package nullifier

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/wire"
)

const version = 1

// AppendBinary appends version and nf, uncompressed.
func (n Nullifier) AppendBinary(b []byte) ([]byte, error) {
	if n.IsZero() {
		return nil, fmt.Errorf("%w: the zero nullifier has no encoding", ErrUndefined)
	}
	return n.Append(append(b, version)), nil
}

// MarshalBinary encodes the nullifier.
func (n Nullifier) MarshalBinary() ([]byte, error) { return n.AppendBinary(nil) }

// UnmarshalBinary decodes a nullifier; it must be in the subgroup and not 0.
func (n *Nullifier) UnmarshalBinary(b []byte) error {
	if n == nil {
		return fmt.Errorf("%w: nil to decode into", ErrUndefined)
	}
	r := wire.NewReader(b)
	r.Version(version)
	d := Read(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if !d.p.InSubgroup() {
		return fmt.Errorf("%w: not in the subgroup", ErrMalformed)
	}
	*n = d
	return nil
}
