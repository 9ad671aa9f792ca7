package local_test

import (
	"testing"

	"github.com/utt-ecash/utt-go/internal/testzero"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
)

func TestNothingPanics(t *testing.T) {
	testzero.Run(t, testzero.Package{
		Types:     []any{new(local.AuditorKeys), new(local.Config), new(local.Network), new(local.TaxKeys)},
		Functions: map[string]any{"New": local.New, "Under": local.Under},
		Errors:    []error{utt.ErrInvalid, utt.ErrPolicy, utt.ErrNotFound, threshold.ErrArgument, rangeproof.ErrArgument},
		Usable:    []string{"New"},
	})
}
