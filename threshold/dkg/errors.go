package dkg

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

var (
	// ErrMalformed is returned for encodings that are not canonical or too long.
	ErrMalformed = errors.New("dkg: malformed encoding")
	// ErrInvalid is returned for terms, enrolments, authorisations or messages that do not
	// verify.
	ErrInvalid = errors.New("dkg: verification failed")
	// ErrArgument is returned for a call with values that do not fit together.
	ErrArgument = errors.New("dkg: arguments do not fit")
	// ErrRound is returned for a message of another round, or a second one of its author.
	ErrRound = errors.New("dkg: not in this round")
	// ErrSession is returned for a message of another session.
	ErrSession = errors.New("dkg: message of another session")
	// ErrAbsent is returned to a party that does not hold its share: it is no member.
	ErrAbsent = errors.New("dkg: the party does not hold its share")
	// ErrFailed is returned for a session that ended without a key, or that has not ended.
	ErrFailed = errors.New("dkg: no key")
)

// Blame says what a dealer or a party did. Exactly one of Dealer and Party is not 0; in a
// key generation, whose dealers are the parties, it is Party. What is said of it can be
// checked by everybody who has the messages.
type Blame struct {
	Dealer OldIndex
	Party  NewIndex
	// Label is of the check that failed, as in the protocol document; "" for silence.
	Label  string
	Detail string
}

// String is the blame in words.
func (b Blame) String() string {
	who := fmt.Sprint("party ", b.Party)
	if b.Dealer != 0 {
		who = fmt.Sprint("dealer ", b.Dealer)
	}
	if b.Label == "" {
		return who + ": " + b.Detail
	}
	return fmt.Sprintf("%s: [%s] %s", who, b.Label, b.Detail)
}

// FailureError says why a session ended without a key, and who is to blame. It matches
// ErrFailed. After a failed key generation the parties begin another session without those
// named; after a failed resharing the old generation stays.
type FailureError struct {
	Reason string
	Blames []Blame
}

func (e *FailureError) Error() string {
	if e == nil {
		return ErrFailed.Error()
	}
	parts := []string{ErrFailed.Error() + ": " + e.Reason}
	for _, b := range e.Blames {
		parts = append(parts, b.String())
	}
	return strings.Join(parts, "; ")
}

// Unwrap is ErrFailed.
func (e *FailureError) Unwrap() error { return ErrFailed }

func (e *FailureError) clone() *FailureError {
	return &FailureError{e.Reason, slices.Clone(e.Blames)}
}
