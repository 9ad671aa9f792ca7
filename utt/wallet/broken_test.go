//go:build uttbroken

package wallet

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
)

// Without [POLICY-PREFIX] whoever is an endorser is paid for anybody whom he registers
// first.
func TestBrokenPayeeOfAnotherEndorser(t *testing.T) {
	b := newBanks(t)
	t.Cleanup(batch.Break("POLICY-PREFIX"))
	r, err := b.registration(t, "bank:alice", b.b)
	require.NoError(t, err)
	_, err = b.paying(t, "bank:alice", r)
	require.NoError(t, err)
}
