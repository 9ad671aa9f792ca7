package conformance

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt/store"
)

// Store tests the contract of store.Store. open returns an empty one at every call.
func Store(t *testing.T, open func(t testing.TB) store.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, store.Store)
	}{
		{"a key that is not there", absent},
		{"the last write counts", overwrite},
		{"removal", removal},
		{"what the caller keeps is his", aliases},
		{"keys are ordered byte by byte", order},
		{"ranges go both ways from any key", ranges},
		{"a view does not change", isolation},
		{"a view that is closed", closing},
		{"sizes", sizes},
		{"a batch is seen whole", atomicity},
		{"random histories", histories},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

// Reopened tests that what was applied is there once a store is opened again. reopen stops
// what open returned, as a crash would where it can, and opens the same store.
func Reopened(t *testing.T, open func(t testing.TB) store.Store, reopen func(t testing.TB, s store.Store) store.Store) {
	s := open(t)
	rng := rand.New(rand.NewPCG(3, 3))
	want := make(map[string]string)
	for range 20 {
		apply(t, s, want, randomWrites(rng))
		s = reopen(t, s)
		requireHolds(t, s, want)
	}
}

func set(key, value string) store.Write { return store.Write{Key: []byte(key), Value: []byte(value)} }

func drop(key string) store.Write { return store.Write{Key: []byte(key)} }

func write(t testing.TB, s store.Store, writes ...store.Write) {
	t.Helper()
	require.NoError(t, s.Apply(writes))
}

func get(t testing.TB, s interface {
	Get([]byte) ([]byte, bool, error)
}, key string) string {
	t.Helper()
	v, ok, err := s.Get([]byte(key))
	require.NoError(t, err)
	if !ok {
		return "-"
	}
	return string(v)
}

func pairs(t testing.TB, seq iter.Seq2[store.Pair, error]) (found []string) {
	t.Helper()
	for p, err := range seq {
		require.NoError(t, err)
		found = append(found, string(p.Key)+"="+string(p.Value))
	}
	return found
}

func view(t testing.TB, s store.Store) store.View {
	t.Helper()
	v, err := s.View()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, v.Close()) })
	return v
}

func absent(t *testing.T, s store.Store) {
	require.Equal(t, "-", get(t, s, "a"))
	require.Empty(t, pairs(t, view(t, s).Ascend(nil, nil)))
	require.Empty(t, pairs(t, view(t, s).Descend(nil, nil)))
	write(t, s)
	write(t, s, drop("a"))
	require.Equal(t, "-", get(t, s, "a"))
}

func overwrite(t *testing.T, s store.Store) {
	write(t, s, set("a", "1"), set("b", "1"), set("a", "2"))
	require.Equal(t, []string{"a=2", "b=1"}, pairs(t, view(t, s).Ascend(nil, nil)))
	write(t, s, set("a", "3"))
	require.Equal(t, "3", get(t, s, "a"))
	write(t, s, set("c", "1"), drop("c"), drop("b"), set("b", "4"))
	require.Equal(t, []string{"a=3", "b=4"}, pairs(t, view(t, s).Ascend(nil, nil)))
}

func removal(t *testing.T, s store.Store) {
	write(t, s, set("a", "1"), set("b", "2"), set("c", "3"))
	before := view(t, s)
	write(t, s, drop("b"), drop("z"))
	require.Equal(t, "-", get(t, s, "b"))
	require.Equal(t, []string{"a=1", "c=3"}, pairs(t, view(t, s).Ascend(nil, nil)))
	require.Equal(t, "2", get(t, before, "b"))
	require.Equal(t, []string{"a=1", "b=2", "c=3"}, pairs(t, before.Ascend(nil, nil)))
	write(t, s, set("b", "5"))
	require.Equal(t, "5", get(t, s, "b"))
}

func aliases(t *testing.T, s store.Store) {
	key, value := []byte("k"), []byte("v")
	write(t, s, store.Write{Key: key, Value: value})
	key[0], value[0] = 'x', 'x'
	require.Equal(t, "v", get(t, s, "k"))
	require.Equal(t, "-", get(t, s, "x"))
	old, _, err := s.Get([]byte("k"))
	require.NoError(t, err)
	v := view(t, s)
	var seen store.Pair
	for p, err := range v.Ascend(nil, nil) {
		require.NoError(t, err)
		seen = p
	}
	from := []byte("k")
	later := v.Ascend(from, nil)
	from[0] = 'z'
	write(t, s, set("k", "w"))
	require.Equal(t, "v", string(old), "a value once given does not change")
	require.Equal(t, "k=v", string(seen.Key)+"="+string(seen.Value))
	require.Equal(t, []string{"k=v"}, pairs(t, later))
}

