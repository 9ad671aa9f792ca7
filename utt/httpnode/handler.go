package httpnode

import (
	"context"
	"encoding"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
)

// Backend is what a handler serves: a replica, with a Submit of the host's own.
type Backend interface {
	// Submit hands an operation in. A *utt.Rejection is told to the wallet.
	Submit(ctx context.Context, op utt.Operation) error
	Certificate(ctx context.Context, height uint64) (*utt.Certificate, error)
	Records(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error]
	CredentialCertificate(ctx context.Context, height uint64) (*utt.Certificate, error)
	Credentials(ctx context.Context, from uint64) iter.Seq2[utt.CredentialLeaf, error]
	Wait(ctx context.Context, from utt.Cursor) error
	Receipt(ctx context.Context, op utt.Digest) (utt.Receipt, error)
}

// Config says what a handler serves, and how much at once.
type Config struct {
	Parameters  *utt.Parameters          // served as they were founded: amendments come with the records
	ProvingKeys []*rangeproof.ProvingKey // those that wallets can fetch; make another handler when the policy comes to have more
	Requests    int                      // served at once, and as many that wait; the rest are told 503; default 256
	Wait        time.Duration            // how long a wait may last; default 30 s
	Patience    time.Duration            // how long a body may take to come, and an answer to go; default 30 s
}

// defaults are for what is left out.
func (c *Config) defaults() {
	if c.Requests <= 0 {
		c.Requests = 256
	}
	if c.Wait <= 0 {
		c.Wait = 30 * time.Second
	}
	if c.Patience <= 0 {
		c.Patience = 30 * time.Second
	}
}

// Bounds on what one answer holds. What is read page by page is kept for whoever takes it slowly,
// and is to reach a wallet over a slow line in the time there is for it.
const (
	maxOperation = 1 << 16
	maxPage      = 1 << 20 // and the last of what it holds
	maxRecords   = 1 << 10
	maxLeaves    = 1 << 14
	maxAnswer    = 8 << 20
)

// ErrBusy is for a Backend that cannot take an operation in now, whatever it is: the wallet is
// told 503, and asks another node.
var ErrBusy = errors.New("utt: busy: hand it in again, or at another node")

type handler struct {
	b       Backend
	c       Config
	busy    chan struct{}
	waiting chan struct{} // to wait costs nothing: it takes no place of who asks or submits
	proving map[utt.Digest][]byte
}

// NewHandler serves a backend to wallets. ErrInvalid says what the configuration lacks.
func NewHandler(b Backend, c Config) (http.Handler, error) {
	if err := c.Parameters.Usable(); err != nil {
		return nil, err
	}
	if b == nil {
		return nil, fmt.Errorf("%w: no backend", utt.ErrInvalid)
	}
	c.defaults()
	h := &handler{b: b, c: c, busy: make(chan struct{}, c.Requests), waiting: make(chan struct{}, c.Requests), proving: make(map[utt.Digest][]byte)}
	for _, k := range c.ProvingKeys {
		encoded, err := k.MarshalBinary()
		if err != nil {
			return nil, fmt.Errorf("%w: a proving key: %w", utt.ErrInvalid, err)
		}
		h.proving[k.VerifyingKey().Digest()] = encoded
	}
	parameters, err := c.Parameters.MarshalBinary()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/operations", h.submit)
	mux.HandleFunc("GET /v1/certificate", certificates(h, b.Certificate))
	mux.HandleFunc("GET /v1/records", h.records)
	mux.HandleFunc("GET /v1/credential-certificate", certificates(h, b.CredentialCertificate))
	mux.HandleFunc("GET /v1/credentials", h.credentials)
	mux.HandleFunc("GET /v1/receipts/{digest}", h.receipt)
	mux.HandleFunc("GET /v1/parameters", func(w http.ResponseWriter, _ *http.Request) { h.answer(w, parameters) })
	mux.HandleFunc("GET /v1/proving-keys/{digest}", h.provingKey)
	if l, ok := b.(LogBackend); ok {
		mux.HandleFunc("GET /v1/inclusion", func(w http.ResponseWriter, r *http.Request) { h.inclusion(l, w, r) })
		for t, name := range logTrees {
			mux.HandleFunc("GET /v1/"+name+"/tile/{path...}", func(w http.ResponseWriter, r *http.Request) { h.tile(l, t, w, r) })
		}
	}
	if e, ok := b.(EntryBackend); ok {
		mux.HandleFunc("GET /v1/entries", func(w http.ResponseWriter, r *http.Request) { h.entries(e, w, r) })
		mux.HandleFunc("GET /v1/section", func(w http.ResponseWriter, r *http.Request) { h.section(e, w, r) })
	}
	if l, ok := b.(PlacesBackend); ok {
		mux.HandleFunc("GET /v1/places/{id}", func(w http.ResponseWriter, r *http.Request) { h.places(l, w, r) })
	}
	all := http.NewServeMux()
	all.Handle("/", bounded(h.busy, mux))
	all.Handle("GET /v1/wait", bounded(h.waiting, http.HandlerFunc(h.wait)))
	return all, nil
}

