package store

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Cut off at any byte, or with zeros from there on, as systems leave files after a power
// failure, the file has what was written before, and goes on.
func TestFileTornAnywhere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "store")
	s, err := Open(path)
	require.NoError(t, err)
	sizes := []int64{s.size}
	for i := range 4 {
		require.NoError(t, s.Apply([]Write{{Key: fmt.Append(nil, "k", i), Value: fmt.Append(nil, "value", i)}, {Key: []byte("last"), Value: fmt.Append(nil, i)}}))
		sizes = append(sizes, s.size)
	}
	require.NoError(t, s.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for cut := range whole {
		for _, zeros := range []bool{false, true} {
			b := whole[:cut:cut]
			if zeros {
				if int64(cut) <= sizes[3] { // of the last batch only: those before it were synced
					continue
				}
				b = append(b, make([]byte, len(whole)-cut)...)
			}
			require.NoError(t, os.WriteFile(path, b, 0o600))
			s, err := Open(path)
			require.NoError(t, err, "cut at %d", cut)
			have := 0
			for have+1 < len(sizes) && sizes[have+1] <= int64(cut) {
				have++
			}
			v, ok, err := s.Get([]byte("last"))
			require.NoError(t, err)
			require.Equal(t, have > 0, ok, "cut at %d", cut)
			if ok {
				require.Equal(t, fmt.Sprint(have-1), string(v))
			}
			require.NoError(t, s.Apply([]Write{{Key: []byte("more"), Value: []byte("v")}}))
			require.NoError(t, s.Close())
			s, err = Open(path)
			require.NoError(t, err)
			_, ok, err = s.Get([]byte("more"))
			require.NoError(t, err)
			require.True(t, ok, "cut at %d, zeros %v", cut, zeros)
			require.NoError(t, s.Close())
		}
	}
}

// A batch whose beginning never reached the disk is dropped, though a value in it, which
// others choose, has the form of a batch itself.
func TestFileTornBeforeAValue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	inner := appendBatch(nil, []Write{{Key: []byte("inner"), Value: []byte("v")}})
	for pad := range 16 {
		b := appendBatch(nil, []Write{{Key: []byte("outer"), Value: append(make([]byte, 4096+pad), inner...)}})
		clear(b[:len(b)-len(inner)])
		require.NoError(t, os.WriteFile(path, append([]byte(magic), b...), 0o600))
		s, err := Open(path)
		require.NoError(t, err)
		_, ok, err := s.Get([]byte("inner"))
		require.NoError(t, err)
		require.False(t, ok)
		require.EqualValues(t, len(magic), s.size)
		require.NoError(t, s.Close())
	}
}
