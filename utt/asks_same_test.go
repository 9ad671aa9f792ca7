package utt_test

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// questions is a node that keeps what it is asked, to the letter, and when.
type questions struct {
	*local.Network
	all  []string
	when []time.Time
}

func (n *questions) note(format string, args ...any) {
	n.all, n.when = append(n.all, fmt.Sprintf(format, args...)), append(n.when, time.Now())
}

func (n *questions) Certificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	n.note("certificate %d", height)
	return n.Network.Certificate(ctx, height)
}

func (n *questions) Records(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	n.note("records %v", from)
	return func(yield func(*utt.Record, error) bool) {
		for r, err := range n.Network.Records(ctx, from) {
			n.note("record") // is taken from the connection
			if !yield(r, err) {
				return
			}
		}
	}
}

func (n *questions) CredentialCertificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	n.note("certificate of credentials %d", height)
	return n.Network.CredentialCertificate(ctx, height)
}

func (n *questions) Credentials(ctx context.Context, from uint64) iter.Seq2[utt.CredentialLeaf, error] {
	n.note("credentials %d", from)
	return n.Network.Credentials(ctx, from)
}

// askedBy is what a wallet asks in a Sync.
func askedBy(t testing.TB, net *local.Network, w *wallet.Wallet) []string {
	t.Helper()
	n := &questions{Network: net}
	require.NoError(t, w.Sync(context.Background(), n))
	return n.all
}

const dora = "dora" // nothing happens to her

// town is a network in which alice, who pays bob, keeps her wallet on a disk, and so does dora,
// to whom nothing happens.
type town struct {
	net   *local.Network
	a     *wallet.Wallet // pays
	disks map[string]*store.Memory
}

func newTown(t testing.TB) *town {
	n := &town{net: newNetwork(t), disks: map[string]*store.Memory{bob: new(store.Memory), dora: new(store.Memory)}}
	n.a = join(t, n.net, alice, 500, 300)
	join(t, n.net, bob)
	join(t, n.net, dora)
	return n
}

// open opens a wallet in a process of its own.
func (n *town) open(t testing.TB, identity string) *wallet.Wallet {
	return onDisk(t, n.net, identity, n.disks[identity])
}

func (n *town) pay(t testing.TB, v utt.Amount) {
	sync1(t, n.net, n.a)
	done(t, n.a, n.net)(n.a.Pay(context.Background(), n.net, bob, cash, v, ""))
}

// requireSameQuestions has two wallets follow a ledger, one of which is paid, and then return at
// different times: over the same period, and from the same day on, they ask the same.
func requireSameQuestions(t testing.TB) {
	ctx := context.Background()
	n := newTown(t)
	b, c := n.open(t, bob), n.open(t, dora)
	require.Equal(t, askedBy(t, n.net, b), askedBy(t, n.net, c))
	for i := range 3 {
		require.NoError(t, n.net.Advance(ctx, time.Minute))
		if i != 1 {
			n.pay(t, 5)
		}
		require.Equal(t, askedBy(t, n.net, b), askedBy(t, n.net, c), "slot %d", i)
	}
	// one leaves, and the other follows for some hours
	for range 2 {
		require.NoError(t, n.net.Advance(ctx, 3*time.Hour))
		n.pay(t, 5)
		askedBy(t, n.net, b)
	}
	require.Positive(t, b.Balance(cash).Spendable)
	require.NoError(t, n.net.Advance(ctx, 40*time.Minute))
	n.pay(t, 5)
	require.NotEqual(t, b.Checkpoint(), c.Checkpoint())
	b, c = n.open(t, bob), n.open(t, dora)
	require.Equal(t, askedBy(t, n.net, b), askedBy(t, n.net, c), "both return on the same day")
	require.Equal(t, b.Checkpoint(), c.Checkpoint())
	b = n.open(t, bob)
	require.Equal(t, askedBy(t, n.net, b), askedBy(t, n.net, n.open(t, dora)), "also if there is nothing new")
}

// Nor does what they ask of the registrars, who have signed more when one asks than when another
// does, seconds before.
func TestWalletsAskTheSameOfRegistrars(t *testing.T) {
	ctx := context.Background()
	n := newTown(t)
	b, d := n.open(t, bob), n.open(t, dora)
	askedBy(t, n.net, b)
	askedBy(t, n.net, d)
	require.NoError(t, n.net.Advance(ctx, time.Minute))
	join(t, n.net, "erin@example.org")
	askedBy(t, n.net, b)
	join(t, n.net, "frank@example.org")
	askedBy(t, n.net, d)
	require.NoError(t, n.net.Advance(ctx, time.Minute))
	join(t, n.net, "gina@example.org")
	require.Equal(t, askedBy(t, n.net, b), askedBy(t, n.net, d))
}

// What wallets ask does not tell them apart, whatever they were paid and whenever they asked
// before [ASK-SAME].
func TestWalletsAskTheSame(t *testing.T) { requireSameQuestions(t) }

