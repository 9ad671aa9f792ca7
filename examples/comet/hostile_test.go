package comet

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hostile sends a validator so many requests that are none, and returns how many it answered.
func hostile(t *testing.T, ctx context.Context, base string, requests int) (answered int64) {
	t.Helper()
	host, err := url.Parse(base)
	require.NoError(t, err)
	const senders = 40
	var count atomic.Int64
	var group sync.WaitGroup
	for k := range senders {
		group.Go(func() {
			rng := rand.New(rand.NewPCG(7, uint64(k)))
			client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
			defer client.CloseIdleConnections()
			for i := range requests / senders {
				if ctx.Err() != nil {
					return
				}
				if i%10 == 9 {
					if raw(host.Host, rng) {
						count.Add(1)
					}
					continue
				}
				r := garbage(base, rng)
				got, err := client.Do(r.WithContext(ctx))
				if err != nil {
					continue
				}
				_, _ = io.Copy(io.Discard, io.LimitReader(got.Body, 1<<20))
				_ = got.Body.Close()
				count.Add(1)
			}
		})
	}
	group.Wait()
	return count.Load()
}

// garbage is a request that makes no sense.
func garbage(base string, rng *rand.Rand) *http.Request {
	body := make([]byte, rng.IntN(4096))
	for i := range body {
		body[i] = byte(rng.Uint32())
	}
	if len(body) > 2 { // so that a part of it gets as far as it can
		body[0], body[1] = 1, byte(rng.IntN(20))
	}
	paths := []string{
		"/v1/operations", "/v1/operations", "/v1/operations", "/v1/records?height=-1", "/v1/records?height=99999999999999999999",
		"/v1/records?height=18446744073709551615&index=4294967295&limit=18446744073709551615", "/v1/certificate?height=x",
		"/v1/receipts/zz", fmt.Sprintf("/v1/receipts/%064x", rng.Uint64()), "/v1/proving-keys/" + fmt.Sprintf("%0200d", 1),
		"/v1/wait?height=x", "/page/seen?above=-5", "/%2e%2e/%2e%2e/etc/passwd", "/status/../../x", "/nothing",
	}
	methods := []string{http.MethodPost, http.MethodPost, http.MethodGet, http.MethodPut, http.MethodDelete, "BREW"}
	r, err := http.NewRequest(methods[rng.IntN(len(methods))], base+paths[rng.IntN(len(paths))], bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	return r
}

// raw sends bytes that are not HTTP, or begin like it, and reports whether the connection was
// answered or closed.
func raw(host string, rng *rand.Rand) bool {
	c, err := net.DialTimeout("tcp", host, 5*time.Second)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	texts := []string{
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "GET / HTTP/9.9\r\n\r\n", "POST /v1/operations HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		"POST /v1/operations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n", "\r\n\r\n\r\n\r\n",
		"GET /v1/records HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "POST /v1/operations HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
	}
	if _, err := io.WriteString(c, texts[rng.IntN(len(texts))]); err != nil {
		return true
	}
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.CloseWrite()
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(c, 1<<16))
	return true
}
