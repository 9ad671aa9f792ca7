package conformance

import (
	"errors"
	"sync"

	"github.com/utt-ecash/utt-go/utt/store"
)

// Failing is a store for tests of what happens when one fails: its k-th Apply, counted
// from 0, fails, and every one after it. Written says whether the one that fails is in the
// store all the same, as after a crash between the write and the word of it.
type Failing struct {
	store.Store
	K       int
	Written bool

	mu    sync.Mutex
	count int
}

// ErrInjected is what a Failing store returns.
var ErrInjected = errors.New("conformance: a failure made for a test")

// Apply fails from the k-th on.
func (s *Failing) Apply(writes []store.Write) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.count
	s.count++
	switch {
	case k < s.K:
		return s.Store.Apply(writes)
	case k == s.K && s.Written:
		return errors.Join(ErrInjected, s.Store.Apply(writes))
	}
	return ErrInjected
}

// Failed reports whether the store has failed.
func (s *Failing) Failed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count > s.K
}
