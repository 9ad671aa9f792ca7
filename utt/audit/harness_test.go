package audit_test

import (
	"context"
	"crypto/ed25519"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/audit"
	"github.com/utt-ecash/utt-go/utt/follow"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

const (
	cash       = "cash"
	alice, bob = "alice@example.org", "bob@example.org"
)

var testPolicy = budget.Policy{
	Start:       time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	EpochLength: 30 * 24 * time.Hour,
	Classes:     []utt.Amount{1000},
}

// amender is who amends the parameters, and voids warrants.
var amender = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

// newNetwork has audited payments, of which auditors see what is said, and delayed ones, of
// which they see all; alice, who has coins, and bob.
func newNetwork(t testing.TB, reveals utt.Reveals, coins ...utt.Amount) (net *local.Network, a, b *wallet.Wallet) {
	t.Helper()
	ctx := context.Background()
	authority := utt.Authority{Keys: []ed25519.PublicKey{amender.Public().(ed25519.PublicKey)}, Threshold: 1}
	net, err := local.New(ctx, local.Config{Policy: testPolicy, Authority: authority, Held: []utt.Row{
		{Case: utt.Audited, Limit: 1 << 40, Audit: utt.Audit{Reveals: reveals, Expire: time.Hour}},
		{Case: utt.Delayed, Limit: 1 << 50, Audit: utt.Audit{Reveals: utt.RevealAll, Delay: time.Hour, Expire: 2 * time.Hour}},
	}})
	require.NoError(t, err)
	join := func(identity string) *wallet.Wallet {
		w, err := net.Wallet(identity, seedOf(identity))
		require.NoError(t, err)
		require.NoError(t, net.Enroll(ctx, w, identity, 0))
		return w
	}
	a, b = join(alice), join(bob)
	for _, v := range coins {
		require.NoError(t, net.Issue(ctx, alice, cash, v))
		require.NoError(t, a.Sync(ctx, net))
		h, err := a.Mint(ctx, net, cash, v)
		require.NoError(t, err)
		require.NoError(t, a.Await(ctx, net, h))
	}
	require.NoError(t, a.Sync(ctx, net))
	return net, a, b
}

func seedOf(identity string) []byte {
	seed := utt.PIDOf("seed of " + identity)
	return seed[:]
}

// hold pays bob, and returns once the payment is held.
func hold(t testing.TB, net *local.Network, w *wallet.Wallet, use utt.Case, amount utt.Amount) utt.ID {
	t.Helper()
	h, err := w.PayAs(context.Background(), net, use, bob, cash, amount, "")
	require.NoError(t, err)
	s, err := w.AwaitHeld(context.Background(), net, h)
	require.NoError(t, err)
	require.Equal(t, wallet.Held, s.State)
	return h.ID
}

// crew are auditors whose keys a test has.
type crew struct {
	t     testing.TB
	net   *local.Network
	keys  []*audit.Keys
	peers []audit.Peer
	table *threshold.LogTable
	judge func(audit.Opened) utt.Verb
	all   []*audit.Auditor
}

// smallTable is of all tests.
var smallTable = sync.OnceValues(func() (*threshold.LogTable, error) { return threshold.NewLogTable(threshold.SmallLogTable) })

func newCrew(t testing.TB, net *local.Network, judge func(audit.Opened) utt.Verb) *crew {
	t.Helper()
	table, err := smallTable()
	require.NoError(t, err)
	c := &crew{t: t, net: net, table: table, judge: judge}
	for j := range net.Auditors().OpeningShares {
		k, err := audit.DeriveKeys(wire.AppendUint64(make([]byte, audit.SeedSize-8), uint64(j+1)))
		require.NoError(t, err)
		c.keys, c.peers = append(c.keys, k), append(c.peers, k.Peer())
	}
	for j := range c.keys {
		c.all = append(c.all, c.make(j))
	}
	return c
}

// config is that of auditor j, from 0.
func (c *crew) config(j int) audit.Config {
	k := c.net.Auditors()
	return audit.Config{
		Parameters: c.net.Parameters(), Keys: c.keys[j], Peers: slices.Clone(c.peers), Judge: c.judge, Table: c.table, Now: c.net.Now,
		Opening: k.Opening, OpeningShare: k.OpeningShares[j], Approval: k.Approval, ApprovalShare: k.ApprovalShares[j],
	}
}

// make makes auditor j, from 0, who knows nothing.
func (c *crew) make(j int) *audit.Auditor {
	a, err := audit.New(c.config(j))
	require.NoError(c.t, err)
	return a
}

// sync has all sync.
func (c *crew) sync() {
	c.t.Helper()
	for _, a := range c.all {
		require.NoError(c.t, a.Sync(context.Background(), c.net))
	}
}

// letter is a message from one to another, by index from 1, in the making.
func (c *crew) letter(from, to threshold.Index) *audit.Letter {
	return &audit.Letter{From: from, To: to, Network: c.net.Parameters().Network()}
}

// give hands a letter over, signed by its sender.
func (c *crew) give(l *audit.Letter) error {
	return c.all[l.To-1].Receive(l.Seal(c.keys[l.From-1], c.peers[l.To-1]))
}

// work has some work, by index from 1, once each, and returns what they say.
func (c *crew) work(of ...threshold.Index) (messages []audit.Message, decisions []*utt.Decision) {
	c.t.Helper()
	for _, j := range of {
		m, d, err := c.all[j-1].Work(context.Background())
		require.NoError(c.t, err)
		messages, decisions = append(messages, m...), append(decisions, d...)
	}
	return messages, decisions
}

// exchange has some work and carries messages among them until nothing is left to say; those
// to others are lost.
func (c *crew) exchange(of ...threshold.Index) {
	c.t.Helper()
	for said := true; said; {
		messages, _ := c.work(of...)
		said = false
		for _, m := range messages {
			if slices.Contains(of, m.To) {
				said = true
				require.NoError(c.t, c.all[m.To-1].Receive(m.Bytes))
			}
		}
	}
}

// settled are payments of alice's to bob that were held, approved and executed, and that all
// auditors have taken in.
func (c *crew) settled(a *wallet.Wallet, amounts ...utt.Amount) (ids []utt.ID) {
	c.t.Helper()
	ctx := context.Background()
	for _, v := range amounts {
		ids = append(ids, hold(c.t, c.net, a, utt.Audited, v))
		require.NoError(c.t, c.net.Audit(ctx, c.all...))
		require.NoError(c.t, a.Sync(ctx, c.net))
	}
	require.Empty(c.t, c.all[0].Held())
	return ids
}

// warrant puts a warrant on the ledger, and has all auditors take it in.
func (c *crew) warrant(sealed bool, what utt.Components, ids ...utt.ID) *utt.WarrantOpening {
	c.t.Helper()
	o, err := c.net.Warrant(context.Background(), utt.WarrantTerms{Transfers: ids, Components: what, Reason: "case 7"}, time.Hour, sealed)
	require.NoError(c.t, err)
	c.sync()
	return o
}

func approve(audit.Opened) utt.Verb { return utt.Approve }

// node serves other records than the network's.
type node struct {
	*local.Network
	serve func(*utt.Record) *utt.Record
}

var _ follow.Source = (*node)(nil)

func (n *node) Records(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	return func(yield func(*utt.Record, error) bool) {
		for r, err := range n.Network.Records(ctx, from) {
			if err == nil {
				r = n.serve(r)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// renamed is a record under another ID, as a node would make one up that holds another's
// audit record.
func renamed(t testing.TB, r *utt.Record, id utt.ID) *utt.Record {
	t.Helper()
	b, err := r.MarshalBinary()
	require.NoError(t, err)
	const before = 2 + 3 + 8 + 2 + 8 // length, version, kind, status, height, index, time
	copy(b[before:], id[:])
	d := new(utt.Record)
	require.NoError(t, d.UnmarshalBinary(b))
	require.Equal(t, id, d.ID())
	return d
}
