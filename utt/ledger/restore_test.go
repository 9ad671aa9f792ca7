package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/store"
)

func snapshotOf(t *testing.T, l *ledger.Ledger) []byte {
	t.Helper()
	s, err := l.Snapshot()
	require.NoError(t, err)
	var b bytes.Buffer
	_, err = s.WriteTo(&b)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	return b.Bytes()
}

// stopping is a store that fails from a write on, and knows how many pairs were written at once.
type stopping struct {
	store.Memory
	writes, stop, most int
}

var errStopped = errors.New("stopped")

func (s *stopping) Apply(w []store.Write) error {
	if s.writes++; s.stop > 0 && s.writes >= s.stop {
		return errStopped
	}
	s.most = max(s.most, len(w))
	return s.Memory.Apply(w)
}

func long(t *testing.T, blocks int) *ledger.Ledger {
	t.Helper()
	net, err := local.New(context.Background(), local.Config{Dealt: true})
	require.NoError(t, err)
	l, err := ledger.New(net.Parameters(), new(store.Memory))
	require.NoError(t, err)
	v, err := net.Parameters().Check(context.Background(), l.Head().Time, nil)
	require.NoError(t, err)
	for range blocks {
		_, err := l.Execute(&utt.Block{Height: l.Head().Height + 1, Time: l.Head().Time}, v)
		require.NoError(t, err)
	}
	return l
}

func requireNothing(t *testing.T, s store.Store) {
	t.Helper()
	v, err := s.View()
	require.NoError(t, err)
	for p, err := range v.Ascend(nil, nil) {
		require.NoError(t, err)
		require.Equal(t, ledger.Beside+"host", string(p.Key))
	}
	require.NoError(t, v.Close())
}

// A snapshot is read in parts, so that none is too large. Stopped at any write it leaves what
// whoever opens the store, or restores it again, removes; a wrong one leaves nothing.
func TestRestoreInParts(t *testing.T) {
	const part = 1 << 12
	l := long(t, 2*part+10)
	p, whole := l.Parameters(), snapshotOf(t, l)
	s := new(stopping)
	restored, err := ledger.Restore(p, s, bytes.NewReader(whole), l.Digest())
	require.NoError(t, err)
	require.Equal(t, l.Digest(), restored.Digest())
	require.Equal(t, 3, s.writes)
	require.LessOrEqual(t, s.most, part+1)

	for stop := range 3 {
		s := &stopping{stop: stop + 1}
		_, err := ledger.Restore(p, s, bytes.NewReader(whole), l.Digest())
		require.ErrorIs(t, err, errStopped)
		require.ErrorIs(t, err, utt.ErrStore)
		s.stop = 0
		if stop > 1 { // as after a crash, or without the host's having opened it
			empty, err := ledger.New(p, s)
			require.NoError(t, err)
			require.Zero(t, empty.Head().Height)
			requireNothing(t, s)
		}
		restored, err := ledger.Restore(p, s, bytes.NewReader(whole), l.Digest())
		require.NoError(t, err)
		require.Equal(t, l.Digest(), restored.Digest())
		require.Equal(t, whole, snapshotOf(t, restored))
	}

	for name, b := range map[string][]byte{
		"cut":         whole[:len(whole)-100],
		"longer":      append(slices.Clone(whole), 1),
		"another bit": func() []byte { b := slices.Clone(whole); b[len(b)-100] ^= 1; return b }(),
	} {
		s := new(stopping)
		host := store.Write{Key: []byte(ledger.Beside + "host"), Value: []byte{1}}
		require.NoError(t, s.Apply([]store.Write{host}))
		_, err := ledger.Restore(p, s, bytes.NewReader(b), l.Digest())
		require.Error(t, err, name)
		requireNothing(t, s)
		_, err = ledger.Restore(p, s, bytes.NewReader(whole), l.Digest())
		require.NoError(t, err, name)
	}
}

// withoutDetails is a ledger like another, whose store has dropped all details that may go.
func withoutDetails(t *testing.T, l *ledger.Ledger) (*ledger.Ledger, *store.Memory) {
	t.Helper()
	s := new(store.Memory)
	d, err := ledger.Restore(l.Parameters(), s, bytes.NewReader(snapshotOf(t, l)), l.Digest())
	require.NoError(t, err)
	for h := range l.Head().Height {
		w, err := d.Drop(h + 1)
		require.NoError(t, err)
		require.NoError(t, s.Apply(w))
		w, err = d.Drop(h + 1)
		require.NoError(t, err)
		require.Empty(t, w, "once")
	}
	_, err = d.Drop(l.Head().Height + 1)
	require.ErrorIs(t, err, utt.ErrNotFound)
	return d, s
}

