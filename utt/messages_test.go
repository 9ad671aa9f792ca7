package utt_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

// messages are by another implementation: what is signed, and the state's hash.
type messages struct {
	Provenance string `json:"provenance"`
	Signed     []struct {
		Operation int    `json:"operation"` // of chain.json
		Tag       string `json:"tag"`
		Key       string `json:"key"`
		Message   string `json:"message"`
		Signature string `json:"signature"`
	} `json:"signed"`
}

func TestMessageVectors(t *testing.T) {
	var m messages
	readVectors(t, "testdata/messages.json", &m)
	var c chain
	readVectors(t, chainFile, &c)
	tags := make(map[string]bool)
	for _, s := range m.Signed {
		tags[s.Tag] = true
		require.Contains(t, c.Operations[s.Operation].Encoding, s.Signature)
		require.Contains(t, s.Message, hex.EncodeToString([]byte(s.Tag)))
		require.True(t, ed25519.Verify(unhex(t, s.Key), unhex(t, s.Message), unhex(t, s.Signature)), s.Tag)
	}
	require.Len(t, tags, 7)
}
