package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/httpnode"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// points are where processes are killed, from the decision on a block to its publication.
var points = []string{
	"ordered", "fetched", "checked", "prepared", "before the block is written", "after the block is written",
	"signed", "half sent", "received", "before the certificate is written",
}

// network is the four processes, each of which is started again when it dies.
type network struct {
	*secrets
	died  chan int
	alive [parties]*exec.Cmd
}

func (n *network) start(i int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), "UTT_DIR="+n.dir, fmt.Sprint("UTT_PARTY=", i))
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		return err
	}
	n.alive[i] = c
	go func() {
		_ = c.Wait() // it is killed, here or at a point of its own
		n.died <- i
	}()
	return nil
}

// stop ends the processes, its own children and nothing else.
func (n *network) stop() {
	for _, c := range n.alive {
		if c != nil {
			_ = c.Process.Kill()
		}
	}
}

func story(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "processes")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s, err := found(ctx, dir)
	if err != nil {
		return err
	}
	n := &network{secrets: s, died: make(chan int, parties)}
	defer n.stop()
	var urls []string
	for i := range parties {
		if err := n.start(i); err != nil {
			return err
		}
		urls = append(urls, "http://"+n.address(i))
	}
	node, err := httpnode.NewClient(&http.Client{Timeout: 5 * time.Second}, urls...)
	if err != nil {
		return err
	}
	t := &tale{network: n, node: node}
	if err := t.begin(ctx); err != nil {
		return err
	}
	for k, point := range points {
		victim := k % parties
		if point == "ordered" {
			victim = 0 // who orders
		}
		if err := t.killAt(ctx, victim, point, 10); err != nil {
			return fmt.Errorf("killed when %s: %w", point, err)
		}
		fmt.Printf("%2d. process %d killed %q, started again; the payment is executed\n", k+1, victim+1, point)
	}
	return t.end(ctx)
}

// tale is two users of the network, and what they should have.
type tale struct {
	*network
	node       *httpnode.Client
	alice, bob *wallet.Wallet
	handed     []utt.Digest // of all operations
	paid       utt.Amount
}

// Submit hands an operation in, until a node takes it.
func (t *tale) Submit(ctx context.Context, op utt.Operation) error {
	t.handed = append(t.handed, op.Digest())
	return t.node.Submit(ctx, op)
}

// recording is the node of the wallets.
type recording struct {
	*httpnode.Client
	t *tale
}

func (r *recording) Submit(ctx context.Context, op utt.Operation) error { return r.t.Submit(ctx, op) }

func (t *tale) begin(ctx context.Context) error {
	for _, u := range []struct {
		name string
		w    **wallet.Wallet
	}{{"alice", &t.alice}, {"bob", &t.bob}} {
		seed := make([]byte, utt.SeedSize)
		_, _ = rand.Read(seed) // never fails
		w, err := wallet.New(t.parameters, u.name, seed, wallet.Config{ProvingKeys: t.proving})
		if err != nil {
			return err
		}
		*u.w = w
		r, err := w.Registration(0)
		if err != nil {
			return err
		}
		if r, err = t.endorser.Endorse(u.name, r); err != nil {
			return err
		}
		if err := t.until(ctx, func() (bool, error) {
			if err := t.Submit(ctx, r); err != nil {
				return false, nil // not up yet
			}
			return w.Registered(), w.Sync(ctx, t.wallets())
		}); err != nil {
			return err
		}
		if err := t.await(ctx, w)(w.RequestBudget(ctx, t.wallets(), asset, 1)); err != nil {
			return err
		}
	}
	issue, err := utt.NewIssue(t.parameters, t.issuer, 0, t.alice.PID(), asset, 1000)
	if err != nil {
		return err
	}
	if err := t.Submit(ctx, issue); err != nil {
		return err
	}
	if err := t.until(ctx, func() (bool, error) {
		return t.alice.Balance(asset).Account == 1000, t.alice.Sync(ctx, t.wallets())
	}); err != nil {
		return err
	}
	return t.await(ctx, t.alice)(t.alice.Mint(ctx, t.wallets(), asset, 600))
}

func (t *tale) wallets() *recording { return &recording{t.node, t} }

