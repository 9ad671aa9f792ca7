package bft

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// All replicas send their shares to all, but of each block one combines them, the
// combiner, in turn, and sends the signatures around; the next f verify them:
//
//	combiner             next f                                 others
//	f+1 shares: Combine
//	SIGNATURES ────────> Attach: verified under the group key
//	                     ENDORSEMENT ─────────────────────────> f+1 say that they are right
//	                                                            or, without that for a while:
//	                                                            Attach, or Combine
//
// Of the f+1, the combiner among them, one is honest and has verified what it
// vouches for. A key and a commitment leave one signature, so that whatever verifies
// is what a replica would have made itself. Nothing is believed of fewer than f+1:
// who is silent, or wrong and blamed, costs the others a wait and the work. What
// a replica has not verified it does not endorse.

// combiner has the turn: not who proposes the block in round 0, since both fail if
// one does.
func (c *Config) combiner(height uint64) NodeID { return c.proposer(height, 1) }

// endorses reports whether a node is one of the f that verify signatures for all.
func (c *Config) endorses(height uint64) bool {
	for i := range int32(c.Faults) {
		if c.proposer(height, 2+i) == c.ID {
			return true
		}
	}
	return false
}

// offer is another replica's statement of signatures.
type offer struct {
	heard
	digest [32]byte
	bad    bool
}

// offer takes in signatures of another replica, the first that it sends for a block.
func (n *Node) offer(h heard, s *signatures) (kept bool) {
	c := n.collection(s.height)
	if c.done || slices.ContainsFunc(c.offers, func(o *offer) bool { return o.st.Signer == h.st.Signer }) {
		return false
	}
	c.offers = append(c.offers, &offer{heard: h, digest: sha256.Sum256(h.st.Payload)})
	n.publish(s.height)
	return true
}

// endorsed takes in what another replica says of signatures, the first time.
func (n *Node) endorsed(h heard, e *endorsement) (kept bool) {
	c := n.collection(e.height)
	if c.done || slices.ContainsFunc(c.endorsed, func(o heard) bool { return o.st.Signer == h.st.Signer }) {
		return false
	}
	c.endorsed = append(c.endorsed, h)
	n.publish(e.height)
	return true
}

// vouchers counts the replicas that say an offer is right.
func (c *collection) vouchers(o *offer) int {
	var by []NodeID
	for _, other := range c.offers {
		if other.digest == o.digest {
			by = append(by, other.st.Signer)
		}
	}
	for _, h := range c.endorsed {
		if h.c.(*endorsement).digest == o.digest && !slices.Contains(by, h.st.Signer) {
			by = append(by, h.st.Signer)
		}
	}
	return len(by)
}

// publish signs the records of an executed block, once that can be done.
func (n *Node) publish(height uint64) {
	c := n.collections[height]
	if !c.executed || c.done || n.halted {
		return
	}
	for _, o := range c.offers {
		if c.vouchers(o) > n.c.Faults || n.c.broken.credulous {
			records, err := n.c.Parameters.AttachTrusted(c.records, o.c.(*signatures).records)
			if err != nil { // f+1 say that they verified what is not even well formed
				n.fail("signatures of block %d: %v", height, err)
				return
			}
			n.published(height, records, Published{Height: height, Combiner: o.st.Signer, Taken: true}, o.st)
			return
		}
	}
	combines, endorses := n.c.combiner(height) == n.c.ID, n.c.endorses(height)
	for _, o := range c.offers {
		if o.bad || !endorses && !combines && !c.alone {
			continue
		}
		if records, ok := n.attach(height, o); ok {
			st := n.state(&endorsement{height, o.digest})
			if endorses {
				n.send(Everyone, st)
			}
			n.published(height, records, Published{Height: height, Combiner: o.st.Signer, Taken: true}, o.st, st)
			return
		}
	}
	if combines || c.alone || !c.any {
		n.combine(height)
	}
}

// attach takes over another's signatures if they are right, and else blames it.
func (n *Node) attach(height uint64, o *offer) ([]*utt.Record, bool) {
	defer n.c.Observe(StageAttach)()
	records, err := n.c.Attach(context.Background(), n.collections[height].records, o.c.(*signatures).records)
	switch {
	case err == nil:
		return records, true
	case errors.Is(err, utt.ErrInvalid) || errors.Is(err, utt.ErrMalformed):
		o.bad = true
		n.event(Blamed{height, o.st.Signer, "signatures"})
	default:
		n.fail("signatures of block %d: %v", height, err)
	}
	return nil, false
}

// waited has the node verify a block's signatures, or combine its shares, itself.
func (n *Node) waited(height uint64) {
	c := n.collections[height]
	if c == nil || !c.executed || c.done {
		return
	}
	c.alone = true
	if n.publish(height); c.done || n.halted {
		return
	}
	if c.any && !slices.ContainsFunc(c.sets, func(s *set) bool { return s.by == n.c.ID }) {
		n.share(height, c) // of a block from before the node lost everything
		n.publish(height)
	}
	if !c.done { // those whose shares are missing may have been down
		n.ask(n.consensus.height)
		n.timer(Timeout{Step: timeoutCombine, Height: height}, n.c.Timing.Retry)
	}
}

// combine makes the signatures of a block's records from the first f+1 replicas'
// shares. Those who sent bad ones are blamed and left out.
func (n *Node) combine(height uint64) {
	c := n.collections[height]
	for {
		var use []*set
		if c.any {
			if use = n.usable(height, c); use == nil {
				return
			}
		}
		var shares []*utt.Share
		p := Published{Height: height, Combiner: n.c.ID}
		for _, u := range use {
			shares = append(shares, u.shares...)
			p.Signers = append(p.Signers, u.by)
		}
		end := n.c.Observe(StageCombine)
		records, err := n.c.Committees.Combine(context.Background(), n.c.Parameters, c.records, shares)
		end()
		var blame *threshold.BlameError
		switch {
		case err == nil:
			n.made(height, records, p)
			return
		case !errors.As(err, &blame):
			n.fail("combine the shares of block %d: %v", height, err)
			return
		}
		for _, culprit := range blame.Culprits {
			n.event(Blamed{height, NodeID(culprit) - 1, "shares"})
			for _, s := range c.sets {
				s.bad = s.bad || s.by == NodeID(culprit)-1
			}
		}
	}
}

// made sends around what the node combined, if it has the turn, and keeps it for
// those who come late.
func (n *Node) made(height uint64, records []*utt.Record, p Published) {
	if len(p.Signers) == 0 {
		n.published(height, records, p)
		return
	}
	s := &signatures{height: height}
	for _, r := range records {
		s.records = append(s.records, r.Signatures())
	}
	st := n.state(s)
	if n.c.combiner(height) == n.c.ID {
		n.send(Everyone, st)
	}
	n.published(height, records, p, st)
}

// published keeps the signed records, and the statements by which others take them
// over in the place of the node's own shares.
func (n *Node) published(height uint64, records []*utt.Record, p Published, sts ...*Statement) {
	n.signed[height] = records
	n.certify()
	*n.collections[height] = collection{done: true}
	if len(sts) > 0 {
		n.own = slices.DeleteFunc(n.own, func(s *Statement) bool {
			kind, at, _ := s.peek()
			return kind == kindShares && at == height
		})
		n.own = append(n.own, sts...)
	}
	n.event(p)
}
