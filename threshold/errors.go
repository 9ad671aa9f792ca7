package threshold

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/utt-ecash/utt-go/internal/batch"
)

var (
	// ErrMalformed is returned for encodings that are not canonical, not of points
	// in the subgroup, or too long.
	ErrMalformed = errors.New("threshold: malformed encoding")
	// ErrInvalid is returned for a share, a key share or a committee that does not
	// verify.
	ErrInvalid = errors.New("threshold: verification failed")
	// ErrArgument is returned for a call with values that do not fit together: t and
	// n, a number of attributes, a commitment that cannot be signed, a reader that
	// repeats itself.
	ErrArgument = errors.New("threshold: arguments do not fit")
	// ErrIndex is returned for an index that is 0, above n, or occurs twice.
	ErrIndex = errors.New("threshold: no such party, or twice the same")
	// ErrGeneration is returned for a share of another sharing of the key.
	ErrGeneration = errors.New("threshold: share of another generation")
	// ErrTooFew is returned where fewer than t shares, or fewer than t valid ones, are given.
	ErrTooFew = errors.New("threshold: too few shares")
	// ErrRange is returned for a plaintext that is no number of the interval promised.
	ErrRange = errors.New("threshold: plaintext out of range")
	// ErrPassphrase is returned for a sealed key share that the passphrase does not open.
	ErrPassphrase = errors.New("threshold: wrong passphrase")
)

// BlameError names the parties that sent something invalid. It matches
// ErrInvalid.
type BlameError struct {
	// Culprits are in ascending order.
	Culprits []Index
	// Label is of the equation, as in PROTOCOL.md; THR-1 if it is empty.
	Label string
}

func (e *BlameError) Error() string {
	if e == nil {
		return "[THR-1] invalid"
	}
	names := make([]string, len(e.Culprits))
	for i, j := range e.Culprits {
		names[i] = fmt.Sprint(j)
	}
	return "[" + cmp.Or(e.Label, "THR-1") + "] invalid from party " + strings.Join(names, ", ")
}

// Unwrap is ErrInvalid.
func (e *BlameError) Unwrap() error { return ErrInvalid }

// refuted tells a failed check from a context that ended before it was made.
func refuted(err error) bool {
	var e *batch.Error
	return errors.As(err, &e)
}

// guilty tells what a party is to blame for from a context that ended.
func guilty(err error) bool { return errors.Is(err, ErrInvalid) || errors.Is(err, ErrGeneration) }
