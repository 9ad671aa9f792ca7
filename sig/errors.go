package sig

import "errors"

var (
	// ErrMalformed is returned for encodings that are not canonical, not on the
	// curve, or too long.
	ErrMalformed = errors.New("sig: malformed encoding")
	// ErrInvalid is returned for a signature or key that does not verify.
	ErrInvalid = errors.New("sig: verification failed")
	// ErrArgument is returned for a call with values that do not fit together: the
	// number of attributes, an index, an opening of another commitment, a reader that
	// repeats itself.
	ErrArgument = errors.New("sig: arguments do not fit")
)
