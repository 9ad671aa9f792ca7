package utt

import (
	"encoding/hex"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/wire"
)

// Names of 32 bytes are text as 64 hexadecimal digits; kinds, roles and the like are
// their names. JSON has them so, too.

// String is the digest in hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText is the digest in hexadecimal.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText parses a digest.
func (d *Digest) UnmarshalText(text []byte) error { return parse32((*[32]byte)(d), text, "digest") }

// String is the ID in hexadecimal.
func (i ID) String() string { return hex.EncodeToString(i[:]) }

// MarshalText is the ID in hexadecimal.
func (i ID) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText parses an ID.
func (i *ID) UnmarshalText(text []byte) error { return parse32((*[32]byte)(i), text, "ID") }

// String is the network's name in hexadecimal.
func (n NetworkID) String() string { return hex.EncodeToString(n[:]) }

// MarshalText is the network's name in hexadecimal.
func (n NetworkID) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText parses a network's name.
func (n *NetworkID) UnmarshalText(text []byte) error {
	return parse32((*[32]byte)(n), text, "network ID")
}

// String is the identifier in hexadecimal.
func (p PID) String() string { return hex.EncodeToString(p[:]) }

// MarshalText is the identifier in hexadecimal.
func (p PID) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText parses an identifier, which must be in canonical form.
func (p *PID) UnmarshalText(text []byte) error {
	var d [32]byte
	if p == nil {
		return errInto
	}
	if err := parse32(&d, text, "PID"); err != nil {
		return err
	}
	r := wire.NewReader(d[:])
	pid := readPID(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: PID: %w", ErrMalformed, err)
	}
	*p = pid
	return nil
}

// parse32 parses exactly 64 hexadecimal digits.
func parse32(into *[32]byte, text []byte, what string) error {
	if into == nil {
		return errInto
	}
	var d [32]byte
	if len(text) != hex.EncodedLen(len(d)) {
		return fmt.Errorf("%w: %s of %d characters, of %d", ErrMalformed, what, len(text), hex.EncodedLen(len(d)))
	}
	if _, err := hex.Decode(d[:], text); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrMalformed, what, err)
	}
	*into = d
	return nil
}

// nameIn is a value's name, or else its number.
func nameIn[T ~uint8](names map[T]string, v T, what string) string {
	if name, ok := names[v]; ok {
		return name
	}
	return fmt.Sprintf("%s %d", what, uint8(v))
}

func marshalName[T ~uint8](names map[T]string, v T, what string) ([]byte, error) {
	if name, ok := names[v]; ok {
		return []byte(name), nil
	}
	return nil, fmt.Errorf("%w: %s %d has no name", ErrInvalid, what, uint8(v))
}

func unmarshalName[T ~uint8](names map[T]string, into *T, text []byte, what string) error {
	if into == nil {
		return errInto
	}
	for v, name := range names {
		if name == string(text) {
			*into = v
			return nil
		}
	}
	return fmt.Errorf("%w: no %s has the name %.64q", ErrMalformed, what, text)
}

// MarshalText is the name.
func (k Kind) MarshalText() ([]byte, error) { return marshalName(kinds, k, "kind") }

// UnmarshalText parses a name.
func (k *Kind) UnmarshalText(text []byte) error { return unmarshalName(kinds, k, text, "kind") }

// MarshalText is the name.
func (r Role) MarshalText() ([]byte, error) { return marshalName(roles, r, "role") }

// UnmarshalText parses a name.
func (r *Role) UnmarshalText(text []byte) error { return unmarshalName(roles, r, text, "role") }

// MarshalText is the name.
func (c Case) MarshalText() ([]byte, error) { return marshalName(caseNames, c, "case") }

// UnmarshalText parses a name.
func (c *Case) UnmarshalText(text []byte) error { return unmarshalName(caseNames, c, text, "case") }

// MarshalText is the name.
func (s Status) MarshalText() ([]byte, error) { return marshalName(statuses, s, "status") }

// UnmarshalText parses a name.
func (s *Status) UnmarshalText(text []byte) error { return unmarshalName(statuses, s, text, "status") }

// MarshalText is the name.
func (c Code) MarshalText() ([]byte, error) { return marshalName(codeNames, c, "code") }

// UnmarshalText parses a name.
func (c *Code) UnmarshalText(text []byte) error { return unmarshalName(codeNames, c, text, "code") }
