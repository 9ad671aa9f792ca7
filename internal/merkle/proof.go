package merkle

import (
	"errors"
	"fmt"
	"math/bits"
)

// ErrProof says that a proof does not show what is claimed.
var ErrProof = errors.New("merkle: wrong proof")

// MaxPath is the length of the longest path: of a tree with 2^64 − 1 leaves.
const MaxPath = 64

// Nodes yields the root of a complete subtree: that of the 2^level leaves from
// index·2^level on.
type Nodes func(level int, index uint64) (Hash, error)

// subtree is the hash of the leaves from one on, below another; the first is a multiple of
// the largest power of two up to their number.
func (n Nodes) subtree(from, to uint64) (Hash, error) {
	size := to - from
	if size&(size-1) == 0 {
		level := bits.TrailingZeros64(size)
		return n(level, from>>level)
	}
	k := split(size)
	left, err := n.subtree(from, from+k)
	if err != nil {
		return Hash{}, err
	}
	right, err := n.subtree(from+k, to)
	if err != nil {
		return Hash{}, err
	}
	return Node(left, right), nil
}

// Inclusion is the path that shows that a leaf is in the tree of a size, from the leaf
// upwards: PATH of RFC 9162, 2.1.3.1.
func Inclusion(index, size uint64, nodes Nodes) ([]Hash, error) { return Block(0, index, size, nodes) }

// Block is the path that shows a block of leaves, from its root upwards: of the 2^level from
// index·2^level on, those that the tree has. They are always all that is below one node.
func Block(level int, index, size uint64, nodes Nodes) ([]Hash, error) {
	if _, err := blocks(level, index, size); err != nil {
		return nil, err
	}
	first := index << level
	var path []Hash // from the root
	for from, to := uint64(0), size; to-from > 1<<level; {
		k := from + split(to-from)
		var h Hash
		var err error
		if first < k {
			h, err = nodes.subtree(k, to)
			to = k
		} else {
			h, err = nodes.subtree(from, k)
			from = k
		}
		if err != nil {
			return nil, err
		}
		path = append(path, h)
	}
	for i, j := 0, len(path)-1; i < j; i, j = i+1, j-1 {
		path[i], path[j] = path[j], path[i]
	}
	return path, nil
}

// VerifyInclusion checks that a leaf with a hash is in the tree of a size and root, at an
// index: RFC 9162, 2.1.3.2. The error is ErrProof.
func VerifyInclusion(leaf Hash, index, size uint64, path []Hash, root Hash) error {
	if index >= size {
		return fmt.Errorf("%w: leaf %d of a tree of %d", ErrProof, index, size)
	}
	fn, sn, r := index, size-1, leaf
	for _, p := range path {
		if sn == 0 {
			return fmt.Errorf("%w: a path of %d hashes for leaf %d of a tree of %d is too long", ErrProof, len(path), index, size)
		}
		if fn&1 == 1 || fn == sn {
			r = Node(p, r)
			for fn&1 == 0 && fn != 0 {
				fn, sn = fn>>1, sn>>1
			}
		} else {
			r = Node(r, p)
		}
		fn, sn = fn>>1, sn>>1
	}
	switch {
	case sn != 0:
		return fmt.Errorf("%w: a path of %d hashes for leaf %d of a tree of %d is too short", ErrProof, len(path), index, size)
	case r != root:
		return fmt.Errorf("%w: the path of leaf %d leads to another root", ErrProof, index)
	}
	return nil
}

// blocks is how many blocks of 2^level leaves a tree has, of which the last may have fewer.
func blocks(level int, index, size uint64) (n uint64, err error) {
	if size > 0 && level >= 0 && level < 64 {
		n = (size-1)>>level + 1
	}
	if index >= n {
		return 0, fmt.Errorf("%w: block %d of 2^%d leaves of a tree of %d", ErrProof, index, level, size)
	}
	return n, nil
}

// VerifyBlock checks that leaves with hashes are a block in the tree of a size and root: the
// 2^level from index·2^level on, or as many of them as the tree has. The error is ErrProof.
// Above its blocks the tree is that of their roots as leaves.
func VerifyBlock(leaves []Hash, level int, index, size uint64, path []Hash, root Hash) error {
	n, err := blocks(level, index, size)
	if err != nil {
		return err
	}
	if want := min(1<<level, size-index<<level); uint64(len(leaves)) != want {
		return fmt.Errorf("%w: %d leaves, where block %d of 2^%d of a tree of %d has %d", ErrProof, len(leaves), index, level, size, want)
	}
	return VerifyInclusion(Edge{}.With(leaves...).Root(), index, n, path, root)
}

// Consistency shows that the tree of a size is the beginning of a larger one: PROOF of
// RFC 9162, 2.1.4.1. It is empty for trees of the same size, and for one without leaves.
func Consistency(from, to uint64, nodes Nodes) ([]Hash, error) {
	if from > to {
		return nil, fmt.Errorf("%w: a tree of %d leaves as the beginning of one of %d", ErrProof, from, to)
	}
	if from == 0 || from == to {
		return nil, nil
	}
	var proof []Hash // from the root
	lo, hi, complete := uint64(0), to, true
	for hi != from {
		k := lo + split(hi-lo)
		var h Hash
		var err error
		if from <= k {
			h, err = nodes.subtree(k, hi)
			hi = k
		} else {
			h, err = nodes.subtree(lo, k)
			lo, complete = k, false
		}
		if err != nil {
			return nil, err
		}
		proof = append(proof, h)
	}
	if !complete { // else the verifier has it: it is the root of the smaller tree
		h, err := nodes.subtree(lo, hi)
		if err != nil {
			return nil, err
		}
		proof = append(proof, h)
	}
	for i, j := 0, len(proof)-1; i < j; i, j = i+1, j-1 {
		proof[i], proof[j] = proof[j], proof[i]
	}
	return proof, nil
}

// VerifyConsistency checks that the tree of a size and root is the beginning of one of
// another: RFC 9162, 2.1.4.2. The error is ErrProof.
func VerifyConsistency(from, to uint64, proof []Hash, first, second Hash) error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("%w: from %d leaves to %d: %s", ErrProof, from, to, fmt.Sprintf(format, args...))
	}
	switch {
	case from > to:
		return wrong("the first tree is the larger one")
	case from == 0 || from == to:
		if len(proof) > 0 {
			return wrong("%d hashes where none are needed", len(proof))
		}
		if from == 0 && first != Empty || from == to && first != second {
			return wrong("other roots")
		}
		return nil
	}
	if from&(from-1) == 0 {
		proof = append([]Hash{first}, proof...)
	}
	if len(proof) == 0 {
		return wrong("no proof")
	}
	fn, sn := from-1, to-1
	for fn&1 == 1 {
		fn, sn = fn>>1, sn>>1
	}
	fr, sr := proof[0], proof[0]
	for _, c := range proof[1:] {
		if sn == 0 {
			return wrong("a proof that is too long")
		}
		if fn&1 == 1 || fn == sn {
			fr, sr = Node(c, fr), Node(c, sr)
			for fn&1 == 0 && fn != 0 {
				fn, sn = fn>>1, sn>>1
			}
		} else {
			sr = Node(sr, c)
		}
		fn, sn = fn>>1, sn>>1
	}
	if sn != 0 || fr != first || sr != second {
		return wrong("a proof that is too short, or leads to another root")
	}
	return nil
}
