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
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// Client is a wallet.Node whose nodes are elsewhere. It asks one of them at a time, and
// the next one when that does not answer, fails, answers with what is no answer, or has not
// what is asked for. It is a wallet.ManyNode: one that a wallet found to lie it leaves, and
// asks again only after a minute, or last of all; each further time it waits twice as long,
// up to an hour.
type Client struct {
	http *http.Client
	now  func() time.Time

	mu    sync.Mutex
	nodes []node
	at    int // the one to ask
}

// node is one that a client asks.
type node struct {
	url     string
	until   time.Time // it is distrusted
	penalty time.Duration
}

// The bounds on how long a node that lies is not asked.
const (
	leastPenalty = time.Minute
	mostPenalty  = time.Hour
)

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
	d := &Client{http: c, now: time.Now}
	for _, u := range urls {
		if !strings.HasPrefix(u, "http://") && !strings.HasPrefix(u, "https://") {
			return nil, fmt.Errorf("%w: %.64q is no http or https URL", utt.ErrInvalid, u)
		}
		d.nodes = append(d.nodes, node{url: strings.TrimRight(u, "/")})
	}
	return d, nil
}

// maxError bounds the text of an error, in bytes.
const maxError = 1 << 10

// order are all nodes in the order in which to ask them: first the one that is asked now,
// and those that are distrusted last, whose time is over first.
func (c *Client) order() []int {
	now := c.now()
	order := make([]int, 0, len(c.nodes))
	for k := range c.nodes {
		order = append(order, (c.at+k)%len(c.nodes))
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := c.nodes[i].until, c.nodes[j].until
		if !a.After(now) {
			a = time.Time{}
		}
		if !b.After(now) {
			b = time.Time{}
		}
		return a.Compare(b)
	})
	return order
}

// Answering implements wallet.ManyNode.
func (c *Client) Answering() (distrust func(err error)) {
	if c == nil || c.http == nil {
		return func(error) {}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.order()[0]
	return func(err error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		order := c.order()
		if order[0] != at { // left already
			return
		}
		if n := &c.nodes[at]; !wallet.Behind.Is(err) { // who lags is asked again when others do not answer
			now := c.now()
			if now.Sub(n.until) > n.penalty { // it has done well for as long
				n.penalty = 0
			}
			n.penalty = min(max(2*n.penalty, leastPenalty), mostPenalty)
			n.until = now.Add(n.penalty)
		}
		c.at = order[1%len(order)]
	}
}

// ask sends a request to the nodes in turn until one answers it. What is taken decides on
// the answer; one that is not taken is no answer, nor is that a node has not what is asked
// for: another may.
func (c *Client) ask(ctx context.Context, method, path string, body []byte, limit int64, take func([]byte) error) error {
	if c == nil || c.http == nil {
		return fmt.Errorf("%w: no client: make it with NewClient", utt.ErrInvalid)
	}
	c.mu.Lock()
	order := c.order()
	c.mu.Unlock()
	var failed []error
	answered := false
	for k, at := range order {
		b, err := c.once(ctx, method, c.nodes[at].url+path, body, limit)
		refused := method == http.MethodPost && !errors.Is(err, errUnreachable) && !errors.Is(err, utt.ErrNotFound)
		switch {
		case err == nil:
			if err = take(b); err == nil {
				return nil
			}
		case refused, ctx.Err() != nil, errors.Is(err, errNotYet):
			return err
		}
		answered = answered || !errors.Is(err, errUnreachable)
		if same := func(o error) bool { return o.Error() == err.Error() }; !slices.ContainsFunc(failed, same) { // said once is enough
			failed = append(failed, err)
		}
		c.mu.Lock()
		c.at = order[(k+1)%len(order)] // the next one
		c.mu.Unlock()
	}
	err := errors.Join(failed...)
	if answered {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnanswered, err)
}

// get asks for what has an encoding.
func (c *Client) get(ctx context.Context, path string, limit int64, take func([]byte) error) error {
	return c.ask(ctx, http.MethodGet, path, nil, limit, take)
}

// anything takes every answer, where that there is one is all.
func anything([]byte) error { return nil }

// ErrUnanswered is the error of a Client none of whose nodes has answered: the network, or all of
// them, are at fault, and what was asked may be asked again.
var ErrUnanswered = errors.New("utt: no node has answered")

var errUnreachable = errors.New("utt: the node did not answer")

func (c *Client) once(ctx context.Context, method, url string, body []byte, limit int64) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrInvalid, err)
	}
	got, err := c.http.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	defer func() { _ = got.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(got.Body, limit+1))
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errUnreachable, err)
	case int64(len(b)) > limit:
		return nil, fmt.Errorf("%w: %w: an answer of more than %d bytes", errUnreachable, utt.ErrInvalid, limit)
	case got.StatusCode < 300:
		return b, nil
	case cause(got.StatusCode) == nil:
		return nil, fmt.Errorf("%w: %s", errUnreachable, got.Status)
	case got.Header.Get("Content-Type") == receiptType:
		return nil, rejection(b)
	}
	text := strings.TrimSpace(string(b[:min(len(b), maxError)]))
	return nil, fmt.Errorf("%w: the node says: %.*q", cause(got.StatusCode), maxError, text)
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
	return c.ask(ctx, http.MethodPost, "/v1/operations", b, maxOperation, anything)
}

