package bft

import (
	"context"
	"slices"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
)

// collection gathers what makes the signatures on a block's outputs: the replicas'
// shares, and signatures that others made of them.
type collection struct {
	executed bool
	records  []*utt.Record
	outputs  []int    // of each record
	any      bool     // of them
	sets     []*set   // of shares, one of a replica
	offers   []*offer // of signatures, one of a replica
	endorsed []heard  // endorsements of offers, one of a replica
	alone    bool     // does not wait for the combiner
	done     bool
}

// set is a replica's shares on a block, decoded once they are needed.
type set struct {
	by     NodeID
	raw    [][]byte
	shares []*utt.Share
	bad    bool
}

func (n *Node) collection(height uint64) *collection {
	if n.collections[height] == nil {
		n.collections[height] = new(collection)
	}
	return n.collections[height]
}

// signOutputs signs what a decided and executed block has created.
func (n *Node) signOutputs(height uint64) {
	c := n.load(height)
	if c == nil {
		return
	}
	if c.any {
		n.share(height, c)
		if n.c.combiner(height) != n.c.ID {
			n.timer(Timeout{Step: timeoutCombine, Height: height}, n.c.Timing.Combine)
		}
	}
	n.publish(height)
}

// load begins to gather the signatures on an executed block; nil if that fails.
func (n *Node) load(height uint64) *collection {
	c := n.collection(height)
	if c.executed {
		return c
	}
	records, err := blockRecords(context.Background(), n.ledger, height)
	if err != nil {
		n.fail("records of block %d: %v", height, err)
		return nil
	}
	for _, r := range records {
		outputs := r.Outputs(n.c.Parameters)
		c.records, c.outputs, c.any = append(c.records, r), append(c.outputs, outputs), c.any || outputs > 0
	}
	c.executed = true
	return c
}

// share makes the node's own shares on a block and sends them.
func (n *Node) share(height uint64, c *collection) {
	mine, err := n.sign(height)
	if err != nil {
		n.fail("sign block %d: %v", height, err)
		return
	}
	message := &shareSet{height: height}
	for _, s := range mine {
		b, err := s.MarshalBinary()
		if err != nil {
			n.fail("encode shares of block %d: %v", height, err)
			return
		}
		message.shares = append(message.shares, b)
	}
	st := n.state(message)
	n.own = append(n.own, st)
	n.send(Everyone, st)
	// first, for they need not be decoded
	c.sets = slices.Insert(c.sets, 0, &set{by: n.c.ID, shares: mine})
}

// blockRecords are the records of a block, without signatures.
func blockRecords(ctx context.Context, l *ledger.Ledger, height uint64) (records []*utt.Record, err error) {
	for r, err := range l.Records(ctx, utt.Cursor{Height: height}) {
		if err != nil {
			return nil, err
		}
		if r.Cursor().Height > height {
			break
		}
		records = append(records, r)
	}
	return records, nil
}

// sign makes the node's own shares.
func (n *Node) sign(height uint64) ([]*utt.Share, error) {
	defer n.c.Observe(StageSign)()
	var mine []*utt.Share
	for _, s := range n.signers {
		shares, err := s.SignBlock(context.Background(), height)
		if err != nil {
			return nil, err
		}
		mine = append(mine, shares...)
	}
	return mine, nil
}

// collect takes in the shares of another replica, the first that it sends.
func (n *Node) collect(by NodeID, s *shareSet) (kept bool) {
	c := n.collection(s.height)
	if c.done || slices.ContainsFunc(c.sets, func(o *set) bool { return o.by == by }) {
		return false
	}
	c.sets = append(c.sets, &set{by: by, raw: s.shares})
	n.publish(s.height)
	return true
}

// usable are f+1 complete sets of shares by those they claim to be by.
func (n *Node) usable(height uint64, c *collection) []*set {
	var use []*set
	for _, s := range c.sets {
		if s.bad {
			continue
		}
		if !n.decode(s) || !n.complete(c, s) {
			s.bad = true
			n.event(Blamed{height, s.by, "shares"})
			continue
		}
		if use = append(use, s); len(use) == n.c.Faults+1 {
			return use
		}
	}
	return nil
}

func (n *Node) decode(s *set) bool {
	if s.shares != nil {
		return true
	}
	shares := make([]*utt.Share, len(s.raw))
	for i, raw := range s.raw {
		shares[i] = new(utt.Share)
		if shares[i].UnmarshalBinary(raw) != nil {
			return false
		}
	}
	s.shares = shares
	return true
}

// complete reports whether a set is one share of its sender on every output, in
// order, and nothing else. Their points are verified once they are combined.
func (n *Node) complete(c *collection, set *set) bool {
	of := make(map[utt.Cursor]*utt.Share, len(set.shares))
	for _, s := range set.shares {
		of[s.Record] = s
	}
	signed := 0
	for i, r := range c.records {
		if c.outputs[i] == 0 {
			continue
		}
		signed++
		if n.c.Committees.Expects(n.c.Parameters, r, of[r.Cursor()], threshold.Index(set.by)+1) != nil {
			return false
		}
	}
	return len(set.shares) == signed
}
