package bft

import (
	"bytes"
	"container/heap"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// What a Byzantine replica can do with messages of its own making, in reviews of this
// package, and must not get anywhere with.

// lostNode is a node that lost everything, started, and the configurations of all.
func lostNode(t *testing.T) (*Node, []Config) {
	t.Helper()
	configs := replicas(t, pool(t), 1)
	configs[0].Store, configs[0].Incarnation = nil, 7
	node, err := New(configs[0])
	require.NoError(t, err)
	node.Step(Message{Body: Start{}})
	return node, configs
}

// snapshot is what an honest node serves.
func snapshot(t *testing.T, n *Node) *Snapshot {
	t.Helper()
	n.serve(0)
	s, ok := n.out[len(n.out)-1].Body.(*Snapshot)
	require.True(t, ok)
	n.out = nil
	return s
}

// Answers to an earlier recovery, which the network held back, say nothing of where the
// node has voted since: only those to the present one count. Nor does anybody count
// who is no other replica.
func TestStaleAnswersDoNotCount(t *testing.T) {
	node, configs := lostNode(t)
	s := snapshot(t, observer(t).node)
	for _, by := range []NodeID{1, 2, 3} {
		node.Step(Message{From: by, Body: configs[by].sign(&attestation{s.Height, s.Block, s.Digest})})
	}
	tell := func(from NodeID, r Recovery) {
		node.Step(Message{From: from, Body: &Tell{Recovery: r, Height: s.Height + 1}})
		node.Step(Message{From: from, Body: s})
	}
	now := Recovery{7, 1}
	for _, stale := range []Recovery{{}, {6, 1}, {7, 0}, {7, 2}} {
		for _, by := range []NodeID{1, 2, 3} {
			tell(by, stale)
		}
	}
	for _, by := range []NodeID{Outside, Everyone, 0, 4} {
		tell(by, now)
	}
	require.Empty(t, node.sync.answered)
	require.Nil(t, node.Ledger())
	for _, by := range []NodeID{1, 2, 3} {
		require.Nil(t, node.Ledger())
		tell(by, now)
	}
	require.NotNil(t, node.Ledger())
	// a second loss, of a node that fell too far behind, is another recovery
	node.recover()
	require.Equal(t, Recovery{7, 2}, node.sync.recovery)
}

// A genuine snapshot from before what the node signed, or whose next blocks nobody
// keeps, is no use and does no harm.
func TestOldSnapshotLeadsNowhere(t *testing.T) {
	node, configs := lostNode(t)
	s := snapshot(t, observer(t).node)
	for _, by := range []NodeID{1, 2, 3} {
		node.Step(Message{From: by, Body: configs[by].sign(&attestation{s.Height, s.Block, s.Digest})})
		node.Step(Message{From: by, Body: &Tell{Recovery: node.sync.recovery, Height: s.Height + 1}})
	}
	node.sync.highest = s.Height + keep/2 + 1
	node.Step(Message{From: 3, Body: s})
	require.Nil(t, node.Ledger())
	node.sync.highest--
	published := node.c.Published
	later := *published.Certificate
	later.Height = s.Height + 1
	node.c.Published.Certificate = &later
	node.Step(Message{From: 3, Body: s})
	require.Nil(t, node.Ledger())
	require.False(t, node.halted)
	node.c.Published = published
	node.Step(Message{From: 3, Body: s})
	require.NotNil(t, node.Ledger())
}

// Cut off for long, a node drops its ledger. One replica pushes the oldest snapshot at
// every step, and keeps it from nothing.
func TestLaggardIsPushedAnOldSnapshot(t *testing.T) {
	w := pool(t)
	s := Schedule{Seed: 10, Boot: 60, Items: items(w)[:8], Limit: 400_000, Byzantine: map[NodeID]Behaviour{3: Withhold}}
	s.Actions = append(submitAll(s.Items[:4]), Action{At: 200_000, Kind: ActionSubmit, Item: 4})
	s.Conditions = Conditions{Heal: 200_000, Splits: []Split{{From: 900, To: 200_000, Sides: [][]NodeID{{1, 2, 3}}}}}
	m, err := NewSimulation(replicas(t, w, 1), s)
	require.NoError(t, err)
	old := snapshot(t, m.endpoints[3].node)
	victim, dropped := m.endpoints[0], false
	for m.err == nil && !m.done() && m.Next() {
		if m.now > 199_990 && victim.node.Ledger() == nil {
			dropped = true
			m.step(victim, Message{From: 3, Body: old})
		}
	}
	require.NoError(t, m.err)
	require.True(t, m.done())
	require.True(t, dropped)
	require.False(t, victim.node.halted)
}

// A set of shares that holds more than its sender's, or shares in another's name, is bad,
// and nobody else to blame. One under another key is of another generation, and dropped.
func TestSharesInTheNameOfOthers(t *testing.T) {
	for name, evil := range map[string]func(*testing.T, *Node, []byte) []byte{"others": renamed, "another key": relabelled, "more": extended} {
		t.Run(name, func(t *testing.T) {
			w := pool(t)
			s := Schedule{Seed: 1, Boot: 60, Items: items(w)[:4], Limit: 60_000, Byzantine: map[NodeID]Behaviour{2: Withhold}}
			s.Actions = submitAll(s.Items)
			m, err := NewSimulation(replicas(t, w, 1), s)
			require.NoError(t, err)
			byz, h, sent := m.endpoints[2].node, m.harness.founded+1, false
			for m.err == nil && !m.done() && m.Next() {
				own := shares(byz, h)
				if sent || own == nil {
					continue
				}
				sent = true
				st := byz.c.sign(&carried{h, evil(t, byz, own)})
				for i, e := range m.endpoints {
					if e.id != 2 { // ahead of everybody's
						m.net.schedule(flight{at: m.now + 1, to: i, m: Message{From: 2, To: e.id, Body: st}})
					}
				}
			}
			require.True(t, sent)
			require.NoError(t, m.err)
			require.True(t, m.done())
			if name == "another key" {
				require.Zero(t, m.Exposed(2))
			} else {
				require.Positive(t, m.Exposed(2))
			}
		})
	}
}

// shares are a replica's own on a block, as it sends them; nil if it has none yet.
func shares(n *Node, h uint64) []byte {
	for _, m := range n.replica.Resend() {
		if m.Kind() == replica.KindShares && m.Height() == h {
			b, _ := m.MarshalBinary()
			return b
		}
	}
	return nil
}

// relabelled are a replica's shares on coins as if they were on credentials.
func relabelled(t *testing.T, byz *Node, own []byte) []byte {
	t.Helper()
	coin, credential := byz.c.Committees.Coin.Generation(), byz.c.Committees.Credential.Generation()
	require.True(t, bytes.Contains(own, coin[:]))
	return bytes.ReplaceAll(own, coin[:], credential[:])
}

// renamed are a replica's shares in the name of another.
func renamed(t *testing.T, byz *Node, own []byte) []byte {
	t.Helper()
	coin := byz.c.Committees.Coin.Generation()
	at := bytes.Index(own, coin[:]) + len(coin)
	require.EqualValues(t, byz.c.ID+1, binary.BigEndian.Uint16(own[at:]))
	own[at+1] ^= 1
	return own
}

// extended are a replica's shares and one more.
func extended(t *testing.T, byz *Node, own []byte) []byte {
	t.Helper()
	coin := byz.c.Committees.Coin.Generation()
	at := bytes.Index(own, coin[:]) + len(coin) + 2
	own = append(own, own[len(own)-curve.G1CompressedSize:]...)
	binary.BigEndian.PutUint32(own[at:], binary.BigEndian.Uint32(own[at:])+1)
	from := 2 + 1 + 8 // version, kind, key, height
	binary.BigEndian.PutUint32(own[from:], uint32(len(own)-from-4))
	require.NoError(t, new(replica.Message).UnmarshalBinary(own))
	return own
}

// Votes beyond the bound on early ones are dropped, not seen: the node asks for them when
// it comes to their height, and takes them in from an answer.
func TestEarlyVotesAreAskedForAgain(t *testing.T) {
	r := observer(t)
	o, h := r.others(), r.height()
	var log []*Statement
	for round := range int32(150) {
		for _, by := range o {
			for _, kind := range []contentKind{kindPrevote, kindPrecommit} {
				log = append(log, r.configs[by].sign(&vote{kind, h + 1, round, BlockID{}}))
			}
		}
	}
	for _, st := range log {
		r.step(st)
	}
	b := r.block(0)
	r.hear(o[0], &proposal{h, 0, -1, b})
	asks := 0
	for _, by := range o {
		r.hear(by, &vote{kindPrecommit, h, 0, b.id})
		for _, m := range r.sent {
			if a, ok := m.Body.(Ask); ok && a.Height == h+1 {
				asks++
			}
		}
	}
	require.Equal(t, h+1, r.height())
	require.Equal(t, 1, asks)
	require.Less(t, len(r.node.consensus.log), len(log))
	r.node.Step(Message{From: o[0], Body: &Tell{Height: h + 1, Log: log}})
	require.GreaterOrEqual(t, len(r.node.consensus.log), len(log))
	require.EqualValues(t, 149, r.node.consensus.round)
}

// Votes of rounds too far ahead are in the others' logs too.
func TestFarRoundsAreAskedFor(t *testing.T) {
	r := observer(t)
	o, h := r.others(), r.height()
	far := []*Statement{}
	for _, by := range o[:2] {
		far = append(far, r.configs[by].sign(&vote{kindPrevote, h, maxAhead + 10, BlockID{}}))
	}
	r.step(far[0])
	require.Contains(t, r.sent, Message{From: r.node.c.ID, To: Everyone, Body: Ask{Height: h}})
	for _, by := range o[:2] {
		r.hear(by, &vote{kindPrevote, h, 20, BlockID{}})
	}
	require.EqualValues(t, 20, r.node.consensus.round)
	for _, st := range far {
		r.step(st)
	}
	require.EqualValues(t, maxAhead+10, r.node.consensus.round)
}

// One replica votes for ever new blocks: few of its votes are kept, or handed on.
func TestFloodOfVotes(t *testing.T) {
	r := observer(t)
	by, relayed := r.others()[0], 0
	before := len(r.node.seen[r.height()])
	for i := range uint64(2000) {
		var id BlockID
		binary.BigEndian.PutUint64(id[:], i+1)
		r.hear(by, &vote{kindPrevote, r.height(), 0, id})
		relayed += len(r.sent)
		r.hear(by, &attestation{r.height(), id, id})
		r.sent = r.node.Step(Message{From: by, Body: r.configs[by].sign(endorsing(r.configs[by].Committees.Ledger.Generation(), r.height(), id))})
		require.Empty(t, r.sent)
	}
	require.LessOrEqual(t, relayed, maxVariants)
	require.LessOrEqual(t, len(r.node.seen[r.height()])-before, maxVariants+maxAttested+1)
}

// endorsing vouches for signatures with a digest.
func endorsing(of threshold.Generation, height uint64, digest [32]byte) *carried {
	b := append([]byte{messageVersion, byte(replica.KindEndorsement)}, of[:]...)
	b = binary.BigEndian.AppendUint64(b, height)
	return &carried{height, append(b, digest[:]...)}
}

// A message of a replica counts from itself alone: repeated by another, or told, it would
// have everybody answer.
func TestNobodyRepeatsWhatReplicasSay(t *testing.T) {
	r := observer(t)
	by := r.others()
	w := pool(t)
	ask := binary.BigEndian.AppendUint64([]byte{messageVersion, byte(replica.KindAsk), byte(replica.CoinKey)}, w.Founding.ledger.Head().Height)
	st := r.configs[by[0]].sign(&carried{1, ask})
	answers := func(m Message) (answers int) {
		for _, o := range r.node.Step(m) {
			said, _ := o.Body.(*Statement)
			if c, ok := carriedBy(said); ok {
				require.Equal(t, replica.KindCertified, c.kind())
				require.Equal(t, by[0], o.To)
				answers++
			}
		}
		return answers
	}
	require.Zero(t, answers(Message{From: by[1], Body: st}))
	require.Zero(t, answers(Message{From: by[1], Body: &Tell{Height: r.height(), Log: []*Statement{st}, Vouched: []*Statement{st}}}))
	require.Zero(t, answers(Message{From: Outside, Body: st}))
	forged := *st
	forged.Signer = by[1]
	require.Zero(t, answers(Message{From: by[1], Body: &forged}))
	require.Equal(t, 1, answers(Message{From: by[0], Body: st}))
}

// Nobody else sets a node's timers or starts it.
func TestForeignTimeouts(t *testing.T) {
	r := observer(t)
	for _, from := range append(r.others(), Outside) {
		r.node.Step(Message{From: from, Body: Timeout{StepPrecommit, r.height(), 0}})
		require.Empty(t, r.node.Step(Message{From: from, Body: Start{}}))
	}
	require.Zero(t, r.node.consensus.round)
	r.step(Timeout{StepPrecommit, r.height(), 0})
	require.EqualValues(t, 1, r.node.consensus.round)
}

func TestNilBodies(t *testing.T) {
	r := observer(t)
	lost, _ := lostNode(t)
	for _, n := range []*Node{r.node, lost} {
		for _, b := range []Body{
			nil, (*Statement)(nil), (*Tell)(nil), (*Snapshot)(nil), &Snapshot{}, &Statement{}, Submit{},
			&Tell{Vouched: []*Statement{nil}, Log: []*Statement{nil}, Blocks: []*Decided{nil, {Certificate: []*Statement{nil}}}, Last: &Decided{}},
		} {
			require.NotPanics(t, func() { n.Step(Message{From: r.others()[0], Body: b}) }, "%T", b)
		}
		require.False(t, n.halted)
	}
}

// Of nothing decided there is no last block: what a snapshot says of one is not handed on.
func TestSnapshotWithAFalseLastBlock(t *testing.T) {
	node, configs := lostNode(t)
	lie := *snapshot(t, observer(t).node)
	lie.Last = &Decided{Block: []byte("garbage")}
	for _, by := range []NodeID{1, 2, 3} {
		node.Step(Message{From: by, Body: configs[by].sign(&attestation{lie.Height, lie.Block, lie.Digest})})
		node.Step(Message{From: by, Body: &Tell{Recovery: node.sync.recovery, Height: lie.Height + 1}})
	}
	node.Step(Message{From: 3, Body: &lie})
	require.NotNil(t, node.Ledger())
	require.Empty(t, node.chain)
}

// A node stops once f+1 others attest to another state than its own, and not before.
func TestDisagreeingNodeStops(t *testing.T) {
	r := observer(t)
	o := r.others()
	r.hear(o[0], &attestation{r.node.Height(), r.node.last, [32]byte{1}})
	require.False(t, r.node.halted)
	r.hear(o[1], &attestation{r.node.Height(), r.node.last, [32]byte{2}})
	require.True(t, r.node.halted)
}

// All crash at once, and with them their timers.
func TestAllCrashAndRestart(t *testing.T) {
	w := pool(t)
	s := Schedule{Seed: 2, Boot: 60, Items: items(w)[:8], Limit: 60_000}
	s.Actions = submitAll(s.Items)
	for i := range NodeID(4) {
		s.Actions = append(s.Actions, Action{At: 100, Kind: ActionCrash, Node: i}, Action{At: 5000, Kind: ActionRestart, Node: i})
	}
	sortActions(s.Actions)
	require.NoError(t, simulate(t, replicas(t, w, 1), s))
}

// loseInTurn has nodes lose everything, one after the other, and come back soon.
func (s *Schedule) loseInTurn(nodes int, first, every uint64) {
	for i := range nodes {
		at := first + every*uint64(i)
		s.Actions = append(s.Actions, Action{At: at, Kind: ActionLose, Node: NodeID(i)}, Action{At: at + 100, Kind: ActionRestart, Node: NodeID(i)})
	}
}

// All lose everything, one after the other: the signatures on the coins of before are
// made again.
func TestRollingLossKeepsSignatures(t *testing.T) {
	w := pool(t)
	s := Schedule{Seed: 5, Boot: 60, Items: items(w)[:8], Limit: 100_000}
	s.Actions = submitAll(s.Items[:4])
	s.loseInTurn(4, 3000, 8000)
	s.Actions = append(s.Actions, Action{At: 40_000, Kind: ActionSubmit, Item: 4})
	m, err := NewSimulation(replicas(t, w, 1), s)
	require.NoError(t, err)
	require.NoError(t, m.Run())
	for _, e := range m.endpoints {
		records, _, err := served(e.node.Replica(), m.harness.founded+1, m.harness.founded+1)
		require.NoError(t, err, "node %d", e.id)
		require.Len(t, records, 4)
		for _, r := range records {
			require.True(t, r.Signed())
		}
	}
}

// One replica makes a certificate with the first honest share and hands it to those who
// have not signed that block's yet. A client goes on from the certificate.
func TestCertificateThatComesEarly(t *testing.T) {
	ctx := context.Background()
	w := pool(t)
	m, err := NewSimulation(replicas(t, w, 1), Schedule{Seed: 3, Boot: 60, Limit: 1 << 40, Byzantine: map[NodeID]Behaviour{3: Withhold}})
	require.NoError(t, err)
	c := NewClient(m, w.Founding)
	for _, item := range items(w)[:20] {
		op, err := utt.ParseOperation(item.Raw)
		require.NoError(t, err)
		require.NoError(t, c.Submit(ctx, op))
	}
	byz, handed, outputs, h := m.endpoints[3].node, 0, 0, uint64(0)
	attack := func() {
		h = byz.Published()
		if handed > 0 || h == m.harness.founded {
			return
		}
		records, certificate, err := served(byz.Replica(), h, h)
		require.NoError(t, err)
		for _, e := range m.endpoints[:3] {
			if e.signed < h && e.node.Height() >= h {
				m.step(e, Message{From: 3, Body: byz.c.sign(certifiedRecords(certificate, records))})
				require.Equal(t, h, e.node.Published())
				outputs += len(records)
				handed++
			}
		}
	}
	require.NoError(t, c.RunUntil(ctx, func() bool {
		attack()
		return handed > 0 && c.Last().Height >= m.harness.founded+9
	}))
	require.Positive(t, outputs)
}

// One that dropped its ledger, having fallen behind, takes in none with another history
// than the one it signed.
func TestRestoredLedgerHoldsWhatWasSigned(t *testing.T) {
	for _, other := range []bool{false, true} {
		r := observer(t)
		s := snapshot(t, r.node)
		r.node.leave()
		require.Nil(t, r.node.Ledger())
		require.Equal(t, s.Height, r.node.left.Height)
		if other {
			r.node.left.History[0] ^= 1
		}
		require.Equal(t, !other, r.node.restore(candidate{1, s}))
		require.Equal(t, other, r.node.halted)
		require.Equal(t, other, r.node.Ledger() == nil)
	}
}

// A node without a store names its loss.
func TestLossHasAName(t *testing.T) {
	configs := replicas(t, pool(t), 1)
	configs[0].Store = nil
	_, err := New(configs[0])
	require.ErrorIs(t, err, ErrConfig)
}

// cluster is honest nodes, whose messages are delivered by hand and then, once the
// network has healed, within 50 ms.
type cluster struct {
	nodes map[NodeID]*Node
	queue flights
	next  uint64
	now   uint64
	held  []Message
}

func newCluster(t *testing.T, configs []Config, ids ...NodeID) *cluster {
	t.Helper()
	c := &cluster{nodes: make(map[NodeID]*Node), now: 500}
	for _, id := range ids {
		n, err := New(configs[id])
		require.NoError(t, err)
		c.nodes[id] = n
	}
	for _, id := range ids {
		c.step(id, id, Start{})
	}
	c.queue = nil // of the timers before, none goes off
	return c
}

func (c *cluster) push(at uint64, m Message) {
	c.next++
	heap.Push(&c.queue, flight{at: at, sequence: c.next, m: m})
}

// step has a node take a body in and returns what it states itself.
func (c *cluster) step(to, from NodeID, b Body) (own []*Statement) {
	for _, o := range c.nodes[to].Step(Message{From: from, To: to, Time: c.now, Body: b}) {
		if t, ok := o.Body.(Timeout); ok {
			c.push(c.now+o.Time, Message{From: to, To: to, Body: t})
			continue
		}
		if st, ok := o.Body.(*Statement); ok && st.Signer == to {
			own = append(own, st)
		}
		for id := range NodeID(4) {
			if c.nodes[id] != nil && id != to && (o.To == Everyone || o.To == id) {
				c.held = append(c.held, Message{From: to, To: id, Body: o.Body})
			}
		}
	}
	return own
}

// heal delivers all, and what comes of it, until a height is decided everywhere.
func (c *cluster) heal(height uint64) bool {
	for until := c.now + 600_000; c.now < until; {
		for _, m := range c.held {
			c.push(c.now+1+c.next%50, m)
		}
		c.held = nil
		reached := true
		for _, n := range c.nodes {
			reached = reached && n.Height() >= height
		}
		if reached {
			return true
		}
		if len(c.queue) == 0 {
			return false
		}
		f := heap.Pop(&c.queue).(flight)
		c.now = f.at
		c.step(f.m.To, f.m.From, f.m.Body)
	}
	return false
}

// The Byzantine one of four precommits made-up blocks towards two, until they take no
// more, and then the block that the third decides with its vote.
func TestVotesForTooMuchStopNobody(t *testing.T) {
	configs := replicas(t, pool(t), 1)
	h := pool(t).Founding.ledger.Head().Height + 1
	a, b, d := configs[0].proposer(h, 0), configs[0].proposer(h, 1), configs[0].proposer(h, 3)
	e := configs[0].proposer(h, 2)
	byD := func(k contentKind, id BlockID) *Statement { return configs[d].sign(&vote{k, h, 0, id}) }
	block := func(st *Statement) BlockID {
		p, err := st.parse()
		require.NoError(t, err)
		return p.(*proposal).block.id
	}
	t.Run("precommits", func(t *testing.T) {
		c := newCluster(t, configs, a, b, e)
		said := c.step(a, a, Timeout{timeoutIdle, h, 0}) // proposal, prevote
		x := block(said[0])
		var fromE []*Statement
		for _, st := range said {
			fromE = append(fromE, c.step(e, a, st)...)
		}
		fromE = append(fromE, c.step(e, d, byD(kindPrevote, x))...) // prevote, precommit
		require.Len(t, fromE, 2)
		c.step(a, d, byD(kindPrevote, x))
		for i := byte(1); i <= maxVariants; i++ {
			c.step(b, d, byD(kindPrecommit, BlockID{i}))
			c.step(e, d, byD(kindPrecommit, BlockID{i}))
		}
		c.step(b, b, Timeout{StepPropose, h, 0}) // nil
		for _, st := range fromE {
			c.step(a, e, st)
		}
		c.step(b, a, said[1])
		c.step(b, d, byD(kindPrevote, x))
		c.step(b, e, fromE[0])
		c.step(b, b, Timeout{StepPrevote, h, 0}) // nil
		c.step(a, d, byD(kindPrecommit, x))
		require.Equal(t, h, c.nodes[a].Height())
		require.Equal(t, h-1, c.nodes[b].Height())
		require.Equal(t, h-1, c.nodes[e].Height())
		require.True(t, c.heal(h+4))
	})
	t.Run("prevotes", func(t *testing.T) {
		c := newCluster(t, replicas(t, pool(t), 1), a, b, e)
		for i := byte(1); i <= maxVariants; i++ {
			c.step(b, d, byD(kindPrevote, BlockID{i}))
			c.step(e, d, byD(kindPrevote, BlockID{i}))
		}
		said := c.step(a, a, Timeout{timeoutIdle, h, 0})
		x := block(said[0])
		c.step(b, b, Timeout{StepPropose, h, 0}) // nil
		for _, st := range c.step(e, a, said[0]) {
			c.step(a, e, st)
		}
		c.step(a, d, byD(kindPrevote, x))
		require.Equal(t, x, c.nodes[a].consensus.locked.block.id)
		require.True(t, c.heal(h+4))
	})
}

// A power cut: all crash within moments, with their state on disk, and come back at
// different times.
func TestStaggeredRestarts(t *testing.T) {
	w := pool(t)
	seeds := uint64(20)
	if *soak {
		seeds = 400
	}
	for seed := uint64(1); seed <= seeds; seed++ {
		r := rand.New(rand.NewPCG(seed, 5))
		s := Schedule{Seed: seed, Boot: 60, Items: items(w)[:8], Limit: 120_000}
		s.Actions = submitAll(s.Items)
		at := 100 + r.Uint64N(300)
		for i := range NodeID(4) {
			s.Actions = append(s.Actions, Action{At: at + r.Uint64N(60), Kind: ActionCrash, Node: i},
				Action{At: 5000 + 500*r.Uint64N(4), Kind: ActionRestart, Node: i})
		}
		sortActions(s.Actions)
		require.NoError(t, simulate(t, replicas(t, w, 1), s), "seed %d", seed)
	}
}

// Nobody serves wallets while the replicas lose everything, one after the other, many
// blocks apart: there are certificates all the same.
func TestRollingLossKeepsCertificates(t *testing.T) {
	w := pool(t)
	s := Schedule{Seed: 5, Boot: 60, Items: items(w)[:8], Limit: 400_000}
	s.Actions = submitAll(s.Items[:4])
	s.loseInTurn(3, 100_000, 20_000)
	s.Actions = append(s.Actions, Action{At: 180_000, Kind: ActionSubmit, Item: 4})
	m, err := NewSimulation(replicas(t, w, 1), s)
	require.NoError(t, err)
	require.NoError(t, m.Run())
	at := 0
	for _, e := range m.endpoints {
		if e.node.Published()+2 >= m.harness.highest {
			at++
		}
	}
	require.Equal(t, 4, at)
}

// Whoever comes back asks until he gets on: the others may have been down.
func TestRestartedNodeKeepsAsking(t *testing.T) {
	r := observer(t)
	h := r.height()
	again := Message{From: r.node.c.ID, To: r.node.c.ID, Time: r.node.c.Timing.Retry, Body: Timeout{Step: timeoutBehind, Height: h}}
	ask := Message{From: r.node.c.ID, To: Everyone, Body: Ask{Height: h}}
	r.step(Start{})
	require.Contains(t, r.sent, ask)
	require.Contains(t, r.sent, again)
	for range 3 {
		r.step(again.Body)
		require.Contains(t, r.sent, ask)
		require.Contains(t, r.sent, again)
	}
	b := r.block(0)
	r.hear(r.others()[0], &proposal{h, 0, -1, b})
	r.votes(kindPrecommit, 0, b.id, r.others()...)
	require.Equal(t, h+1, r.height())
	r.step(again.Body)
	require.Empty(t, r.sent)
	require.False(t, r.node.sync.restarted)
}
