package utt_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
)

func snapshot(t testing.TB, l *ledger.Ledger) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, writeSnapshot(l, &b))
	return b.Bytes()
}

// writeSnapshot writes a ledger's snapshot, and demands the head and the digest that it
// is of.
func writeSnapshot(l *ledger.Ledger, to io.Writer) (err error) {
	s, err := l.Snapshot()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if s.Head() != l.Head() || s.Digest() != l.Digest() {
		return errors.New("a snapshot of another state")
	}
	_, err = s.WriteTo(to)
	return err
}

// keysOf are the keys in a store, all of them.
func keysOf(t testing.TB, s store.Store) (keys []string) {
	t.Helper()
	view, err := s.View()
	require.NoError(t, err)
	defer func() { require.NoError(t, view.Close()) }()
	for pair, err := range view.Ascend(nil, nil) {
		require.NoError(t, err)
		keys = append(keys, string(pair.Key))
	}
	return keys
}

// A restored ledger goes on like the one that it was taken from.
func TestSnapshotGoesOn(t *testing.T) {
	w := sharedWorld()
	l := w.fork(t)
	execute(t, l, 0, parse(t, w.Merge(300, 200))...)
	b := snapshot(t, l)
	require.Equal(t, b, snapshot(t, l), "the same state, the same bytes")

	restored, err := ledger.Restore(w.Parameters, new(store.Memory), iotest.OneByteReader(bytes.NewReader(b)), l.Digest())
	require.NoError(t, err)
	require.Equal(t, l.Digest(), restored.Digest())
	require.Equal(t, l.Head(), restored.Head())
	require.Equal(t, b, snapshot(t, restored))

	later := w.Parameters.Policy()
	for _, block := range [][]utt.Operation{
		{w.Merge(300), w.Merge(100)}, // one spent before
		{w.issue(t, l, bob, cash, 9), w.Alice.Public(1, bob, cash, 9)},
		nil,
	} {
		at := max(l.Head().Time, later.StartOf(2))
		want := execute(t, l, at, parse(t, block...)...)
		require.Equal(t, want, execute(t, restored, at, parse(t, block...)...))
		require.Equal(t, l.Digest(), restored.Digest())
	}
	require.Equal(t, snapshot(t, l), snapshot(t, restored))
}

func TestSnapshotOfAnEmptyLedger(t *testing.T) {
	p := sharedWorld().Parameters
	l, err := ledger.New(p, new(store.Memory))
	require.NoError(t, err)
	restored, err := ledger.Restore(p, new(store.Memory), bytes.NewReader(snapshot(t, l)), l.Digest())
	require.NoError(t, err)
	require.Equal(t, l.Digest(), restored.Digest())
	require.Equal(t, l.Head(), restored.Head())
}

// sections are where the parts of a snapshot begin.
type sections struct{ parameters, height, time, state, history, log, first, end int }

func sectionsOf(b []byte) (s sections) {
	s.parameters = 1 + 4
	s.height = s.parameters + 32
	s.time = s.height + 8
	s.state = s.time + 8
	s.history = s.state + 2048
	s.log = s.history + 32
	s.first = s.parameters + int(binary.BigEndian.Uint32(b[1:]))
	s.end = len(b) - 4
	return s
}

// requireRestoreFails demands an error and that the store is as it was.
func requireRestoreFails(t testing.TB, b []byte, cause error) {
	t.Helper()
	w := sharedWorld()
	s := new(store.Memory)
	l, err := ledger.Restore(w.Parameters, s, bytes.NewReader(b), w.digest)
	require.Nil(t, l)
	if cause != nil {
		require.ErrorIs(t, err, cause)
	} else if !errors.Is(err, utt.ErrMalformed) && !errors.Is(err, utt.ErrInvalid) && !errors.Is(err, utt.ErrPolicy) {
		require.Fail(t, "no typed error", "%v", err)
	}
	require.Empty(t, keysOf(t, s), "a wrong snapshot left something in the store")
}

// A bit flipped anywhere is noticed: in every byte of the head's fields and of the
// first pairs, and in every 61st of the rest.
func TestTamperedSnapshot(t *testing.T) {
	b := sharedWorld().snapshot
	at := sectionsOf(b)
	require.Greater(t, at.first, at.log+8+32, "with an edge of the log")
	for i := range b {
		dense := i < at.state+16 || i >= at.history && i < at.first+300 || i >= at.end-100
		if !dense && i%61 != 0 {
			continue
		}
		c := slices.Clone(b)
		c[i] ^= 1 << (i % 8)
		requireRestoreFails(t, c, nil)
	}
}

func TestTruncatedSnapshot(t *testing.T) {
	b := sharedWorld().snapshot
	at := sectionsOf(b)
	for i := range b {
		if i > at.height && i < at.first || i > at.first+200 && i < at.end-50 && i%97 != 0 {
			continue
		}
		requireRestoreFails(t, b[:i], utt.ErrMalformed)
	}
	requireRestoreFails(t, append(slices.Clone(b), 0), utt.ErrMalformed)
}

// pairs are the encoded pairs of a snapshot.
func pairs(b []byte) (all [][]byte) {
	at := sectionsOf(b)
	for rest := b[at.first:at.end]; len(rest) > 0; {
		n := 4 + int(binary.BigEndian.Uint32(rest))
		n += 4 + int(binary.BigEndian.Uint32(rest[n:]))
		all = append(all, rest[:n])
		rest = rest[n:]
	}
	return all
}