// bounded serves so many requests at once, and no body that is longer than an operation.
func bounded(busy chan struct{}, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case busy <- struct{}{}:
			defer func() { <-busy }()
		default:
			w.Header().Set("Retry-After", "1")
			http.Error(w, "busy: try again, or another node", http.StatusServiceUnavailable)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxOperation)
		next.ServeHTTP(w, r)
	})
}

// answer gives up on who does not take it.
func (h *handler) answer(w http.ResponseWriter, b []byte) {
	c := http.NewResponseController(w)
	_ = c.SetWriteDeadline(time.Now().Add(h.c.Patience)) // where the server can
	defer func() { _ = c.SetWriteDeadline(time.Time{}) }()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b) // whoever asked is gone if it fails
}

// fail tells the wallet what went wrong, as far as it is the wallet's business.
func fail(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, ErrBusy):
		w.Header().Set("Retry-After", "1")
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	case errors.Is(err, utt.ErrStore): // whatever is the matter there
		http.Error(w, "the node failed", http.StatusInternalServerError)
	case errors.Is(err, utt.ErrNotFound):
		http.Error(w, err.Error(), http.StatusNotFound)
	case errors.Is(err, utt.ErrMalformed), errors.Is(err, utt.ErrInvalid), errors.Is(err, utt.ErrPolicy):
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
	case errors.Is(err, utt.ErrConflict), errors.Is(err, utt.ErrInsufficient):
		http.Error(w, err.Error(), http.StatusConflict)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		http.Error(w, "not yet", http.StatusRequestTimeout)
	default:
		http.Error(w, "the node failed", http.StatusInternalServerError)
	}
}

// found answers with what was found, encoded, or tells the wallet why there is nothing.
func found(w http.ResponseWriter, v encoding.BinaryMarshaler, err error, answer func(http.ResponseWriter, []byte)) {
	var b []byte
	if err == nil {
		b, err = v.MarshalBinary()
	}
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, b)
}

// body is what a request brings, or the wallet is told that it did not come, or is too long.
func (h *handler) body(w http.ResponseWriter, from io.Reader, absent, long string) (raw []byte, ok bool) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(h.c.Patience)) // where the server can
	raw, err := io.ReadAll(from)
	_ = c.SetReadDeadline(time.Time{})
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		http.Error(w, absent, http.StatusRequestTimeout)
	case err != nil:
		http.Error(w, long, http.StatusRequestEntityTooLarge)
	}
	return raw, err == nil
}

func (h *handler) submit(w http.ResponseWriter, r *http.Request) {
	raw, ok := h.body(w, r.Body, "the operation did not come", "an operation has at most 64 KiB")
	if !ok {
		return
	}
	op, err := utt.ParseOperation(raw)
	if err != nil {
		fail(w, err)
		return
	}
	var no *utt.Rejection
	switch err := h.b.Submit(r.Context(), op); {
	case err == nil:
		w.WriteHeader(http.StatusAccepted)
	case errors.As(err, &no):
		encoded, errEncode := (&utt.Receipt{Op: op.Digest(), ID: op.ID(), Status: utt.Rejected, Rejection: no}).MarshalBinary()
		if errEncode != nil {
			fail(w, err)
			return
		}
		w.Header().Set("Content-Type", receiptType)
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write(encoded)
	default:
		fail(w, err)
	}
}

const receiptType = "application/x-utt-receipt"

// number is a number of the query, the given one where there is none.
func number(r *http.Request, name string, none uint64) (uint64, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return none, nil
	}
	v, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %s is no number", utt.ErrMalformed, name)
	}
	return v, nil
}

// cursor is the place that a question names.
func cursor(r *http.Request) (c utt.Cursor, err error) {
	if c.Height, err = number(r, "height", 0); err != nil {
		return c, err
	}
	index, err := number(r, "index", 0)
	if err == nil && index > math.MaxUint32 {
		err = fmt.Errorf("%w: index %d", utt.ErrMalformed, index)
	}
	c.Index = uint32(index)
	return c, err
}

// certificates serves those of one kind.
func certificates(h *handler, upTo func(ctx context.Context, height uint64) (*utt.Certificate, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		height, err := number(r, "height", math.MaxUint64)
		if err != nil {
			fail(w, err)
			return
		}
		c, err := upTo(r.Context(), height)
		found(w, c, err, h.answer)
	}
}

