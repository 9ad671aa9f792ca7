package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// File is a Store in one file, for examples and small nodes: all of it is in
// memory too. Every Apply is one synced write at the end of the file; what a crash left
// half written is dropped when it is opened again, and nothing else is: a file that is
// damaged anywhere but at its end is not opened. Damage to the last batch of a file that was
// not closed cannot be told from a crash, and drops it. Once the file holds much that is out
// of date, it is written anew beside and put in its place. One process has it at a time.
type File struct {
	path string

	mu   sync.Mutex // of writes
	f    *os.File
	log  format
	size int64 // of the file
	look int64 // the size at which to see whether it is worth writing anew
	torn error // a write failed, so that the file may have it or not

	memory Memory
}

const (
	rewrite = 4 // times as large as need be, and not small
	small   = 1 << 20
)

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
	if unfinished(b) { // new, or cut off while it was made
		return s.begin()
	}
	if s.log, err = readFormat(b); err != nil {
		return err
	}
	at := preamble
	for {
		writes, n := s.log.read(b, at)
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
		if s.log.follows(b, at+1) {
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

// begin makes a file without a batch.
func (s *File) begin() error {
	s.log = newFormat()
	if err := s.f.Truncate(0); err != nil {
		return err
	}
	if _, err := s.f.WriteAt(s.log.begin(), 0); err != nil {
		return err
	}
	s.size = int64(preamble)
	return s.synced()
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
	log := newFormat()
	b := log.begin()
	var writes []Write
	for pair, err := range view.Ascend(nil, nil) {
		if err != nil {
			return err
		}
		writes = append(writes, Write(pair))
		if len(writes) == 1<<10 {
			b, writes = log.append(b, 0, writes), nil
		}
	}
	if len(writes) > 0 {
		b = log.append(b, 0, writes)
	}
	s.look = 2 * s.size
	if s.size < rewrite*int64(len(b)) {
		return nil
	}
	return s.replace(log, b)
}

// replace puts a new file in the place of the old one. A crash leaves one of them. Where a
// new one cannot be made, for want of room for instance, the old one goes on.
func (s *File) replace(log format, b []byte) error {
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
	s.f, s.log, s.size, s.look = f, log, int64(len(b)), 2*int64(len(b))
	return errors.Join(syncDir(filepath.Dir(s.path)), old.Close())
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
	b := s.log.append(nil, s.size, writes)
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

// Close lets go of the file. What was applied is in it, and whatever is damaged from then
// on is found when it is opened.
func (s *File) Close() error {
	if s == nil || s.path == "" {
		return errNoFile
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(s.torn, os.ErrClosed) {
		return nil
	}
	if s.torn == nil {
		_ = s.write(s.log.append(nil, s.size, nil)) // behind it, the last batch is one that others follow
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
