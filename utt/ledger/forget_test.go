package ledger_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

const (
	cash  = "cash"
	epoch = 30 * 24 * time.Hour // of the local network
)

// twice is a user who has two payments with one budget coin and two money coins.
type twice struct {
	net         *local.Network
	ann         utt.PID
	first, then *utt.Transfer
}

// keeping takes operations and hands none in.
type keeping struct {
	*local.Network
	ops []utt.Operation
}

func (k *keeping) Submit(_ context.Context, op utt.Operation) error {
	k.ops = append(k.ops, op)
	return nil
}

func newTwice(t *testing.T) *twice {
	t.Helper()
	ctx := context.Background()
	net, err := local.New(ctx, local.Config{Dealt: true})
	require.NoError(t, err)
	seed := bytes.Repeat([]byte{1, 2}, utt.SeedSize/2)
	payment := func(not ...*utt.Transfer) *utt.Transfer { // of a wallet that knows of no other
		w, err := net.Wallet("ann", seed)
		require.NoError(t, err)
		require.NoError(t, net.Enroll(ctx, w, "ann", 0))
		require.NoError(t, net.Issue(ctx, "ann", cash, 100))
		require.NoError(t, w.Sync(ctx, net))
		h, err := w.Mint(ctx, net, cash, 100)
		require.NoError(t, err)
		require.NoError(t, w.Await(ctx, net, h))
		k := &keeping{Network: net}
		_, err = w.Pay(ctx, k, "ben", cash, 90, "")
		require.NoError(t, err)
		first := k.ops[0].(*utt.Transfer)
		if len(not) == 0 || first.Nullifiers()[0] != not[0].Nullifiers()[0] {
			return first
		}
		w, err = net.Wallet("ann", seed) // once more, with that coin taken
		require.NoError(t, err)
		require.NoError(t, w.Sync(ctx, net))
		_, err = w.Split(ctx, k, cash, 50)
		require.NoError(t, err)
		_, err = w.Pay(ctx, k, "ben", cash, 90, "")
		require.NoError(t, err)
		return k.ops[2].(*utt.Transfer)
	}
	ben, err := net.Wallet("ben", nil)
	require.NoError(t, err)
	require.NoError(t, net.Enroll(ctx, ben, "ben", 0))
	m := &twice{net: net, ann: utt.PIDOf("ann"), first: payment()}
	m.then = payment(m.first)
	a, b := m.first.Nullifiers(), m.then.Nullifiers()
	require.True(t, m.first.Budgeted() && m.then.Budgeted())
	require.Equal(t, a[len(a)-1], b[len(b)-1])
	require.NotEqual(t, a[0], b[0])
	return m
}

func (m *twice) one(t *testing.T, op utt.Operation) utt.Receipt {
	t.Helper()
	r, err := m.net.Execute(context.Background(), op)
	require.NoError(t, err)
	return r[0]
}

func (m *twice) grant(t *testing.T, e utt.Epoch) utt.Receipt {
	t.Helper()
	g, err := utt.NewGrant(m.net.Parameters(), m.ann, budget.Privacy, cash, e, 0)
	require.NoError(t, err)
	return m.one(t, g)
}

func refused(t *testing.T, r utt.Receipt, label string) {
	t.Helper()
	require.Equal(t, utt.Rejected, r.Status)
	require.Equal(t, label, r.Rejection.Label)
}

// A budget coin is spent once, up to the last second of its epoch, and not at all after it,
// when its nullifier is gone [NF-EPOCH]. Nor does a block that comes late bring the epoch back.
func TestBudgetIsSpentOnceAroundTheEndOfItsEpoch(t *testing.T) {
	ctx := context.Background()
	m := newTwice(t)
	l := m.net.Ledger()
	require.Equal(t, utt.Executed, m.one(t, m.first).Status)
	refused(t, m.one(t, m.then), "NF-ONCE")
	policy := l.Parameters().Policy()
	end := policy.StartOf(2)
	require.NoError(t, m.net.Advance(ctx, time.Duration(end-1-l.Head().Time)*time.Second))
	refused(t, m.one(t, m.then), "NF-ONCE")
	spent := m.first.Nullifiers()
	nf := spent[len(spent)-1]
	has, err := l.Spent(nf)
	require.NoError(t, err)
	require.True(t, has)
	late := l.Head().Time

	require.NoError(t, m.net.Advance(ctx, time.Second))
	has, err = l.Spent(nf)
	require.NoError(t, err)
	require.False(t, has, "forgotten with the first block of the next epoch")
	has, err = l.Spent(spent[0])
	require.NoError(t, err)
	require.True(t, has, "money is money for good")
	refused(t, m.one(t, m.then), "POLICY-EPOCH")
	refused(t, m.one(t, m.first), "POLICY-EPOCH")

	// a block of the epoch before, and verdicts of it
	p := l.Parameters()
	old, err := p.Check(ctx, late, []utt.Operation{m.then})
	require.NoError(t, err)
	_, err = l.Prepare(&utt.Block{Height: l.Head().Height + 1, Time: late, Ops: []utt.Operation{m.then}}, old)
	require.ErrorIs(t, err, utt.ErrInvalid)
	trusted, err := p.Trust(late, []utt.Operation{m.then})
	require.NoError(t, err)
	for _, v := range []*utt.Verdicts{old, trusted} {
		_, err = l.Prepare(&utt.Block{Height: l.Head().Height + 1, Time: l.Head().Time, Ops: []utt.Operation{m.then}}, v)
		require.ErrorIs(t, err, utt.ErrInvalid)
	}
}

