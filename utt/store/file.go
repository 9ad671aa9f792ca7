package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// File is a Store in one file, for examples and small nodes: all of it is in
// memory too. Every Apply is one synced write at the end of the file; what a crash left
// half written is dropped when it is opened again. Once the file holds much that is out of
// date, it is written anew beside and put in its place. One process has it at a time.
type File struct {
	path string

	mu   sync.Mutex // of writes
	f    *os.File
	size int64 // of the file
	look int64 // the size at which to see whether it is worth writing anew
	torn error // a write failed, so that the file may have it or not

	memory Memory
}

// The file begins with a magic; then come batches: length, checksum, payload. A payload is
// pairs of framed keys and values, and a value of the length gone stands for none.
const (
	magic    = "utt-store-1\n"
	gone     = 1<<32 - 1
	maxBatch = 1 << 30
	rewrite  = 4 // times as large as need be, and not small
	small    = 1 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Open opens the store in a file, and makes it if there is none. ErrFile says that the
// file is none of this kind, or is in use.
func Open(path string) (*File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFile, err)
	}
	s := &File{path: path, f: f}
	if err := s.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %s: %w", ErrFile, path, err), f.Close())
	}
	return s, nil
}

func (s *File) load() error {
	if err := lock(s.f); err != nil {
		return fmt.Errorf("in use by another process: %w", err)
	}
	if err := s.named(); err != nil {
		return err
	}
	b, err := io.ReadAll(s.f)
	if err != nil {
		return err
	}
	if len(b) < len(magic) && string(b) == magic[:len(b)] { // new, or cut off while it was made
		if _, err := s.f.WriteAt([]byte(magic), 0); err != nil {
			return err
		}
		s.size = int64(len(magic))
		return s.synced()
	}
	if len(b) < len(magic) || string(b[:len(magic)]) != magic {
		return errors.New("no store, or one of another version")
	}
	at := len(magic)
	for {
		writes, n := readBatch(b[at:])
		if n == 0 {
			break
		}
		if err := s.memory.Apply(writes); err != nil {
			return err
		}
		at += n
	}
	s.size = int64(at)
	if at < len(b) {
		if damaged(b[at:]) {
			return fmt.Errorf("the batch at byte %d is damaged, and others follow: restore the file from a copy", at)
		}
		if err := s.f.Truncate(s.size); err != nil { // half a batch, which was never said to be there
			return err
		}
	}
	// whoever wrote it may have been stopped before it was on the disk
	if err := s.synced(); err != nil {
		return err
	}
	return s.tidy()
}

// named reports a file that another process has replaced between opening and locking.
func (s *File) named() error {
	ours, err := s.f.Stat()
	if err != nil {
		return err
	}
	there, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	if !os.SameFile(ours, there) {
		return errors.New("replaced by another process: open it again")
	}
	return nil
}

// damaged reports whether a whole batch follows one that is not: a crash cuts off the last
// one only.
func damaged(b []byte) bool {
	const header = 8
	if len(b) < header {
		return false
	}
	n := header + uint64(binary.BigEndian.Uint32(b))
	if n > uint64(len(b)) {
		return false
	}
	writes, _ := readBatch(b[n:])
	return len(writes) > 0
}

// synced makes the file and its name last.
func (s *File) synced() error {
	if err := s.f.Sync(); err != nil {
		return err
	}
	return syncDir(filepath.Dir(s.path))
}

// tidy writes the file anew once most of it is out of date.
func (s *File) tidy() error {
	if s.size < max(s.look, small) {
		return nil
	}
	view, err := s.memory.View()
	if err != nil {
		return err
	}
	defer func() { _ = view.Close() }() // of memory
	b := []byte(magic)
	var writes []Write
	for pair, err := range view.Ascend(nil, nil) {
		if err != nil {
			return err
		}
		writes = append(writes, Write(pair))
		if len(writes) == 1<<10 {
			b, writes = appendBatch(b, writes), nil
		}
	}
	if len(writes) > 0 {
		b = appendBatch(b, writes)
	}
	s.look = 2 * s.size
	if s.size < rewrite*int64(len(b)) {
		return nil
	}
	return s.replace(b)
}

