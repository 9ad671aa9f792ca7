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
	encryption, encryptionKeys, err := threshold.DealEncryption(nil, 1, 1, 1)
	require.NoError(t, err)
	ciphertext, err := encryption.Key().Encrypt(nil, sig.Uint64(1))
	require.NoError(t, err)
	sum, err := new(threshold.CiphertextSum).Add(ciphertext)
	require.NoError(t, err)
	subject, err := threshold.NewSubject([32]byte{1}, "nothing", []byte("panics"))
	require.NoError(t, err)
	request, err := threshold.NewRequest(subject, ciphertext, 0)
	require.NoError(t, err)
	part, err := encryptionKeys[0].Decrypt(nil, request)
	require.NoError(t, err)
	testzero.Run(t, testzero.Package{
		Types: []any{new(threshold.BlameError), new(threshold.Ciphertext), new(threshold.CiphertextSum), new(threshold.Committee),
			new(threshold.Decryption), new(threshold.DecryptionShare), new(threshold.EncryptionCommittee), new(threshold.EncryptionKey),
			new(threshold.EncryptionKeyShare), new(threshold.Generation), new(threshold.Index),
			new(threshold.KeyShare), new(threshold.LogTable), new(threshold.Plaintext), new(threshold.Points),
			new(threshold.Request), new(threshold.Result), new(threshold.SignatureShare), new(threshold.Subject), new(threshold.Sum)},
		Functions: map[string]any{"CiphertextOf": threshold.CiphertextOf,
			"CommitteeOf": threshold.CommitteeOf, "Deal": threshold.Deal, "DealEncryption": threshold.DealEncryption,
			"DecryptionShareOf": threshold.DecryptionShareOf, "NewLogTable": threshold.NewLogTable,
			"NewPlaintext": threshold.NewPlaintext, "NewRequest": threshold.NewRequest, "NewSubject": threshold.NewSubject,
			"ReadCiphertext": threshold.ReadCiphertext, "ReadSum": threshold.ReadSum,
			"EncryptionCommitteeOf": threshold.EncryptionCommitteeOf, "EncryptionKeyShareOf": threshold.EncryptionKeyShareOf, "GenerationOf": threshold.GenerationOf, "EncryptionGenerationOf": threshold.EncryptionGenerationOf,
			"KeyShareOf": threshold.KeyShareOf, "Lagrange": threshold.Lagrange, "OpenEncryptionKeyShare": threshold.OpenEncryptionKeyShare, "OpenKeyShare": threshold.OpenKeyShare, "ShareOf": threshold.ShareOf},
		Errors: []error{threshold.ErrArgument, threshold.ErrGeneration, threshold.ErrIndex, threshold.ErrInvalid,
			threshold.ErrMalformed, threshold.ErrPassphrase, threshold.ErrRange, threshold.ErrTooFew},
		Usable:  []string{"CiphertextSum.Add", "CiphertextSum.AppendBinary", "CiphertextSum.MarshalBinary"},
		Encoded: []encoding.BinaryMarshaler{c, keys[0], share, encryption, encryptionKeys[0], ciphertext, sum, part, encryption.Key()},
	})
}