// What drops details has the same digest, the same entries and the same future, and hands
// on a snapshot, of which the details that are missing are named.
func TestDetailsAreNotOfTheState(t *testing.T) {
	ctx := context.Background()
	m := newTwice(t)
	require.Equal(t, utt.Executed, m.one(t, m.first).Status)
	l := m.net.Ledger()
	at := utt.Cursor{Height: l.Head().Height}
	require.Equal(t, utt.Executed, m.grant(t, 2).Status)
	d, s := withoutDetails(t, l)
	require.Equal(t, l.Digest(), d.Digest())
	_, err := d.Record(at)
	require.ErrorIs(t, err, utt.ErrNotFound)
	require.ErrorContains(t, err, "archive")
	var want, got [][]byte
	for e, err := range l.Entries(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		want = append(want, e)
	}
	again, err := ledger.New(l.Parameters(), s)
	require.NoError(t, err)
	for e, err := range again.Entries(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		got = append(got, e)
	}
	require.Equal(t, want, got)
	for _, err := range again.Registrations(ctx, 1, l.Head().Height) {
		require.NoError(t, err, "those of registrations stay")
	}
	require.Equal(t, "NF-ONCE", rejectedBy(t, again, m.then))

	b := snapshotOf(t, again)
	require.Less(t, len(b), len(snapshotOf(t, l))-1000)
	_, err = ledger.Restore(l.Parameters(), new(store.Memory), bytes.NewReader(b), l.Digest())
	require.ErrorIs(t, err, utt.ErrInvalid)
	require.ErrorContains(t, err, "keeps more")
	_, err = ledger.RestoreAbove(l.Parameters(), new(store.Memory), bytes.NewReader(b), l.Digest(), at.Height-1)
	require.ErrorIs(t, err, utt.ErrInvalid)
	r, err := ledger.RestoreAbove(l.Parameters(), new(store.Memory), bytes.NewReader(b), l.Digest(), at.Height)
	require.NoError(t, err)
	require.Equal(t, l.Digest(), r.Digest())
}

func rejectedBy(t *testing.T, l *ledger.Ledger, op utt.Operation) string {
	t.Helper()
	head := l.Head()
	v, err := l.Parameters().Check(context.Background(), head.Time, []utt.Operation{op})
	require.NoError(t, err)
	d, err := l.Prepare(&utt.Block{Height: head.Height + 1, Time: head.Time, Ops: []utt.Operation{op}}, v)
	require.NoError(t, err)
	return d.Receipts()[0].Rejection.Label
}

// No record of a snapshot is taken with another detail, in another place, or, where it is not
// a payment, without its detail.
func TestSnapshotWithOtherRecords(t *testing.T) {
	m := newTwice(t)
	require.Equal(t, utt.Executed, m.one(t, m.first).Status)
	l := m.net.Ledger()
	pay, err := l.Record(utt.Cursor{Height: l.Head().Height})
	require.NoError(t, err)
	var registered utt.Cursor
	for r, err := range l.Registrations(context.Background(), 1, l.Head().Height) {
		require.NoError(t, err)
		registered = r.Record.Cursor()
	}
	reg, err := l.Record(registered)
	require.NoError(t, err)
	whole := snapshotOf(t, l)
	refused := func(b []byte) {
		t.Helper()
		s := new(store.Memory)
		_, err := ledger.RestoreAbove(l.Parameters(), s, bytes.NewReader(b), l.Digest(), l.Head().Height)
		require.ErrorIs(t, err, utt.ErrInvalid)
		requireNothing(t, s)
	}
	encoded := pay.AppendUnsigned(nil)
	i := bytes.Index(whole, encoded)
	require.Positive(t, i)
	detail := slices.Clone(whole)
	detail[i+len(encoded)-1] ^= 1
	refused(detail)

	encoded = reg.AppendUnsigned(nil)
	i = bytes.Index(whole, encoded)
	require.Positive(t, i)
	entry := append([]byte{0, 0}, utt.LogEntry(encoded)...)
	bare := slices.Concat(whole[:i-4], []byte{0, 0, byte(len(entry) >> 8), byte(len(entry))}, entry, whole[i+len(encoded):])
	refused(bare)
}
