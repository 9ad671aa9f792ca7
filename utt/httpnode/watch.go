package httpnode

import (
	"context"
	"fmt"
	"net/http"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// maxWatch bounds a question to who looks out for a user, in bytes.
const maxWatch = 1 << 10

// WatchBackend is what a handler serves of who looks out for users: a provider.Service.
type WatchBackend interface {
	Watch(ctx context.Context, q *utt.WatchQuestion) (*utt.WatchAnswer, error)
}

// NewWatchHandler serves the answers of who looks out for users to these, of a configuration
// that says no more than how much at once. Whom he takes for a customer is his own affair.
func NewWatchHandler(b WatchBackend, c Config) (http.Handler, error) {
	if b == nil {
		return nil, fmt.Errorf("%w: no backend", utt.ErrInvalid)
	}
	c.defaults()
	h := &handler{c: c}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/watch", func(w http.ResponseWriter, r *http.Request) { h.watch(b, w, r) })
	return bounded(make(chan struct{}, c.Requests), mux), nil
}

func (h *handler) watch(b WatchBackend, w http.ResponseWriter, r *http.Request) {
	raw, ok := h.body(w, http.MaxBytesReader(w, r.Body, maxWatch), "the question did not come", "a question has at most 1 KiB")
	if !ok {
		return
	}
	q := new(utt.WatchQuestion)
	if err := q.UnmarshalBinary(raw); err != nil {
		fail(w, err)
		return
	}
	a, err := b.Watch(r.Context(), q)
	found(w, a, err, h.answer)
}

// Watcher is a wallet.Watcher that is elsewhere.
type Watcher struct {
	client *Client
	scan   utt.ScanKey
}

var _ wallet.Watcher = (*Watcher)(nil)

// NewWatcher asks the holder of a scan key at a base URL. A nil http.Client stands for that of
// NewClient. ErrInvalid says that the URL, or the key, is none.
func NewWatcher(c *http.Client, url string, d utt.ScanKey) (*Watcher, error) {
	if err := d.Check(); err != nil {
		return nil, err
	}
	if d.IsZero() {
		return nil, fmt.Errorf("%w: the scan key of nobody", utt.ErrInvalid)
	}
	client, err := NewClient(c, url)
	if err != nil {
		return nil, err
	}
	return &Watcher{client, d}, nil
}

// ScanKey is that of who is asked.
func (w *Watcher) ScanKey() utt.ScanKey {
	if w == nil {
		return utt.ScanKey{}
	}
	return w.scan
}

// Watch asks a question.
func (w *Watcher) Watch(ctx context.Context, q *utt.WatchQuestion) (*utt.WatchAnswer, error) {
	if w == nil {
		return nil, fmt.Errorf("%w: nobody to ask: make it with NewWatcher", utt.ErrInvalid)
	}
	b, err := q.MarshalBinary()
	if err != nil {
		return nil, err
	}
	a := new(utt.WatchAnswer)
	err = w.client.ask(ctx, http.MethodPost, "/v1/watch", b, maxOperation, a.UnmarshalBinary)
	if err != nil {
		return nil, err
	}
	return a, nil
}
