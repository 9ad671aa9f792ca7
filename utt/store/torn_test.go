package store

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
	log := newFormat()
	inner := log.append(nil, 0, []Write{{Key: []byte("inner"), Value: []byte("v")}})
	for pad := range 16 {
		b := log.append(log.begin(), 0, []Write{{Key: []byte("outer"), Value: append(make([]byte, 4096+pad), inner...)}})
		clear(b[preamble : len(b)-len(inner)])
		require.NoError(t, os.WriteFile(path, b, 0o600))
		s, err := Open(path)
		require.NoError(t, err)
		_, ok, err := s.Get([]byte("inner"))
		require.NoError(t, err)
		require.False(t, ok)
		require.EqualValues(t, preamble, s.size)
		require.NoError(t, s.Close())
	}
}

// Whichever byte of a file is damaged, no batch is lost from the middle: the file is refused
// and stays as it is, or has all of it, or, where it was not closed, all but the last, which
// a crash might have spoilt so.
func TestFileWithADamagedByte(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "store")
	s, err := Open(path)
	require.NoError(t, err)
	const batches = 5
	for i := range batches {
		require.NoError(t, s.Apply([]Write{{Key: fmt.Append(nil, "k", i), Value: fmt.Append(nil, "value", i)}, {Key: []byte("last"), Value: fmt.Append(nil, i)}}))
	}
	open, err := os.ReadFile(path)
	require.NoError(t, err)
	last := s.size - (s.size-int64(preamble))/batches // where the last batch begins
	require.NoError(t, s.Close())
	closed, err := os.ReadFile(path)
	require.NoError(t, err)
	for name, whole := range map[string][]byte{"closed": closed, "not closed": open} {
		for at := range whole {
			for _, flip := range []byte{1, 0x10, 0xff} {
				b := slices.Clone(whole)
				b[at] ^= flip
				damaged := filepath.Join(dir, "damaged")
				require.NoError(t, os.WriteFile(damaged, b, 0o600))
				s, err := Open(damaged)
				if err != nil {
					require.ErrorIs(t, err, ErrFile)
					left, err := os.ReadFile(damaged)
					require.NoError(t, err)
					require.Equal(t, b, left)
					continue
				}
				have := batches
				if name == "not closed" {
					have = batches - 1
				}
				require.True(t, int64(at) >= last, "%s, byte %d", name, at)
				for i := range have {
					v, ok, err := s.Get(fmt.Append(nil, "k", i))
					require.NoError(t, err)
					require.True(t, ok, "%s, byte %d", name, at)
					require.Equal(t, fmt.Sprint("value", i), string(v))
				}
				require.NoError(t, s.Close())
			}
		}
	}
}

// A file of another format is refused, and said to be one.
func TestFileOfAnEarlierFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	for _, rest := range []string{"", "\x00\x00\x00\x0e\x12\x34\x56\x78\x00\x00\x00\x01k\x00\x00\x00\x01v"} {
		old := []byte("utt-store-1\n" + rest)
		require.NoError(t, os.WriteFile(path, old, 0o600))
		_, err := Open(path)
		require.ErrorIs(t, err, ErrFile)
		require.ErrorContains(t, err, `"utt-store-1"`)
		left, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, old, left)
	}
}

// A crash while the file is made leaves nothing that could be lost: it is made again.
func TestFileTornWhereItBegins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	begun := newFormat().begin()
	for n := range len(begun) {
		for _, b := range [][]byte{begun[:n], append(slices.Clip(begun[:n]), make([]byte, len(begun)-n)...)} {
			require.NoError(t, os.WriteFile(path, b, 0o600))
			s, err := Open(path)
			require.NoError(t, err, "cut at %d", n)
			require.NoError(t, s.Close())
		}
	}
}
