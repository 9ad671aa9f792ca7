package threshold_test

import (
	"encoding"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testzero"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

func TestNothingPanics(t *testing.T) {
	c, keys, err := threshold.Deal(nil, 1, 1, 1)
	require.NoError(t, err)
	m, _, err := sig.Commit(nil, sig.NewBase("nothing", nil), []sig.Attribute{sig.Uint64(1)})
	require.NoError(t, err)
	share, err := keys[0].Sign(m)
	require.NoError(t, err)
	testzero.Run(t, testzero.Package{
		Types: []any{new(threshold.BlameError), new(threshold.Committee), new(threshold.EncryptionCommittee),
			new(threshold.EncryptionKeyShare), new(threshold.Generation), new(threshold.Index),
			new(threshold.KeyShare), new(threshold.Points), new(threshold.Result), new(threshold.SignatureShare)},
		Functions: map[string]any{"CommitteeOf": threshold.CommitteeOf, "Deal": threshold.Deal,
			"EncryptionCommitteeOf": threshold.EncryptionCommitteeOf, "EncryptionKeyShareOf": threshold.EncryptionKeyShareOf, "GenerationOf": threshold.GenerationOf, "EncryptionGenerationOf": threshold.EncryptionGenerationOf,
			"KeyShareOf": threshold.KeyShareOf, "Lagrange": threshold.Lagrange, "OpenEncryptionKeyShare": threshold.OpenEncryptionKeyShare, "OpenKeyShare": threshold.OpenKeyShare, "ShareOf": threshold.ShareOf},
		Errors: []error{threshold.ErrArgument, threshold.ErrGeneration, threshold.ErrIndex, threshold.ErrInvalid,
			threshold.ErrMalformed, threshold.ErrPassphrase, threshold.ErrTooFew},
		Encoded: []encoding.BinaryMarshaler{c, keys[0], share},
	})
}
