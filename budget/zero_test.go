package budget_test

import (
	"encoding"
	"testing"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/testzero"
)

func TestNothingPanics(t *testing.T) {
	p := budget.Policy{Start: time.Unix(0, 0), EpochLength: time.Second, Classes: []budget.Amount{1}}
	testzero.Run(t, testzero.Package{
		Types:     []any{new(budget.Class), new(budget.Epoch), new(budget.Policy), new(budget.Counter)},
		Functions: map[string]any{"Grantable": budget.Grantable, "Kind": budget.Kind, "MoneyKind": budget.MoneyKind},
		Errors:    []error{budget.ErrClass, budget.ErrPolicy, budget.ErrTime},
		Encoded:   []encoding.BinaryMarshaler{p},
	})
}
