package httpnode_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/conformance"
	"github.com/utt-ecash/utt-go/utt/httpnode"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

var _ wallet.Node = new(httpnode.Client)

func newNetwork(t testing.TB) *local.Network {
	t.Helper()
	net, err := local.New(context.Background(), local.Config{})
	require.NoError(t, err)
	return net
}

// serve serves a network over HTTP.
func serve(t testing.TB, b httpnode.Backend, c httpnode.Config) *httptest.Server {
	t.Helper()
	h, err := httpnode.NewHandler(b, c)
	require.NoError(t, err)
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func client(t testing.TB, urls ...string) *httpnode.Client {
	t.Helper()
	c, err := httpnode.NewClient(&http.Client{Timeout: 10 * time.Second}, urls...)
	require.NoError(t, err)
	return c
}

func enroll(t testing.TB, net *local.Network, identity string) *wallet.Wallet {
	t.Helper()
	w, err := net.Wallet(identity, nil)
	require.NoError(t, err)
	require.NoError(t, net.Enroll(context.Background(), w, identity, 0))
	return w
}

func TestConformance(t *testing.T) {
	net := newNetwork(t)
	s := serve(t, net, httpnode.Config{Parameters: net.Parameters(), Wait: 50 * time.Millisecond})
	users := 0
	happen := func(ctx context.Context) error {
		users++
		identity := fmt.Sprint("user ", users)
		w, err := net.Wallet(identity, nil)
		if err != nil {
			return err
		}
		return net.Enroll(ctx, w, identity, 0)
	}
	t.Run("local", func(t *testing.T) {
		conformance.Node(t, conformance.Subject{Node: net, Parameters: net.Parameters(), Happen: happen})
	})
	t.Run("http", func(t *testing.T) {
		conformance.Node(t, conformance.Subject{Node: client(t, s.URL), Parameters: net.Parameters(), Happen: happen})
	})
	t.Run("entries, local", func(t *testing.T) {
		conformance.EntrySource(t, conformance.Subject{Node: net, Parameters: net.Parameters(), Happen: happen})
	})
	t.Run("entries, http", func(t *testing.T) {
		conformance.EntrySource(t, conformance.Subject{Node: client(t, s.URL), Parameters: net.Parameters(), Happen: happen})
	})
}

// A wallet that has nothing but the digest of the parameters and a URL pays.
func TestWalletOverHTTP(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	enroll(t, net, "bob")
	s := serve(t, net, httpnode.Config{Parameters: net.Parameters(), ProvingKeys: net.ProvingKeys()})
	c := client(t, "http://127.0.0.1:1", s.URL) // the first is down
	wrong := net.Parameters().Digest()
	wrong[0] ^= 1
	_, err := c.Parameters(ctx, wrong)
	require.ErrorIs(t, err, utt.ErrPolicy)
	p, err := c.Parameters(ctx, net.Parameters().Digest())
	require.NoError(t, err)
	var keys []*rangeproof.ProvingKey
	for _, at := range p.Circuits() {
		circuit, err := at.Compile()
		require.NoError(t, err)
		key, err := c.ProvingKey(ctx, circuit, at.Key)
		require.NoError(t, err)
		keys = append(keys, key)
	}

	alice, err := wallet.New(p, "alice", bytes.Repeat([]byte{1, 2}, 16), wallet.Config{ProvingKeys: keys, Now: func() time.Time { return p.Policy().Start }})
	require.NoError(t, err)
	require.NoError(t, net.Enroll(ctx, alice, "alice", 0))
	require.NoError(t, net.Issue(ctx, "alice", "cash", 100))
	require.NoError(t, alice.Sync(ctx, c))
	id, err := alice.Mint(ctx, c, "cash", 60)
	require.NoError(t, err)
	require.NoError(t, alice.Await(ctx, c, id))
	id, err = alice.Pay(ctx, c, "bob", "cash", 25, "over http")
	require.NoError(t, err)
	require.NoError(t, alice.Await(ctx, c, id))
	require.EqualValues(t, 35, alice.Balance("cash").Spendable)
}

// What is refused arrives with its cause.
func TestErrorsSurvive(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	s := serve(t, net, httpnode.Config{Parameters: net.Parameters()})
	c := client(t, s.URL)
	_, err := c.Certificate(ctx, math.MaxUint64)
	require.ErrorIs(t, err, utt.ErrNotFound)
	_, err = c.Receipt(ctx, utt.Digest{1})
	require.ErrorIs(t, err, utt.ErrNotFound)
	enroll(t, net, "alice")
	issue, err := utt.NewIssue(net.Parameters(), net.Issuer(), 5, utt.PIDOf("alice"), "cash", 1)
	require.NoError(t, err)
	var no *utt.Rejection
	require.ErrorAs(t, c.Submit(ctx, issue), &no)
	require.Equal(t, utt.CodeNonce, no.Code)
	require.ErrorIs(t, c.Submit(ctx, nil), utt.ErrInvalid)
	r, err := c.Receipt(ctx, issue.Digest())
	require.NoError(t, err)
	require.Equal(t, utt.CodeNonce, r.Rejection.Code)
	_, err = c.ProvingKey(ctx, nil, net.Parameters().Circuits()[0].Key)
	require.ErrorIs(t, err, utt.ErrNotFound)

	_, err = httpnode.NewClient(nil)
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = httpnode.NewClient(nil, "ftp://x")
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = httpnode.NewHandler(nil, httpnode.Config{Parameters: net.Parameters()})
	require.ErrorIs(t, err, utt.ErrInvalid)
	_, err = httpnode.NewHandler(net, httpnode.Config{})
	require.ErrorIs(t, err, utt.ErrInvalid)
}

// Whatever a stranger sends, he is told so, and nothing else happens.
func TestHostileRequests(t *testing.T) {
	net := newNetwork(t)
	alice := enroll(t, net, "alice")
	s := serve(t, net, httpnode.Config{Parameters: net.Parameters()})
	before := net.Ledger().Digest()
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/v1/operations", "", 422},
		{"POST", "/v1/operations", "\x01\x06garbage", 422},
		{"POST", "/v1/operations", strings.Repeat("x", 1<<17), 413},
		{"GET", "/v1/operations", "", 405},
		{"POST", "/v1/certificate", "", 405},
		{"GET", "/v1/certificate?height=x", "", 422},
		{"GET", "/v1/certificate?height=-1", "", 422},
		{"GET", "/v1/certificate?height=99999999999999999999999", "", 422},
		{"GET", "/v1/records?height=1&index=99999999999", "", 422},
		{"GET", "/v1/records?limit=99999999999999", "", 200},
		{"GET", "/v1/records?limit=x", "", 422},
		{"GET", "/v1/entries?from=x", "", 422},
		{"GET", "/v1/entries?from=18446744073709551615", "", 200},
		{"GET", "/v1/entries?limit=-1", "", 422},
		{"GET", "/v1/entries?limit=99999999999999", "", 200},
		{"GET", "/v1/section", "", 404},
		{"GET", "/v1/section?number=x&size=1", "", 422},
		{"GET", "/v1/section?number=0&size=99999999999999999999999", "", 422},
		{"GET", "/v1/section?number=18446744073709551615&size=18446744073709551615", "", 404},
		{"GET", "/v1/receipts/zz", "", 422},
		{"GET", "/v1/receipts/" + strings.Repeat("0", 64), "", 404},
		{"GET", "/v1/receipts/../../etc/passwd", "", 404},
		{"GET", "/v1/proving-keys/" + strings.Repeat("0", 64), "", 404},
		{"GET", "/v1/parameters?x=" + strings.Repeat("y", 4096), "", 200},
		{"GET", "/", "", 404},
	} {
		r, err := http.NewRequest(c.method, s.URL+c.path, strings.NewReader(c.body))
		require.NoError(t, err)
		got, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, got.Body)
		require.NoError(t, err)
		require.NoError(t, got.Body.Close())
		require.Equal(t, c.status, got.StatusCode, "%s %.60s", c.method, c.path)
	}
	require.Equal(t, before, net.Ledger().Digest())
	require.NoError(t, alice.Sync(context.Background(), client(t, s.URL)))
}