// replace puts a new file in the place of the old one. A crash leaves one of them. Where a
// new one cannot be made, for want of room for instance, the old one goes on.
func (s *File) replace(b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(s.path), filepath.Base(s.path)+".*")
	if err != nil {
		return nil
	}
	write := func() error {
		if err := lock(f); err != nil {
			return err
		}
		if _, err := f.Write(b); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
		return os.Rename(f.Name(), s.path)
	}
	if err := write(); err != nil {
		_, _ = f.Close(), os.Remove(f.Name()) // of no use anyhow
		return s.named()
	}
	old := s.f
	s.f, s.size, s.look = f, int64(len(b)), 2*int64(len(b))
	return errors.Join(syncDir(filepath.Dir(s.path)), old.Close())
}

// readBatch returns the writes of the batch that b begins with, and its length; 0 if it
// begins with none that is whole.
func readBatch(b []byte) (writes []Write, n int) {
	const header = 8
	if len(b) < header {
		return nil, 0
	}
	size := binary.BigEndian.Uint32(b)
	if size > maxBatch || uint64(len(b)-header) < uint64(size) {
		return nil, 0
	}
	n = header + int(size)
	payload := b[header:n]
	if crc32.Checksum(payload, castagnoli) != binary.BigEndian.Uint32(b[4:]) {
		return nil, 0
	}
	take := func() (v []byte, absent, ok bool) {
		if len(payload) < 4 {
			return nil, false, false
		}
		size := binary.BigEndian.Uint32(payload)
		payload = payload[4:]
		if size == gone {
			return nil, true, true
		}
		if uint64(len(payload)) < uint64(size) {
			return nil, false, false
		}
		v, payload = payload[:size], payload[size:]
		return v, false, true
	}
	for len(payload) > 0 {
		key, _, ok := take()
		if !ok {
			return nil, 0
		}
		value, absent, ok := take()
		if !ok {
			return nil, 0
		}
		if absent {
			value = nil
		}
		writes = append(writes, Write{key, value})
	}
	return writes, n
}

func appendBatch(b []byte, writes []Write) []byte {
	at := len(b)
	b = append(b, make([]byte, 8)...)
	for _, w := range writes {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(w.Key))), w.Key...)
		if w.Value == nil {
			b = binary.BigEndian.AppendUint32(b, gone)
			continue
		}
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(w.Value))), w.Value...)
	}
	payload := b[at+8:]
	binary.BigEndian.PutUint32(b[at:], uint32(len(payload)))
	binary.BigEndian.PutUint32(b[at+4:], crc32.Checksum(payload, castagnoli))
	return b
}

// Get implements Store.
func (s *File) Get(key []byte) ([]byte, bool, error) {
	if s == nil || s.path == "" {
		return nil, false, errNoFile
	}
	return s.memory.Get(key)
}

// View implements Store.
func (s *File) View() (View, error) {
	if s == nil || s.path == "" {
		return nil, errNoFile
	}
	return s.memory.View()
}

var errNoFile = fmt.Errorf("%w: not open", ErrFile)

// Apply implements Store. Once it has failed, every further one fails until the file is
// opened again: what was to be written is in it or not.
func (s *File) Apply(writes []Write) error {
	if s == nil || s.path == "" {
		return errNoFile
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.torn != nil {
		return fmt.Errorf("%w: open it again: %w", ErrFile, s.torn)
	}
	if len(writes) == 0 {
		return nil
	}
	if err := check(writes); err != nil { // written, they would keep the file from being opened
		return err
	}
	b := appendBatch(nil, writes)
	if len(b) > maxBatch {
		return fmt.Errorf("%w: a batch of %d bytes, of at most %d", ErrFile, len(b), maxBatch)
	}
	if err := s.write(b); err != nil {
		s.torn = err
		return fmt.Errorf("%w: open it again: %w", ErrFile, err)
	}
	if err := s.memory.Apply(writes); err != nil {
		s.torn = err
		return err
	}
	s.torn = s.tidy() // what was written is there all the same
	return nil
}

func (s *File) write(b []byte) error {
	if _, err := s.f.WriteAt(b, s.size); err != nil {
		return err
	}
	s.size += int64(len(b))
	return s.f.Sync()
}

// Close lets go of the file. What was applied is in it.
func (s *File) Close() error {
	if s == nil || s.path == "" {
		return errNoFile
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(s.torn, os.ErrClosed) {
		return nil
	}
	s.torn = os.ErrClosed
	if err := s.f.Close(); err != nil {
		return fmt.Errorf("%w: %w", ErrFile, err)
	}
	return nil
}

// syncDir makes the names in a folder last, where the system can.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // read only
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, os.ErrInvalid) && !errors.Is(err, os.ErrPermission) {
		return err
	}
	return nil
}
