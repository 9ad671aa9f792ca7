package bft

import (
	"context"
	"iter"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// Client is a wallet's view of a running simulation: a wallet.Node. It sends
// operations to all replicas and publishes the records that f+1 of them certify. Waiting
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
	c.m.harness.add(&Item{Name: c.next, Raw: raw, Digest: op.Digest()})
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

// read takes in the records of further blocks up to the last certificate that a replica
// has. A Byzantine one withholds them.
func (c *Client) read() error {
	next := uint64(1)
	if last := c.Last(); last != nil {
		next = last.Height + 1
	}
	var certificate *utt.Certificate
	for e := range c.honest() {
		if o := e.node.Certificate(); o != nil && o.Height >= next && (certificate == nil || o.Height > certificate.Height) {
			certificate = o
		}
	}
	if certificate == nil {
		return nil
	}
	var records []*utt.Record
	for height := next; height <= certificate.Height; height++ {
		signed := false
		for e := range c.honest() {
			var of []*utt.Record
			if of, signed = e.node.Signed(height); signed {
				records = append(records, of...)
				break
			}
		}
		if !signed {
			return nil // yet
		}
	}
	return c.Publish(certificate, records)
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
