package ledger

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// The hash of a pair of the state is that of the vectors, which another implementation
// made.
func TestStateHashVectors(t *testing.T) {
	b, err := os.ReadFile("../testdata/messages.json")
	require.NoError(t, err)
	var v struct {
		Pairs []struct {
			Key   string `json:"key"`
			Value string `json:"value"`
			Lanes string `json:"lanes"` // 1024 of 16 bits, big-endian as in the head
		} `json:"pairs"`
	}
	require.NoError(t, json.Unmarshal(b, &v))
	require.NotEmpty(t, v.Pairs)
	var all []change
	var sum stateHash
	for _, p := range v.Pairs {
		key, err := hex.DecodeString(p.Key)
		require.NoError(t, err)
		value, err := hex.DecodeString(p.Value)
		require.NoError(t, err)
		h := new(stateHash)
		h.mix(change{key: key, value: value})
		require.Equal(t, p.Lanes, hex.EncodeToString(h.bytes()))
		for i := range sum {
			sum[i] += h[i]
		}
		all = append(all, change{key: key, value: value})
	}
	var h stateHash
	h.apply(all)
	require.Equal(t, sum, h)
	for i := range all {
		all[i].gone = true
	}
	h.apply(all)
	require.Equal(t, stateHash{}, h)
}
