package policies_test

import (
	"testing"

	"github.com/utt-ecash/utt-go/internal/testzero"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt/policies"
)

func TestNothingPanics(t *testing.T) {
	testzero.Run(t, testzero.Package{
		Types:     []any{new(policies.Circuit), new(policies.Rules), new(policies.Table)},
		Functions: map[string]any{"Audited": policies.Audited, "BudgetOnly": policies.BudgetOnly, "TaxedByTotal": policies.TaxedByTotal},
		Errors:    []error{rangeproof.ErrArgument},
	})
}