// A grant goes with the epoch that it is for, not with that in which it was taken: else a
// user has two budgets.
func TestGrantIsKeptForItsEpoch(t *testing.T) {
	ctx := context.Background()
	m := newTwice(t)
	require.Equal(t, utt.Executed, m.grant(t, 2).Status)
	refused(t, m.grant(t, 2), "GRANT-ONCE")
	refused(t, m.grant(t, 1), "GRANT-ONCE")
	require.NoError(t, m.net.Advance(ctx, epoch))
	refused(t, m.grant(t, 2), "GRANT-ONCE")
	refused(t, m.grant(t, 1), "POLICY-EPOCH")
	require.Equal(t, utt.Executed, m.grant(t, 3).Status)
	require.NoError(t, m.net.Advance(ctx, epoch))
	refused(t, m.grant(t, 3), "GRANT-ONCE")
	require.NoError(t, m.net.Agree())
}

// forgetting is a ledger whose state has marks of many budgets spent in the first epoch.
func forgetting(t *testing.T, p *utt.Parameters, marks int) (*ledger.Ledger, *store.Memory) {
	t.Helper()
	s := new(store.Memory)
	var w []store.Write
	for i := range marks {
		key := append(binary.BigEndian.AppendUint64([]byte{'N'}, 1), make([]byte, 48)...)
		binary.BigEndian.PutUint32(key[9:], uint32(i))
		w = append(w, store.Write{Key: key, Value: []byte{1}})
	}
	require.NoError(t, s.Apply(w))
	l, err := ledger.New(p, s)
	require.NoError(t, err)
	return l, s
}

func marks(t *testing.T, s store.Store) (n int) {
	t.Helper()
	v, err := s.View()
	require.NoError(t, err)
	for _, err := range v.Ascend(store.Prefix([]byte{'N'})) {
		require.NoError(t, err)
		n++
	}
	require.NoError(t, v.Close())
	return n
}

func empty(t *testing.T, l *ledger.Ledger, time uint64) {
	t.Helper()
	v, err := l.Parameters().Check(context.Background(), time, nil)
	require.NoError(t, err)
	_, err = l.Execute(&utt.Block{Height: l.Head().Height + 1, Time: time}, v)
	require.NoError(t, err)
}

// A block forgets as much as one can add, and no more, however much there is; what is left
// comes next, also where epochs pass meanwhile, and in a ledger that is opened again.
func TestForgettingIsBounded(t *testing.T) {
	net, err := local.New(context.Background(), local.Config{Dealt: true})
	require.NoError(t, err)
	p := net.Parameters()
	policy := p.Policy()
	const more = 100
	l, s := forgetting(t, p, 2*utt.MaxOperations+more)
	empty(t, l, policy.StartOf(2)-1)
	require.Equal(t, 2*utt.MaxOperations+more, marks(t, s))
	empty(t, l, policy.StartOf(2))
	require.Equal(t, utt.MaxOperations+more, marks(t, s))
	again, err := ledger.New(p, s)
	require.NoError(t, err)
	require.Equal(t, l.Digest(), again.Digest())
	empty(t, again, policy.StartOf(3))
	require.Equal(t, more, marks(t, s))
	empty(t, again, policy.StartOf(3))
	require.Zero(t, marks(t, s))

	// exactly as many: the block after finds nothing
	l, s = forgetting(t, p, utt.MaxOperations)
	empty(t, l, policy.StartOf(2))
	require.Zero(t, marks(t, s))
	empty(t, l, policy.StartOf(2))
	empty(t, l, policy.StartOf(3))
}

// A snapshot taken while much waits to be forgotten goes on as the ledger does.
func TestForgettingGoesOnAfterARestore(t *testing.T) {
	ctx := context.Background()
	m := newTwice(t)
	require.Equal(t, utt.Executed, m.one(t, m.first).Status)
	l := m.net.Ledger()
	snap, err := l.Snapshot()
	require.NoError(t, err)
	var b bytes.Buffer
	_, err = snap.WriteTo(&b)
	require.NoError(t, err)
	require.NoError(t, snap.Close())
	restored, err := ledger.Restore(l.Parameters(), new(store.Memory), &b, l.Digest())
	require.NoError(t, err)
	at := l.Parameters().Policy().StartOf(2)
	require.NoError(t, m.net.Advance(ctx, time.Duration(at-l.Head().Time)*time.Second))
	for restored.Head().Height < l.Head().Height {
		info, err := l.Block(restored.Head().Height + 1)
		require.NoError(t, err)
		empty(t, restored, info.Time)
	}
	require.Equal(t, l.Digest(), restored.Digest())
	has, err := restored.Spent(m.first.Nullifiers()[len(m.first.Nullifiers())-1])
	require.NoError(t, err)
	require.False(t, has)
}

var _ wallet.Node = (*keeping)(nil)
