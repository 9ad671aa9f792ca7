package bft

import (
	"context"
	"errors"
	"slices"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// collection gathers the replicas' shares on a block's outputs.
type collection struct {
	executed bool
	records  []*utt.Record
	outputs  []int // of each record
	any      bool  // of them
	sets     []shared
	done     bool
}

type shared struct {
	by     NodeID
	shares []*utt.Share
}

func (n *Node) collection(height uint64) *collection {
	if n.collections[height] == nil {
		n.collections[height] = new(collection)
	}
	return n.collections[height]
}

// signOutputs signs what a decided and executed block has created.
func (n *Node) signOutputs(height uint64) {
	c := n.collection(height)
	for r, err := range n.ledger.Records(context.Background(), utt.Cursor{Height: height}) {
		if err != nil {
			n.fail("records of block %d: %v", height, err)
			return
		}
		outputs := r.Outputs(n.c.Parameters)
		c.records, c.outputs, c.any = append(c.records, r), append(c.outputs, outputs), c.any || outputs > 0
	}
	c.executed = true
	if c.any {
		set := &shareSet{height: height}
		var mine []*utt.Share
		for _, s := range n.signers {
			end := n.c.Observe(StageSign)
			shares, err := s.SignBlock(context.Background(), height)
			end()
			if err != nil {
				n.fail("sign block %d: %v", height, err)
				return
			}
			mine = append(mine, shares...)
		}
		for _, s := range mine {
			b, err := s.MarshalBinary()
			if err != nil {
				n.fail("encode shares of block %d: %v", height, err)
				return
			}
			set.shares = append(set.shares, b)
		}
		st := n.state(set)
		n.own = append(n.own, st)
		n.send(Everyone, st)
		c.sets = append(c.sets, shared{n.c.ID, mine})
	}
	n.combine(height)
}

// collect takes in the shares of another replica, the first that it sends.
func (n *Node) collect(by NodeID, s *shareSet) {
	c := n.collection(s.height)
	if c.done || slices.ContainsFunc(c.sets, func(o shared) bool { return o.by == by }) {
		return
	}
	shares := make([]*utt.Share, len(s.shares))
	for i, raw := range s.shares {
		shares[i] = new(utt.Share)
		if shares[i].UnmarshalBinary(raw) != nil {
			n.event(Blamed{s.height, by})
			shares = nil
			break
		}
	}
	c.sets = append(c.sets, shared{by, shares})
	n.combine(s.height)
}

// combine makes the signatures of a block's records from the first f+1 replicas'
// shares. Those who sent bad ones are blamed and left out.
func (n *Node) combine(height uint64) {
	c := n.collections[height]
	for c.executed && !c.done {
		var use []shared
		if c.any {
			use = n.usable(height, c)
			if use == nil {
				return
			}
		}
		var shares []*utt.Share
		published := Published{Height: height}
		for _, u := range use {
			shares = append(shares, u.shares...)
			published.Signers = append(published.Signers, u.by)
		}
		end := n.c.Observe(StageCombine)
		records, err := n.c.Committees.Combine(context.Background(), n.c.Parameters, c.records, shares)
		end()
		var blame *threshold.BlameError
		switch {
		case err == nil:
			n.signed[height] = records
			*c = collection{done: true}
			n.event(published)
			return
		case !errors.As(err, &blame):
			n.fail("combine the shares of block %d: %v", height, err)
			return
		}
		for _, culprit := range blame.Culprits {
			n.event(Blamed{height, NodeID(culprit) - 1})
			for i := range c.sets {
				if c.sets[i].by == NodeID(culprit)-1 {
					c.sets[i].shares = nil
				}
			}
		}
	}
}

// usable are f+1 complete sets of shares by those they claim to be by.
func (n *Node) usable(height uint64, c *collection) []shared {
	var use []shared
	for i := range c.sets {
		set := &c.sets[i]
		if set.shares == nil {
			continue
		}
		if !n.complete(c, set) {
			n.event(Blamed{height, set.by})
			set.shares = nil
			continue
		}
		if use = append(use, *set); len(use) == n.c.Faults+1 {
			return use
		}
	}
	return nil
}

// complete reports whether a set has one share of its sender on every output, in
// order. Their points are verified once they are combined.
func (n *Node) complete(c *collection, set *shared) bool {
	of := make(map[utt.Cursor]*utt.Share, len(set.shares))
	for _, s := range set.shares {
		of[s.Record] = s
	}
	for i, r := range c.records {
		if c.outputs[i] == 0 {
			continue
		}
		s := of[r.Cursor()]
		if s == nil || len(s.Outputs) != c.outputs[i] {
			return false
		}
		for _, o := range s.Outputs {
			if NodeID(o.Index())-1 != set.by ||
				n.c.Committees.Coin.Expects(o) != nil && n.c.Committees.Credential.Expects(o) != nil {
				return false
			}
		}
	}
	return true
}
