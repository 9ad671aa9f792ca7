package rangeproof

import "errors"

var (
	// ErrMalformed is returned for encodings that are not canonical, not on the
	// curve or of the wrong length.
	ErrMalformed = errors.New("rangeproof: malformed encoding")
	// ErrUnsatisfied is returned for values that violate an equation of the
	// circuit; the detail has its label.
	ErrUnsatisfied = errors.New("rangeproof: values violate the circuit")
	// ErrInvalid is returned for a proof that does not verify.
	ErrInvalid = errors.New("rangeproof: verification failed")
	// ErrKey is returned for keys that are unsafe to use, or that do not belong to
	// the circuit or to each other.
	ErrKey = errors.New("rangeproof: unusable key")
	// ErrArgument is returned for a call with values that do not fit together: the
	// number of outputs, a rule that does not apply.
	ErrArgument = errors.New("rangeproof: arguments do not fit")
	// ErrCeremony is returned for a contribution that does not follow its
	// predecessor, and for a ceremony that lacks one.
	ErrCeremony = errors.New("rangeproof: invalid ceremony")
)
