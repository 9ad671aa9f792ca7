package bft

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// proposer is a node that is to propose, and counts the operations whose proofs it verifies.
type proposer struct {
	*rig
	w        *Workload
	verified int
}

func newProposer(t testing.TB, w *Workload, block int) *proposer {
	t.Helper()
	id := NodeID((w.Founding.ledger.Head().Height + 1) % 4)
	p := &proposer{rig: &rig{t: t, configs: replicas(t, w, 1)}, w: w}
	c := p.configs[id]
	check := c.Parameters.Check // not the verdicts that the tests share
	c.Block = block
	c.Check = func(ctx context.Context, time uint64, ops []utt.Operation) (*utt.Verdicts, error) {
		p.verified += len(ops)
		return check(ctx, time, ops)
	}
	var err error
	p.node, err = New(c)
	require.NoError(t, err)
	return p
}

// submit takes operations in before the node starts, so that it proposes once.
func (p *proposer) submit(raw ...[]byte) {
	for _, r := range raw {
		p.node.Step(Message{From: Outside, Body: Submit{r}})
	}
}

// proposed is what the block proposed holds.
func (p *proposer) proposed() [][]byte {
	p.step(Start{})
	if s := p.node.consensus.round; !p.node.consensus.at(s).proposed { // there is nothing
		p.step(Timeout{timeoutIdle, p.height(), 0})
	}
	proposals := p.node.consensus.at(0).proposals
	require.Len(p.t, proposals, 1)
	return proposals[0].block.Ops
}

// decide has the others vote for the block proposed.
func (p *proposer) decide() {
	b := p.node.consensus.at(0).proposals[0].block
	h := b.Height
	others := slices.DeleteFunc([]NodeID{0, 1, 2, 3}, func(i NodeID) bool { return i == p.node.c.ID })
	p.votes(kindPrevote, 0, b.id, others[:2]...)
	p.votes(kindPrecommit, 0, b.id, others[:2]...)
	require.Equal(p.t, h, p.node.Height())
}

func raws(items ...*Item) (raw [][]byte) {
	for _, i := range items {
		raw = append(raw, i.Raw)
	}
	return raw
}

// forged are encodings of a payment with its ID and proofs that are wrong, each otherwise.
func forged(t testing.TB, of *Item, many int) (raw [][]byte) {
	t.Helper()
	for i := range many {
		b := slices.Clone(of.Raw)
		b[len(b)-1-i/255] ^= byte(i%255 + 1) // in the last response of the Σ proof
		op, err := utt.ParseOperation(b)
		require.NoError(t, err)
		require.Equal(t, parsed(t, of.Raw).ID(), op.ID())
		raw = append(raw, b)
	}
	return raw
}

func parsed(t testing.TB, raw []byte) utt.Operation {
	t.Helper()
	op, err := utt.ParseOperation(raw)
	require.NoError(t, err)
	return op
}

// Invalid operations in front of, between and behind valid ones are each verified once, and
// so are the valid ones, whatever moves up in the place of the others.
func TestProposerVerifiesOnce(t *testing.T) {
	w := pool(t)
	valid := append(raws(w.Payments[:12]...), raws(w.Splits[:12]...)...)
	var bad [][]byte
	for i := range 12 {
		b := slices.Clone(valid[12+i]) // splits of which the right ones are not submitted
		b[len(b)-1] ^= 1
		bad = append(bad, b)
	}
	for name, order := range map[string][][]byte{
		"behind":   slices.Concat(valid[:7], bad),
		"in front": slices.Concat(bad, valid[:7]),
		"between":  slices.Concat(valid[:3], bad[:5], valid[3:5], bad[5:], valid[5:7]),
	} {
		t.Run(name, func(t *testing.T) {
			p := newProposer(t, w, 16)
			p.submit(order...)
			require.Equal(t, valid[:7], p.proposed())
			require.Equal(t, 19, p.verified)
			p.submit(bad...) // handed in again
			require.Empty(t, p.node.mempool.find(bad[0]))
			p.decide()
			require.Equal(t, 19, p.verified)
			require.Empty(t, p.node.mempool.queue)
		})
	}
}

// What was verified and did not fit into a block is not verified again for the next one,
// nor is what another proposes once more.
func TestVerdictsAreKept(t *testing.T) {
	w := pool(t)
	p := newProposer(t, w, 8)
	p.submit(raws(w.Invalid[0])...)
	p.submit(raws(w.Payments[2:12]...)...)
	require.Equal(t, raws(w.Payments[2:10]...), p.proposed()[:8])
	require.Equal(t, 10, p.verified, "a batch, and one for what was invalid")
	p.decide()
	verified := p.verified
	b := newBlock(p.height(), p.node.c.Clock, p.node.last, raws(w.Payments[10], w.Payments[11]))
	by := p.node.c.proposer(p.height(), 0)
	p.hear(by, &proposal{p.height(), 0, -1, b})
	require.Equal(t, []vote{{kindPrevote, p.height(), 0, b.id}}, p.said())
	require.LessOrEqual(t, p.verified-verified, 1, "one was verified before")
	verified = p.verified
	again := newBlock(p.height(), p.node.c.Clock+1, p.node.last, raws(w.Payments[11], w.Payments[10]))
	require.Empty(t, p.node.judge(again).reason)
	require.Equal(t, verified, p.verified)
	bad := newBlock(p.height(), p.node.c.Clock, p.node.last, raws(w.Invalid[0]))
	require.Equal(t, "invalid operation", p.node.judge(bad).reason)
	require.Equal(t, verified, p.verified)
}

