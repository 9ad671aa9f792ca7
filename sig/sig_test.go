package sig_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/sig"
)

func TestPresentationVerifies(t *testing.T) {
	k, err := sig.GenerateKey(nil, 3)
	require.NoError(t, err)
	m := []sig.Attribute{sig.Hash("id", []byte("alice")), sig.Uint64(7), sig.Uint64(100)}
	c, o, err := sig.Commit(nil, sig.NewBase("test", []byte("1")), m, 0, 2)
	require.NoError(t, err)
	require.True(t, c.Opens(o))
	s, err := k.Sign(c)
	require.NoError(t, err)
	signed := &sig.Signed{Commitment: c, Signature: s}
	require.NoError(t, k.Public().Verify(signed))

	shown, opening, err := k.Public().Rerandomize(nil, signed, o, 0, 1, 2)
	require.NoError(t, err)
	require.True(t, shown.Commitment.Opens(opening))
	require.NoError(t, k.Public().Verify(shown))

	again, _, err := k.Public().Rerandomize(nil, shown, opening, 1)
	require.NoError(t, err)
	require.NoError(t, k.Public().Verify(again))

	other, err := sig.GenerateKey(nil, 3)
	require.NoError(t, err)
	require.ErrorIs(t, other.Public().Verify(shown), sig.ErrInvalid)
}