func order(t *testing.T, s store.Store) {
	var writes []store.Write
	for i := range 256 {
		writes = append(writes, store.Write{Key: []byte{byte(i)}, Value: []byte{1}}, store.Write{Key: []byte{byte(i), 0}, Value: []byte{2}})
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(writes), func(i, j int) { writes[i], writes[j] = writes[j], writes[i] })
	write(t, s, writes...)
	var up, down [][]byte
	v := view(t, s)
	for p, err := range v.Ascend(nil, nil) {
		require.NoError(t, err)
		up = append(up, bytes.Clone(p.Key))
	}
	for p, err := range v.Descend(nil, nil) {
		require.NoError(t, err)
		down = append(down, bytes.Clone(p.Key))
	}
	require.Len(t, up, len(writes))
	require.True(t, slices.IsSortedFunc(up, bytes.Compare))
	slices.Reverse(down)
	require.Equal(t, up, down)
}

func ranges(t *testing.T, s store.Store) {
	write(t, s, set("a", "1"), set("ab", "2"), set("b", "3"), set("b\xff", "4"), set("c", "5"))
	v := view(t, s)
	for _, c := range []struct {
		from, to string
		want     []string
	}{
		{"", "", []string{"a=1", "ab=2", "b=3", "b\xff=4", "c=5"}},
		{"a", "b", []string{"a=1", "ab=2"}},
		{"aa", "b\xff", []string{"ab=2", "b=3"}},
		{"b", "b\xff\x00", []string{"b=3", "b\xff=4"}},
		{"bb", "bc", nil},
		{"d", "", nil},
		{"c", "a", nil},
		{"b", "b", nil},
	} {
		to := []byte(c.to)
		if c.to == "" {
			to = nil
		}
		require.Equal(t, c.want, pairs(t, v.Ascend([]byte(c.from), to)), "up from %q to %q", c.from, c.to)
		down := pairs(t, v.Descend([]byte(c.from), to))
		slices.Reverse(down)
		require.Equal(t, c.want, down, "down from %q to %q", c.from, c.to)
	}
	from, to := store.Prefix([]byte("b"))
	require.Equal(t, []string{"b=3", "b\xff=4"}, pairs(t, v.Ascend(from, to)))
	for range v.Ascend(nil, nil) {
		break // it may be left early
	}
	require.Len(t, pairs(t, v.Ascend(nil, nil)), 5)
}

func isolation(t *testing.T, s store.Store) {
	write(t, s, set("a", "1"), set("b", "2"))
	one := view(t, s)
	seq := one.Ascend(nil, nil)
	write(t, s, set("b", "3"), set("c", "4"), drop("a"))
	two := view(t, s)
	write(t, s, set("d", "5"))
	require.Equal(t, []string{"a=1", "b=2"}, pairs(t, seq))
	require.Equal(t, []string{"a=1", "b=2"}, pairs(t, one.Ascend(nil, nil)))
	require.Equal(t, "1", get(t, one, "a"))
	require.Equal(t, "-", get(t, one, "c"))
	require.Equal(t, []string{"b=3", "c=4"}, pairs(t, two.Ascend(nil, nil)))
	require.Equal(t, []string{"b=3", "c=4", "d=5"}, pairs(t, view(t, s).Ascend(nil, nil)))
	n := 0
	for _, err := range one.Ascend(nil, nil) { // written to while it is read
		require.NoError(t, err)
		write(t, s, set(fmt.Sprint("e", n), "x"))
		n++
	}
	require.Equal(t, 2, n)
}

func closing(t *testing.T, s store.Store) {
	write(t, s, set("a", "1"))
	v, err := s.View()
	require.NoError(t, err)
	require.NoError(t, v.Close())
	require.NoError(t, v.Close())
	_, _, err = v.Get([]byte("a"))
	require.Error(t, err)
	for _, seq := range []iter.Seq2[store.Pair, error]{v.Ascend(nil, nil), v.Descend(nil, nil)} {
		failed := 0
		for _, err := range seq {
			require.Error(t, err)
			failed++
		}
		require.Equal(t, 1, failed, "it must say that it is closed")
	}
	require.Equal(t, "1", get(t, s, "a"))
}