// A wallet that asks again from the beginning of its day takes nothing in twice, and refuses a
// node that has not got what it knows, or has it otherwise.
func TestReturningWalletsKnowWhatTheyKnow(t *testing.T) {
	ctx := context.Background()
	n := newTown(t)
	n.pay(t, 5)
	b := n.open(t, bob)
	sync1(t, n.net, b)
	before := stateOf(b)
	sync1(t, n.net, n.open(t, bob))
	require.Equal(t, before, stateOf(n.open(t, bob)))
	old := &until{Network: n.net, height: b.Checkpoint().Height - 1}
	require.True(t, wallet.Behind.Is(n.open(t, bob).Sync(ctx, old)))
	require.Equal(t, before, stateOf(n.open(t, bob)))
	require.NoError(t, n.net.Advance(ctx, 50*time.Hour))
	n.pay(t, 5)
	b = n.open(t, bob)
	sync1(t, n.net, b)
	require.True(t, wallet.Behind.Is(n.open(t, bob).Sync(ctx, old)), "rolled back by a day")
	require.Equal(t, utt.Amount(10), b.Balance(cash).Spendable)
	require.Len(t, collected(t, b.History(0)), 5, "two budgets, an issue, two payments")
}

// until is a node that knows blocks up to a height.
type until struct {
	*local.Network
	height uint64
}

func (n *until) Certificate(ctx context.Context, height uint64) (*utt.Certificate, error) {
	return n.Network.Certificate(ctx, min(n.height, height))
}

// crowded is a ledger of some batches, in the first of which alice was paid many times.
func crowded(t testing.TB, payments int) *town {
	ctx := context.Background()
	n := newTown(t)
	sync1(t, n.net, n.a)
	for range payments {
		done(t, n.a, n.net)(n.a.Pay(ctx, n.net, bob, cash, 1, ""))
	}
	for nonce, last := uint64(1), uint64(1501); nonce < last; nonce += 300 {
		var ops []utt.Operation
		for i := range uint64(300) {
			o, err := utt.NewIssue(n.net.Parameters(), n.net.Issuer(), nonce+i, utt.PIDOf(alice), cash, 1)
			require.NoError(t, err)
			ops = append(ops, o)
		}
		_, err := n.net.Execute(ctx, ops...)
		require.NoError(t, err)
	}
	return n
}

// longestPause is the longest between two things that a wallet's Sync asks of a node.
func longestPause(t testing.TB, n *town, identity string) (longest time.Duration) {
	w := onDisk(t, n.net, identity, new(store.Memory))
	asked := &questions{Network: n.net}
	require.NoError(t, w.Sync(context.Background(), asked))
	for i := 1; i < len(asked.when); i++ {
		longest = max(longest, asked.when[i].Sub(asked.when[i-1]))
	}
	return longest
}

// separation is the statistic of Mann and Whitney of the longest pauses inside a Sync of a
// wallet that is paid and of one that is not, in turn: for wallets alike it is about normal, of variance 1.
func separation(t testing.TB, n *town, runs int) float64 {
	var target, bystander []time.Duration
	for range runs {
		target = append(target, longestPause(t, n, bob))
		bystander = append(bystander, longestPause(t, n, dora))
	}
	u := 0.0
	for _, a := range target {
		for _, b := range bystander {
			u += float64(1+cmp.Compare(a, b)) / 2
		}
	}
	m := float64(runs)
	return (u - m*m/2) / math.Sqrt(m*m*(2*m+1)/12)
}

// pausesTell is the statistic from which on pauses tell whose wallet asks: of wallets alike one in
// 15 000 runs of the test comes there.
const pausesTell = 4.0

// A node that has payments to somebody in its records does not see by the pauses inside a long
// Sync whose wallet asks [ASK-FIRST].
func TestPausesDoNotTell(t *testing.T) {
	sequential(t)
	n := crowded(t, 40)
	const runs = 24
	require.Less(t, math.Abs(separation(t, n, runs)), float64(pausesTell))
}

// requireAskedFirst demands that all that a Sync asks it asks before it writes anything.
func requireAskedFirst(t testing.TB, n *town) {
	asked := &questions{Network: n.net}
	disk := &writes{Store: new(store.Memory), note: asked.note}
	w, err := wallet.Open(n.net.Parameters(), bob, seedOf(bob), disk, wallet.Config{Now: n.net.Now})
	require.NoError(t, err)
	asked.all = nil
	require.NoError(t, w.Sync(context.Background(), asked))
	first := slices.Index(asked.all, "write")
	require.Positive(t, first)
	for _, what := range asked.all[first:] {
		require.Equal(t, "write", what)
	}
}

// writes notes what is written.
type writes struct {
	store.Store
	note func(format string, args ...any)
}

func (s *writes) Apply(w []store.Write) error {
	s.note("write")
	return s.Store.Apply(w)
}

func TestAllIsAskedFirst(t *testing.T) { requireAskedFirst(t, crowded(t, 1)) }
