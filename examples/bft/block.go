package bft

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/utt-ecash/utt-go/utt"
)

// BlockID is the SHA-256 of a block's encoding. Zero stands for no block: the nil
// that replicas vote for when a proposal is missing or invalid.
type BlockID [32]byte

// String is the first four bytes in hexadecimal.
func (i BlockID) String() string { return hex.EncodeToString(i[:4]) }

// Block is what consensus decides: the value of the paper.
type Block struct {
	Height uint64
	Time   uint64 // in seconds since 1970
	Parent BlockID
	Ops    [][]byte // encoded operations

	raw []byte
	id  BlockID
	ops []utt.Operation // parsed
}

func newBlock(height, time uint64, parent BlockID, ops [][]byte) *Block {
	b := &Block{Height: height, Time: time, Parent: parent, Ops: ops}
	b.raw = binary.BigEndian.AppendUint64(nil, height)
	b.raw = binary.BigEndian.AppendUint64(b.raw, time)
	b.raw = appendItems(append(b.raw, parent[:]...), ops)
	b.id = sha256.Sum256(b.raw)
	return b
}

func parseBlock(raw []byte) (*Block, error) {
	r := reader{b: raw}
	b := &Block{Height: r.uint64(), Time: r.uint64(), Parent: r.id(), Ops: r.items(), raw: raw}
	b.id = sha256.Sum256(raw)
	return b, r.close()
}

// ID names the block.
func (b *Block) ID() BlockID { return b.id }

// parse decodes the operations, but for those in a mempool.
func (b *Block) parse(from *mempool) error {
	if b.ops != nil {
		return nil
	}
	ops := make([]utt.Operation, len(b.Ops))
	for i, raw := range b.Ops {
		if ops[i] = from.find(raw); ops[i] == nil {
			var err error
			if ops[i], err = utt.ParseOperation(raw); err != nil {
				return err
			}
		}
	}
	b.ops = ops
	return nil
}

// ledger is the block as the ledger takes it.
func (b *Block) ledger() *utt.Block {
	return &utt.Block{Height: b.Height, Time: b.Time, Ops: b.ops}
}
