package nullifier

import (
	"encoding/hex"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/curve"
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

// MarshalText is Key in hexadecimal.
func (n Nullifier) MarshalText() ([]byte, error) {
	if n.IsZero() {
		return nil, fmt.Errorf("%w: the zero nullifier has no encoding", ErrUndefined)
	}
	return []byte(n.String()), nil
}

// MarshalText is hexadecimal.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText decodes a key in hexadecimal, of which it does not check that it is a
// nullifier's.
func (k *Key) UnmarshalText(text []byte) error {
	if k == nil {
		return fmt.Errorf("%w: nil to decode into", ErrUndefined)
	}
	if len(text) != hex.EncodedLen(KeySize) {
		return fmt.Errorf("%w: %d characters, of %d", ErrMalformed, len(text), hex.EncodedLen(KeySize))
	}
	var d Key
	if _, err := hex.Decode(d[:], text); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	*k = d
	return nil
}

// UnmarshalText decodes the hexadecimal Key of a nullifier; it must be in the subgroup
// and not 0.
func (n *Nullifier) UnmarshalText(text []byte) error {
	if n == nil {
		return fmt.Errorf("%w: nil to decode into", ErrUndefined)
	}
	if len(text) != hex.EncodedLen(KeySize) {
		return fmt.Errorf("%w: %d characters, of %d", ErrMalformed, len(text), hex.EncodedLen(KeySize))
	}
	key, err := hex.DecodeString(string(text))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	r := wire.NewReader(key)
	d := Nullifier{curve.ReadG1Compressed(r)}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if !d.p.InSubgroup() {
		return fmt.Errorf("%w: not in the subgroup", ErrMalformed)
	}
	*n = d
	return nil
}
