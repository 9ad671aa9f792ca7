package utt

import (
	"cmp"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
)

// BlockShares are a replica's signature shares on all outputs of a block that one group
// key signs: the message that replicas send each other. It says once of which block,
// generation and party they are, and takes 48 bytes an output; which output each is of,
// the block's records say (Committees.Split).
type BlockShares struct {
	height     uint64
	generation threshold.Generation
	party      threshold.Index
	points     []curve.G1 // in the order of records and outputs
}

// maxBlockOutputs bounds the outputs of a block.
const maxBlockOutputs = MaxBlock * maxOutputs

// noBlockShares stand in for nil ones.
var noBlockShares BlockShares

// JoinShares makes one message of the shares that a signer yields for a block: of one
// height, generation and party, in the order of the records.
func JoinShares(shares []*Share) (*BlockShares, error) {
	b := new(BlockShares)
	for i, s := range shares {
		first := i == 0
		if s == nil || len(s.Outputs) == 0 || !first && (s.Record.Height != b.height || s.Record.Index <= shares[i-1].Record.Index) {
			return nil, fmt.Errorf("%w: shares that are not of one block, in the order of its records", ErrInvalid)
		}
		b.height = s.Record.Height
		for _, o := range s.Outputs {
			if len(b.points) == 0 {
				b.generation, b.party = o.Generation(), o.Index()
			}
			if o.Point().IsIdentity() || o.Generation() != b.generation || o.Index() != b.party {
				return nil, fmt.Errorf("%w: shares that are not of one party and generation", ErrInvalid)
			}
			b.points = append(b.points, o.Point())
		}
	}
	if len(b.points) == 0 || len(b.points) > maxBlockOutputs {
		return nil, fmt.Errorf("%w: %d shares in a block, of 1 to %d", ErrInvalid, len(b.points), maxBlockOutputs)
	}
	return b, nil
}

// Height is that of the block.
func (b *BlockShares) Height() uint64 { return cmp.Or(b, &noBlockShares).height }

// Party is whose shares these say they are. A collector takes them from nobody else: the
// party is the replica that sent them.
func (b *BlockShares) Party() threshold.Index { return cmp.Or(b, &noBlockShares).party }

// Generation is that of the sharing, which tells the key as well.
func (b *BlockShares) Generation() threshold.Generation {
	return cmp.Or(b, &noBlockShares).generation
}

// Outputs is how many outputs there are shares on.
func (b *BlockShares) Outputs() int { return len(cmp.Or(b, &noBlockShares).points) }

// Split says which shares are on which record, given the records of the block. ErrInvalid
// says that they are of another block, of another generation, or not as many as there
// are outputs. Nothing is verified besides.
func (c *Committees) Split(p *Parameters, records []*Record, b *BlockShares) ([]*Share, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if c == nil || c.Coin == nil || c.Credential == nil || b == nil || len(b.points) == 0 {
		return nil, fmt.Errorf("%w: no committees or no shares", ErrInvalid)
	}
	key := p.config.CoinKey
	switch b.generation {
	case c.Coin.Generation():
	case c.Credential.Generation():
		key = p.config.CredentialKey
	default:
		return nil, fmt.Errorf("%w: shares of generation %v, which is none of the committees'", ErrInvalid, b.generation)
	}
	var shares []*Share
	rest := b.points
	for i, r := range records {
		if r == nil || r.entry == nil || r.height != b.height {
			return nil, fmt.Errorf("%w: shares on block %d, where record %d of those given is of another, or empty", ErrInvalid, b.height, i)
		}
		n := r.Outputs(p)
		if n == 0 || !r.key(p).Equal(key) {
			continue
		}
		if n > len(rest) {
			return nil, fmt.Errorf("%w: %d shares on block %d, which has more outputs", ErrInvalid, len(b.points), b.height)
		}
		s := &Share{Record: r.Cursor(), Outputs: make([]*threshold.SignatureShare, n)}
		for j := range s.Outputs {
			s.Outputs[j] = threshold.ShareOf(b.generation, b.party, rest[j])
		}
		shares, rest = append(shares, s), rest[n:]
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%w: %d shares on block %d, which has %d outputs less", ErrInvalid, len(b.points), b.height, len(rest))
	}
	return shares, nil
}

const blockSharesVersion = 1

// AppendBinary appends version, height, generation, party, and behind their number in
// four bytes the shares, as compressed points.
func (b *BlockShares) AppendBinary(to []byte) ([]byte, error) {
	if b == nil || len(b.points) == 0 {
		return nil, fmt.Errorf("%w: no shares of a block have no encoding", ErrInvalid)
	}
	to = wire.AppendUint64(append(to, blockSharesVersion), b.height)
	to = wire.AppendUint16(append(to, b.generation[:]...), uint16(b.party))
	to = wire.AppendUint32(to, uint32(len(b.points)))
	for _, p := range b.points {
		to = p.AppendCompressed(to)
	}
	return to, nil
}

// MarshalBinary encodes the shares.
func (b *BlockShares) MarshalBinary() ([]byte, error) { return b.AppendBinary(nil) }

// UnmarshalBinary decodes shares, on all cores. It does not verify them.
func (b *BlockShares) UnmarshalBinary(from []byte) error {
	if b == nil {
		return errInto
	}
	r := wire.NewReader(from)
	r.Version(blockSharesVersion)
	d := BlockShares{height: r.Uint64()}
	r.Fill(d.generation[:])
	if d.party = threshold.Index(r.Uint16()); d.party < 1 || d.party > threshold.MaxParties {
		r.Fail("party %d", d.party)
	}
	n := r.Count32(maxBlockOutputs, curve.G1CompressedSize)
	if n == 0 {
		r.Fail("no shares")
	}
	if n*curve.G1CompressedSize != r.Len() {
		r.Fail("%d bytes of %d shares", r.Len(), n)
	}
	d.points = curve.ReadG1sCompressed(r, n)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: shares of a block: %w", ErrMalformed, err)
	}
	*b = d
	return nil
}
