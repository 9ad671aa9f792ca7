package bft

import (
	"context"
	"fmt"
	"iter"

	"github.com/utt-ecash/utt-go/utt"
)

// Client is a wallet's view of a running simulation: a utt.Node. It sends
// operations to all replicas and believes of records only what f+1 of them serve
// alike. Waiting is what makes the simulation go on. It is not safe for concurrent
// use.
type Client struct {
	m       *Simulation
	f       *Founding
	next    string // name of the operation to come, in the trace
	heights uint64 // read so far
	records []*utt.Record
}

// patience is how long, in logical milliseconds, a client waits for a block.
const patience = 300_000

// NewClient starts a client of a simulation whose schedule submits nothing.
func NewClient(m *Simulation, f *Founding) *Client {
	m.harness.open = true
	return &Client{m: m, f: f, heights: f.ledger.Head().Height, records: f.records}
}

// Name names the next operation in the trace.
func (c *Client) Name(name string) { c.next = name }

// Submit implements utt.Node.
func (c *Client) Submit(_ context.Context, op utt.Operation) error {
	raw, err := op.AppendBinary(nil)
	if err != nil {
		return err
	}
	c.m.harness.add(&Item{Name: c.next, Raw: raw, Digest: op.Digest()})
	c.m.Submit(raw)
	return nil
}

// Head implements utt.Node: of the blocks read.
func (c *Client) Head(context.Context) (utt.Head, error) {
	h := utt.Head{Height: c.heights, Time: c.m.configs[0].Clock + c.m.now/1000}
	policy := c.f.Parameters.Policy()
	var err error
	h.Epoch, err = policy.EpochAt(h.Time)
	return h, err
}

// Records implements utt.Node.
func (c *Client) Records(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	return yieldRecords(ctx, c.records, from)
}

// Wait implements utt.Node.
func (c *Client) Wait(ctx context.Context, from utt.Cursor) error {
	return c.RunUntil(ctx, func() bool {
		k := len(c.records)
		return k > 0 && (c.records[k-1].Cursor().Height > from.Height ||
			c.records[k-1].Cursor().Height == from.Height && c.records[k-1].Cursor().Index >= from.Index)
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

// read takes in the records of further blocks, once f+1 replicas serve the same.
// A Byzantine one withholds them.
func (c *Client) read() error {
	for c.heights < c.m.harness.highest {
		served := make(map[string]int)
		var agreed []*utt.Record
		found := false
		for _, e := range c.m.endpoints {
			records, has := e.node.Signed(c.heights + 1)
			if !has || e.down || e.forger != nil || found {
				continue
			}
			var all []byte
			for _, r := range records {
				var err error
				if all, err = r.AppendBinary(all); err != nil {
					return fmt.Errorf("bft: record: %w", err)
				}
			}
			if served[string(all)]++; served[string(all)] > c.m.configs[0].Faults {
				agreed, found = records, true
			}
		}
		if !found {
			return nil
		}
		c.records = append(c.records, agreed...)
		c.heights++
	}
	return nil
}
