package utt

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
)

// A kind that is remembered is the one that is computed, however many there are.
func TestCoinKinds(t *testing.T) {
	var k coinKinds
	for range 2 {
		for i := range maxKinds + 2 {
			asset := fmt.Sprint("asset", i/3)
			require.Equal(t, budget.MoneyKind(asset), k.get(kindOf{asset: asset}))
			e := Epoch(1 + i%3)
			require.Equal(t, budget.Kind(budget.Privacy, asset, e), k.get(kindOf{budget.Privacy, asset, e}))
			require.LessOrEqual(t, len(k.of), maxKinds)
		}
	}
}
