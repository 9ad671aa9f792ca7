package node

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/httpnode"
	"github.com/utt-ecash/utt-go/utt/replica"
)

//go:embed page.html
var page []byte

// backend is the validator as wallets see it.
type backend struct {
	*replica.Replica
	a *app
}

// Submit admits an operation, and says why not.
func (b backend) Submit(ctx context.Context, op utt.Operation) error { return b.a.pool.submit(ctx, op) }

// Receipt says what became of an operation: in a block, or before it came into one.
func (b backend) Receipt(ctx context.Context, op utt.Digest) (utt.Receipt, error) {
	r, err := b.Replica.Receipt(ctx, op)
	if no, ok := b.a.pool.refusal(op); ok && errors.Is(err, utt.ErrNotFound) {
		return utt.Receipt{Op: op, Status: utt.Rejected, Rejection: no}, nil
	}
	return r, err
}

// wallets serves wallets by the replica that there is.
func (a *app) wallets() (http.Handler, error) {
	serve := func(r *replica.Replica) (http.Handler, error) {
		return httpnode.NewHandler(backend{r, a}, httpnode.Config{Parameters: a.home.Parameters, ProvingKeys: a.home.Proving})
	}
	current := a.r()
	h, err := serve(current)
	if err != nil {
		return nil, err
	}
	type served struct {
		r *replica.Replica
		h http.Handler
	}
	changes := make(chan served, 1)
	changes <- served{current, h}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		s := <-changes
		if r := a.r(); r != s.r { // a snapshot was restored
			if h, err := serve(r); err == nil {
				s = served{r, h}
			}
		}
		changes <- s
		s.h.ServeHTTP(w, req)
	}), nil
}

// handler is all that the validator serves to wallets and people.
func (n *Node) handler() (http.Handler, error) {
	wallets, err := n.app.wallets()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/v1/", wallets)
	mux.HandleFunc("GET /status", n.serveStatus)
	mux.HandleFunc("GET /page/seen", func(w http.ResponseWriter, r *http.Request) {
		above, err := strconv.ParseUint(r.URL.Query().Get("above"), 10, 64)
		if err != nil {
			above = 0
		}
		writeJSON(w, n.app.seen(above))
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:")
		_, _ = w.Write(page)
	})
	return limited(mux), nil
}

// answerWithin is how long an answer may take to go.
const answerWithin = 30 * time.Second

func writeJSON(w http.ResponseWriter, v any) {
	c := http.NewResponseController(w)
	_ = c.SetWriteDeadline(time.Now().Add(answerWithin)) // where the server can
	defer func() { _ = c.SetWriteDeadline(time.Time{}) }()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v)
}

// serve listens for wallets.
func (n *Node) serve() error {
	h, err := n.handler()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", n.app.home.Settings.HTTP)
	if err != nil {
		return err
	}
	n.http = &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10, ConnContext: withBucket,
	}
	go func() {
		if err := n.http.Serve(newListener(l)); err != nil && !errors.Is(err, http.ErrServerClosed) {
			n.app.fatal(err)
		}
	}()
	return nil
}
