// Package store is what the rooms of package utt ask of a database: an ordered map from
// byte strings to byte strings, changed by batches that are written whole or not at all,
// and read, if need be, as it was at a moment.
//
//	Memory  a store in memory, for tests and for what is rebuilt anyhow
//	File    one in memory and in a file, for examples and small nodes
//
// Any ordered key-value database will do. Package utt/conformance tests one.
package store

import (
	"errors"
	"fmt"
	"iter"
	"slices"
)

// Store keeps state. Apply is called from one goroutine at a time, the other methods from
// any number.
type Store interface {
	// Get returns the value of a key, which must not change afterwards. If ok is
	// false, the value is ignored.
	Get(key []byte) (value []byte, ok bool, err error)
	// Apply makes all writes or none, durably once it returns. It copies what it
	// keeps. Of two writes of one key the last counts. Keys have 1 to MaxKey bytes,
	// values 1 to MaxValue.
	Apply(writes []Write) error
	// View is the state at the moment of the call, whatever is written later. Close it.
	View() (View, error)
}

// Bounds on what a store must take, in bytes.
const (
	MaxKey   = 256
	MaxValue = 1 << 17
)

// View is a store's state at a moment.
type View interface {
	// Get is Store.Get.
	Get(key []byte) (value []byte, ok bool, err error)
	// Ascend yields the pairs whose keys are at least from and below to, by ascending
	// key. A nil from is the first key, a nil to is after the last. What it yields must
	// not change afterwards.
	Ascend(from, to []byte) iter.Seq2[Pair, error]
	// Descend yields the same pairs by descending key.
	Descend(from, to []byte) iter.Seq2[Pair, error]
	// Close ends the view and frees what it holds. Closed, it yields an error only. To
	// close it again does nothing.
	Close() error
}

// Pair is a key with its value.
type Pair struct{ Key, Value []byte }

// Write sets a key, or removes it where the value is nil. To remove what is not there
// does nothing.
type Write struct{ Key, Value []byte }

var (
	// ErrInvalid is returned for writes that no store takes, and for stores that nobody
	// made.
	ErrInvalid = errors.New("store: invalid")
	// ErrClosed is returned by a view that was closed.
	ErrClosed = errors.New("store: the view is closed")
	// ErrFile is returned where a file cannot be a store, or fails.
	ErrFile = errors.New("store: the file")
)

// Prefix is the range of the keys that begin with a prefix, which is not empty and not of
// 0xff only.
func Prefix(p []byte) (from, to []byte) {
	to = slices.Clone(p)
	for i := len(to) - 1; i >= 0; i-- {
		if to[i]++; to[i] != 0 {
			return p, to[:i+1]
		}
	}
	return p, nil
}

// check reports writes that no store takes.
func check(writes []Write) error {
	for i, w := range writes {
		if len(w.Key) == 0 || len(w.Key) > MaxKey || w.Value != nil && len(w.Value) == 0 || len(w.Value) > MaxValue {
			return fmt.Errorf("%w: write %d has a key of %d bytes, of 1 to %d, or a value of %d, of 1 to %d, or nil",
				ErrInvalid, i, len(w.Key), MaxKey, len(w.Value), MaxValue)
		}
	}
	return nil
}
