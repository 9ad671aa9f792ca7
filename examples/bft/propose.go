package bft

import (
	"context"
	"slices"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
)

// submit takes an operation in, unless it is of no use. It is verified once it is
// proposed, many at a time.
func (n *Node) submit(raw []byte) {
	op, err := utt.ParseOperation(raw)
	if err != nil {
		return
	}
	if n.replica != nil {
		time := max(n.Ledger().Head().Time, n.clock(0))
		v := n.verdicts[op.Digest()]
		if v.For(n.Ledger().Parameters(), time) == nil && v.Err(op) != nil {
			return // found invalid before
		}
		if outlook, _ := n.preview(op, time); outlook == ledger.Never {
			return
		}
	}
	if n.mempool.add(raw, op) && n.replica != nil && n.idle() {
		n.propose()
	}
}

// preview says what the state says of an operation, without a look at its proofs, and
// whether it waits for a nonce. What it lacks may come with others of the block.
func (n *Node) preview(op utt.Operation, time uint64) (_ ledger.Outlook, nonce bool) {
	outlook, no, err := n.replica.Preview(op, time)
	switch {
	case err != nil: // to be found out when it is executed
		return ledger.Now, false
	case no != nil && slices.Contains([]utt.Code{utt.CodeBalance, utt.CodeUnregistered, utt.CodeSupply}, no.Code):
		return ledger.Now, false
	}
	return outlook, no != nil && no.Code == utt.CodeNonce
}

// getValue is a block of the first operations of the mempool that are valid.
func (n *Node) getValue() *Block {
	time := max(n.Ledger().Head().Time, n.clock(0))
	var raw [][]byte
	chosen, err := n.choose(time)
	ops := make([]utt.Operation, len(chosen))
	for i, o := range chosen {
		raw, ops[i] = append(raw, o.raw), o.op
	}
	var v *utt.Verdicts
	if err == nil {
		v, err = n.check(time, ops)
	}
	if err != nil {
		n.fail("check: %v", err)
		return newBlock(n.consensus.height, time, n.last, nil)
	}
	b := newBlock(n.consensus.height, time, n.last, raw)
	b.ops = ops
	n.judgements[b.id] = &judgement{ops: ops, verdicts: v}
	return b
}

// option is an operation that a block may get.
type option struct {
	*pooled
	at    *slot
	later bool // unless one with the nonce before it is chosen
}

// choose takes operations from the mempool until a block is full. What is spent, replayed
// or invalid is dropped, and what is to wait is put aside. At most two blocks of proofs
// are verified.
func (n *Node) choose(time uint64) (chosen []*pooled, err error) {
	all, later := n.mempool.take(), make(map[*slot]wait)
	defer func() { n.mempool.put(all, later) }()
	next := make(map[utt.PID]uint64) // the nonces after those chosen
	rest := all
	for tried := 0; len(chosen) < n.c.Block && tried < 2*n.c.Block; {
		// more than are missing, so that bad ones among them do not each take a batch
		var batch []option
		for most := max(n.c.Block-len(chosen), n.c.Block/4); len(rest) > 0 && len(batch) < most; rest = rest[1:] {
			if c, ok := n.option(rest[0], time, later); ok {
				batch = append(batch, c)
			}
		}
		if len(batch) == 0 {
			break
		}
		tried += len(batch)
		ops := make([]utt.Operation, len(batch))
		for i, c := range batch {
			ops[i] = c.op
		}
		v, err := n.check(time, ops)
		if err != nil {
			return nil, err
		}
		var again []*slot
		for _, c := range batch {
			switch {
			case v.Err(c.op) != nil:
				n.mempool.refuse(c.op)
				again = append(again, c.at) // there may be another encoding
			case len(chosen) < n.c.Block && follows(c, next):
				chosen = append(chosen, c.pooled)
			case c.later:
				later[c.at] = nonceWait
			}
		}
		rest = slices.Concat(again, rest)
	}
	return chosen, nil
}

// option is the first operation in a slot of which the state does not say never.
func (n *Node) option(at *slot, time uint64, later map[*slot]wait) (option, bool) {
	for len(at.ops) > 0 {
		o := at.ops[0]
		outlook, nonce := n.preview(o.op, time)
		switch {
		case outlook == ledger.Never:
			n.mempool.drop(o.op)
			continue
		case outlook == ledger.Later && !nonce:
			later[at] = aheadWait
			return option{}, false
		}
		return option{o, at, outlook == ledger.Later}, true
	}
	return option{}, false
}

// follows reports whether an order has the nonce that is next after those chosen. What is
// no order always does.
func follows(c option, next map[utt.PID]uint64) bool {
	o, ok := c.op.(interface{ Nonce() uint64 })
	if !ok {
		return true
	}
	var of utt.PID // the issuer's
	if p, ok := c.op.(interface{ PID() utt.PID }); ok {
		of = p.PID()
	}
	at, begun := next[of]
	if c.later && !begun || begun && o.Nonce() != at {
		return false
	}
	next[of] = o.Nonce() + 1
	return true
}

// check verifies operations, each once in an epoch.
func (n *Node) check(time uint64, ops []utt.Operation) (*utt.Verdicts, error) {
	defer n.c.Observe(StageCheck)()
	p := n.Ledger().Parameters()
	var known []*utt.Verdicts
	var rest []utt.Operation
	for _, op := range ops {
		switch v := n.verdicts[op.Digest()]; {
		case v.For(p, time) != nil:
			rest = append(rest, op)
		case !slices.Contains(known, v):
			known = append(known, v)
		}
	}
	if len(rest) > 0 || len(known) == 0 {
		verify := n.c.Check
		if verify == nil {
			verify = func(ctx context.Context, time uint64, ops []utt.Operation) (*utt.Verdicts, error) {
				return p.Check(ctx, time, ops)
			}
		}
		v, err := verify(context.Background(), time, rest)
		if err != nil {
			return nil, err
		}
		for _, op := range rest {
			n.verdicts[op.Digest()] = v
		}
		known = append(known, v)
	}
	if len(known) == 1 {
		return known[0], nil
	}
	return p.Check(context.Background(), time, ops, known...) // which verifies none of them again
}