// backend is another's with faults of its own.
type backend struct {
	httpnode.Backend
	submit func() error
	wait   func(ctx context.Context) error
}

func (b *backend) Submit(context.Context, utt.Operation) error { return b.submit() }

func (b *backend) Wait(ctx context.Context, _ utt.Cursor) error { return b.wait(ctx) }

// More than so many at once are sent away, and told when to come back; what fails inside
// is not told to strangers.
func TestBusyAndBroken(t *testing.T) {
	net := newNetwork(t)
	enroll(t, net, "alice")
	inside, leave := make(chan struct{}), make(chan struct{})
	b := &backend{Backend: net, submit: func() error { inside <- struct{}{}; <-leave; return errors.New("secret path /var/lib") }}
	s := serve(t, b, httpnode.Config{Parameters: net.Parameters(), Requests: 1})
	issue, err := utt.NewIssue(net.Parameters(), net.Issuer(), 0, utt.PIDOf("alice"), "cash", 1)
	require.NoError(t, err)
	done := make(chan error)
	go func() { done <- client(t, s.URL).Submit(context.Background(), issue) }()
	<-inside
	got, err := http.Get(s.URL + "/v1/parameters")
	require.NoError(t, err)
	require.NoError(t, got.Body.Close())
	require.Equal(t, http.StatusServiceUnavailable, got.StatusCode)
	require.NotEmpty(t, got.Header.Get("Retry-After"))
	close(leave)
	err = <-done
	require.Error(t, err)
	require.NotContains(t, err.Error(), "/var/lib")
}

