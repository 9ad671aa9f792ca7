package sig

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
)

// A folded key accepts and rejects what the key does, whatever was folded.
func TestFold(t *testing.T) {
	k, err := GenerateKey(nil, 3)
	require.NoError(t, err)
	values := []Attribute{Uint64(1), Uint64(2), Uint64(3)}
	c, _, err := Commit(nil, NewBase("fold", nil), values, 0)
	require.NoError(t, err)
	s, err := k.Sign(c)
	require.NoError(t, err)
	good := &Signed{c, s}
	other, err := CommitOpening(c.base, NewOpening([]Attribute{Uint64(1), Uint64(2), Uint64(4)}, nil))
	require.NoError(t, err)
	bad := &Signed{other, s}
	for i := range values {
		for _, m := range []Attribute{values[i], Uint64(4), Uint64(0)} {
			folded := k.Public().Fold(i, m)
			require.True(t, folded.Equal(k.Public()))
			for _, claim := range []func(*Signed, *batch.Claims, string, *PublicKey){(*Signed).Claim, (*Signed).ClaimShown, (*Signed).ClaimHashed} {
				var yes, no batch.Claims
				claim(good, &yes, "SIG-1", folded)
				require.NoError(t, batch.One(&yes))
				claim(bad, &no, "SIG-1", folded)
				require.ErrorContains(t, batch.One(&no), "[SIG-1]")
			}
		}
	}
}
