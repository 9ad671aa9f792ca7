package rangeproof_test

import (
	"context"
	"encoding"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testzero"
	"github.com/utt-ecash/utt-go/rangeproof"
)

func TestNothingPanics(t *testing.T) {
	c, err := rangeproof.Compile(2)
	require.NoError(t, err)
	k, v, err := rangeproof.SetupSingleParty(context.Background(), c)
	require.NoError(t, err)
	p, _, err := k.Prove(nil, rangeproof.Values{Out: make([]rangeproof.Amount, 2)}, rangeproof.Public{})
	require.NoError(t, err)
	testzero.Run(t, testzero.Package{
		Types: []any{new(rangeproof.Amount), new(rangeproof.BudgetVars), new(rangeproof.Ceremony), new(rangeproof.Circuit),
			new(rangeproof.Opening), new(rangeproof.Origin), new(rangeproof.Proof), new(rangeproof.ProvingKey),
			new(rangeproof.Public), new(rangeproof.RuleError), new(rangeproof.SlotError), new(rangeproof.Step), new(rangeproof.StepError), new(rangeproof.Values), new(rangeproof.VerifyingKey), new(rangeproof.Wires)},
		Functions: map[string]any{"Compile": rangeproof.Compile, "NewCeremony": rangeproof.NewCeremony, "ParseCeremony": rangeproof.ParseCeremony,
			"ParseProvingKey": rangeproof.ParseProvingKey, "ReadProof": rangeproof.ReadProof,
			"SetupSingleParty": rangeproof.SetupSingleParty, "ParseRule": rangeproof.ParseRule, "Tax": rangeproof.Tax,
			"TaxByTotal": rangeproof.TaxByTotal, "Pays": rangeproof.Pays, "Limited": rangeproof.Limited},
		Errors: []error{rangeproof.ErrArgument, rangeproof.ErrCeremony, rangeproof.ErrInvalid, rangeproof.ErrKey,
			rangeproof.ErrMalformed, rangeproof.ErrUnsatisfied},
		Encoded: []encoding.BinaryMarshaler{p, v},
	})
}

// A rule may be asked about values of any shape.
func TestRulesOfNothing(t *testing.T) {
	none, two := rangeproof.Values{}, rangeproof.Values{Out: []rangeproof.Amount{1 << 63, 1}}
	for _, r := range []rangeproof.Rule{rangeproof.Tax(2, 1), rangeproof.Tax(0, 1), rangeproof.Tax(-1, 1), rangeproof.Tax(1, 65535)} {
		require.Error(t, r.Holds(none, rangeproof.Public{}))
		require.Error(t, r.Holds(two, rangeproof.Public{}))
		require.Error(t, r.Constrain(nil, rangeproof.Wires{}))
		c, ok := r.(rangeproof.Completer)
		require.True(t, ok)
		c.Complete(nil)
		c.Complete(&none)
		c.Complete(&two)
		require.Equal(t, []rangeproof.Amount{1 << 63, 1}, two.Out)
	}
	for _, r := range []rangeproof.Rule{rangeproof.Pays(), rangeproof.Limited(), rangeproof.TaxByTotal(1), rangeproof.TaxByTotal(65535)} {
		require.Error(t, r.Holds(none, rangeproof.Public{}))
		require.Error(t, r.Constrain(nil, rangeproof.Wires{}))
		if c, ok := r.(rangeproof.Completer); ok {
			c.Complete(nil)
			c.Complete(&none)
			require.Zero(t, none.Due)
		}
	}
	require.False(t, new(rangeproof.Circuit).Solves(none, rangeproof.Public{}))
	c, err := rangeproof.Compile(3, rangeproof.Tax(2, 1000))
	require.NoError(t, err)
	c.Complete(nil)
	c.Complete(&two)
	require.Equal(t, []rangeproof.Amount{1 << 63, 1}, two.Out)
}