// Certificate is the last one of a height up to the one given.
func (c *Client) Certificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	return c.certificate(ctx, "/v1/certificate", height)
}

// CredentialCertificate is the last one of the credentials of a height up to the one given.
func (c *Client) CredentialCertificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	return c.certificate(ctx, "/v1/credential-certificate", height)
}

func (c *Client) certificate(ctx context.Context, path string, height uint64) (*utt.Certificate, error) {
	d := new(utt.Certificate)
	if err := c.get(ctx, path+"?height="+strconv.FormatUint(height, 10), maxOperation, d.UnmarshalBinary); err != nil {
		return nil, err
	}
	return d, nil
}

// Credentials yields the signatures on credentials from the record of a number on, in order,
// fetched as they are read.
func (c *Client) Credentials(ctx context.Context, from uint64) iter.Seq2[utt.CredentialLeaf, error] {
	return func(yield func(utt.CredentialLeaf, error) bool) {
		for {
			var leaves []utt.CredentialLeaf
			err := c.get(ctx, "/v1/credentials?record="+strconv.FormatUint(from, 10), 2*maxAnswer, func(b []byte) (err error) {
				leaves, err = readLeaves(b, from)
				return err
			})
			if err != nil {
				yield(utt.CredentialLeaf{}, err)
				return
			}
			for _, l := range leaves {
				if !yield(l, nil) || l.Record == math.MaxUint64 {
					return
				}
				from = l.Record + 1
			}
			if len(leaves) == 0 {
				return
			}
		}
	}
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
				if !yield(r, nil) {
					return
				}
				var more bool
				if from, more = after(r); !more {
					return
				}
			}
			if len(records) == 0 {
				return
			}
		}
	}
}

// after is the place behind a record, if there is one.
func after(r *utt.Record) (next utt.Cursor, ok bool) {
	switch next = r.Cursor(); {
	case next.Index < math.MaxUint32:
		next.Index++
	case next.Height < math.MaxUint64:
		next = utt.Cursor{Height: next.Height + 1}
	default:
		return next, false
	}
	return next, true
}

// page is what the node serves at once.
func (c *Client) page(ctx context.Context, from utt.Cursor) (records []*utt.Record, err error) {
	path := fmt.Sprintf("/v1/records?height=%d&index=%d", from.Height, from.Index)
	err = c.get(ctx, path, 2*maxAnswer, func(b []byte) (err error) {
		records, err = readRecords(b, from)
		return err
	})
	return records, err
}

// readRecords are records from a place on, in order.
func readRecords(b []byte, from utt.Cursor) (records []*utt.Record, err error) {
	for more := true; len(b) > 0; {
		r := new(utt.Record)
		if b, err = readOne(b, r.UnmarshalBinary); err != nil {
			return nil, err
		}
		if !more || r.Cursor().Compare(from) < 0 {
			return nil, fmt.Errorf("%w: the node served a record that was not asked for", utt.ErrInvalid)
		}
		records = append(records, r)
		from, more = after(r)
	}
	return records, nil
}

// Entries yields the log's entries from a number on, in order, fetched as they are read, in pages
// of which any cache may keep the full ones.
func (c *Client) Entries(ctx context.Context, from uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for next := from; ; {
			limit := maxRecords - next%maxRecords // so that who begin elsewhere soon ask for the same pages
			var page [][]byte
			err := c.get(ctx, fmt.Sprintf("/v1/entries?from=%d&limit=%d", next, limit), 2*maxAnswer, func(b []byte) (err error) {
				page, err = readEntries(b, limit)
				return err
			})
			if err != nil {
				yield(nil, err)
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
			}
			if next += uint64(len(page)); len(page) == 0 || next < from {
				return
			}
		}
	}
}

// readEntries are entries, each behind its length, at most so many.
func readEntries(b []byte, limit uint64) (entries [][]byte, err error) {
	for len(b) > 0 {
		if len(b) < 2 || len(b)-2 < int(binary.BigEndian.Uint16(b)) {
			return nil, fmt.Errorf("%w: entries that end in the middle of one", utt.ErrMalformed)
		}
		if uint64(len(entries)) == limit {
			return nil, fmt.Errorf("%w: the node served more entries than were asked for", utt.ErrInvalid)
		}
		n := 2 + int(binary.BigEndian.Uint16(b))
		entries, b = append(entries, b[2:n:n]), b[n:]
	}
	return entries, nil
}

// Section is what the entries of a section leave out, of a ledger of a size.
func (c *Client) Section(ctx context.Context, number, size uint64) (*utt.Section, error) {
	s := new(utt.Section)
	if err := c.get(ctx, fmt.Sprintf("/v1/section?number=%d&size=%d", number, size), maxAnswer, s.UnmarshalBinary); err != nil {
		return nil, err
	}
	return s, nil
}

