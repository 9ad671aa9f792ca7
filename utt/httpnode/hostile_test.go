package httpnode_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/httpnode"
)

// Those who wait, which costs nothing, do not keep others from being served.
func TestWaitersKeepNobodyOut(t *testing.T) {
	net := newNetwork(t)
	inside, leave := make(chan struct{}), make(chan struct{})
	b := &backend{Backend: net, wait: func(context.Context) error { inside <- struct{}{}; <-leave; return nil }}
	s := serve(t, b, httpnode.Config{Parameters: net.Parameters(), Requests: 1})
	done := make(chan error)
	go func() { done <- client(t, s.URL).Wait(context.Background(), utt.Cursor{}) }()
	<-inside
	got, err := http.Get(s.URL + "/v1/parameters")
	require.NoError(t, err)
	require.NoError(t, got.Body.Close())
	require.Equal(t, http.StatusOK, got.StatusCode)
	got, err = http.Get(s.URL + "/v1/wait") // one more of those who wait
	require.NoError(t, err)
	require.NoError(t, got.Body.Close())
	require.Equal(t, http.StatusServiceUnavailable, got.StatusCode)
	close(leave)
	require.NoError(t, <-done)
}

// Who announces an operation and does not send it is given up.
func TestSlowBody(t *testing.T) {
	network := newNetwork(t)
	s := serve(t, network, httpnode.Config{Parameters: network.Parameters(), Requests: 1, Patience: 50 * time.Millisecond})
	c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	_, err = io.WriteString(c, "POST /v1/operations HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx")
	require.NoError(t, err)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
	answer := make([]byte, 1<<10)
	k, err := c.Read(answer)
	require.NoError(t, err)
	require.Contains(t, string(answer[:k]), "408")
	got, err := http.Get(s.URL + "/v1/parameters")
	require.NoError(t, err)
	require.NoError(t, got.Body.Close())
	require.Equal(t, http.StatusOK, got.StatusCode)
}

// broken is a backend whose store is damaged.
type broken struct{ httpnode.Backend }

func (broken) Receipt(context.Context, utt.Digest) (utt.Receipt, error) {
	return utt.Receipt{}, fmt.Errorf("%w: /var/lib: %w", utt.ErrStore, utt.ErrMalformed)
}

func (broken) Certificate(context.Context, uint64) (*utt.Certificate, error) {
	return nil, fmt.Errorf("%w: records below: this replica has others", utt.ErrNotFound)
}

// A node whose store is damaged does not tell strangers so, nor that they are at fault; it
// is another that answers, also where the first has not what is asked for.
func TestTheNextNodeAnswers(t *testing.T) {
	ctx := context.Background()
	network := newNetwork(t)
	alice := enroll(t, network, "alice")
	first := serve(t, broken{network}, httpnode.Config{Parameters: network.Parameters()})
	got, err := http.Get(first.URL + "/v1/receipts/" + strings.Repeat("0", 64))
	require.NoError(t, err)
	text, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	require.NoError(t, got.Body.Close())
	require.Equal(t, http.StatusInternalServerError, got.StatusCode)
	require.NotContains(t, string(text), "/var/lib")

	second := serve(t, network, httpnode.Config{Parameters: network.Parameters()})
	c := client(t, first.URL, second.URL)
	_, err = c.Receipt(ctx, utt.Digest{})
	require.ErrorIs(t, err, utt.ErrNotFound)
	c = client(t, first.URL, second.URL)
	require.NoError(t, alice.Sync(ctx, c))
	_, err = client(t, first.URL).Certificate(ctx, 1)
	require.ErrorIs(t, err, utt.ErrNotFound)
	third := serve(t, broken{network}, httpnode.Config{Parameters: network.Parameters()})
	_, err = client(t, first.URL, third.URL).Certificate(ctx, 1)
	require.ErrorIs(t, err, utt.ErrNotFound)
	require.Equal(t, 1, strings.Count(err.Error(), "this replica has others"), "said once, of all who say so: %v", err)
	require.NotErrorIs(t, err, httpnode.ErrUnanswered)

	third.Close()
	_, err = client(t, first.URL, third.URL).Certificate(ctx, 1)
	require.ErrorIs(t, err, utt.ErrNotFound)
	require.NotErrorIs(t, err, httpnode.ErrUnanswered, "one has answered")
	_, err = client(t, third.URL).Certificate(ctx, 1)
	require.ErrorIs(t, err, httpnode.ErrUnanswered)
}

// Redirects and refusals of what stands before a node are no answers of the node.
func TestGatewaysAreNoNodes(t *testing.T) {
	network := newNetwork(t)
	for _, status := range []int{http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusForbidden, http.StatusTooManyRequests} {
		asked := false
		elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
		gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere.URL)
			w.WriteHeader(status)
		}))
		s := serve(t, network, httpnode.Config{Parameters: network.Parameters()})
		c, err := httpnode.NewClient(nil, gateway.URL, s.URL)
		require.NoError(t, err)
		_, err = c.Parameters(context.Background(), network.Parameters().Digest())
		require.NoError(t, err, status)
		require.False(t, asked)
		gateway.Close()
		elsewhere.Close()
	}
}

// The place after the last one of a block is in the next block.
func TestServerOfTheLastPlace(t *testing.T) {
	network := newNetwork(t)
	enroll(t, network, "alice")
	var body []byte
	for r, err := range network.Records(context.Background(), utt.Cursor{}) {
		require.NoError(t, err)
		b, err := r.MarshalBinary()
		require.NoError(t, err)
		binary.BigEndian.PutUint32(b[2+8:], math.MaxUint32)
		body = append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
		break
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }))
	defer s.Close()
	n := 0
	var err error
	for _, err = range client(t, s.URL).Records(context.Background(), utt.Cursor{}) {
		if n++; n > 10 {
			break
		}
	}
	require.Equal(t, 2, n)
	require.ErrorIs(t, err, utt.ErrInvalid)
}
