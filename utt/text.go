package utt

import (
	"encoding/hex"
	"fmt"
)

// Names of 32 bytes are text as 64 hexadecimal digits; kinds, roles and the like are
// their names. JSON has them so, too.

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
