package merkle

import (
	"crypto/sha256"
	"math/bits"
)

// Hash is of a leaf, or of all below a node.
type Hash [sha256.Size]byte

const (
	leafPrefix = 0
	nodePrefix = 1
)

// Leaf is the hash of a leaf, whose bytes may come in parts.
func Leaf(parts ...[]byte) (h Hash) {
	d := sha256.New()
	_, _ = d.Write([]byte{leafPrefix})
	for _, p := range parts {
		_, _ = d.Write(p)
	}
	d.Sum(h[:0])
	return h
}

// Node is the hash of two subtrees, the left of which is complete.
func Node(left, right Hash) Hash {
	var b [1 + 2*sha256.Size]byte
	b[0] = nodePrefix
	copy(b[1:], left[:])
	copy(b[1+sha256.Size:], right[:])
	return sha256.Sum256(b[:])
}

// Empty is the root of the tree without leaves.
var Empty Hash = sha256.Sum256(nil)

// split is where a tree of two leaves or more is split: the largest power of two below
// its size.
func split(size uint64) uint64 { return 1 << (bits.Len64(size-1) - 1) }
