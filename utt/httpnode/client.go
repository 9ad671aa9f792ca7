package httpnode

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
)

// Client is a wallet.Node whose nodes are elsewhere. It asks one of them at a time, and
// the next one when that does not answer, fails, or has not what is asked for.
type Client struct {
	urls []string
	http *http.Client
	at   atomic.Int64
}

// NewClient asks nodes by their base URLs, such as https://node.example.org. A nil
// http.Client stands for one that gives up on an answer after a minute and follows no
// redirects. Another's timeout must be longer than the nodes let wallets wait.
func NewClient(c *http.Client, urls ...string) (*Client, error) {
	if len(urls) == 0 {
		return nil, fmt.Errorf("%w: no node to ask", utt.ErrInvalid)
	}
	if c == nil {
		c = &http.Client{
			Timeout:       time.Minute,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	d := &Client{http: c}
	for _, u := range urls {
		if !strings.HasPrefix(u, "http://") && !strings.HasPrefix(u, "https://") {
			return nil, fmt.Errorf("%w: %.64q is no http or https URL", utt.ErrInvalid, u)
		}
		d.urls = append(d.urls, strings.TrimRight(u, "/"))
	}
	return d, nil
}

// maxError bounds the text of an error, in bytes.
const maxError = 1 << 10

// ask sends a request to the nodes in turn until one answers it, whatever the answer, but
// that it has not what is asked for: another may.
func (c *Client) ask(ctx context.Context, method, path string, body []byte, limit int64) (b []byte, kind string, err error) {
	if c == nil || c.http == nil {
		return nil, "", fmt.Errorf("%w: no client: make it with NewClient", utt.ErrInvalid)
	}
	var failed []error
	for range c.urls {
		at := c.at.Load()
		url := c.urls[int(at)%len(c.urls)]
		b, kind, err = c.once(ctx, method, url+path, body, limit)
		if err == nil || ctx.Err() != nil || !errors.Is(err, errUnreachable) && !errors.Is(err, utt.ErrNotFound) {
			return b, kind, err
		}
		failed = append(failed, err)
		c.at.CompareAndSwap(at, at+1) // the next one
	}
	return nil, "", errors.Join(failed...)
}

var errUnreachable = errors.New("utt: the node did not answer")

func (c *Client) once(ctx context.Context, method, url string, body []byte, limit int64) ([]byte, string, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", utt.ErrInvalid, err)
	}
	got, err := c.http.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return nil, "", ctx.Err()
		}
		return nil, "", fmt.Errorf("%w: %w", errUnreachable, err)
	}
	defer func() { _ = got.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(got.Body, limit+1))
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, "", ctx.Err()
	case err != nil:
		return nil, "", fmt.Errorf("%w: %w", errUnreachable, err)
	case int64(len(b)) > limit:
		return nil, "", fmt.Errorf("%w: an answer of more than %d bytes", utt.ErrInvalid, limit)
	case got.StatusCode < 300:
		return b, got.Header.Get("Content-Type"), nil
	case cause(got.StatusCode) == nil:
		return nil, "", fmt.Errorf("%w: %s", errUnreachable, got.Status)
	case got.Header.Get("Content-Type") == receiptType:
		return nil, "", rejection(b)
	}
	text := strings.TrimSpace(string(b[:min(len(b), maxError)]))
	return nil, "", fmt.Errorf("%w: the node says: %.*q", cause(got.StatusCode), maxError, text)
}

// rejection is that of a receipt, as the error.
func rejection(b []byte) error {
	var r utt.Receipt
	if err := r.UnmarshalBinary(b); err != nil {
		return err
	}
	if err := r.Err(); err != nil {
		return err
	}
	return fmt.Errorf("%w: the node refused an operation that it says is executed", utt.ErrInvalid)
}

// cause is that of a refusal, nil where the status is not one that a node answers with: the
// node failed, or something before it did.
func cause(status int) error {
	switch status {
	case http.StatusNotFound:
		return utt.ErrNotFound
	case http.StatusConflict:
		return utt.ErrConflict
	case http.StatusRequestTimeout:
		return errNotYet
	case http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		return utt.ErrInvalid
	}
	return nil
}

var errNotYet = errors.New("utt: nothing new yet")

// Submit hands an operation in.
func (c *Client) Submit(ctx context.Context, op utt.Operation) error {
	if utt.Absent(op) {
		return fmt.Errorf("%w: an operation that is nil or empty", utt.ErrInvalid)
	}
	b, err := op.AppendBinary(nil)
	if err != nil {
		return err
	}
	_, _, err = c.ask(ctx, http.MethodPost, "/v1/operations", b, maxOperation)
	return err
}

