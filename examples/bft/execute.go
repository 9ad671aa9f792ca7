package bft

import (
	"slices"

	"github.com/utt-ecash/utt-go/utt"
)

// judgement is what a node found of a block, but for the block's time, which may
// lie ahead now and not later.
type judgement struct {
	reason   string // it is invalid for; none if valid
	ops      []utt.Operation
	verdicts *utt.Verdicts
}

// valid is valid(v) of the paper: the block follows the last one and every
// operation in it verifies. A block with an operation that does not is no use to
// anybody, for honest proposers verify first.
func (n *Node) valid(b *Block, p *proposal) bool {
	return b.Time <= n.clock(n.c.Timing.Drift) && n.judged(b, p)
}

// judged is valid but for the block's time being ahead of the node's clock.
func (n *Node) judged(b *Block, p *proposal) bool {
	j := n.judgements[b.id]
	if j == nil {
		j = n.judge(b)
		n.judgements[b.id] = j
		if j.reason != "" {
			n.event(Refused{p.height, p.round, n.c.proposer(p.height, p.round), j.reason})
		}
	}
	b.ops = j.ops // a block proposed again is decoded again, and judged once
	return j.reason == ""
}

func (n *Node) judge(b *Block) *judgement {
	switch {
	case b.Height != n.consensus.height || b.Parent != n.last:
		return &judgement{reason: "does not follow the last block"}
	case b.Time < n.Ledger().Head().Time:
		return &judgement{reason: "goes back in time"}
	case len(b.Ops) > n.c.Block:
		return &judgement{reason: "too many operations"}
	case b.parse(&n.mempool) != nil:
		return &judgement{reason: "malformed operation"}
	}
	v, err := n.check(b.Time, b.ops)
	if err != nil {
		return &judgement{reason: "cannot be checked"}
	}
	for _, op := range b.ops {
		if v.Err(op) != nil {
			return &judgement{reason: "invalid operation"}
		}
	}
	return &judgement{ops: b.ops, verdicts: v}
}

// decide is lines 51 to 54.
func (n *Node) decide(b *Block, r int32, certificate []*Statement) {
	n.apply(b, n.judgements[b.id].verdicts, r, certificate)
	if !n.halted {
		n.enter(b.Height + 1)
	}
}

// apply executes a block that is decided irrevocably and vouches for the state after
// it. Its outputs are signed once the replica works.
func (n *Node) apply(b *Block, v *utt.Verdicts, r int32, certificate []*Statement) {
	end := n.c.Observe(StageExecute)
	receipts, err := n.replica.Execute(b.ledger(), v)
	end()
	if err != nil {
		n.fail("execute block %d: %v", b.Height, err)
		return
	}
	n.mempool.settle(b.ops, receipts)
	n.last = b.id
	n.chain = append(n.chain, &Decided{b.raw, certificate})
	if len(n.chain) > keep {
		n.chain = slices.Clone(n.chain[1:])
	}
	e := Executed{Height: b.Height, Round: r, Block: b, Digest: n.Ledger().Digest(), Receipts: receipts}
	for _, s := range certificate {
		e.Voters = append(e.Voters, s.Signer)
	}
	n.event(e)
	n.own = slices.DeleteFunc(n.own, func(s *Statement) bool {
		_, at, _ := s.peek()
		return at+keep < b.Height
	})
	n.attest(b.id)
	n.dirty = true
	n.await(b.Height)
}

// attest vouches for the ledger as it stands after a block.
func (n *Node) attest(b BlockID) {
	n.denied = nil
	a := &attestation{n.Height(), b, n.Ledger().Digest()}
	st := n.state(a)
	n.own = append(n.own, st)
	n.attested = append(n.attested, heard{st: st, c: a})
	n.send(Everyone, st)
	n.agree()
}
