package store

import (
	"hash/maphash"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/utt-ecash/utt-go/internal/parallel"
)

// Memory is a Store in memory. The zero value is empty and ready. Views are opened at
// once, whatever there is: a view shares what does not change after it.
type Memory struct {
	mu    sync.RWMutex
	m     map[string][]byte
	root  *node
	stamp uint64 // of the nodes that no view has, which are changed in place
}

// node is one of a treap (Seidel and Aragon, 1996): a search tree by key, and a heap by a
// hash of it, so that its depth is logarithmic whatever the order of writes.
type node struct {
	key         string
	value       []byte
	priority    uint64
	stamp       uint64
	left, right *node
}

var prioritySeed = maphash.MakeSeed()

// Get implements Store.
func (s *Memory) Get(key []byte) ([]byte, bool, error) {
	if s == nil {
		return nil, false, ErrInvalid
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	v, ok := s.m[string(key)]
	return v, ok, nil
}

// Apply implements Store.
func (s *Memory) Apply(writes []Write) error {
	if s == nil {
		return ErrInvalid
	}
	if err := check(writes); err != nil {
		return err
	}
	nodes := nodesOf(writes)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m == nil {
		s.m = make(map[string][]byte, len(writes))
	}
	for i := range nodes {
		n := &nodes[i]
		_, there := s.m[n.key]
		switch {
		case n.value != nil:
			s.m[n.key] = n.value
			if there {
				s.root = s.update(s.root, n.key, n.value)
			} else {
				n.stamp = s.stamp
				s.root = s.insert(s.root, n)
			}
		case there:
			delete(s.m, n.key)
			s.root = s.remove(s.root, n.key)
		}
	}
	return nil
}

// nodesOf copies writes, on all cores.
func nodesOf(writes []Write) []node {
	const few = 64 // are worth a goroutine
	nodes := make([]node, len(writes))
	parts := parallel.Split(len(writes), few)
	parallel.For(len(parts), func(k int) {
		for i := parts[k].From; i < parts[k].To; i++ {
			key := string(writes[i].Key)
			nodes[i] = node{key: key, value: slices.Clone(writes[i].Value), priority: maphash.String(prioritySeed, key)}
		}
	})
	return nodes
}

// own is a node that may be changed: the node itself, or a copy of one that a view has.
func (s *Memory) own(n *node) *node {
	if n.stamp == s.stamp {
		return n
	}
	d := *n
	d.stamp = s.stamp
	return &d
}

func (s *Memory) update(n *node, key string, value []byte) *node {
	n = s.own(n)
	switch {
	case key < n.key:
		n.left = s.update(n.left, key, value)
	case key > n.key:
		n.right = s.update(n.right, key, value)
	default:
		n.value = value
	}
	return n
}

func (s *Memory) insert(n, added *node) *node {
	if n == nil {
		return added
	}
	if added.priority > n.priority {
		added.left, added.right = s.split(n, added.key)
		return added
	}
	n = s.own(n)
	if added.key < n.key {
		n.left = s.insert(n.left, added)
	} else {
		n.right = s.insert(n.right, added)
	}
	return n
}

// split parts a tree into what is below a key, which is not in it, and what is above.
func (s *Memory) split(n *node, key string) (below, above *node) {
	if n == nil {
		return nil, nil
	}
	n = s.own(n)
	if n.key < key {
		n.right, above = s.split(n.right, key)
		return n, above
	}
	below, n.left = s.split(n.left, key)
	return below, n
}

func (s *Memory) remove(n *node, key string) *node {
	if n.key == key {
		return s.join(n.left, n.right)
	}
	n = s.own(n)
	if key < n.key {
		n.left = s.remove(n.left, key)
	} else {
		n.right = s.remove(n.right, key)
	}
	return n
}

// join is one tree of two, all of the first below the second.
func (s *Memory) join(below, above *node) *node {
	switch {
	case below == nil:
		return above
	case above == nil:
		return below
	case below.priority > above.priority:
		below = s.own(below)
		below.right = s.join(below.right, above)
		return below
	}
	above = s.own(above)
	above.left = s.join(below, above.left)
	return above
}

// View implements Store.
func (s *Memory) View() (View, error) {
	if s == nil {
		return nil, ErrInvalid
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stamp++ // all nodes that there are stay as they are
	v := new(memoryView)
	v.root.Store(&root{s.root})
	return v, nil
}

// memoryView is a tree that does not change any more.
type memoryView struct{ root atomic.Pointer[root] }

type root struct{ *node }

func (v *memoryView) Get(key []byte) ([]byte, bool, error) {
	r := v.root.Load()
	if r == nil {
		return nil, false, ErrClosed
	}
	n := r.node
	for n != nil && n.key != string(key) {
		if string(key) < n.key {
			n = n.left
		} else {
			n = n.right
		}
	}
	if n == nil {
		return nil, false, nil
	}
	return n.value, true, nil
}

func (v *memoryView) Ascend(from, to []byte) iter.Seq2[Pair, error] { return v.walk(from, to, false) }

func (v *memoryView) Descend(from, to []byte) iter.Seq2[Pair, error] { return v.walk(from, to, true) }

func (v *memoryView) walk(from, to []byte, down bool) iter.Seq2[Pair, error] {
	from, to = slices.Clone(from), slices.Clone(to)
	return func(yield func(Pair, error) bool) {
		r := v.root.Load()
		if r == nil {
			yield(Pair{}, ErrClosed)
			return
		}
		var visit func(n *node) bool
		visit = func(n *node) bool {
			if n == nil {
				return true
			}
			first, second := n.left, n.right
			above, below := n.key >= string(from), to == nil || n.key < string(to)
			if down {
				first, second = second, first
				above, below = below, above
			}
			if above && !visit(first) {
				return false
			}
			if above && below && !yield(Pair{[]byte(n.key), n.value}, nil) {
				return false
			}
			return !below || visit(second)
		}
		visit(r.node)
	}
}

func (v *memoryView) Close() error {
	v.root.Store(nil)
	return nil
}
