package httpnode_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"math"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/merkle"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/httpnode"
	"github.com/utt-ecash/utt-go/utt/local"
)

// manyEntries answers with more entries than are asked for.
func manyEntries(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 2*1025)) }

// A node that serves more entries than are asked for is left for another, and one that never
// ends goes on as far as it is read.
func TestEntriesOfALyingNode(t *testing.T) {
	net := newNetwork(t)
	enroll(t, net, "alice")
	ctx := context.Background()
	lying := httptest.NewServer(http.HandlerFunc(manyEntries))
	t.Cleanup(lying.Close)
	n := 0
	for _, err := range client(t, lying.URL, serve(t, net, httpnode.Config{Parameters: net.Parameters()}).URL).Entries(ctx, 1000) {
		require.NoError(t, err)
		n++
	}
	require.Zero(t, n)
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte{0, 1, 7})
	}))
	t.Cleanup(endless.Close)
	for e, err := range client(t, endless.URL).Entries(ctx, math.MaxUint64-9) {
		require.NoError(t, err)
		require.Equal(t, []byte{7}, e)
		n++
	}
	require.Equal(t, 10, n, "there are no more numbers")
}

// large has entries that are as large as entries may be.
type large struct {
	*local.Network
	count, size int
}

func (l large) Entries(_ context.Context, from uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for i := int(from); i < l.count; i++ {
			if e := make([]byte, l.size); !yield(binary.BigEndian.AppendUint64(e[:l.size-8], uint64(i)), nil) {
				return
			}
		}
	}
}

// A page has no more bytes than reach who asks in time over a slow line, and the next goes on from it.
func TestPagesAreBounded(t *testing.T) {
	net := newNetwork(t)
	b := large{net, 100, 60_000}
	s := serve(t, b, httpnode.Config{Parameters: net.Parameters()})
	r, err := http.Get(s.URL + "/v1/entries?from=0")
	require.NoError(t, err)
	page, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	require.Less(t, len(page), 1<<20+2*b.size)
	require.Greater(t, len(page), 1<<20)
	require.Empty(t, r.Header.Get("Cache-Control"), "it is not all that was asked for")
	n := 0
	for e, err := range client(t, s.URL).Entries(t.Context(), 0) {
		require.NoError(t, err)
		require.EqualValues(t, n, binary.BigEndian.Uint64(e[len(e)-8:]))
		n++
	}
	require.Equal(t, b.count, n)
}

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
	status, half, cache := get("entries?from=2&limit=2")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, cache, "immutable", "these two never change")
	status, all, cache := get("entries?from=2&limit=5")
	require.Equal(t, http.StatusOK, status)
	require.Empty(t, cache, "a fifth may come")
	require.Equal(t, half, all[:len(half)])
	_, none, cache := get("entries?from=6")
	require.Empty(t, none)
	require.Empty(t, cache)
	status, b, cache := get("section?number=0&size=4")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, cache, "immutable")
	require.NoError(t, new(utt.Section).UnmarshalBinary(b))
	status, _, cache = get("section?number=0&size=7")
	require.Equal(t, http.StatusNotFound, status)
	require.Empty(t, cache)
	for r, err := range net.Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		status, b, _ := get(fmt.Sprintf("inclusion?height=%d&index=%d", r.Cursor().Height, r.Cursor().Index))
		require.Equal(t, http.StatusOK, status)
		i := new(utt.Inclusion)
		require.NoError(t, i.UnmarshalBinary(b))
		require.NoError(t, net.Parameters().VerifyInclusion(i))
		require.Equal(t, r.ID(), i.Record().ID())
	}
	status, _, _ = get("inclusion?height=99")
	require.Equal(t, http.StatusNotFound, status)
	status, _, _ = get("inclusion?height=x")
	require.Equal(t, http.StatusUnprocessableEntity, status)
}
