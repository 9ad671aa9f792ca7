package threshold

import (
	"encoding"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/sig"
)

var update = flag.Bool("update", false, "rewrite the vectors in testdata")

const vectorFile = "testdata/threshold.json"

type vectors struct {
	Provenance string   `json:"provenance"`
	Threshold  int      `json:"threshold"`
	Parties    int      `json:"parties"`
	Attributes int      `json:"attributes"`
	Generation string   `json:"generation"`
	Committee  string   `json:"committee"`
	KeyShares  []string `json:"key_shares"`
	Commitment string   `json:"commitment"`
	Shares     []string `json:"shares"`
	Signature  string   `json:"signature"`
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

func hexOf(t testing.TB, v encoding.BinaryMarshaler) string {
	t.Helper()
	b, err := v.MarshalBinary()
	require.NoError(t, err)
	return hex.EncodeToString(b)
}

func TestVectors(t *testing.T) {
	s := newScene(t, 2, 4, 3)
	if *update {
		writeVectors(t, s)
	}
	b, err := os.ReadFile(vectorFile)
	require.NoError(t, err)
	var v vectors
	require.NoError(t, json.Unmarshal(b, &v))

	// the seeded dealer still deals this
	require.Equal(t, v.Committee, hexOf(t, s.committee))
	require.Equal(t, v.Generation, s.committee.Generation().String())

	// and from the file alone
	var c Committee
	require.NoError(t, c.UnmarshalBinary(unhex(t, v.Committee)))
	require.Equal(t, v.Generation, c.Generation().String())
	require.Equal(t, []int{v.Threshold, v.Parties, v.Attributes}, []int{c.Threshold(), c.Parties(), c.Attributes()})
	var m sig.Commitment
	require.NoError(t, m.UnmarshalBinary(unhex(t, v.Commitment)))
	require.Len(t, v.KeyShares, v.Parties)
	shares := make([]*SignatureShare, v.Parties)
	for j := range shares {
		var k KeyShare
		require.NoError(t, k.UnmarshalBinary(unhex(t, v.KeyShares[j])))
		require.NoError(t, c.VerifyKeyShare(&k))
		shares[j], err = k.Sign(&m)
		require.NoError(t, err)
		require.Equal(t, v.Shares[j], hexOf(t, shares[j]))
	}
	signature, err := c.Combine(&m, shares[2:])
	require.NoError(t, err)
	require.Equal(t, v.Signature, hexOf(t, signature))
}

func writeVectors(t *testing.T, s *scene) {
	v := vectors{
		Provenance: "Written by `go test ./threshold -update`: Deal and sig.Commit with the readers " +
			"testrand.New(\"threshold/deal/2/4\") and (\"threshold/commit/1\"). The arithmetic (party keys and shares from " +
			"key shares, the key and its signature from any two, [SIG-1]) was checked once against " +
			"github.com/cloudflare/circl v1.6.1, an independent implementation of the curve.",
		Threshold:  s.committee.Threshold(),
		Parties:    s.committee.Parties(),
		Attributes: s.committee.Attributes(),
		Generation: s.committee.Generation().String(),
		Committee:  hexOf(t, s.committee),
		Commitment: hexOf(t, s.message),
	}
	for j := range s.keys {
		v.KeyShares = append(v.KeyShares, hexOf(t, s.keys[j]))
		v.Shares = append(v.Shares, hexOf(t, s.shares[j]))
	}
	signature, err := s.committee.Combine(s.message, s.shares)
	require.NoError(t, err)
	v.Signature = hexOf(t, signature)
	b, err := json.MarshalIndent(v, "", "  ")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(vectorFile, append(b, '\n'), 0o644))
}
