package utt

// Tree is one of those that a checkpoint has the roots of.
type Tree uint8

// The trees. Leaf i of each is of record i.
const (
	EntryTree      Tree = 1 // what is on record
	CoinTree       Tree = 2 // signatures under the coin key
	CredentialTree Tree = 3 // signatures under the credential key
)

var trees = map[Tree]string{EntryTree: "entries", CoinTree: "coins", CredentialTree: "credentials"}

func (t Tree) String() string { return nameIn(trees, t, "tree") }

// Completed is told the root of every subtree that records complete in one of the trees: of
// 2^level leaves, from index·2^level on. Those of one tree and level come in order.
type Completed func(t Tree, level int, index uint64, root [32]byte)