func sizes(t *testing.T, s store.Store) {
	key, value := string(bytes.Repeat([]byte{0xff}, store.MaxKey)), string(bytes.Repeat([]byte("v"), store.MaxValue))
	write(t, s, set(key, value), set("a", "1"))
	require.Equal(t, value, get(t, s, key))
	require.Equal(t, []string{"a=1", key + "=" + value}, pairs(t, view(t, s).Ascend(nil, nil)))
	var many []store.Write
	for i := range 1 << 13 {
		many = append(many, set(fmt.Sprintf("n%04d", i), "x"))
	}
	write(t, s, many...)
	from, to := store.Prefix([]byte("n"))
	require.Len(t, pairs(t, view(t, s).Ascend(from, to)), len(many))
}

func atomicity(t *testing.T, s store.Store) {
	write(t, s, set("n1", "\x00"), set("n2", "\x00"))
	var readers sync.WaitGroup
	errs := make(chan string, 8)
	done := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if what := torn(s); what != "" {
					errs <- what
					return
				}
			}
		})
	}
	for i := range 100 {
		write(t, s, set("n1", string(rune('a'+i%20))), set("n2", string(rune('a'+i%20))))
	}
	close(done)
	readers.Wait()
	close(errs)
	for what := range errs {
		require.Fail(t, "a view saw half of a batch", what)
	}
}

// torn says what is wrong with a view of n1 and n2, which are written together.
func torn(s store.Store) string {
	v, err := s.View()
	if err != nil {
		return err.Error()
	}
	defer func() { _ = v.Close() }()
	var values []string
	for p, err := range v.Ascend(nil, nil) {
		if err != nil {
			return err.Error()
		}
		values = append(values, string(p.Value))
	}
	if len(values) != 2 || values[0] != values[1] {
		return fmt.Sprint(values)
	}
	return ""
}

func randomWrites(rng *rand.Rand) (writes []store.Write) {
	for range rng.IntN(12) {
		key := make([]byte, 1+rng.IntN(3))
		for i := range key {
			key[i] = byte(rng.IntN(4) * 85)
		}
		if rng.IntN(3) == 0 {
			writes = append(writes, store.Write{Key: key})
		} else {
			writes = append(writes, store.Write{Key: key, Value: fmt.Append(nil, rng.Uint32())})
		}
	}
	return writes
}

// apply writes to a store and to what it is compared with.
func apply(t testing.TB, s store.Store, want map[string]string, writes []store.Write) {
	t.Helper()
	write(t, s, writes...)
	for _, w := range writes {
		if w.Value == nil {
			delete(want, string(w.Key))
		} else {
			want[string(w.Key)] = string(w.Value)
		}
	}
}

func requireHolds(t testing.TB, s store.Store, want map[string]string) {
	t.Helper()
	v, err := s.View()
	require.NoError(t, err)
	var sorted []string
	for _, k := range slices.Sorted(maps.Keys(want)) {
		sorted = append(sorted, k+"="+want[k])
		require.Equal(t, want[k], get(t, s, k))
	}
	require.Equal(t, sorted, pairs(t, v.Ascend(nil, nil)))
	require.NoError(t, v.Close())
}

func histories(t *testing.T, s store.Store) {
	rng := rand.New(rand.NewPCG(2, 2))
	want := make(map[string]string)
	type frozen struct {
		view store.View
		want map[string]string
	}
	var views []frozen
	for i := range 300 {
		apply(t, s, want, randomWrites(rng))
		if i%10 == 0 {
			requireHolds(t, s, want)
			v, err := s.View()
			require.NoError(t, err)
			views = append(views, frozen{v, maps.Clone(want)})
		}
		if len(views) > 5 {
			f := views[0]
			views = views[1:]
			var sorted []string
			for _, k := range slices.Sorted(maps.Keys(f.want)) {
				sorted = append(sorted, k+"="+f.want[k])
				require.Equal(t, f.want[k], get(t, f.view, k))
			}
			require.Equal(t, sorted, pairs(t, f.view.Ascend(nil, nil)))
			require.NoError(t, f.view.Close())
		}
	}
	for _, f := range views {
		require.NoError(t, f.view.Close())
	}
}