// until waits for something to hold.
func (t *tale) until(ctx context.Context, holds func() (bool, error)) error {
	for {
		ok, err := holds()
		if wallet.Behind.Is(err) {
			err = nil // of several nodes, one lags
		}
		if ok || err != nil && ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case i := <-t.died:
			return fmt.Errorf("process %d died, which nobody asked for", i+1)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// await waits for an operation, and hands it in again while nobody knows of it.
func (t *tale) await(ctx context.Context, w *wallet.Wallet) func(wallet.Handle, error) error {
	return func(op wallet.Handle, err error) error {
		for {
			if err == nil {
				bounded, cancel := context.WithTimeout(ctx, 2*time.Second)
				err = w.Await(bounded, t.wallets(), op)
				cancel()
			}
			if err == nil || ctx.Err() != nil || errors.Is(err, utt.ErrConflict) {
				return err
			}
			err = w.Resubmit(ctx, t.wallets(), op)
			if errors.Is(err, utt.ErrNotFound) { // it is decided meanwhile
				err = nil
			}
		}
	}
}

// killAt has a process die at a point while a payment is made, and starts it again.
func (t *tale) killAt(ctx context.Context, victim int, point string, amount utt.Amount) error {
	if err := os.WriteFile(filepath.Join(t.dir, fmt.Sprint("crash-", victim)), []byte(point), 0o600); err != nil {
		return err
	}
	restarted := make(chan error, 1)
	go func() {
		select {
		case i := <-t.died:
			if i != victim {
				restarted <- fmt.Errorf("process %d died instead of process %d", i+1, victim+1)
				return
			}
			restarted <- t.start(victim)
		case <-ctx.Done():
			restarted <- fmt.Errorf("process %d never came there", victim+1)
		}
	}()
	if err := t.await(ctx, t.alice)(t.alice.Pay(ctx, t.wallets(), "bob", asset, amount, point)); err != nil {
		return err
	}
	t.paid += amount
	if err := <-restarted; err != nil {
		return err
	}
	return t.until(ctx, func() (bool, error) { return len(t.bob.Received()) == int(t.paid/amount), t.bob.Sync(ctx, t.wallets()) })
}

// end checks that everything is exact, at every process.
func (t *tale) end(ctx context.Context) error {
	var all []status
	if err := t.until(ctx, func() (bool, error) { // they go on, so that they must be asked at one height
		all = nil
		for i := range parties {
			var s status
			if err := getJSON(ctx, "http://"+t.address(i)+"/status", &s); err != nil {
				return false, err
			}
			all = append(all, s)
		}
		for _, s := range all {
			if s.Height != all[0].Height {
				return false, nil
			}
		}
		return true, nil
	}); err != nil {
		return err
	}
	for i, s := range all {
		if s != all[0] {
			return fmt.Errorf("process %d is in another state than the first", i+1)
		}
	}
	executed := 0
	for i := range parties {
		one, err := httpnode.NewClient(nil, "http://"+t.address(i))
		if err != nil {
			return err
		}
		for _, d := range t.handed {
			r, err := one.Receipt(ctx, d)
			if err != nil {
				return fmt.Errorf("process %d: %w", i+1, err)
			}
			if err := r.Err(); err != nil {
				return fmt.Errorf("process %d: %w", i+1, err)
			}
			executed++
		}
	}
	for _, w := range []*wallet.Wallet{t.alice, t.bob} {
		if err := w.Sync(ctx, t.wallets()); err != nil && !wallet.Behind.Is(err) {
			return err
		}
	}
	a, b := t.alice.Balance(asset), t.bob.Balance(asset)
	want := wallet.Balance{Spendable: 600 - t.paid, Account: 400, Budget: 1000 - t.paid}
	if a != want || b.Spendable != t.paid || a.Spendable+a.Account+b.Spendable+b.Account != 1000 {
		return fmt.Errorf("alice has %+v and bob %+v, after payments of %d", a, b, t.paid)
	}
	fmt.Printf("\n%d payments, none lost or made twice; issued 1000 = accounts %d + coins %d; %d receipts, all executed;\n", t.paid/10, a.Account, a.Spendable+b.Spendable, executed)
	fmt.Printf("four processes in one state at height %d, %s….\n", all[0].Height, all[0].Digest[:16])
	return nil
}

func getJSON(ctx context.Context, url string, v any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = got.Body.Close() }()
	return json.NewDecoder(got.Body).Decode(v)
}

// status is what the story compares.
func (p *party) status(w http.ResponseWriter, _ *http.Request) {
	s, err := p.Ledger().Snapshot()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer func() { _ = s.Close() }()
	digest := s.Digest()
	_ = json.NewEncoder(w).Encode(status{s.Head().Height, hex.EncodeToString(digest[:])})
}

type status struct {
	Height uint64
	Digest string
}
