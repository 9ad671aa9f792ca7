// Package pebblestore is a store.Store on the database Pebble.
package pebblestore

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/utt-ecash/utt-go/utt/store"
)

// Store is a store.Store in a folder. Every Apply is one synced write. One process has it at
// a time.
type Store struct {
	mu sync.RWMutex // held for reading by whoever uses db, so that Close waits
	db *pebble.DB   // nil once it is closed
}

// Open opens the store in a folder, and makes it if there is none.
func Open(folder string) (*Store, error) { return openOn(folder, vfs.Default) }

func openOn(folder string, fs vfs.FS) (*Store, error) {
	db, err := pebble.Open(folder, &pebble.Options{
		FS:                 fs,
		FormatMajorVersion: pebble.FormatNewest,
		Logger:             quiet{},
		MemTableSize:       16 << 20,
	})
	if err != nil {
		return nil, fmt.Errorf("open the store in %s: %w", folder, err)
	}
	return &Store{db: db}, nil
}

// quiet leaves out what Pebble says of its own work. What fails comes back as an error.
type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}

// Fatalf is for a database that can keep no promise any more: its contract is not to return.
func (quiet) Fatalf(format string, args ...any) { panic(fmt.Sprintf("pebble: "+format, args...)) }

// Close closes the store. Views that are open must be closed before.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db == nil {
		return nil
	}
	db := s.db
	s.db = nil
	return db.Close()
}

// Get implements store.Store.
func (s *Store) Get(key []byte) ([]byte, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return nil, false, errClosed
	}
	return get(s.db, key)
}

var errClosed = errors.New("pebblestore: the store is closed")

func get(from pebble.Reader, key []byte) ([]byte, bool, error) {
	v, closer, err := from.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	v = slices.Clone(v)
	return v, true, closer.Close()
}

// Apply implements store.Store.
func (s *Store) Apply(writes []store.Write) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return errClosed
	}
	b := s.db.NewBatch()
	defer func() { _ = b.Close() }()
	for i, w := range writes {
		if len(w.Key) == 0 || len(w.Key) > store.MaxKey || w.Value != nil && len(w.Value) == 0 || len(w.Value) > store.MaxValue {
			return fmt.Errorf("%w: write %d has a key of %d bytes, of 1 to %d, or a value of %d, of 1 to %d, or nil",
				store.ErrInvalid, i, len(w.Key), store.MaxKey, len(w.Value), store.MaxValue)
		}
		var err error
		if w.Value == nil {
			err = b.Delete(w.Key, nil)
		} else {
			err = b.Set(w.Key, w.Value, nil)
		}
		if err != nil {
			return err
		}
	}
	if b.Empty() {
		return nil
	}
	return b.Commit(pebble.Sync)
}

// View implements store.Store.
func (s *Store) View() (store.View, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return nil, errClosed
	}
	return &view{s: s.db.NewSnapshot()}, nil
}

// view is a snapshot of Pebble's.
type view struct {
	mu sync.RWMutex
	s  *pebble.Snapshot // nil once it is closed
}

// Get implements store.View.
func (v *view) Get(key []byte) ([]byte, bool, error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.s == nil {
		return nil, false, store.ErrClosed
	}
	return get(v.s, key)
}

// Ascend implements store.View.
func (v *view) Ascend(from, to []byte) iter.Seq2[store.Pair, error] { return v.walk(from, to, false) }

// Descend implements store.View.
func (v *view) Descend(from, to []byte) iter.Seq2[store.Pair, error] { return v.walk(from, to, true) }

func (v *view) walk(from, to []byte, down bool) iter.Seq2[store.Pair, error] {
	from, to = slices.Clone(from), slices.Clone(to)
	return func(yield func(store.Pair, error) bool) {
		it, err := v.iterator(from, to)
		if err != nil {
			yield(store.Pair{}, err)
			return
		}
		begin, next := it.First, it.Next
		if down {
			begin, next = it.Last, it.Prev
		}
		for ok := begin(); ok; ok = next() {
			value, err := it.ValueAndErr()
			pair := store.Pair{Key: slices.Clone(it.Key()), Value: slices.Clone(value)}
			if !yield(pair, err) || err != nil {
				_ = it.Close()
				return
			}
		}
		if err := it.Close(); err != nil {
			yield(store.Pair{}, err)
		}
	}
}

// iterator goes on, once it is there, whatever becomes of the view.
func (v *view) iterator(from, to []byte) (*pebble.Iterator, error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.s == nil {
		return nil, store.ErrClosed
	}
	return v.s.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: to})
}

// Close implements store.View.
func (v *view) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.s == nil {
		return nil
	}
	s := v.s
	v.s = nil
	return s.Close()
}
