package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// Files: what all know, and the shares of each under its passphrase.
const (
	parametersFile = "parameters"
	committeesFile = "committees"
)

// provingFiles are those of the proving keys, for transfers to oneself and for payments.
var provingFiles = []string{"proving-key-self", "proving-key-pay"}

func (g *genesis) path(name ...string) string {
	return filepath.Join(append([]string{g.dir}, name...)...)
}

// share is where a party's share of a key is. Those of another generation of the key are
// beside it, until the committees are those of the next one.
func (g *genesis) share(p *party, k *key) string {
	generation := k.outcome.Old().Generation()
	return g.path(p.name, fmt.Sprintf("%s-%x", k.terms.Purpose, generation[:4]))
}

// writeShares writes the shares of a key, each under its holder's passphrase.
func (g *genesis) writeShares(k *key) error {
	for i, p := range k.holders {
		if err := os.MkdirAll(g.path(p.name), 0o700); err != nil {
			return err
		}
		var sealed []byte
		var err error
		if k.decryption != nil {
			sealed, err = k.decryption[i].Seal(nil, p.passphrase)
		} else {
			sealed, err = k.shares[i].Seal(nil, p.passphrase)
		}
		if err != nil {
			return err
		}
		if err := writeFile(g.share(p, k), sealed, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// writeCommittees writes the committees, of which all shares are on disk.
func (g *genesis) writeCommittees() error {
	b, err := g.committees().MarshalBinary()
	if err != nil {
		return err
	}
	return writeFile(g.path(committeesFile), b, 0o644)
}

// removeShares removes the shares of keys that others hold now.
func (g *genesis) removeShares(keys ...*key) error {
	for _, k := range keys {
		for _, p := range k.holders {
			if err := os.Remove(g.share(p, k)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// writeFile writes a file as a whole or not at all.
func writeFile(path string, b []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// load reads a party's share of a key, nil if it is no holder.
func (g *genesis) load(p *party, k *key) (*threshold.KeyShare, error) {
	if !slices.Contains(k.holders, p) {
		return nil, nil
	}
	sealed, err := os.ReadFile(g.share(p, k))
	if err != nil {
		return nil, err
	}
	return threshold.OpenKeyShare(sealed, p.passphrase)
}

// network is the replicas and registrars that run, and a sequencer in place of consensus.
// The first replica is the node of the wallets.
type network struct {
	*replica.Replica
	p        *utt.Parameters
	clock    uint64
	height   uint64
	blocks   []*utt.Block // decided
	running  []*replica.Replica
	stores   map[*party]*store.File
	unsigned bool // blocks are decided and executed, and nobody gets to sign them
}

// config is what a party is opened with, all of it from files.
func (g *genesis) config(p *party) (c replica.Config, err error) {
	b, err := os.ReadFile(g.path(parametersFile))
	if err != nil {
		return c, err
	}
	if c.Parameters, err = utt.ParseParameters(b); err != nil {
		return c, err
	}
	if b, err = os.ReadFile(g.path(committeesFile)); err != nil {
		return c, err
	}
	c.Committees = new(utt.Committees)
	if err := c.Committees.UnmarshalBinary(b); err != nil {
		return c, err
	}
	if c.Coin, err = g.load(p, g.coin); err != nil {
		return c, err
	}
	if c.Credential, err = g.load(p, g.credential); err != nil {
		return c, err
	}
	if c.Ledger, err = g.load(p, g.ledger); err != nil {
		return c, err
	}
	if g.net.stores[p] == nil {
		if g.net.stores[p], err = store.Open(g.path(p.name, "store")); err != nil {
			return c, err
		}
	}
	c.Store = g.net.stores[p]
	return c, nil
}

// start opens all parties but some on their stores, which hold what they had executed, and
// has them execute what was decided since. A newcomer starts from a snapshot of the others,
// whose digest they vouch for.
func (g *genesis) start(newcomer *party, without ...*party) error {
	var snapshot bytes.Buffer
	var digest [32]byte
	var published replica.Published
	if newcomer != nil {
		s, err := g.net.Ledger().Snapshot()
		if err != nil {
			return err
		}
		if _, err := s.WriteTo(&snapshot); err != nil {
			return err
		}
		digest = s.Digest()
		if err := s.Close(); err != nil {
			return err
		}
		if published, err = g.net.Where(); err != nil {
			return err
		}
		vouching := 0
		for _, r := range g.net.running {
			if r.Ledger().Digest() == digest {
				vouching++
			}
		}
		if vouching <= g.ledger.outcome.Faults {
			return errors.New("too few replicas vouch for the snapshot")
		}
	}
	g.net.running = nil
	for _, p := range slices.Concat(g.replicas, g.registrars) {
		if slices.Contains(without, p) {
			continue
		}
		c, err := g.config(p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		var r *replica.Replica
		if p == newcomer {
			r, err = replica.Restore(c, &snapshot, digest, published)
		} else {
			r, err = replica.Open(c)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		for _, block := range g.net.blocks[r.Ledger().Head().Height:] {
			if _, err := execute(context.Background(), r, block); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
		g.net.running = append(g.net.running, r)
	}
	g.net.Replica = g.net.running[0]
	return g.net.settle(context.Background())
}

// renew has the parties that run go on with the shares in their files, without a stop.
func (g *genesis) renew(ctx context.Context) error {
	for i, p := range slices.Concat(g.replicas, g.registrars) {
		c, err := g.config(p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if err := g.net.running[i].Renew(c.Committees, c.Coin, c.Credential, c.Ledger); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return g.net.settle(ctx)
}

func newNetwork(p *utt.Parameters, time uint64) *network {
	return &network{p: p, clock: time, stores: make(map[*party]*store.File)}
}

// now is the clock of the wallets.
func (n *network) now() time.Time { return time.Unix(int64(n.clock), 0) }

// stop closes a party's store.
func (n *network) stop(p *party) error {
	s := n.stores[p]
	delete(n.stores, p)
	return s.Close()
}

func (n *network) close() error {
	var errs []error
	for p := range n.stores {
		errs = append(errs, n.stop(p))
	}
	return errors.Join(errs...)
}

// Submit decides a block of one operation. The error is its rejection.
func (n *network) Submit(ctx context.Context, op utt.Operation) error { return n.decide(ctx, op) }

// decide decides a block. The error is the rejection of one of its operations.
func (n *network) decide(ctx context.Context, ops ...utt.Operation) error {
	n.height++
	n.clock++
	block := &utt.Block{Height: n.height, Time: n.clock, Ops: ops}
	n.blocks = append(n.blocks, block)
	for _, r := range n.running {
		receipts, err := execute(ctx, r, block)
		if err != nil {
			return err
		}
		for _, receipt := range receipts {
			if no := receipt.Rejection; no != nil {
				return no
			}
		}
	}
	if n.unsigned {
		return nil
	}
	return n.settle(ctx)
}

func execute(ctx context.Context, r *replica.Replica, block *utt.Block) ([]utt.Receipt, error) {
	verdicts, err := r.Check(ctx, block.Time, block.Ops)
	if err != nil {
		return nil, err
	}
	return r.Execute(block, verdicts)
}

// settle has all work, and carries their messages, until nothing is left to say; and once
// more where somebody was waited for in vain.
func (n *network) settle(ctx context.Context) error {
	if err := n.talk(ctx); err != nil {
		return err
	}
	for _, r := range n.running {
		r.Overdue(n.Ledger().Head().Height) // which says nothing where all is published
	}
	if err := n.talk(ctx); err != nil {
		return err
	}
	for i, r := range n.running {
		if blamed := r.Blamed(); len(blamed) > 0 {
			return fmt.Errorf("party %d blames %v", i+1, blamed)
		}
		if r.Ledger().Digest() != n.Ledger().Digest() {
			return fmt.Errorf("party %d has another ledger", i+1)
		}
	}
	return nil
}

// talk has all work, and carries their messages, until nothing is left to say.
func (n *network) talk(ctx context.Context) error {
	for quiet := false; !quiet; {
		quiet = true
		for _, from := range n.running {
			messages, err := from.Work(ctx)
			if err != nil {
				return err
			}
			for _, m := range messages {
				quiet = false
				for _, to := range n.running {
					if to == from || m.To() != (replica.Party{}) && m.To() != to.Party() {
						continue
					}
					if err := to.Receive(from.Party(), m); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}
