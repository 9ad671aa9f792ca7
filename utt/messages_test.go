package utt_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// messages are by another implementation: what is signed, and the state's hash.
type messages struct {
	Provenance string `json:"provenance"`
	Signed     []struct {
		Encoding  string `json:"encoding"` // of the operation
		Tag       string `json:"tag"`
		Key       string `json:"key"`
		Message   string `json:"message"`
		Signature string `json:"signature"`
	} `json:"signed"`
}

func TestMessageVectors(t *testing.T) {
	var m messages
	readVectors(t, "testdata/messages.json", &m)
	tags := make(map[string]bool)
	for _, s := range m.Signed {
		tags[s.Tag] = true
		require.Contains(t, s.Encoding, s.Signature)
		_, err := utt.ParseOperation(unhex(t, s.Encoding))
		require.NoError(t, err)
		require.Contains(t, s.Message, hex.EncodeToString([]byte(s.Tag)))
		require.True(t, ed25519.Verify(unhex(t, s.Key), unhex(t, s.Message), unhex(t, s.Signature)), s.Tag)
	}
	require.Len(t, tags, 7)
}
