package bft

import (
	"context"
	"errors"
	"iter"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// Client is a wallet's view of a running simulation: a wallet.Node. It sends
// operations to all replicas and publishes the records that t of them certify. Waiting
// is what makes the simulation go on. It is not safe for concurrent use.
type Client struct {
	m    *Simulation
	f    *Founding
	next string // name of the operation to come, in the trace
	*replica.Publication
}

// patience is how long, in logical milliseconds, a client waits for a block.
const patience = 300_000

// NewClient starts a client of a simulation whose schedule submits nothing.
func NewClient(m *Simulation, f *Founding) *Client {
	m.harness.open = true
	return &Client{m: m, f: f, Publication: f.Publication.Clone()}
}

// Name names the next operation in the trace.
func (c *Client) Name(name string) { c.next = name }

// Submit implements wallet.Node.
func (c *Client) Submit(_ context.Context, op utt.Operation) error {
	raw, err := op.AppendBinary(nil)
	if err != nil {
		return err
	}
	c.m.harness.add(c.m, &Item{Name: c.next, Raw: raw, Digest: op.Digest()})
	c.m.Submit(raw)
	return nil
}

// Wait implements wallet.Node.
func (c *Client) Wait(ctx context.Context, from utt.Cursor) error {
	return c.RunUntil(ctx, func() bool {
		for range c.Records(ctx, from) {
			return true
		}
		return false
	})
}

// RunUntil runs the simulation until a condition holds.
func (c *Client) RunUntil(ctx context.Context, holds func() bool) error {
	limit := c.m.now + patience
	for !holds() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !c.m.Next() || c.m.now > limit {
			if c.m.err != nil {
				return c.m.err
			}
			return c.m.harness.stalled(c.m)
		}
		if err := c.read(); err != nil {
			return err
		}
	}
	return nil
}

// Settle runs until every honest replica that is up has decided and signed all.
func (c *Client) Settle(ctx context.Context) error {
	return c.RunUntil(ctx, func() bool { return c.m.harness.complete(c.m) })
}

// read takes in what the replicas have published since. A Byzantine one withholds it.
func (c *Client) read() error {
	next := uint64(1)
	if last := c.Last(); last != nil {
		next = last.Height + 1
	}
	for e := range c.honest() {
		if e.node.Published() < next {
			continue
		}
		err := publishFrom(e.node.Replica(), c.Publication, e.node.Published())
		if err == nil {
			return nil
		}
		if !errors.Is(err, utt.ErrNotFound) {
			return err
		}
	}
	return nil // yet
}

// served are the records of some blocks that a replica serves, with the certificate of the
// last one.
func served(r *replica.Replica, from, to uint64) (records []*utt.Record, _ *utt.Certificate, err error) {
	ctx := context.Background()
	certificate, err := r.Certificate(ctx, to)
	if err != nil {
		return nil, nil, err
	}
	for r, err := range r.Records(ctx, utt.Cursor{Height: from}) {
		if err != nil {
			return nil, nil, err
		}
		if r.Cursor().Height > to {
			break
		}
		records = append(records, r)
	}
	return records, certificate, nil
}

// publishFrom publishes what a replica serves up to a block, and the credentials so far.
func publishFrom(r *replica.Replica, p *replica.Publication, to uint64) error {
	records, certificate, err := served(r, p.Where().Frontier.Height+1, to)
	if err != nil {
		return err
	}
	if err := p.Publish(certificate, records); err != nil {
		return err
	}
	ctx, at := context.Background(), p.Where().CredentialFrontier
	certificate, err = r.CredentialCertificate(ctx, to)
	if errors.Is(err, utt.ErrNotFound) || err == nil && certificate.Height <= at.Height {
		return nil // registrars owe what is new, if there is anything
	}
	if err != nil {
		return err
	}
	var leaves []utt.CredentialLeaf
	for l, err := range r.Credentials(ctx, at.Records) {
		if err != nil {
			return err
		}
		if l.Record < certificate.Records {
			leaves = append(leaves, l)
		}
	}
	return p.PublishCredentials(certificate, leaves)
}

// honest are the replicas that are up and follow the protocol.
func (c *Client) honest() iter.Seq[*endpoint] {
	return func(yield func(*endpoint) bool) {
		for _, e := range c.m.endpoints {
			if !e.down && e.forger == nil && !yield(e) {
				return
			}
		}
	}
}
