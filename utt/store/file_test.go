package store

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// Writes that no store takes leave nothing in the file: with them it could never be
// opened again, and what it holds would be lost.
func TestFileRefusesBeforeItWrites(t *testing.T) {
	for name, w := range map[string]Write{
		"empty key":   {Key: nil, Value: []byte("v")},
		"long key":    {Key: make([]byte, MaxKey+1), Value: []byte("v")},
		"empty value": {Key: []byte("k"), Value: []byte{}},
		"long value":  {Key: []byte("k"), Value: make([]byte, MaxValue+1)},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store")
			s, err := Open(path)
			require.NoError(t, err)
			good := Write{Key: []byte("a"), Value: []byte("1")}
			require.NoError(t, s.Apply([]Write{good}))
			require.ErrorIs(t, s.Apply([]Write{{Key: []byte("b"), Value: []byte("2")}, w}), ErrInvalid)
			_, ok, err := s.Get([]byte("b"))
			require.NoError(t, err)
			require.False(t, ok)
			require.NoError(t, s.Apply([]Write{{Key: []byte("c"), Value: []byte("3")}}), "nothing was written")
			require.NoError(t, s.Close())
			s, err = Open(path)
			require.NoError(t, err)
			for key, want := range map[string]bool{"a": true, "b": false, "c": true} {
				_, ok, err := s.Get([]byte(key))
				require.NoError(t, err)
				require.Equal(t, want, ok, key)
			}
			require.NoError(t, s.Close())
		})
	}
}

// A batch that is damaged with others behind it was not cut off by a crash: to drop it
// would take what was said to last, and more.
func TestFileIsNotCutInTheMiddle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	s, err := Open(path)
	require.NoError(t, err)
	for i := range 5 {
		require.NoError(t, s.Apply([]Write{{Key: []byte{'k', byte(i)}, Value: []byte("value")}}))
	}
	require.NoError(t, s.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	second := preamble + (len(whole)-preamble)/5
	for _, at := range []int{second + 1, second + header + 2} { // its length, and its payload
		damaged := slices.Clone(whole)
		damaged[at] ^= 1
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		_, err = Open(path)
		require.ErrorIs(t, err, ErrFile)
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, damaged, after, "the file stays as it is")
	}
}

// One who opened the file just before another put a new one in its place has no store: he
// would write to a file without a name.
func TestFileIsTheOneOfItsName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	s, err := Open(path)
	require.NoError(t, err)
	late, err := os.OpenFile(path, os.O_RDWR, 0o600)
	require.NoError(t, err)
	require.NoError(t, s.replace(s.log, s.log.begin()))
	require.Error(t, (&File{path: path, f: late}).load())
	require.NoError(t, late.Close())
	require.NoError(t, s.Apply([]Write{{Key: []byte("k"), Value: []byte("v")}}))
	require.NoError(t, s.Close())
}
