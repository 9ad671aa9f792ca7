package ledger_test

import (
	"testing"

	"github.com/utt-ecash/utt-go/internal/testzero"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
)

func TestNothingPanics(t *testing.T) {
	testzero.Run(t, testzero.Package{
		Types:     []any{new(ledger.Ledger), new(ledger.Head), new(ledger.Held), new(ledger.Session), new(ledger.BlockInfo), new(ledger.Prepared), new(ledger.Snapshot), new(ledger.Outlook), new(ledger.DueWarrant), new(ledger.Numbered)},
		Functions: map[string]any{"New": ledger.New, "Restore": ledger.Restore, "RestoreAbove": ledger.RestoreAbove, "SnapshotHeight": ledger.SnapshotHeight},
		Errors:    []error{utt.ErrConflict, utt.ErrInsufficient, utt.ErrInvalid, utt.ErrMalformed, utt.ErrNotFound, utt.ErrPolicy, utt.ErrStore},
		Usable:    []string{},
	})
}
