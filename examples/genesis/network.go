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

// write writes the committees, and the shares of some keys over those of the generation
// before.
func (g *genesis) write(keys ...*key) error {
	b, err := g.committees().MarshalBinary()
	if err != nil {
		return err
	}
	if err := os.WriteFile(g.path(committeesFile), b, 0o644); err != nil {
		return err
	}
	for _, k := range keys {
		for i, p := range k.holders {
			if err := os.MkdirAll(g.path(p.name), 0o700); err != nil {
				return err
			}
			sealed, err := k.shares[i].Seal(nil, p.passphrase)
			if err != nil {
				return err
			}
			if err := os.WriteFile(g.path(p.name, k.terms.Purpose), sealed, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// load reads a party's share of a key, nil if it is no holder.
func (g *genesis) load(p *party, k *key) (*threshold.KeyShare, error) {
	if !slices.Contains(k.holders, p) {
		return nil, nil
	}
	sealed, err := os.ReadFile(g.path(p.name, k.terms.Purpose))
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

// start opens all parties on their stores, which hold what they had executed. A newcomer
// starts from a snapshot of the others, whose digest they vouch for.
func (g *genesis) start(newcomer *party) error {
	var snapshot bytes.Buffer
	var digest [32]byte
	var published *utt.Certificate
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
		if published, err = g.net.Certificate(context.Background(), 1<<62); err != nil {
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
		g.net.running = append(g.net.running, r)
	}
	g.net.Replica = g.net.running[0]
	return g.net.settle(context.Background())
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
func (n *network) Submit(ctx context.Context, op utt.Operation) error {
	n.height++
	n.clock++
	block := &utt.Block{Height: n.height, Time: n.clock, Ops: []utt.Operation{op}}
	for _, r := range n.running {
		verdicts, err := r.Check(ctx, block.Time, block.Ops)
		if err != nil {
			return err
		}
		receipts, err := r.Execute(block, verdicts)
		if err != nil {
			return err
		}
		if no := receipts[0].Rejection; no != nil {
			return no
		}
	}
	if n.unsigned {
		return nil
	}
	return n.settle(ctx)
}

// settle has all work, and carries their messages, until nothing is left to say.
func (n *network) settle(ctx context.Context) error {
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
