package audit_test

import (
	"testing"

	"github.com/utt-ecash/utt-go/internal/testzero"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/audit"
)

func TestNothingPanics(t *testing.T) {
	testzero.Run(t, testzero.Package{
		Types: []any{new(audit.Auditor), new(audit.Blame), new(audit.Config), new(audit.Disclosure), new(audit.Keys), new(audit.Message), new(audit.Opened),
			new(audit.Payment), new(audit.Peer), new(audit.Purpose), new(audit.Sum), new(audit.Warrant), new(audit.WarrantState)},
		Functions: map[string]any{"DeriveKeys": audit.DeriveKeys, "New": audit.New},
		Errors:    []error{utt.ErrInvalid, utt.ErrMalformed, utt.ErrNotFound, utt.ErrPolicy},
	})
}
