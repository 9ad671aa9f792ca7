package dkg

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKeyGeneration(t *testing.T) {
	for _, c := range []struct{ t, f, n, l int }{{1, 0, 1, 1}, {2, 1, 3, 0}, {3, 1, 4, 5}, {2, 1, 4, 2}, {5, 2, 7, 1}, {7, 3, 10, 5}} {
		t.Run(fmt.Sprintf("t=%d,f=%d,n=%d,l=%d", c.t, c.f, c.n, c.l), func(t *testing.T) {
			w := generate(t, 1, Signing(c.l), c.t, c.f, c.n).run(nil)
			o := w.outcome()
			require.Empty(t, o.Blames)
			require.Len(t, o.Members, c.n)
			require.Equal(t, c.l, o.Committee.Attributes())
			require.Len(t, w.ends, 5, "nobody is reconstructed")
			requireSigns(t, o.Committee, w.shares(upTo(c.n)...))
		})
	}
}

func TestEncryptionKeyGeneration(t *testing.T) {
	w := generate(t, 1, Encryption(4), 2, 1, 3).run(nil)
	o := w.outcome()
	require.Empty(t, o.Blames)
	require.Nil(t, o.Committee)
	require.Equal(t, []int{2, 3, 4}, []int{o.Encryption.Threshold(), o.Encryption.Parties(), o.Encryption.Components()})
	for _, p := range w.parties {
		k, err := p.EncryptionKeyShare()
		require.NoError(t, err)
		require.NoError(t, o.Encryption.VerifyKeyShare(k))
		_, err = p.KeyShare()
		require.ErrorIs(t, err, ErrArgument)
	}
}