// readLeaves are the signatures on credentials from a record on, in order.
func readLeaves(b []byte, from uint64) (leaves []utt.CredentialLeaf, err error) {
	for more := true; len(b) > 0; {
		var l utt.CredentialLeaf
		if b, err = readOne(b, l.UnmarshalBinary); err != nil {
			return nil, err
		}
		if !more || l.Record < from {
			return nil, fmt.Errorf("%w: the node served a credential that was not asked for", utt.ErrInvalid)
		}
		leaves = append(leaves, l)
		from, more = l.Record+1, l.Record < math.MaxUint64
	}
	return leaves, nil
}

// readOne decodes what is behind its length, and returns the rest.
func readOne(b []byte, decode func([]byte) error) ([]byte, error) {
	if len(b) < 4 || uint64(len(b)-4) < uint64(binary.BigEndian.Uint32(b)) {
		return nil, fmt.Errorf("%w: an answer that ends in the middle of what it says", utt.ErrMalformed)
	}
	n := 4 + int(binary.BigEndian.Uint32(b))
	return b[n:], decode(b[4:n])
}

// Wait returns once there is a record from a place on, or the context ends.
func (c *Client) Wait(ctx context.Context, from utt.Cursor) error {
	for {
		err := c.get(ctx, fmt.Sprintf("/v1/wait?height=%d&index=%d", from.Height, from.Index), maxOperation, anything)
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
	err = c.get(ctx, "/v1/receipts/"+string(name), maxOperation, func(b []byte) error {
		var d utt.Receipt
		if err := d.UnmarshalBinary(b); err != nil {
			return err
		}
		if d.Op != op {
			return fmt.Errorf("%w: the receipt of another operation", utt.ErrInvalid)
		}
		r = d
		return nil
	})
	return r, err
}

// maxInclusion bounds what shows that a record is on the ledger, in bytes.
const maxInclusion = 1 << 18

// Inclusion shows what is on record at a place. Whoever is asked learns that it concerns who asks.
func (c *Client) Inclusion(ctx context.Context, at utt.Cursor) (*utt.Inclusion, error) {
	var d *utt.Inclusion
	err := c.get(ctx, fmt.Sprintf("/v1/inclusion?height=%d&index=%d", at.Height, at.Index), maxInclusion, func(b []byte) error {
		got := new(utt.Inclusion)
		if err := got.UnmarshalBinary(b); err != nil {
			return err
		}
		if got.Record().Cursor() != at {
			return fmt.Errorf("%w: the node served a record that was not asked for", utt.ErrInvalid)
		}
		d = got
		return nil
	})
	return d, err
}

// Places are where the records of an ID are, none where the node has none. Whoever is asked
// learns that the operation concerns who asks.
func (c *Client) Places(ctx context.Context, id utt.ID) (places []utt.Cursor, err error) {
	name, err := id.MarshalText()
	if err != nil {
		return nil, err
	}
	err = c.get(ctx, "/v1/places/"+string(name), maxOperation, func(b []byte) error {
		d := make([]utt.Cursor, 0, len(b)/placeSize)
		for ; len(b) > 0; b = b[placeSize:] {
			var at utt.Cursor
			if err := at.UnmarshalBinary(b[:min(placeSize, len(b))]); err != nil {
				return err
			}
			d = append(d, at)
		}
		places = d
		return nil
	})
	return places, err
}

// placeSize is that of the encoding of a place.
const placeSize = 13

// Parameters are those of the node's ledger, if their digest is the one that the caller
// has from a source that he trusts.
func (c *Client) Parameters(ctx context.Context, digest [32]byte) (p *utt.Parameters, err error) {
	err = c.get(ctx, "/v1/parameters", maxAnswer, func(b []byte) error {
		d, err := utt.ParseParameters(b)
		if err != nil {
			return err
		}
		if d.Digest() != digest {
			return fmt.Errorf("%w: the node's ledger has other parameters, of digest %x", utt.ErrPolicy, d.Digest())
		}
		p = d
		return nil
	})
	return p, err
}

// ProvingKey is that of a verifying key of the parameters, for the circuit that it is of.
// The verifying key commits to it, so that a node cannot serve another.
func (c *Client) ProvingKey(ctx context.Context, circuit *rangeproof.Circuit, v *rangeproof.VerifyingKey) (key *rangeproof.ProvingKey, err error) {
	if v == nil {
		return nil, fmt.Errorf("%w: no verifying key", utt.ErrInvalid)
	}
	digest := utt.Digest(v.Digest())
	name, err := digest.MarshalText()
	if err != nil {
		return nil, err
	}
	err = c.get(ctx, "/v1/proving-keys/"+string(name), maxAnswer, func(b []byte) error {
		key, err = rangeproof.ParseProvingKey(circuit, v, b)
		return err
	})
	return key, err
}
