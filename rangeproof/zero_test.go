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
			new(rangeproof.Public), new(rangeproof.Values), new(rangeproof.VerifyingKey), new(rangeproof.Wires)},
		Functions: map[string]any{"Compile": rangeproof.Compile, "NewCeremony": rangeproof.NewCeremony,
			"ParseProvingKey": rangeproof.ParseProvingKey, "ReadProof": rangeproof.ReadProof,
			"SetupSingleParty": rangeproof.SetupSingleParty, "Tax": rangeproof.Tax},
		Errors: []error{rangeproof.ErrArgument, rangeproof.ErrCeremony, rangeproof.ErrInvalid, rangeproof.ErrKey,
			rangeproof.ErrMalformed, rangeproof.ErrUnsatisfied},
		Encoded: []encoding.BinaryMarshaler{p, v},
	})
}
