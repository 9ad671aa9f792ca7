package home

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVault(t *testing.T) {
	secret := []byte("thirty-two bytes that are secret")
	b, err := Seal(secret, "phrase", "seed of alice")
	require.NoError(t, err)
	require.NotContains(t, string(b), string(secret))
	got, err := Unseal(b, "phrase", "seed of alice")
	require.NoError(t, err)
	require.Equal(t, secret, got)
	_, err = Unseal(b, "Phrase", "seed of alice")
	require.ErrorIs(t, err, ErrPassphrase)
	_, err = Unseal(b, "phrase", "seed of bob")
	require.ErrorIs(t, err, ErrPassphrase)
	for _, hostile := range []string{"", "{}", `{"version":1,"log_n":63}`, `{"version":1,"log_n":18,"salt":"AAAA"}`, "null"} {
		_, err = Unseal([]byte(hostile), "phrase", "seed of alice")
		require.ErrorIs(t, err, ErrPassphrase, hostile)
	}
	again, err := Seal(secret, "phrase", "seed of alice")
	require.NoError(t, err)
	require.NotEqual(t, b, again)
}