func (h *handler) records(w http.ResponseWriter, r *http.Request) {
	from, err := cursor(r)
	if err != nil {
		fail(w, err)
		return
	}
	limit, err := number(r, "limit", maxRecords)
	if err != nil {
		fail(w, err)
		return
	}
	answerAll(h, w, h.b.Records(r.Context(), from), min(limit, maxRecords), (*utt.Record).MarshalBinary)
}

func (h *handler) credentials(w http.ResponseWriter, r *http.Request) {
	from, err := number(r, "record", 0)
	if err != nil {
		fail(w, err)
		return
	}
	answerAll(h, w, h.b.Credentials(r.Context(), from), maxLeaves, utt.CredentialLeaf.MarshalBinary)
}

// answerAll answers with the first of a sequence, each behind its length.
func answerAll[T any](h *handler, w http.ResponseWriter, all iter.Seq2[T, error], limit uint64, encode func(T) ([]byte, error)) {
	var b []byte
	for v, err := range all {
		if err != nil {
			fail(w, err)
			return
		}
		if limit == 0 || len(b) > maxPage {
			break
		}
		encoded, err := encode(v)
		if err != nil {
			fail(w, err)
			return
		}
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(encoded))), encoded...)
		limit--
	}
	h.answer(w, b)
}

func (h *handler) wait(w http.ResponseWriter, r *http.Request) {
	from, err := cursor(r)
	if err != nil {
		fail(w, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.c.Wait)
	defer cancel()
	if err := h.b.Wait(ctx, from); err != nil {
		fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (h *handler) receipt(w http.ResponseWriter, r *http.Request) {
	var d utt.Digest
	if err := d.UnmarshalText([]byte(r.PathValue("digest"))); err != nil {
		fail(w, err)
		return
	}
	got, err := h.b.Receipt(r.Context(), d)
	found(w, &got, err, h.answer)
}

func (h *handler) inclusion(b LogBackend, w http.ResponseWriter, r *http.Request) {
	at, err := cursor(r)
	if err != nil {
		fail(w, err)
		return
	}
	i, err := b.Inclusion(r.Context(), at)
	found(w, i, err, h.answer)
}

func (h *handler) places(b PlacesBackend, w http.ResponseWriter, r *http.Request) {
	var id utt.ID
	if err := id.UnmarshalText([]byte(r.PathValue("id"))); err != nil {
		fail(w, err)
		return
	}
	places, err := b.Places(r.Context(), id)
	if err != nil {
		fail(w, err)
		return
	}
	var encoded []byte
	for _, at := range places {
		if encoded, err = at.AppendBinary(encoded); err != nil {
			fail(w, err)
			return
		}
	}
	h.answer(w, encoded)
}

// tile serves what never changes, so that any cache may keep it for good.
func (h *handler) tile(b LogBackend, t utt.Tree, w http.ResponseWriter, r *http.Request) {
	content, err := tile(r.Context(), b, t, r.PathValue("path"))
	if err != nil {
		fail(w, err)
		return
	}
	h.keep(w, content)
}

// keep answers with what never changes.
func (h *handler) keep(w http.ResponseWriter, content []byte) {
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	h.answer(w, content)
}

// entries serves the log's entries from a number on. As many as were asked for never change.
func (h *handler) entries(e EntryBackend, w http.ResponseWriter, r *http.Request) {
	from, err := number(r, "from", 0)
	if err != nil {
		fail(w, err)
		return
	}
	limit, err := number(r, "limit", maxRecords)
	if err != nil {
		fail(w, err)
		return
	}
	var b []byte
	count := uint64(0)
	for entry, err := range e.Entries(r.Context(), from) {
		if err != nil {
			fail(w, err)
			return
		}
		if count == min(limit, maxRecords) || len(b) > maxPage {
			break
		}
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(entry))), entry...)
		count++
	}
	if count > 0 && count == limit {
		h.keep(w, b)
		return
	}
	h.answer(w, b)
}

func (h *handler) section(e EntryBackend, w http.ResponseWriter, r *http.Request) {
	at, err := number(r, "number", 0)
	if err != nil {
		fail(w, err)
		return
	}
	size, err := number(r, "size", 0)
	if err != nil {
		fail(w, err)
		return
	}
	s, err := e.Section(r.Context(), at, size)
	found(w, s, err, h.keep)
}

func (h *handler) provingKey(w http.ResponseWriter, r *http.Request) {
	var d utt.Digest
	if err := d.UnmarshalText([]byte(r.PathValue("digest"))); err != nil {
		fail(w, err)
		return
	}
	b, ok := h.proving[d]
	if !ok {
		fail(w, fmt.Errorf("%w: no proving key of this digest here", utt.ErrNotFound))
		return
	}
	h.answer(w, b)
}
