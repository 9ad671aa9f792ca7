package httpnode_test

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/httpnode"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

var _ wallet.ManyNode = new(httpnode.Client)

// liar is a backend that lies in what it serves, well formed.
type liar struct {
	httpnode.Backend
	certificate func(*utt.Certificate) (*utt.Certificate, error)
	records     func([]*utt.Record) []*utt.Record
}

func (l *liar) Certificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	c, err := l.Backend.Certificate(ctx, height)
	if err == nil && l.certificate != nil {
		return l.certificate(c)
	}
	return c, err
}

func (l *liar) Records(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	if l.records == nil {
		return l.Backend.Records(ctx, from)
	}
	return func(yield func(*utt.Record, error) bool) {
		var all []*utt.Record
		for r, err := range l.Backend.Records(ctx, from) {
			if err != nil {
				yield(nil, err)
				return
			}
			all = append(all, r)
		}
		for _, r := range l.records(all) {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// lies are what a wallet alone can find, and whether the node may just lag.
func lies(first *utt.Certificate) map[string]*liar {
	return map[string]*liar{
		"records left out": {records: func(r []*utt.Record) []*utt.Record { return slices.Delete(r, 1, 2) }},
		"no records":       {records: func([]*utt.Record) []*utt.Record { return nil }},
		"a certificate of other records": {certificate: func(c *utt.Certificate) (*utt.Certificate, error) {
			d := *c
			d.Records--
			return &d, nil
		}},
		"an old certificate": {certificate: func(*utt.Certificate) (*utt.Certificate, error) { return first, nil }},
	}
}

// counted serves a backend, and counts what it is asked.
func counted(t *testing.T, b httpnode.Backend, p *utt.Parameters) (url string, asked *atomic.Int64) {
	t.Helper()
	h, err := httpnode.NewHandler(b, httpnode.Config{Parameters: p})
	require.NoError(t, err)
	asked = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

// A wallet whose node lies has another from its next Sync on, whatever the lie, and does not
// come back to the first for longer each time.
func TestLyingNodeIsLeft(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	enroll(t, net, "alice")
	first, err := net.Certificate(ctx, 1)
	require.NoError(t, err)
	enroll(t, net, "bob")
	for name, l := range lies(first) {
		t.Run(name, func(t *testing.T) {
			l.Backend = net
			dishonest, asked := counted(t, l, net.Parameters())
			honest, _ := counted(t, net, net.Parameters())
			c := client(t, dishonest, honest)
			now := time.Now()
			c.SetClock(func() time.Time { return now })
			fresh := func() *wallet.Wallet {
				w, err := net.Wallet("carol", nil)
				require.NoError(t, err)
				if l.certificate != nil {
					require.NoError(t, w.Sync(ctx, net)) // so that it knows more than an old certificate
				}
				return w
			}
			w := fresh()
			err := w.Sync(ctx, c)
			lags := wallet.Behind.Is(err)
			require.True(t, lags || wallet.Broken.Is(err) || wallet.Foreign.Is(err), "%v", err)
			require.NoError(t, w.Sync(ctx, c))
			require.Equal(t, net.Ledger().Head().Height, w.Checkpoint().Height)
			if lags {
				return
			}
			for _, penalty := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute} {
				for _, wait := range []time.Duration{0, penalty - time.Second} {
					now = now.Add(wait)
					before := asked.Load()
					require.NoError(t, fresh().Sync(ctx, c))
					require.Equal(t, before, asked.Load(), "it is not asked for %v", penalty)
				}
				now = now.Add(2 * time.Second)
				c.Answering()(&wallet.NodeError{Fault: wallet.Behind}) // so that the other is asked
				require.Error(t, fresh().Sync(ctx, c))
				require.NoError(t, fresh().Sync(ctx, c))
			}
		})
	}
}

// Where all lie, all are asked, in turn.
func TestAllNodesLie(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	enroll(t, net, "alice")
	var urls []string
	var asked []*atomic.Int64
	for range 3 {
		url, n := counted(t, &liar{Backend: net, records: func([]*utt.Record) []*utt.Record { return nil }}, net.Parameters())
		urls, asked = append(urls, url), append(asked, n)
	}
	c := client(t, urls...)
	w, err := net.Wallet("carol", nil)
	require.NoError(t, err)
	for range 6 {
		require.True(t, wallet.Broken.Is(w.Sync(ctx, c)))
	}
	for _, n := range asked {
		require.EqualValues(t, 4, n.Load(), "a certificate and records, twice")
	}
}

// Of many wallets that find one lie, one has the node left; the others do not have the next
// one left.
func TestManyFindOneLie(t *testing.T) {
	c := client(t, "http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3")
	var all []func(error)
	for range 5 {
		all = append(all, c.Answering())
	}
	for _, distrust := range all {
		distrust(errors.New("a lie"))
	}
	require.Equal(t, "http://127.0.0.1:2", c.First())
	c.Answering()(errors.New("a lie"))
	require.Equal(t, "http://127.0.0.1:3", c.First())
	require.NotPanics(t, func() { new(httpnode.Client).Answering()(nil) })
}

// An answer that is none, or a refusal of what nobody honest refuses, is left at once.
func TestNoAnswerIsLeft(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	enroll(t, net, "alice")
	honest := serve(t, net, httpnode.Config{Parameters: net.Parameters(), ProvingKeys: net.ProvingKeys()})
	for name, answer := range map[string]http.HandlerFunc{
		"garbage":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("garbage")) },
		"too long": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 17<<20)) },
		"refusal":  func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusConflict) },
		"invalid":  func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusUnprocessableEntity) },
	} {
		t.Run(name, func(t *testing.T) {
			bad := httptest.NewServer(answer)
			defer bad.Close()
			w, err := net.Wallet("carol", nil)
			require.NoError(t, err)
			require.NoError(t, w.Sync(ctx, client(t, bad.URL, honest.URL)))
			require.Equal(t, net.Ledger().Head().Height, w.Checkpoint().Height)
			_, err = client(t, bad.URL, honest.URL).Parameters(ctx, net.Parameters().Digest())
			require.NoError(t, err)
			_, err = client(t, bad.URL).Certificate(ctx, 1)
			require.Error(t, err)
		})
	}
}
