package utt

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
)

// Of the points A + T with T of small order only A is a key.
func TestEd25519KeysOfStrangers(t *testing.T) {
	for i, p := range testrand.EdwardsTorsion() {
		require.ErrorContains(t, checkEd25519(p.Encode()), "[REG-KEY]", "%d·T", i)
	}
	mixed, _ := testrand.MixedKey(make([]byte, 32))
	require.ErrorContains(t, checkEd25519(mixed), "part of small order")
}

// An address has halves that can be encrypted to, and no other encoding.
func TestAddressesOfStrangers(t *testing.T) {
	private, err := addressKEM.DeriveKeyPair(make([]byte, 32))
	require.NoError(t, err)
	honest := private.PublicKey().Bytes()
	require.NoError(t, checkAddress(honest))
	with := func(half []byte) []byte { return append(slices.Clone(honest[:len(honest)-32]), half...) }
	require.ErrorContains(t, checkAddress(with(make([]byte, 32))), "of small order")
	for bit := range 8 { // p and more
		half := append(append([]byte{0xed + byte(bit)}, slices.Repeat([]byte{0xff}, 30)...), 0x7f)
		require.ErrorContains(t, checkAddress(with(half)), "canonically")
	}
	masked := slices.Clone(honest) // RFC 7748 ignores the bit
	masked[len(masked)-1] |= 0x80
	require.ErrorContains(t, checkAddress(masked), "canonically")

	for at := 0; at < 1152; at += 3 { // every pair of coefficients of ML-KEM, of 12 bits each
		for _, b := range [][3]byte{{0x01, 0x0d, 0}, {0, 0x10, 0xd0}, {0xff, 0xff, 0xff}} { // q = 0xd01
			address := slices.Clone(honest)
			copy(address[at:], b[:])
			require.ErrorContains(t, checkAddress(address), "no public key", "coefficient at %d", at)
		}
	}
	for _, n := range []int{0, addressSize - 1, addressSize + 1} {
		require.Error(t, checkAddress(make([]byte, n)))
	}
}
