package bft

import (
	"go/ast"
	"go/parser"
	"go/token"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// rig is one node with the keys of the others at hand.
type rig struct {
	t       testing.TB
	configs []Config
	node    *Node
	sent    []Message
}

func newRig(t *testing.T, id NodeID) *rig {
	r := &rig{t: t, configs: replicas(t, pool(t), 1)}
	var err error
	r.node, err = New(r.configs[id])
	require.NoError(t, err)
	r.step(Start{})
	return r
}

func (r *rig) step(b Body) { r.sent = r.node.Step(Message{From: r.node.c.ID, Body: b}) }

func (r *rig) hear(by NodeID, c content) { r.step(r.configs[by].sign(c)) }

// said are the votes that the last step sent for the node itself.
func (r *rig) said() (votes []vote) {
	for _, m := range r.sent {
		st, ok := m.Body.(*Statement)
		if !ok || st.Signer != r.node.c.ID {
			continue
		}
		c, err := st.parse()
		require.NoError(r.t, err)
		if v, ok := c.(*vote); ok {
			votes = append(votes, *v)
		}
	}
	return votes
}

func (r *rig) height() uint64 { return r.node.consensus.height }

// block is a valid one; those of different delays differ.
func (r *rig) block(delay uint64) *Block {
	return newBlock(r.height(), r.node.c.Clock+delay, r.node.last, nil)
}

// votes has replicas vote and returns what the node said to it.
func (r *rig) votes(k contentKind, round int32, id BlockID, by ...NodeID) (said []vote) {
	for _, i := range by {
		r.hear(i, &vote{k, r.height(), round, id})
		said = append(said, r.said()...)
	}
	return said
}

// observer is a node that proposes in none of the first three rounds.
func observer(t *testing.T) *rig {
	w := pool(t)
	next := w.Founding.ledger.Head().Height + 1
	return newRig(t, NodeID((next+3)%4))
}

// others are the replicas but the node itself; the proposer of round r is at r.
func (r *rig) others() []NodeID {
	var o []NodeID
	for i := range int32(3) {
		o = append(o, r.node.c.proposer(r.height(), i))
	}
	return o
}

// lock has the node lock a block in round 0 and go to round 1.
func (r *rig) lock() *Block {
	o := r.others()
	b := r.block(0)
	r.hear(o[0], &proposal{r.height(), 0, -1, b})
	require.Equal(r.t, []vote{{kindPrevote, r.height(), 0, b.id}}, r.said())
	require.Equal(r.t, []vote{{kindPrecommit, r.height(), 0, b.id}}, r.votes(kindPrevote, 0, b.id, o[0], o[1]))
	r.step(Timeout{StepPrecommit, r.height(), 0})
	require.EqualValues(r.t, 1, r.node.consensus.round)
	return b
}

func TestLockedNodeRefusesAnotherBlock(t *testing.T) { // rule 22
	r := observer(t)
	locked := r.lock()
	r.hear(r.others()[1], &proposal{r.height(), 1, -1, r.block(1)})
	require.Equal(t, []vote{{kindPrevote, r.height(), 1, BlockID{}}}, r.said())
	require.Equal(t, locked.id, r.node.consensus.locked.block.id)
}

func TestLockedNodeTakesItsBlockAgain(t *testing.T) { // rule 22
	r := observer(t)
	locked := r.lock()
	r.hear(r.others()[1], &proposal{r.height(), 1, -1, locked})
	require.Equal(t, []vote{{kindPrevote, r.height(), 1, locked.id}}, r.said())
}

// A node locked in round 0 follows a proposal with 2f+1 prevotes of round 1 in
// round 2, and only once it has seen them.
func TestLaterPrevotesUnlock(t *testing.T) { // rule 28
	r := observer(t)
	o := r.others()
	r.lock()
	other := r.block(1)
	r.step(Timeout{StepPropose, r.height(), 1})
	r.step(Timeout{StepPrevote, r.height(), 1})
	r.step(Timeout{StepPrecommit, r.height(), 1})
	r.hear(o[2], &proposal{r.height(), 2, 1, other})
	require.Empty(t, r.said())
	require.Equal(t, []vote{{kindPrevote, r.height(), 2, other.id}}, r.votes(kindPrevote, 1, other.id, o[0], o[1], o[2]))
}

func TestEarlierPrevotesDoNotUnlock(t *testing.T) { // rule 28
	r := observer(t)
	o := r.others()
	// locked in round 1
	locked := r.block(0)
	r.step(Timeout{StepPropose, r.height(), 0})
	r.step(Timeout{StepPrevote, r.height(), 0})
	r.step(Timeout{StepPrecommit, r.height(), 0})
	r.hear(o[1], &proposal{r.height(), 1, -1, locked})
	r.votes(kindPrevote, 1, locked.id, o[0], o[1])
	require.EqualValues(t, 1, r.node.consensus.locked.round)
	r.step(Timeout{StepPrecommit, r.height(), 1})
	other := r.block(1)
	r.votes(kindPrevote, 0, other.id, o...)
	r.hear(o[2], &proposal{r.height(), 2, 0, other})
	require.Equal(t, []vote{{kindPrevote, r.height(), 2, BlockID{}}}, r.said())
}

func TestTwoThirdsAgainstABlock(t *testing.T) { // rule 44
	r := observer(t)
	o := r.others()
	r.hear(o[0], &proposal{r.height(), 0, -1, r.block(0)})
	require.Equal(t, []vote{{kindPrecommit, r.height(), 0, BlockID{}}}, r.votes(kindPrevote, 0, BlockID{}, o...))
}

func TestDecidesInAnyRound(t *testing.T) { // rule 49
	r := observer(t)
	o := r.others()
	height := r.height()
	b := r.block(0)
	r.votes(kindPrecommit, 0, b.id, o[1], o[2])
	r.step(Timeout{StepPropose, height, 0})
	r.hear(o[0], &proposal{height, 0, -1, b})
	require.Equal(t, height, r.height(), "two precommits of four decide nothing")
	r.votes(kindPrecommit, 0, b.id, o[0])
	require.Equal(t, height+1, r.height())
}

func TestFPlusOneAheadSkipTheRound(t *testing.T) { // rule 55
	r := observer(t)
	o := r.others()
	r.votes(kindPrevote, 5, BlockID{}, o[0])
	require.Zero(t, r.node.consensus.round)
	r.votes(kindPrecommit, 5, BlockID{}, o[1])
	require.EqualValues(t, 5, r.node.consensus.round)
}

// The timer of the precommits runs before there is a proposal.
func TestPrecommitsAloneEndTheRound(t *testing.T) { // rule 47
	r := observer(t)
	r.votes(kindPrecommit, 0, BlockID{}, r.others()...)
	require.Equal(t, StepPropose, r.node.consensus.step)
	r.step(Timeout{StepPrecommit, r.height(), 0})
	require.EqualValues(t, 1, r.node.consensus.round)
}

// A vote that the node dropped, of one who voted for too much, may have decided the
// height for others. It asks them.
func TestOutrunNodeAsks(t *testing.T) {
	r := observer(t)
	o := r.others()
	b := r.block(0)
	asks := func() (n int) {
		for _, m := range r.sent {
			if _, ok := m.Body.(Ask); ok {
				n++
			}
		}
		return n
	}
	r.hear(o[0], &proposal{r.height(), 0, -1, b})
	for i := range maxVariants {
		r.hear(o[2], &vote{kindPrecommit, r.height(), 0, BlockID{byte(i + 1)}})
	}
	log := len(r.node.consensus.log)
	r.hear(o[2], &vote{kindPrecommit, r.height(), 0, BlockID{maxVariants + 1}})
	require.Len(t, r.node.consensus.log, log, "one vote too many, for what nobody proposed")
	r.votes(kindPrecommit, 0, b.id, o[2], o[1])
	require.Len(t, r.node.consensus.log, log+2, "for a block that is proposed it counts")
	height := r.height()
	require.False(t, r.node.consensus.outrun)
	r.hear(o[0], &vote{kindPrevote, height + 1, 0, BlockID{}})
	require.True(t, r.node.consensus.outrun)
	require.Equal(t, height, r.height())
	r.step(Timeout{Step: timeoutBehind, Height: height})
	require.Equal(t, 1, asks())
	require.True(t, r.node.consensus.outrun, "it asks again")
	r.step(Timeout{Step: timeoutBehind, Height: height - 1})
	require.Zero(t, asks())
}

func TestAttestationsAreBounded(t *testing.T) {
	r := observer(t)
	by := r.others()[0]
	before := len(r.node.attested)
	for i := range uint64(2 * maxAttested) {
		r.hear(by, &attestation{height: r.height() - 1, digest: [32]byte{byte(i), byte(i >> 8), 1}})
	}
	require.Len(t, r.node.attested, before+maxAttested)
}

// A snapshot that f+1 attest is not restored before 2f+1 have said how far they are:
// the node would vote where it may have voted before.
func TestPushedSnapshotWaitsForAnswers(t *testing.T) {
	helper := observer(t)
	head, digest, b, err := snapshotOf(helper.node.Ledger())
	require.NoError(t, err)
	s := &Snapshot{Height: head.Height, Digest: digest, Ledger: b}
	configs := replicas(t, pool(t), 1)
	configs[0].Store, configs[0].Incarnation = nil, 1
	node, err := New(configs[0])
	require.NoError(t, err)
	for _, by := range []NodeID{1, 2, 3} {
		node.Step(Message{From: by, Body: &Tell{Recovery: node.sync.recovery, Height: s.Height + 1}})
	}
	require.Empty(t, node.sync.answered, "nothing counts before the start")
	node.Step(Message{Body: Start{}})
	for _, by := range []NodeID{1, 2, 3} {
		node.Step(Message{From: by, Body: configs[by].sign(&attestation{s.Height, s.Block, s.Digest})})
		node.Step(Message{From: by, Body: s})
	}
	require.Nil(t, node.Ledger())
	for i, by := range []NodeID{1, 2, 3} {
		node.Step(Message{From: by, Body: &Tell{Recovery: node.sync.recovery, Height: s.Height + 1}})
		node.Step(Message{From: by, Body: s})
		require.Equal(t, i == 2, node.Ledger() != nil)
	}
	require.EqualValues(t, s.Height+2, node.sync.mutedTo)
}

func TestSignsNothingBeforeTheDecision(t *testing.T) {
	r := observer(t)
	o := r.others()
	raw := pool(t).Payments[0].Raw
	b := newBlock(r.height(), r.node.c.Clock, r.node.last, [][]byte{raw})
	shares := func() (n int) {
		for _, m := range r.sent {
			st, _ := m.Body.(*Statement)
			if c, ok := carriedBy(st); ok && c.kind() == replica.KindShares {
				n++
			}
		}
		return n
	}
	r.hear(o[0], &proposal{r.height(), 0, -1, b})
	require.Zero(t, shares())
	r.votes(kindPrevote, 0, b.id, o...)
	require.Zero(t, shares())
	r.votes(kindPrecommit, 0, b.id, o[0])
	require.Zero(t, shares())
	r.votes(kindPrecommit, 0, b.id, o[1])
	require.Equal(t, 1, shares())
}

func TestForgedStatementsAreIgnored(t *testing.T) {
	r := observer(t)
	o := r.others()
	st := r.configs[o[0]].sign(&proposal{r.height(), 0, -1, r.block(0)})
	st.Signature[0] ^= 1
	r.step(st)
	require.Empty(t, r.sent)
	stranger := r.configs[o[1]].sign(&proposal{r.height(), 0, -1, r.block(0)}) // not the proposer
	r.step(stranger)
	require.Empty(t, r.said())
	for _, b := range [][]byte{nil, {1}, make([]byte, 9), append([]byte{1}, make([]byte, 40)...)} {
		r.step(&Statement{Signer: o[0], Payload: b})
		require.Empty(t, r.sent)
	}
	r.step(&Statement{Signer: 17, Payload: st.Payload, Signature: st.Signature})
	require.Empty(t, r.sent)
}

func TestCertificateNeedsAQuorumOfOneRound(t *testing.T) {
	r := observer(t)
	b := r.block(0)
	sign := func(round int32, by NodeID) *Statement {
		return r.configs[by].sign(&vote{kindPrecommit, r.height(), round, b.id})
	}
	o := r.others()
	for name, c := range map[string][]*Statement{
		"too few":     {sign(0, o[0]), sign(0, o[1])},
		"twice":       {sign(0, o[0]), sign(0, o[1]), sign(0, o[1])},
		"two rounds":  {sign(0, o[0]), sign(0, o[1]), sign(1, o[2])},
		"another key": {sign(0, o[0]), sign(0, o[1]), {Signer: o[2], Payload: sign(0, o[1]).Payload, Signature: sign(0, o[1]).Signature}},
		"a prevote":   {sign(0, o[0]), sign(0, o[1]), r.configs[o[2]].sign(&vote{kindPrevote, r.height(), 0, b.id})},
	} {
		got, _ := r.node.certified(&Decided{b.raw, c})
		require.Nil(t, got, name)
	}
	got, _ := r.node.certified(&Decided{b.raw, []*Statement{sign(0, o[0]), sign(0, o[1]), sign(0, o[2])}})
	require.NotNil(t, got)
}

func TestSameScheduleSameTrace(t *testing.T) {
	w := pool(t)
	run := func() (string, int) {
		m, err := NewSimulation(replicas(t, w, 2), randomSchedule(11, 7, 2, w))
		require.NoError(t, err)
		require.NoError(t, m.Run())
		return strings.Join(m.Trace(), "\n"), m.steps
	}
	trace, steps := run()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	again, stepsAgain := run()
	require.Equal(t, trace, again)
	require.Equal(t, steps, stepsAgain)
}

// One key for committees of every size lets payments serve networks of all sizes.
func TestDealKeepsTheKey(t *testing.T) {
	f := pool(t).Founding
	for _, z := range []size{{0, 1}, {1, 2}, {1, 3}, {2, 3}, {3, 4}, {3, 7}} {
		k, err := f.deal(z)
		require.NoError(t, err)
		require.True(t, k.coin.committee.Group().Equal(f.Parameters.CoinKey()))
		require.True(t, k.credential.committee.Group().Equal(f.Parameters.CredentialKey()))
		require.True(t, k.ledger.committee.Group().Equal(f.Parameters.LedgerKey()))
		for _, d := range []dealt{k.coin, k.credential, k.ledger} {
			require.Equal(t, z.threshold, d.committee.Threshold())
			require.Len(t, d.shares, 3*z.faults+1)
		}
	}
}

// The nodes know no clock, no randomness, no goroutines and no order of a map.
func TestNodesArePure(t *testing.T) {
	var files []*ast.File
	maps := map[string]bool{} // fields, parameters and variables that hold some, by name
	for _, name := range []string{"node.go", "consensus.go", "log.go", "execute.go", "propose.go", "mempool.go", "publish.go", "sync.go", "statement.go", "block.go", "codec.go", "config.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		files = append(files, f)
		ast.Inspect(f, func(x ast.Node) bool {
			switch x := x.(type) {
			case *ast.Field:
				if _, is := x.Type.(*ast.MapType); is {
					for _, n := range x.Names {
						maps[n.Name] = true
					}
				}
			case *ast.AssignStmt:
				for i, v := range x.Rhs {
					call, is := v.(*ast.CallExpr)
					if !is || len(call.Args) == 0 || len(x.Lhs) != len(x.Rhs) {
						continue
					}
					if _, is := call.Args[0].(*ast.MapType); is { // make(map…)
						if n, is := x.Lhs[i].(*ast.Ident); is {
							maps[n.Name] = true
						}
					}
				}
			}
			return true
		})
	}
	for _, name := range []string{"rounds", "seen", "judgements", "known", "slots", "digest", "verdicts", "later", "next"} {
		require.True(t, maps[name], name)
	}
	for _, f := range files {
		name := f.Name.Name
		for _, i := range f.Imports {
			require.NotContains(t, []string{`"time"`, `"math/rand"`, `"math/rand/v2"`, `"crypto/rand"`, `"sync"`}, i.Path.Value, name)
		}
		ast.Inspect(f, func(x ast.Node) bool {
			switch x := x.(type) {
			case *ast.GoStmt, *ast.SelectStmt:
				t.Errorf("%s: a goroutine or a select", name)
			case *ast.RangeStmt:
				switch of := x.X.(type) {
				case *ast.SelectorExpr:
					require.False(t, maps[of.Sel.Name], "a range over the map %s", of.Sel.Name)
				case *ast.Ident:
					require.False(t, maps[of.Name], "a range over the map %s", of.Name)
				}
			}
			return true
		})
	}
}

var _ wallet.Node = (*Client)(nil)