func TestReorderedSnapshot(t *testing.T) {
	b := sharedWorld().snapshot
	at := sectionsOf(b)
	all := pairs(b)
	require.Greater(t, len(all), 20)
	build := func(p ...[]byte) []byte {
		return slices.Concat(b[:at.first], slices.Concat(p...), b[at.end:])
	}
	require.Equal(t, b, build(all...))

	swapped := slices.Clone(all)
	swapped[3], swapped[4] = swapped[4], swapped[3]
	requireRestoreFails(t, build(swapped...), utt.ErrMalformed)
	requireRestoreFails(t, build(slices.Insert(slices.Clone(all), 3, all[3])...), utt.ErrMalformed)
	requireRestoreFails(t, build(slices.Delete(slices.Clone(all), 3, 4)...), utt.ErrInvalid)
	requireRestoreFails(t, build(append(slices.Clone(all), frame("zz", "1"))...), utt.ErrInvalid)
	requireRestoreFails(t, build(append(slices.Clone(all), frame("zz", ""))...), utt.ErrMalformed)
	second := slices.IndexFunc(all, func(p []byte) bool { return p[4] > 'm' })
	requireRestoreFails(t, build(slices.Insert(slices.Clone(all), second, frame("m", "head"))...), utt.ErrMalformed)
}

func frame(items ...string) (b []byte) {
	for _, it := range items {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(it))), it...)
	}
	return b
}

func TestRestoreArguments(t *testing.T) {
	w := sharedWorld()
	p, b := w.Parameters, w.snapshot
	read := func() io.Reader { return bytes.NewReader(b) }
	empty := func() store.Store { return new(store.Memory) }
	taken := new(store.Memory)
	require.NoError(t, taken.Apply([]store.Write{{Key: []byte("x"), Value: []byte("y")}}))
	wrong := w.digest
	wrong[31] ^= 1
	broken := errors.New("unplugged")
	full := &faulty{Store: new(store.Memory), left: 0}

	for name, c := range map[string]struct {
		err, want error
	}{
		"wrong digest":               {second(ledger.Restore(p, empty(), read(), wrong)), utt.ErrInvalid},
		"no digest":                  {second(ledger.Restore(p, empty(), read(), [32]byte{})), utt.ErrInvalid},
		"store not empty":            {second(ledger.Restore(p, taken, read(), w.digest)), utt.ErrConflict},
		"other parameters":           {second(ledger.Restore(otherWorld(t), empty(), read(), w.digest)), utt.ErrPolicy},
		"no parameters":              {second(ledger.Restore(nil, empty(), read(), w.digest)), utt.ErrInvalid},
		"no store":                   {second(ledger.Restore(p, nil, read(), w.digest)), utt.ErrInvalid},
		"no reader":                  {second(ledger.Restore(p, empty(), nil, w.digest)), utt.ErrInvalid},
		"a key of the state besides": {second(ledger.Restore(p, empty(), read(), w.digest, store.Write{Key: []byte("n"), Value: []byte("v")})), utt.ErrInvalid},
		"a reader breaking":          {second(ledger.Restore(p, empty(), io.MultiReader(bytes.NewReader(b[:3000]), iotest.ErrReader(broken)), w.digest)), broken},
		"a full disk":                {second(ledger.Restore(p, full, read(), w.digest)), errDisk},
	} {
		require.ErrorIs(t, c.err, c.want, name)
	}
	require.ErrorIs(t, writeSnapshot(w.fork(t), nil), utt.ErrInvalid)
	require.ErrorIs(t, writeSnapshot(w.fork(t), brokenPipe{broken}), broken)
}

type brokenPipe struct{ err error }

func (b brokenPipe) Write([]byte) (int, error) { return 0, b.err }

// A snapshot whose head has not the digest asked for is not read any further: there
// is no end to what a stranger can send.
func TestRestoreReadsNoFurtherThanAWrongHead(t *testing.T) {
	w := sharedWorld()
	wrong := w.digest
	wrong[0] ^= 1
	head := sectionsOf(w.snapshot).first
	const ahead = 4096 // of the buffered reader
	endless := &pairsForEver{}
	_, err := ledger.Restore(w.Parameters, new(store.Memory), io.MultiReader(bytes.NewReader(w.snapshot[:head]), endless), wrong)
	require.ErrorIs(t, err, utt.ErrInvalid)
	require.LessOrEqual(t, endless.read, ahead)
	// and with the right digest no further than the reader's bound
	bounded := io.LimitReader(endless, 1<<16)
	_, err = ledger.Restore(w.Parameters, new(store.Memory), io.MultiReader(bytes.NewReader(w.snapshot[:head]), bounded), w.digest)
	require.ErrorIs(t, err, utt.ErrMalformed)
}

// pairsForEver yields pairs in ascending order without end.
type pairsForEver struct {
	rest []byte
	n    uint64
	read int
}

func (p *pairsForEver) Read(b []byte) (int, error) {
	if p.read > 1<<20 {
		return 0, errors.New("nobody should have read that far")
	}
	for len(p.rest) < len(b) {
		p.n++
		p.rest = append(p.rest, frame(string(binary.BigEndian.AppendUint64([]byte{'a'}, p.n)), "v")...)
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	p.read += n
	return n, nil
}
