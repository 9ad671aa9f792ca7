// Package store placeholder.
package store

import (
	"errors"
	"iter"
	"maps"
	"slices"
	"sync"
)

type Store interface {
	Get(key []byte) (value []byte, ok bool, err error)
	Apply(writes []Write) error
	View() (View, error)
}
type View interface {
	Get(key []byte) ([]byte, bool, error)
	Ascend(from, to []byte) iter.Seq2[Pair, error]
	Descend(from, to []byte) iter.Seq2[Pair, error]
	Close() error
}
type Pair struct{ Key, Value []byte }
type Write struct{ Key, Value []byte }

func Prefix(p []byte) (from, to []byte) {
	to = slices.Clone(p)
	to[len(to)-1]++
	return p, to
}

type Memory struct {
	mu sync.RWMutex
	m  map[string][]byte
}

func (s *Memory) Get(key []byte) ([]byte, bool, error) {
	if s == nil {
		return nil, false, errors.New("nil")
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	v, ok := s.m[string(key)]
	return v, ok, nil
}
func (s *Memory) Apply(writes []Write) error {
	if s == nil {
		return errors.New("nil")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m == nil {
		s.m = map[string][]byte{}
	}
	for _, w := range writes {
		s.m[string(w.Key)] = slices.Clone(w.Value)
	}
	return nil
}
func (s *Memory) View() (View, error) {
	if s == nil {
		return nil, errors.New("nil")
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return view{maps.Clone(s.m)}, nil
}

type view struct{ m map[string][]byte }

func (v view) Get(key []byte) ([]byte, bool, error) { x, ok := v.m[string(key)]; return x, ok, nil }
func (v view) Ascend(from, to []byte) iter.Seq2[Pair, error] {
	return func(yield func(Pair, error) bool) {
		for _, k := range slices.Sorted(maps.Keys(v.m)) {
			if k >= string(from) && (to == nil || k < string(to)) && !yield(Pair{[]byte(k), v.m[k]}, nil) {
				return
			}
		}
	}
}
func (v view) Descend(from, to []byte) iter.Seq2[Pair, error] { return nil }
func (v view) Close() error                                   { return nil }
