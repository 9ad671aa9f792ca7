// Package merkle is the Merkle tree of RFC 9162, section 2.1, over a list of leaves that
// grows at its end, with SHA-256:
//
//	leaf  SHA-256(0x00 ‖ bytes)
//	node  SHA-256(0x01 ‖ left ‖ right)
//
//	Edge       the roots of the complete subtrees, which suffice to append and for the root
//	Inclusion  that a leaf is in the tree of a root, and where
//	Block      that 2^k leaves are, or those at the end of which there are fewer
//	Consistency that one tree is the beginning of another
//	Tile       256 hashes of one level together, as C2SP's tlog-tiles stores and serves them
//
// Nothing here is secret, and running times depend on what is given.
package merkle
