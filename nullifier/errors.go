package nullifier

import "errors"

var (
	// ErrMalformed is returned for encodings that are not canonical or not of a
	// nonzero point of the subgroup.
	ErrMalformed = errors.New("nullifier: malformed encoding")
	// ErrUndefined is returned where there is no nullifier: for a key and a serial
	// number with the sum 0, and for the zero or a nil Nullifier.
	ErrUndefined = errors.New("nullifier: undefined")
)
