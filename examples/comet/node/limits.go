package node

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// Limits on who asks. A wallet asks some times a second.
const (
	maxConnections = 1 << 10
	maxFromOne     = 1 << 8 // connections of one address
	rate           = 100    // requests a second of one connection
	burst          = 500
)

// bucket is what a connection may still ask.
type bucket struct {
	mu   sync.Mutex
	left float64
	last time.Time
}

func (b *bucket) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = min(burst, b.left+now.Sub(b.last).Seconds()*rate)
	b.last = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

type bucketKey struct{}

// withBucket is for http.Server.ConnContext.
func withBucket(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, bucketKey{}, &bucket{left: burst, last: time.Now()})
}

// limited serves a connection at its rate.
func limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b, ok := r.Context().Value(bucketKey{}).(*bucket); ok && !b.take(time.Now()) {
			w.Header().Set("Retry-After", "1")
			http.Error(w, "too many requests: ask more slowly", http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// listener takes so many connections, and so many of one address.
type listener struct {
	net.Listener
	mu   sync.Mutex
	open map[string]int
	all  int
}

func newListener(l net.Listener) *listener { return &listener{Listener: l, open: make(map[string]int)} }

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		host, _, err := net.SplitHostPort(c.RemoteAddr().String())
		if err == nil && l.enter(host) {
			return &counted{Conn: c, leave: func() { l.leave(host) }}, nil
		}
		_ = c.Close()
	}
}

func (l *listener) enter(host string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= maxConnections || l.open[host] >= maxFromOne {
		return false
	}
	l.all++
	l.open[host]++
	return true
}

func (l *listener) leave(host string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.open[host]--; l.open[host] == 0 {
		delete(l.open, host)
	}
}

// counted says once that it is closed.
type counted struct {
	net.Conn
	once  sync.Once
	leave func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	c.once.Do(c.leave)
	return c.Conn.Close()
}
