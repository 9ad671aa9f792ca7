package conformance_test

import (
	"bytes"
	"flag"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt/conformance"
	"github.com/utt-ecash/utt-go/utt/store"
)

func memory(testing.TB) store.Store { return new(store.Memory) }

func file(t testing.TB) store.Store {
	t.Helper()
	s, err := store.Open(filepath.Join(t.TempDir(), "store"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestMemory(t *testing.T) { conformance.Store(t, memory) }

func TestFile(t *testing.T) { conformance.Store(t, file) }

func TestFileReopened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	open := func(t testing.TB) store.Store {
		s, err := store.Open(path)
		require.NoError(t, err)
		return s
	}
	conformance.Reopened(t, open, func(t testing.TB, s store.Store) store.Store {
		require.NoError(t, s.(*store.File).Close())
		return open(t)
	})
}

// faults are stores that do one thing wrong each.
var faults = map[string]func(store.Store) store.Store{
	"keeps the caller's slices": func(s store.Store) store.Store { return &aliasing{Store: s, m: map[string][]byte{}} },
	"forgets removals":          func(s store.Store) store.Store { return &hooked{s, withoutRemovals} },
	"writes half of a batch":    func(s store.Store) store.Store { return &hooked{s, firstHalf} },
	"the first write counts":    func(s store.Store) store.Store { return &hooked{s, firstCounts} },
	"views that change":         func(s store.Store) store.Store { return &live{s} },
	"ranges that end too late":  func(s store.Store) store.Store { return &viewing{s, endless} },
	"descends as it ascends":    func(s store.Store) store.Store { return &viewing{s, wrongWay} },
	"closed views that answer":  func(s store.Store) store.Store { return &viewing{s, open} },
}

type hooked struct {
	store.Store
	change func([]store.Write) []store.Write
}

func (s *hooked) Apply(w []store.Write) error { return s.Store.Apply(s.change(w)) }

func withoutRemovals(w []store.Write) (kept []store.Write) {
	for _, x := range w {
		if x.Value != nil {
			kept = append(kept, x)
		}
	}
	return kept
}

func firstHalf(w []store.Write) []store.Write { return w[:(len(w)+1)/2] }

func firstCounts(w []store.Write) (kept []store.Write) {
	seen := map[string]bool{}
	for _, x := range w {
		if !seen[string(x.Key)] {
			kept = append(kept, x)
		}
		seen[string(x.Key)] = true
	}
	return kept
}

type aliasing struct {
	store.Store
	m map[string][]byte
}

func (s *aliasing) Apply(w []store.Write) error {
	for _, x := range w {
		s.m[string(x.Key)] = x.Value
	}
	return s.Store.Apply(w)
}

func (s *aliasing) Get(key []byte) ([]byte, bool, error) {
	if v := s.m[string(key)]; v != nil {
		return v, true, nil
	}
	return s.Store.Get(key)
}

type live struct{ store.Store }

func (s *live) View() (store.View, error) {
	v, err := s.Store.View()
	return &liveView{v, s.Store}, err
}

type liveView struct {
	store.View
	s store.Store
}

func (v *liveView) Get(key []byte) ([]byte, bool, error) { return v.s.Get(key) }

type viewing struct {
	store.Store
	wrap func(store.View) store.View
}

func (s *viewing) View() (store.View, error) {
	v, err := s.Store.View()
	return s.wrap(v), err
}

type endlessView struct{ store.View }

func endless(v store.View) store.View { return &endlessView{v} }

func (v *endlessView) Ascend(from, _ []byte) iter.Seq2[store.Pair, error] {
	return v.View.Ascend(from, nil)
}

type wrongWayView struct{ store.View }

func wrongWay(v store.View) store.View { return &wrongWayView{v} }

func (v *wrongWayView) Descend(from, to []byte) iter.Seq2[store.Pair, error] {
	return v.View.Ascend(from, to)
}

type openView struct{ store.View }

func open(v store.View) store.View { return &openView{v} }

func (*openView) Close() error { return nil }

var fault = flag.String("fault", "", "run the suite on the store with this fault")

// TestFault is run by TestFaultsAreFound, once for each.
func TestFault(t *testing.T) {
	if *fault == "" {
		require.NotEmpty(t, faults)
		return
	}
	conformance.Store(t, func(t testing.TB) store.Store { return faults[*fault](memory(t)) })
}

// A suite that cannot fail shows nothing: every fault must be found.
func TestFaultsAreFound(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	for name := range faults {
		t.Run(name, func(t *testing.T) {
			out, err := exec.Command(self, "-test.run", "^TestFault$", "-fault", name).CombinedOutput()
			require.Error(t, err, "the suite passes a store that %s", name)
			require.Contains(t, string(out), "--- FAIL: TestFault")
			require.False(t, strings.Contains(string(out), "panic:"), "%s", out)
		})
	}
}

// Whatever is cut off the end of the file, or garbled in it, what is left is whole batches,
// or the file is refused and stays as it is.
func TestFileTorn(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "store")
	s, err := store.Open(path)
	require.NoError(t, err)
	for i := range 5 {
		v := []byte{byte('a' + i)}
		require.NoError(t, s.Apply([]store.Write{{Key: []byte("x"), Value: v}, {Key: []byte("y"), Value: v}}))
	}
	require.NoError(t, s.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	batches := map[string]bool{}
	for cut := range len(whole) + 1 {
		for _, garbled := range []bool{false, true} {
			b := bytes.Clone(whole[:cut])
			if garbled && cut < len(whole) {
				b = bytes.Clone(whole)
				b[cut] ^= 0x10
			}
			at := filepath.Join(dir, "torn")
			require.NoError(t, os.WriteFile(at, b, 0o600))
			s, err := store.Open(at)
			if err != nil {
				require.ErrorIs(t, err, store.ErrFile)
				require.True(t, cut < 12 || garbled, "a cut makes it no store in the head only")
				left, err := os.ReadFile(at)
				require.NoError(t, err)
				require.Equal(t, b, left)
				continue
			}
			x, _, err := s.Get([]byte("x"))
			require.NoError(t, err)
			y, _, err := s.Get([]byte("y"))
			require.NoError(t, err)
			require.Equal(t, x, y)
			batches[string(x)] = true
			require.NoError(t, s.Apply([]store.Write{{Key: []byte("z"), Value: []byte("1")}}))
			require.NoError(t, s.Close())
			again, err := store.Open(at)
			require.NoError(t, err)
			z, ok, err := again.Get([]byte("z"))
			require.NoError(t, err)
			require.True(t, ok && string(z) == "1")
			require.NoError(t, again.Close())
		}
	}
	require.Len(t, batches, 6)
}

// A file has one process at a time, and does not grow without end.
func TestFileIsTidied(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	s, err := store.Open(path)
	require.NoError(t, err)
	_, err = store.Open(path)
	require.ErrorIs(t, err, store.ErrFile)
	value := bytes.Repeat([]byte("v"), 1<<16)
	for i := range 100 {
		value[0] = byte(i)
		require.NoError(t, s.Apply([]store.Write{{Key: []byte("k"), Value: value}, {Key: []byte{'d', byte(i)}, Value: value}}))
		require.NoError(t, s.Apply([]store.Write{{Key: []byte{'d', byte(i)}}}))
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Less(t, info.Size(), int64(5<<20))
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Apply([]store.Write{{Key: []byte("k"), Value: value}}), store.ErrFile)
	again, err := store.Open(path)
	require.NoError(t, err)
	got, _, err := again.Get([]byte("k"))
	require.NoError(t, err)
	require.Equal(t, value, got)
	require.NoError(t, again.Close())
	left, err := filepath.Glob(path + ".*")
	require.NoError(t, err)
	require.Empty(t, left)
}
