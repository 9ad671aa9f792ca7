package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVault(t *testing.T) {
	secret := []byte("thirty-two bytes that are secret")
	b, err := seal(secret, "phrase", "seed of alice")
	require.NoError(t, err)
	require.NotContains(t, string(b), string(secret))
	got, err := unseal(b, "phrase", "seed of alice")
	require.NoError(t, err)
	require.Equal(t, secret, got)
	_, err = unseal(b, "Phrase", "seed of alice")
	require.ErrorIs(t, err, errPassphrase)
	_, err = unseal(b, "phrase", "seed of bob")
	require.ErrorIs(t, err, errPassphrase)
	for _, hostile := range []string{"", "{}", `{"version":1,"log_n":63}`, `{"version":1,"log_n":18,"salt":"AAAA"}`, "null"} {
		_, err = unseal([]byte(hostile), "phrase", "seed of alice")
		require.ErrorIs(t, err, errPassphrase, hostile)
	}
	again, err := seal(secret, "phrase", "seed of alice")
	require.NoError(t, err)
	require.NotEqual(t, b, again)
}
