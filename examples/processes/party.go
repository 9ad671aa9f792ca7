package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/httpnode"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// party is one process: a replica, and what carries blocks and messages to it.
type party struct {
	*replica.Replica
	f    *founding
	i    int // from 0; the first one orders
	wake chan struct{}
	http *http.Client
}

// serve is all that a process does.
func serve(ctx context.Context, f *founding, i int) error {
	s, err := store.Open(filepath.Join(f.dir, fmt.Sprint("replica-", i)))
	if err != nil {
		return err
	}
	p := &party{f: f, i: i, wake: make(chan struct{}, 1), http: &http.Client{Timeout: 10 * time.Second}}
	c := f.config(i)
	c.Store = crashing{s}
	if p.Replica, err = replica.Open(c); err != nil {
		return err
	}
	mux := http.NewServeMux()
	wallets, err := httpnode.NewHandler(p, httpnode.Config{Parameters: f.parameters})
	if err != nil {
		return err
	}
	mux.Handle("/v1/", wallets)
	mux.HandleFunc("POST /messages", p.from(64<<20, p.receive))
	mux.HandleFunc("GET /status", p.status)
	failed := make(chan error, 4)
	if i == 0 {
		s, err := store.Open(filepath.Join(f.dir, "order"))
		if err != nil {
			return err
		}
		o, err := newOrder(f.parameters, s)
		if err != nil {
			return err
		}
		mux.Handle("GET /blocks/{height}", o)
		mux.HandleFunc("POST /order", p.from(1<<16, o.take))
		go func() { failed <- o.decide() }()
	}
	server := &http.Server{Addr: f.address(i), Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { failed <- server.ListenAndServe() }()
	go func() { failed <- p.execute(ctx) }()
	go func() { failed <- p.work(ctx) }()
	return <-failed
}

// execute takes in the blocks that are decided, one after the other.
func (p *party) execute(ctx context.Context) error {
	for {
		b, err := p.fetch(ctx, p.Ledger().Head().Height+1)
		if err != nil { // it is not decided yet, or the one who orders is down
			time.Sleep(20 * time.Millisecond)
			continue
		}
		crash("fetched")
		verdicts, err := p.Check(ctx, b.Time, b.Ops)
		if err != nil {
			return err
		}
		crash("checked")
		prepared, err := p.Prepare(b, verdicts)
		if err != nil {
			return err
		}
		crash("prepared")
		if err := p.Commit(prepared); err != nil {
			return err
		}
		p.nudge()
	}
}

func (p *party) fetch(ctx context.Context, height uint64) (*utt.Block, error) {
	b, err := p.call(ctx, http.MethodGet, 0, fmt.Sprint("/blocks/", height), nil)
	if err != nil {
		return nil, err
	}
	block := new(utt.Block)
	return block, block.UnmarshalBinary(b)
}

// nudge has the replica work.
func (p *party) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// work has the replica work whenever there may be something to do, and sends what comes of
// it.
func (p *party) work(ctx context.Context) error {
	overdue, before := time.NewTicker(time.Second), uint64(0)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.wake:
		case <-overdue.C:
			p.Overdue(before)
			before = p.Ledger().Head().Height
		}
		out, err := p.Work(ctx)
		if err != nil {
			return err
		}
		crash("signed")
		for k, m := range out {
			if err := p.send(ctx, m); err != nil {
				return err
			}
			if k == 0 {
				crash("half sent")
			}
		}
	}
}

// send hands a message to those it is for. Who does not answer asks for it later.
func (p *party) send(ctx context.Context, m *replica.Message) error {
	b, err := m.MarshalBinary()
	if err != nil {
		return err
	}
	for j := range parties {
		if j != p.i && (m.To() == (replica.Party{}) || m.To() == p.f.party(j)) {
			go func() { _, _ = p.call(ctx, http.MethodPost, j, "/messages", b) }()
		}
	}
	return nil
}

// call asks another process.
func (p *party) call(ctx context.Context, method string, j int, path string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+p.f.address(j)+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Token", p.f.token)
	got, err := p.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = got.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(got.Body, 64<<20))
	if err == nil && got.StatusCode != http.StatusOK {
		err = errors.New(got.Status)
	}
	return b, err
}

// from hands on what parties send, each known by its token, and reads nothing of strangers.
func (p *party) from(limit int64, take func(j int, body []byte) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := sha256.Sum256([]byte(r.Header.Get("Token")))
		j := slices.Index(p.f.tokens[:], hex.EncodeToString(h[:]))
		if j < 0 {
			http.Error(w, "no party", http.StatusForbidden)
			return
		}
		b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
		if err == nil {
			err = take(j, b)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	}
}

// receive takes in another's message.
func (p *party) receive(j int, b []byte) error {
	m := new(replica.Message)
	if err := m.UnmarshalBinary(b); err != nil {
		return err
	}
	if err := p.Receive(p.f.party(j), m); err != nil {
		return err
	}
	crash("received")
	p.nudge()
	return nil
}

// Submit takes an operation of a wallet: what the state rules out is refused at once, and
// the rest goes to the one who orders.
func (p *party) Submit(ctx context.Context, op utt.Operation) error {
	outlook, no, err := p.Preview(op, uint64(time.Now().Unix()))
	if err != nil {
		return err
	}
	if no != nil && no.Code == utt.CodeRepeated {
		return nil // it is there
	}
	if outlook == ledger.Never {
		return no
	}
	b, err := op.AppendBinary(nil)
	if err != nil {
		return err
	}
	_, err = p.call(ctx, http.MethodPost, 0, "/order", b)
	return err
}
