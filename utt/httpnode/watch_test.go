package httpnode_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/httpnode"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/provider"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// following is a provider that looks at all there is before it answers.
type following struct {
	*provider.Service
	net *local.Network
}

func (f following) Watch(ctx context.Context, q *utt.WatchQuestion) (*utt.WatchAnswer, error) {
	if err := f.Follow(ctx, f.net); err != nil {
		return nil, err
	}
	return f.Service.Watch(ctx, q)
}

// unranged serves no records by range.
func unranged(t testing.TB, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v1/records") {
			t.Error("asked for records by range")
		}
		h.ServeHTTP(w, r)
	})
}

// A wallet that has a provider and nodes over HTTP pays, and is paid, and reads nothing by range.
func TestWatchedOverHTTP(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	secret, err := utt.GenerateScanSecret(nil)
	require.NoError(t, err)
	service, err := provider.OpenService(net.Parameters(), secret, new(store.Memory), provider.ServiceConfig{Now: net.Now})
	require.NoError(t, err)
	looks, err := httpnode.NewWatchHandler(following{service, net}, httpnode.Config{})
	require.NoError(t, err)
	at := httptest.NewServer(looks)
	defer at.Close()
	nodes, err := httpnode.NewHandler(net, httpnode.Config{Parameters: net.Parameters(), Wait: 50 * time.Millisecond})
	require.NoError(t, err)
	node := httptest.NewServer(unranged(t, nodes))
	defer node.Close()
	w, err := httpnode.NewWatcher(nil, at.URL, secret.ScanKey())
	require.NoError(t, err)

	c := client(t, node.URL)
	seed := bytes.Repeat([]byte{7, 2}, 16)
	b, err := wallet.New(net.Parameters(), "bob", seed, wallet.Config{
		ProvingKeys: net.ProvingKeys(), Now: net.Now, ScanKey: secret.ScanKey(), Way: wallet.Watched, Watcher: w, Fresh: true,
	})
	require.NoError(t, err)
	require.NoError(t, b.Sync(ctx, c), "nothing is there yet")
	a := enroll(t, net, "alice")
	require.ErrorIs(t, b.Sync(ctx, c), utt.ErrInvalid, "no customer")
	m, err := b.Mandate(secret.ScanKey(), net.Now().Add(time.Hour))
	require.NoError(t, err)
	require.NoError(t, service.Expect(m))
	require.NoError(t, net.Enroll(ctx, b, "bob", 0))
	require.NoError(t, b.Sync(ctx, c))
	require.NoError(t, net.Issue(ctx, "bob", "cash", 70))
	require.NoError(t, b.Sync(ctx, c))
	h, err := b.Mint(ctx, c, "cash", 60)
	require.NoError(t, err)
	require.NoError(t, b.Await(ctx, c, h))
	card, err := a.Card(ctx, c)
	require.NoError(t, err)
	shown, err := wallet.ParseCard(card)
	require.NoError(t, err)
	require.NoError(t, b.Meet(shown...))
	h, err = b.Pay(ctx, c, "alice", "cash", 25, "")
	require.NoError(t, err)
	require.NoError(t, b.Await(ctx, c, h))
	require.NoError(t, a.Sync(ctx, net))
	h, err = a.Pay(ctx, net, "bob", "cash", 5, "back")
	require.NoError(t, err)
	require.NoError(t, a.Await(ctx, net, h))
	require.NoError(t, b.Sync(ctx, c))
	require.Equal(t, wallet.Balance{Spendable: 40, Account: 10, Budget: 975}, b.Balance("cash"))

	_, err = c.Inclusion(ctx, utt.Cursor{Height: 1 << 40})
	require.ErrorIs(t, err, utt.ErrNotFound)
	places, err := c.Places(ctx, utt.ID{1})
	require.NoError(t, err)
	require.Empty(t, places)
	places, err = c.Places(ctx, h.ID)
	require.NoError(t, err)
	require.Equal(t, []utt.Cursor{{Height: net.Ledger().Head().Height}}, places)
}

// alike answers everything alike.
func alike(t testing.TB, status int, body []byte) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// What is no question is refused, and what is no answer is none.
func TestWatchRefuses(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	secret, err := utt.GenerateScanSecret(nil)
	require.NoError(t, err)
	service, err := provider.OpenService(net.Parameters(), secret, new(store.Memory), provider.ServiceConfig{Now: net.Now})
	require.NoError(t, err)
	looks, err := httpnode.NewWatchHandler(service, httpnode.Config{Patience: time.Second})
	require.NoError(t, err)
	s := httptest.NewServer(looks)
	defer s.Close()
	keys, err := utt.DeriveKeys(net.Parameters(), utt.PIDOf("bob"), bytes.Repeat([]byte{7, 2}, 16))
	require.NoError(t, err)
	q, err := keys.WatchQuestion(secret.ScanKey(), utt.Cursor{}, net.Now())
	require.NoError(t, err)
	whole, err := q.MarshalBinary()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		body   []byte
		status int
	}{
		"of no customer": {whole, http.StatusUnprocessableEntity},
		"cut short":      {whole[:20], http.StatusUnprocessableEntity},
		"nothing":        {nil, http.StatusUnprocessableEntity},
		"too long":       {make([]byte, 1<<11), http.StatusRequestEntityTooLarge},
	} {
		r, err := http.Post(s.URL+"/v1/watch", "", bytes.NewReader(c.body))
		require.NoError(t, err, name)
		require.NoError(t, r.Body.Close())
		require.Equal(t, c.status, r.StatusCode, name)
	}
	long, err := (&utt.WatchAnswer{Places: make([]utt.Cursor, utt.MaxWatchPlaces)}).MarshalBinary()
	require.NoError(t, err)
	for name, url := range map[string]string{
		"nothing":  alike(t, http.StatusOK, nil),
		"cut":      alike(t, http.StatusOK, long[:90]),
		"too much": alike(t, http.StatusOK, make([]byte, 1<<20)),
		"an error": alike(t, http.StatusTeapot, long),
		"nobody":   "http://127.0.0.1:1",
	} {
		w, err := httpnode.NewWatcher(nil, url, secret.ScanKey())
		require.NoError(t, err)
		a, err := w.Watch(ctx, q)
		require.Error(t, err, name)
		require.Nil(t, a, name)
	}
	for _, d := range []utt.ScanKey{{}, {1}} {
		_, err = httpnode.NewWatcher(nil, s.URL, d)
		require.ErrorIs(t, err, utt.ErrInvalid)
	}
	_, err = httpnode.NewWatcher(nil, "gopher://x", secret.ScanKey())
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = httpnode.NewWatchHandler(nil, httpnode.Config{})
	require.ErrorIs(t, err, utt.ErrInvalid)

	c := client(t, alike(t, http.StatusOK, []byte("no places")))
	_, err = c.Places(ctx, utt.ID{1})
	require.ErrorIs(t, err, utt.ErrMalformed)
	_, err = c.Inclusion(ctx, utt.Cursor{Height: 1})
	require.ErrorIs(t, err, utt.ErrMalformed)
	enroll(t, net, "bob")
	i, err := net.Inclusion(ctx, utt.Cursor{Height: 1})
	require.NoError(t, err)
	encoded, err := i.MarshalBinary()
	require.NoError(t, err)
	c = client(t, alike(t, http.StatusOK, encoded))
	_, err = c.Inclusion(ctx, utt.Cursor{Height: 2})
	require.ErrorIs(t, err, utt.ErrInvalid)
}
