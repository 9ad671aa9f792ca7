package utt

// Block is a decided list of operations. Consensus bounds its time to honest
// clocks and decides it irrevocably before it is executed.
type Block struct {
	Height uint64      // one above the last
	Time   uint64      // in seconds since 1970, not below the last
	Ops    []Operation // at most MaxBlock
}

// MaxBlock bounds the operations of a block, and the records that a certificate adds to
// those of the one before it: wallets hold that many before they know them to be
// certified.
const MaxBlock = 1 << 13

