package utt_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"math"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
)

// faulty is a store whose calls fail from the n-th on, until it is repaired.
type faulty struct {
	store.Store
	mu      sync.Mutex
	left    int
	applies int // failed ones
}

var errDisk = errors.New("disk on fire")

func (s *faulty) spend() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == 0 {
		return errDisk
	}
	s.left--
	return nil
}

func (s *faulty) repair(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = n
}

func (s *faulty) Get(key []byte) ([]byte, bool, error) {
	if err := s.spend(); err != nil {
		return nil, false, err
	}
	return s.Store.Get(key)
}

func (s *faulty) Apply(writes []store.Write) error {
	if err := s.spend(); err != nil {
		s.applies++
		return err
	}
	return s.Store.Apply(writes)
}

func (s *faulty) View() (store.View, error) {
	if err := s.spend(); err != nil {
		return nil, err
	}
	v, err := s.Store.View()
	return &faultyView{v, s}, err
}

// faultyView is a view whose reads count among the store's calls.
type faultyView struct {
	store.View
	s *faulty
}

func (v *faultyView) Ascend(from, to []byte) iter.Seq2[store.Pair, error] {
	return func(yield func(store.Pair, error) bool) {
		for p, err := range v.View.Ascend(from, to) {
			if e := v.s.spend(); e != nil {
				err = e
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

const fine = math.MaxInt

// Wherever the store fails, Execute fails as a whole; once the store works again,
// the same block is executed as if nothing had been: by the same ledger, or if it was
// a write that failed, by one that is opened anew.
func TestStoreFailsAtEveryCall(t *testing.T) {
	w := sharedWorld()
	s := &faulty{Store: new(store.Memory), left: fine}
	l, err := ledger.Restore(w.Parameters, s, bytes.NewReader(w.snapshot), w.digest)
	require.NoError(t, err)
	block, verdicts, want, after := w.busyBlock(t)
	head := l.Head()
	calls, torn := 0, 0
	for ; ; calls++ {
		s.repair(calls)
		receipts, err := l.Execute(block, verdicts)
		s.repair(fine)
		if err == nil {
			require.Equal(t, want, receipts)
			break
		}
		require.ErrorIs(t, err, utt.ErrStore)
		require.ErrorIs(t, err, errDisk)
		require.Nil(t, receipts)
		require.Equal(t, w.digest, l.Digest())
		require.Equal(t, head, l.Head())
		if s.applies > 0 {
			torn++
			l = requireTorn(t, l, s, block, verdicts)
		}
		require.Equal(t, w.snapshot, snapshot(t, l), "nothing was written")
	}
	require.Greater(t, calls, 20)
	require.Equal(t, 1, torn)
	require.Equal(t, after, l.Digest())
}

// A store that fails to say that it has written must not make a replica execute the
// block twice, and fork.
func TestStoreWritesAndFails(t *testing.T) {
	w := sharedWorld()
	for _, written := range []bool{true, false} {
		s := &silent{Store: new(store.Memory)}
		l, err := ledger.Restore(w.Parameters, s, bytes.NewReader(w.snapshot), w.digest)
		require.NoError(t, err)
		block, verdicts, want, after := w.busyBlock(t)
		s.fails, s.writes = true, written
		receipts, err := l.Execute(block, verdicts)
		require.ErrorIs(t, err, utt.ErrStore)
		require.ErrorIs(t, err, errDisk)
		require.Nil(t, receipts)
		s.fails = false
		l = requireTorn(t, l, s, block, verdicts)
		receipts, err = l.Execute(block, verdicts)
		if written {
			require.ErrorIs(t, err, utt.ErrInvalid, "the block is there")
		} else {
			require.NoError(t, err)
			require.Equal(t, want, receipts)
		}
		require.Equal(t, after, l.Digest())
		execute(t, l, 0, w.Alice.Public(3, bob, cash, 1))
	}
}

// silent is a store that fails to write, or writes and fails to say so.
type silent struct {
	store.Store
	fails, writes bool
}

func (s *silent) Apply(writes []store.Write) error {
	if !s.fails {
		return s.Store.Apply(writes)
	}
	if s.writes {
		return errors.Join(errDisk, s.Store.Apply(writes))
	}
	return errDisk
}

// busyBlock is a block of operations of many kinds for a fork of the world's ledger,
// with the receipts and the digest that it leads to.
func (w *world) busyBlock(t *testing.T) (b *utt.Block, v *utt.Verdicts, receipts []utt.Receipt, after [32]byte) {
	t.Helper()
	twin := w.fork(t)
	head := twin.Head()
	ops := parse(t, w.Merge(300, 200), w.Merge(200), w.issue(t, twin, bob, cash, 5), w.Alice.Public(1, bob, cash, 9),
		w.HonestBurn(), w.enrolled(t, "carol@example.org", 0), w.Alice.Minted(2, cash, 3))
	receipts = execute(t, twin, 0, ops...)
	b = &utt.Block{Height: head.Height + 1, Time: head.Time, Ops: ops}
	return b, check(t, w.Parameters, head.Time, ops...), receipts, twin.Digest()
}

// requireTorn requires that a ledger whose store failed to write does nothing more,
// and returns the one opened anew.
func requireTorn(t *testing.T, l *ledger.Ledger, s store.Store, b *utt.Block, v *utt.Verdicts) *ledger.Ledger {
	t.Helper()
	for range 2 {
		receipts, err := l.Execute(b, v)
		require.ErrorIs(t, err, utt.ErrStore)
		require.ErrorContains(t, err, "open the ledger again")
		require.Nil(t, receipts)
		require.ErrorIs(t, writeSnapshot(l, new(bytes.Buffer)), utt.ErrStore)
	}
	again, err := ledger.New(l.Parameters(), s)
	require.NoError(t, err)
	return again
}

func TestReadsFromAFailingStore(t *testing.T) {
	w := sharedWorld()
	s := &faulty{Store: new(store.Memory), left: fine}
	l, err := ledger.Restore(w.Parameters, s, bytes.NewReader(w.snapshot), w.digest)
	require.NoError(t, err)
	s.repair(0)
	pid := utt.PIDOf(alice)
	for name, err := range map[string]error{
		"balance":     second(l.Balance(pid, cash)),
		"nonce":       second(l.Nonce(pid)),
		"issue nonce": second(l.IssueNonce()),
		"supply":      second(l.Supply(cash)),
		"accounts":    second(l.Accounts(cash)),
		"spent":       second(l.Spent(nullifier.Nullifier{})),
		"snapshot":    writeSnapshot(l, new(bytes.Buffer)),
		"open":        second(ledger.New(w.Parameters, s)),
		"restore":     second(ledger.Restore(w.Parameters, s, bytes.NewReader(w.snapshot), w.digest)),
	} {
		require.ErrorIs(t, err, errDisk, name)
		require.ErrorIs(t, err, utt.ErrStore, name)
	}
	var failed []error
	for r, err := range l.Records(context.Background(), utt.Cursor{}) {
		require.Nil(t, r)
		failed = append(failed, err)
	}
	require.Len(t, failed, 1)
	require.ErrorIs(t, failed[0], errDisk)
	require.Equal(t, w.digest, l.Digest())
}

// panicking is a store that writes and then panics.
type panicking struct {
	store.Memory
	on bool
}

func (s *panicking) Apply(w []store.Write) error {
	if err := s.Memory.Apply(w); err != nil || !s.on {
		return err
	}
	s.on = false
	panic(errDisk)
}

// A block is not executed a second time either if the store panicked.
func TestStorePanics(t *testing.T) {
	n := newLab()
	s := new(panicking)
	l, err := ledger.New(n.p, s)
	require.NoError(t, err)
	twin := n.ledger(t)
	r := n.registration(t, alice)
	requireExecuted(t, execute(t, l, 0, r))
	requireExecuted(t, execute(t, twin, 0, r))
	o, err := utt.NewIssue(n.p, n.issuer, 0, utt.PIDOf(alice), cash, 10)
	require.NoError(t, err)
	block := &utt.Block{Height: 2, Time: l.Head().Time, Ops: []utt.Operation{o}}
	v, err := n.p.Check(t.Context(), block.Time, block.Ops)
	require.NoError(t, err)
	s.on = true
	require.PanicsWithError(t, errDisk.Error(), func() { _, _ = l.Execute(block, v) })
	_, err = l.Execute(block, v)
	require.ErrorIs(t, err, utt.ErrStore)
	requireExecuted(t, execute(t, twin, 0, o))
	l, err = ledger.New(n.p, s)
	require.NoError(t, err)
	require.Equal(t, twin.Digest(), l.Digest())
}

// A number of the state that is none is no zero.
func TestGarbledNumber(t *testing.T) {
	n := newLab()
	s := new(store.Memory)
	l, err := ledger.New(n.p, s)
	require.NoError(t, err)
	requireExecuted(t, execute(t, l, 0, n.registration(t, alice)))
	o, err := utt.NewIssue(n.p, n.issuer, 0, utt.PIDOf(alice), cash, 10)
	require.NoError(t, err)
	requireExecuted(t, execute(t, l, 0, o))
	for _, k := range keysOf(t, s) {
		if v, _, err := s.Get([]byte(k)); err == nil && len(v) == 8 && k != "F" { // which every block looks at
			require.NoError(t, s.Apply([]store.Write{{Key: []byte(k), Value: v[:7]}}))
		}
	}
	_, err = l.Balance(utt.PIDOf(alice), cash)
	require.ErrorIs(t, err, utt.ErrStore)
	_, err = l.Supply(cash)
	require.ErrorIs(t, err, utt.ErrStore)
	_, err = l.Accounts(cash)
	require.ErrorIs(t, err, utt.ErrStore)
	_, err = l.IssueNonce()
	require.ErrorIs(t, err, utt.ErrStore)
	again, err := utt.NewIssue(n.p, n.issuer, 0, utt.PIDOf(alice), cash, 10) // as executed before
	require.NoError(t, err)
	block := &utt.Block{Height: 3, Time: l.Head().Time, Ops: []utt.Operation{again}}
	v, err := n.p.Check(t.Context(), block.Time, block.Ops)
	require.NoError(t, err)
	before := l.Digest()
	_, err = l.Execute(block, v)
	require.ErrorIs(t, err, utt.ErrStore, "a nonce of seven bytes is not 0")
	require.ErrorIs(t, err, utt.ErrMalformed)
	require.Equal(t, before, l.Digest())
	_, _, err = l.Preview(again, 0)
	require.ErrorIs(t, err, utt.ErrStore)
	require.NoError(t, s.Apply([]store.Write{{Key: []byte("i"), Value: []byte{0, 0, 0, 0, 0, 0, 0, 1}}}))
	receipts, err := l.Execute(block, v)
	require.NoError(t, err, "what is garbled elsewhere is not this operation's")
	requireRejected(t, receipts[0], utt.CodeNonce, "ISSUE-NONCE")
}
