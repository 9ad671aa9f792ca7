package httpnode_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/merkle"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/httpnode"
)

// The log as it is served is that of the certificates: leaves and hashes of all three trees
// lead to the roots, and a proof holds. What is not published is not there, under one name
// only, and what is may be kept for good.
func TestServesTheLog(t *testing.T) {
	net := newNetwork(t)
	ctx := context.Background()
	s := serve(t, net, httpnode.Config{Parameters: net.Parameters()})
	get := func(path string) (int, []byte, string) {
		r, err := http.Get(s.URL + "/v1/" + path)
		require.NoError(t, err)
		defer func() { require.NoError(t, r.Body.Close()) }()
		b, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		return r.StatusCode, b, r.Header.Get("Cache-Control")
	}
	for i := range 3 {
		enroll(t, net, fmt.Sprint("user ", i))
	}
	c, err := net.Certificate(ctx, math.MaxUint64)
	require.NoError(t, err)
	require.EqualValues(t, 6, c.Records)
	signed, err := net.CredentialCertificate(ctx, math.MaxUint64)
	require.NoError(t, err)
	require.EqualValues(t, 5, signed.Records, "up to the last registration")
	for name, tree := range map[string]struct {
		root [32]byte
		size int
	}{"entries": {c.Entries, 6}, "coins": {c.Coins, 6}, "credentials": {signed.Credentials, 5}} {
		root := tree.root
		status, hashes, cache := get(fmt.Sprint(name, "/tile/0/000.p/", tree.size))
		require.Equal(t, http.StatusOK, status, string(hashes))
		require.Contains(t, cache, "immutable")
		require.Len(t, hashes, tree.size*32)
		status, leaves, _ := get(fmt.Sprint(name, "/tile/entries/000.p/", tree.size))
		require.Equal(t, http.StatusOK, status)
		var e merkle.Edge
		for ; len(leaves) > 0; hashes = hashes[32:] {
			n := 2 + int(binary.BigEndian.Uint16(leaves))
			h := merkle.Leaf(leaves[2:n])
			require.Equal(t, hashes[:32], h[:])
			e, leaves = e.With(h), leaves[n:]
		}
		require.Empty(t, hashes)
		require.Equal(t, root, [32]byte(e.Root()))
		for _, absent := range []string{"0/000.p/7", "0/000", "1/000.p/1", "0/001.p/1", "entries/000.p/7", "entries/000", "0/0", "0/000.p/06", "8/000", "x", "entries/"} {
			status, _, cache := get(name + "/tile/" + absent)
			require.Equal(t, http.StatusNotFound, status, absent)
			require.Empty(t, cache)
		}
	}
	for r, err := range net.Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		status, b, _ := get(fmt.Sprintf("inclusion?height=%d&index=%d", r.Cursor().Height, r.Cursor().Index))
		require.Equal(t, http.StatusOK, status)
		i := new(utt.Inclusion)
		require.NoError(t, i.UnmarshalBinary(b))
		require.NoError(t, net.Parameters().VerifyInclusion(i))
		require.Equal(t, r.ID(), i.Record().ID())
	}
	status, _, _ := get("inclusion?height=99")
	require.Equal(t, http.StatusNotFound, status)
	status, _, _ = get("inclusion?height=x")
	require.Equal(t, http.StatusUnprocessableEntity, status)
}
