package sig_test

import (
	"encoding"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testzero"
	"github.com/utt-ecash/utt-go/sig"
)

func TestNothingPanics(t *testing.T) {
	k, err := sig.GenerateKey(nil, 1)
	require.NoError(t, err)
	c, _, err := sig.Commit(nil, sig.NewBase("nothing", nil), []sig.Attribute{sig.Uint64(1)})
	require.NoError(t, err)
	s, err := k.Sign(c)
	require.NoError(t, err)
	testzero.Run(t, testzero.Package{
		Types: []any{new(sig.Commitment), new(sig.Opening), new(sig.Part), new(sig.Presentation), new(sig.PublicKey), new(sig.SecretKey),
			new(sig.Signature), new(sig.Signed)},
		Functions: map[string]any{"Assemble": sig.Assemble, "Commit": sig.Commit, "CommitOpening": sig.CommitOpening,
			"GenerateKey": sig.GenerateKey, "Hash": sig.Hash, "Hidden": sig.Hidden, "NewBase": sig.NewBase,
			"NewOpening": sig.NewOpening, "NewPublicKey": sig.NewPublicKey, "NewSecretKey": sig.NewSecretKey,
			"Public": sig.Public, "SignatureOf": sig.SignatureOf, "Uint64": sig.Uint64, "VerifyBatch": sig.VerifyBatch},
		Errors:  []error{sig.ErrArgument, sig.ErrInvalid, sig.ErrMalformed},
		Usable:  []string{"GenerateKey"},
		Encoded: []encoding.BinaryMarshaler{k, k.Public(), c, s, &sig.Signed{Commitment: c, Signature: s}},
	})
}
