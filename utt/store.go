package utt

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Store keeps the ledger's state: a map from byte strings to byte strings. Any
// ordered key-value database will do. A ledger calls Apply from one goroutine at a
// time, and the other methods from any number.
type Store interface {
	// Get returns the value of a key, which must not change afterwards. If ok is
	// false, the value is ignored.
	Get(key []byte) (value []byte, ok bool, err error)
	// Apply makes all writes or none, durably once it returns. It copies what it
	// keeps. Keys have at most 128 bytes, values at most 64 KiB.
	Apply(writes []Write) error
	// Scan yields all pairs whose key has the prefix, by ascending key, as of the
	// moment when it is called.
	Scan(prefix []byte) iter.Seq2[Write, error]
}

// Write sets a key. Values are never empty, and no key is ever removed.
type Write struct{ Key, Value []byte }

// MemoryStore is a Store in memory. The zero value is empty and ready.
type MemoryStore struct {
	mu sync.RWMutex
	m  map[string][]byte
}

var errNoStore = fmt.Errorf("%w: a nil MemoryStore", ErrInvalid)

// Get implements Store.
func (s *MemoryStore) Get(key []byte) ([]byte, bool, error) {
	if s == nil {
		return nil, false, errNoStore
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	v, ok := s.m[string(key)]
	return v, ok, nil
}

// Apply implements Store.
func (s *MemoryStore) Apply(writes []Write) error {
	if s == nil {
		return errNoStore
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m == nil {
		s.m = make(map[string][]byte)
	}
	for _, w := range writes {
		s.m[string(w.Key)] = slices.Clone(w.Value)
	}
	return nil
}

// Scan implements Store.
func (s *MemoryStore) Scan(prefix []byte) iter.Seq2[Write, error] {
	if s == nil {
		return func(yield func(Write, error) bool) { yield(Write{}, errNoStore) }
	}
	s.mu.RLock()
	m := maps.Clone(s.m)
	s.mu.RUnlock()
	return func(yield func(Write, error) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if strings.HasPrefix(k, string(prefix)) && !yield(Write{[]byte(k), m[k]}, nil) {
				return
			}
		}
	}
}

// Keys of the state, told apart by their first byte.
func nullifierKey(n [48]byte) []byte        { return append([]byte{'n'}, n[:]...) }
func memberKey(p PID) []byte                { return append([]byte{'r'}, p[:]...) }
func accountKeyKey(k []byte) []byte         { return append([]byte{'k'}, k...) }
func nonceKey(p PID) []byte                 { return append([]byte{'c'}, p[:]...) }
func supplyKey(asset string) []byte         { return append([]byte{'s'}, asset...) }
func balanceKey(p PID, asset string) []byte { return append(append([]byte{'a'}, p[:]...), asset...) }

func grantKey(p PID, asset string, e Epoch) []byte {
	return append(append(append([]byte{'g'}, p[:]...), be64(uint64(e))...), asset...)
}

func recordKey(c Cursor) []byte {
	return append(append([]byte{'h'}, be64(c.Height)...), be64(uint64(c.Index))...)
}

func blockKey(height uint64) []byte { return append([]byte{'b'}, be64(height)...) }

var (
	issueNonceKey = []byte{'i'}
	metaKey       = []byte{'m'} // height, time, state hash: not itself hashed
)