// Certificate is the last one of a height up to the one given.
func (c *Client) Certificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	b, _, err := c.ask(ctx, http.MethodGet, "/v1/certificate?height="+strconv.FormatUint(height, 10), nil, maxOperation)
	if err != nil {
		return nil, err
	}
	d := new(utt.Certificate)
	return d, d.UnmarshalBinary(b)
}

// Records yields records from a place on, in order, fetched as they are read.
func (c *Client) Records(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	return func(yield func(*utt.Record, error) bool) {
		for {
			records, err := c.page(ctx, from)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, r := range records {
				if r.Cursor().Compare(from) < 0 {
					yield(nil, fmt.Errorf("%w: the node served a record that was not asked for", utt.ErrInvalid))
					return
				}
				if !yield(r, nil) {
					return
				}
				switch from = r.Cursor(); {
				case from.Index < math.MaxUint32:
					from.Index++
				case from.Height < math.MaxUint64:
					from = utt.Cursor{Height: from.Height + 1}
				default:
					return // there is no place behind it
				}
			}
			if len(records) == 0 {
				return
			}
		}
	}
}

// page is what the node serves at once.
func (c *Client) page(ctx context.Context, from utt.Cursor) (records []*utt.Record, err error) {
	b, _, err := c.ask(ctx, http.MethodGet, fmt.Sprintf("/v1/records?height=%d&index=%d", from.Height, from.Index), nil, 2*maxAnswer)
	if err != nil {
		return nil, err
	}
	for len(b) > 0 {
		if len(b) < 4 || uint64(len(b)-4) < uint64(binary.BigEndian.Uint32(b)) {
			return nil, fmt.Errorf("%w: records that end in the middle of one", utt.ErrMalformed)
		}
		n := 4 + int(binary.BigEndian.Uint32(b))
		r := new(utt.Record)
		if err := r.UnmarshalBinary(b[4:n]); err != nil {
			return nil, err
		}
		records, b = append(records, r), b[n:]
	}
	return records, nil
}

// Wait returns once there is a record from a place on, or the context ends.
func (c *Client) Wait(ctx context.Context, from utt.Cursor) error {
	for {
		_, _, err := c.ask(ctx, http.MethodGet, fmt.Sprintf("/v1/wait?height=%d&index=%d", from.Height, from.Index), nil, maxOperation)
		if !errors.Is(err, errNotYet) {
			return err
		}
		select { // a node that says so at once is not asked without a pause
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// pause is between two questions whether there is anything new.
const pause = 100 * time.Millisecond

// Receipt says what became of an operation, by the digest of its bytes. It is the node's
// word: what is executed, certified records show.
func (c *Client) Receipt(ctx context.Context, op utt.Digest) (r utt.Receipt, err error) {
	name, err := op.MarshalText()
	if err != nil {
		return r, err
	}
	b, _, err := c.ask(ctx, http.MethodGet, "/v1/receipts/"+string(name), nil, maxOperation)
	if err != nil {
		return r, err
	}
	if err := r.UnmarshalBinary(b); err != nil {
		return utt.Receipt{}, err
	}
	if r.Op != op {
		return utt.Receipt{}, fmt.Errorf("%w: the receipt of another operation", utt.ErrInvalid)
	}
	return r, nil
}

// Parameters are those of the node's ledger, if their digest is the one that the caller
// has from a source that he trusts.
func (c *Client) Parameters(ctx context.Context, digest [32]byte) (*utt.Parameters, error) {
	b, _, err := c.ask(ctx, http.MethodGet, "/v1/parameters", nil, maxAnswer)
	if err != nil {
		return nil, err
	}
	p, err := utt.ParseParameters(b)
	if err != nil {
		return nil, err
	}
	if p.Digest() != digest {
		return nil, fmt.Errorf("%w: the node's ledger has other parameters, of digest %x", utt.ErrPolicy, p.Digest())
	}
	return p, nil
}

// ProvingKey is that of a verifying key of the parameters, for the circuit that it is of.
// The verifying key commits to it, so that a node cannot serve another.
func (c *Client) ProvingKey(ctx context.Context, circuit *rangeproof.Circuit, v *rangeproof.VerifyingKey) (*rangeproof.ProvingKey, error) {
	if v == nil {
		return nil, fmt.Errorf("%w: no verifying key", utt.ErrInvalid)
	}
	digest := utt.Digest(v.Digest())
	name, err := digest.MarshalText()
	if err != nil {
		return nil, err
	}
	b, _, err := c.ask(ctx, http.MethodGet, "/v1/proving-keys/"+string(name), nil, maxAnswer)
	if err != nil {
		return nil, err
	}
	return rangeproof.ParseProvingKey(circuit, v, b)
}