// What is spent or was executed before is dropped before a proof is looked at.
func TestSpentIsNotVerified(t *testing.T) {
	w := pool(t)
	p := newProposer(t, w, 8)
	p.submit(raws(w.Payments[0], w.Payments[1])...)
	require.Len(t, p.proposed(), 2)
	p.submit(raws(w.Doubles[0])...) // while its coin is not spent yet
	require.NotNil(t, p.node.mempool.find(w.Doubles[0].Raw))
	p.decide()
	require.Equal(t, 2, p.verified)
	p.submit(raws(w.Doubles[1], w.Payments[0], w.Splits[0])...)
	p.submit(forged(t, w.Payments[1], 20)...)
	require.Len(t, p.node.mempool.known, 2, "a double of before, and the split")
	chosen, err := p.node.choose(p.node.c.Clock)
	require.NoError(t, err)
	require.Len(t, chosen, 1)
	require.Equal(t, w.Splits[0].Raw, chosen[0].raw)
	require.Equal(t, 3, p.verified)
	require.Len(t, p.node.mempool.known, 1)
}

// All encodings of an ID hold one place. A forgery that comes first keeps nobody out, and
// once one is executed all go.
func TestOneIDHoldsOnePlace(t *testing.T) {
	w := pool(t)
	p := newProposer(t, w, 8)
	bad := forged(t, w.Payments[0], 3)
	p.submit(bad...)
	p.submit(raws(w.Payments[0])...)
	late := forged(t, w.Payments[0], 5)[3:]
	p.submit(late...)
	p.submit(raws(w.Payments[1])...)
	require.Len(t, p.node.mempool.queue, 2)
	require.ElementsMatch(t, raws(w.Payments[0], w.Payments[1]), p.proposed())
	require.Equal(t, 5, p.verified, "those behind the valid one are not")
	p.decide()
	require.Empty(t, p.node.mempool.known)
	require.Empty(t, p.node.mempool.slots)
	require.Empty(t, p.node.mempool.queue)
}

// A flood of forgeries takes two blocks of proofs for a proposal, not all of them.
func TestFloodOfForgeries(t *testing.T) {
	w := pool(t)
	p := newProposer(t, w, 4)
	p.submit(forged(t, w.Payments[0], 100)...)
	p.submit(raws(w.Payments[1])...)
	require.Equal(t, raws(w.Payments[1]), p.proposed(), "it does not wait behind them")
	require.LessOrEqual(t, p.verified, 8)
}

// Orders whose nonces are ahead wait, and go one after the other in one block if they can.
func TestOrdersWaitForTheirNonce(t *testing.T) {
	w := pool(t)
	f := w.Founding
	nonce, err := f.ledger.IssueNonce()
	require.NoError(t, err)
	var issues [][]byte
	for i := range uint64(4) {
		op, err := utt.NewIssue(f.Parameters, f.Issuer, nonce+i, utt.PIDOf(w.users[0].name), Asset, 1)
		require.NoError(t, err)
		raw, err := op.AppendBinary(nil)
		require.NoError(t, err)
		issues = append(issues, raw)
	}
	p := newProposer(t, w, 8)
	p.submit(issues[0], issues[1], issues[3])
	require.Equal(t, issues[:2], p.proposed())
	require.Len(t, p.node.mempool.later, 1)
	p.decide()
	require.Len(t, p.node.mempool.later, 1)
	require.Empty(t, p.node.mempool.queue, "it need not propose")
	p.submit(issues[2], issues[0])
	chosen, err := p.node.choose(p.node.c.Clock)
	require.NoError(t, err)
	require.Len(t, chosen, 1) // of those in the order of arrival, the first was to wait
	require.Equal(t, issues[2], chosen[0].raw)
	require.Equal(t, 4, p.verified)
}

// What waits for an epoch or round is not verified, and anybody's: it has some room, and the
// rest is for what can be proposed. Who is not kept there hands in again.
func TestUnverifiedOperationsWaitInARoomOfTheirOwn(t *testing.T) {
	w := pool(t)
	f := w.Founding
	var p mempool
	issue := func(nonce uint64) []byte {
		op, err := utt.NewIssue(f.Parameters, f.Issuer, nonce, utt.PIDOf(w.users[0].name), Asset, 1)
		require.NoError(t, err)
		raw, err := op.AppendBinary(nil)
		require.NoError(t, err)
		return raw
	}
	for n := range uint64(maxWaiting - 1) {
		raw := issue(n)
		require.True(t, p.add(raw, parsed(t, raw)))
	}
	two := forged(t, w.Payments[0], 2) // of one ID
	for _, raw := range append(two, issue(maxWaiting), w.Payments[1].Raw, w.Payments[2].Raw) {
		require.True(t, p.add(raw, parsed(t, raw)))
	}
	all := p.take()
	require.Len(t, all, maxWaiting+3)
	later := make(map[*slot]wait)
	for _, at := range all[:maxWaiting+2] {
		later[at] = aheadWait
	}
	later[all[maxWaiting+1]] = nonceWait
	p.put(all, later)
	require.Len(t, p.later, maxWaiting+1)
	require.Nil(t, p.find(two[0]), "there is room for one")
	require.Nil(t, p.find(two[1]))
	require.NotNil(t, p.find(issue(maxWaiting)))
	require.NotNil(t, p.find(w.Payments[1].Raw), "it is verified")
	require.Len(t, p.queue, 1)
	require.Len(t, p.slots, maxWaiting+2)
	require.True(t, p.add(two[1], parsed(t, two[1])))
}
