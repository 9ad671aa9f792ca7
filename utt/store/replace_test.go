package store

import (
	"bytes"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// outdated writes until the file is mostly out of date, and more than small.
func outdated(t *testing.T, s *File) {
	t.Helper()
	for i := range 8 * small / MaxValue {
		require.NoError(t, s.Apply([]Write{{Key: []byte("k"), Value: bytes.Repeat([]byte{byte(i + 1)}, MaxValue)}}))
	}
}

// To read is allowed while the file is written anew.
func TestFileReadWhileItIsReplaced(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "store"))
	require.NoError(t, err)
	var group sync.WaitGroup
	done := make(chan struct{})
	group.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				_, _, _ = s.Get([]byte("k"))
			}
		}
	})
	outdated(t, s)
	close(done)
	group.Wait()
	require.NoError(t, s.Close())
}

// Where there is no room for a new file beside the old one, the old one goes on, and is
// opened again. Here the new one's name is too long.
func TestFileWithoutRoomForAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("s", 255))
	s, err := Open(path)
	require.NoError(t, err)
	outdated(t, s)
	require.NoError(t, s.Apply([]Write{{Key: []byte("last"), Value: []byte("v")}}))
	require.NoError(t, s.Close())
	s, err = Open(path)
	require.NoError(t, err)
	_, ok, err := s.Get([]byte("last"))
	require.NoError(t, err)
	require.True(t, ok)
	require.NoError(t, s.Close())
}
