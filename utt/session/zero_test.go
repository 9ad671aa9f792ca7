package session_test

import (
	"testing"

	"github.com/utt-ecash/utt-go/internal/testzero"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/session"
)

func TestNothingPanics(t *testing.T) {
	testzero.Run(t, testzero.Package{
		Types:     []any{new(session.Log), new(session.Party)},
		Functions: map[string]any{"NewLog": session.NewLog},
		Errors:    []error{utt.ErrConflict, utt.ErrInvalid, utt.ErrMalformed, utt.ErrNotFound, utt.ErrPolicy, dkg.ErrAbsent, dkg.ErrFailed},
	})
}
