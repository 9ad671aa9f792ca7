package utt

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/wire"
)

// Block is a decided list of operations. Consensus bounds its time to honest clocks,
// since it never goes back, and decides it irrevocably before it is executed.
type Block struct {
	Height uint64      // one above the last
	Time   uint64      // in seconds since 1970, not below the last and before the policy's end [BLOCK-TIME]
	Ops    []Operation // at most MaxOperations
}

// Bounds on a block. What was held and is due by time comes before its operations, and each
// leaves at most one record [HOLD-SIZE].
const (
	MaxBlock       = 1 << 13 // records that a certificate adds to the one before
	MaxTransitions = 1 << 12 // of what was held
	MaxOperations  = MaxBlock - MaxTransitions
)

const blockVersion = 1

// AppendBinary appends version, height, time, and behind their number in two bytes the
// operations, each behind its length.
func (b *Block) AppendBinary(to []byte) ([]byte, error) {
	if b == nil || len(b.Ops) > MaxOperations {
		return nil, fmt.Errorf("%w: no block, or one of more than %d operations", ErrInvalid, MaxOperations)
	}
	to = wire.AppendUint64(append(to, blockVersion), b.Height)
	to = wire.AppendUint64(to, b.Time)
	to = wire.AppendUint16(to, uint16(len(b.Ops)))
	for i, op := range b.Ops {
		if Absent(op) {
			return nil, fmt.Errorf("%w: operation %d is nil or empty", ErrInvalid, i)
		}
		raw, err := op.AppendBinary(nil)
		if err != nil {
			return nil, err
		}
		to = wire.AppendBytes(to, raw)
	}
	return to, nil
}

// MarshalBinary encodes the block.
func (b *Block) MarshalBinary() ([]byte, error) { return b.AppendBinary(nil) }

// UnmarshalBinary decodes a block, with ParseOperations. A block with an operation that
// is malformed is malformed: who proposes blocks leaves such bytes out.
func (b *Block) UnmarshalBinary(from []byte) error {
	if b == nil {
		return errInto
	}
	r := wire.NewReader(from)
	r.Version(blockVersion)
	d := Block{Height: r.Uint64(), Time: r.Uint64()}
	raw := make([][]byte, r.Count(MaxOperations, 4))
	for i := range raw {
		raw[i] = r.Bytes(maxOperation)
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: block: %w", ErrMalformed, err)
	}
	ops, errs := ParseOperations(raw)
	for i, err := range errs {
		if err != nil {
			return fmt.Errorf("%w: operation %d of a block: %w", ErrMalformed, i, err)
		}
	}
	d.Ops = ops
	*b = d
	return nil
}