// A node whose backend is full sends an operation on to the next one.
func TestFullBackend(t *testing.T) {
	net := newNetwork(t)
	enroll(t, net, "alice")
	full := &backend{Backend: net, submit: func() error { return fmt.Errorf("%w: 4096 wait", httpnode.ErrBusy) }}
	first, second := serve(t, full, httpnode.Config{Parameters: net.Parameters()}), serve(t, net, httpnode.Config{Parameters: net.Parameters()})
	issue, err := utt.NewIssue(net.Parameters(), net.Issuer(), 0, utt.PIDOf("alice"), "cash", 1)
	require.NoError(t, err)
	raw, err := issue.MarshalBinary()
	require.NoError(t, err)
	got, err := http.Post(first.URL+"/v1/operations", "", bytes.NewReader(raw))
	require.NoError(t, err)
	require.NoError(t, got.Body.Close())
	require.Equal(t, http.StatusServiceUnavailable, got.StatusCode)
	require.NotEmpty(t, got.Header.Get("Retry-After"))
	require.NoError(t, client(t, first.URL, second.URL).Submit(context.Background(), issue))
}

// A node that lies in its encodings is an error at the client.
func TestLyingServer(t *testing.T) {
	ctx := context.Background()
	for name, body := range map[string]string{
		"nothing": "", "garbage": "garbage", "a length without end": "\xff\xff\xff\xff", "half a record": "\x00\x00\x00\x10abc",
		"much": strings.Repeat("\x00", 1<<20),
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
		c := client(t, s.URL)
		_, err := c.Certificate(ctx, 1)
		require.Error(t, err, name)
		_, err = c.Receipt(ctx, utt.Digest{})
		require.Error(t, err, name)
		_, err = c.Parameters(ctx, [32]byte{})
		require.Error(t, err, name)
		_, err = c.Section(ctx, 0, 1)
		require.Error(t, err, name)
		if name != "nothing" && name != "much" { // entries of no bytes are entries
			failed := false
			for _, err := range c.Entries(ctx, 0) {
				failed = failed || err != nil
			}
			require.True(t, failed, name)
		}
		if name != "nothing" {
			failed := false
			for _, err := range c.Records(ctx, utt.Cursor{}) {
				failed = failed || err != nil
			}
			require.True(t, failed, name)
		}
		s.Close()
		require.Error(t, c.Wait(ctx, utt.Cursor{}), name)
	}
}

// backwards serves the same record for ever.
type backwards struct{ httpnode.Backend }

func (b backwards) Records(ctx context.Context, _ utt.Cursor) iter.Seq2[*utt.Record, error] {
	return b.Backend.Records(ctx, utt.Cursor{})
}

func TestServerThatGoesBack(t *testing.T) {
	net := newNetwork(t)
	enroll(t, net, "alice")
	s := serve(t, backwards{net}, httpnode.Config{Parameters: net.Parameters()})
	n, failed := 0, false
	for _, err := range client(t, s.URL).Records(context.Background(), utt.Cursor{}) {
		if n++; n > 100 {
			break
		}
		failed = failed || errors.Is(err, utt.ErrInvalid)
	}
	require.Less(t, n, 100)
	require.True(t, failed)
}
