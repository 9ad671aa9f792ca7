package pebblestore

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt/conformance"
	"github.com/utt-ecash/utt-go/utt/store"
)

func TestConformance(t *testing.T) {
	conformance.Store(t, func(t testing.TB) store.Store {
		s, err := Open(t.TempDir())
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	})
}

// A crash loses whatever was not synced.
func TestCrash(t *testing.T) {
	disk := vfs.NewCrashableMem()
	last := new(Store)
	open := func(t testing.TB) *Store {
		s, err := openOn("store", disk)
		require.NoError(t, err)
		last = s
		return s
	}
	conformance.Reopened(t, func(t testing.TB) store.Store { return open(t) }, func(t testing.TB, s store.Store) store.Store {
		before := last
		disk = disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 0})
		_ = before.Close()
		return open(t)
	})
	require.NoError(t, last.Close())
}

func TestClosed(t *testing.T) {
	s, err := Open(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	_, _, err = s.Get([]byte("a"))
	require.Error(t, err)
	require.Error(t, s.Apply([]store.Write{{Key: []byte("a"), Value: []byte("b")}}))
	_, err = s.View()
	require.Error(t, err)
}
