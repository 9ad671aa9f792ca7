package replica

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	"github.com/utt-ecash/utt-go/internal/merkle"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
)

// A replica keeps its trees in tiles of 256 hashes, as they are served. One that is not full
// is written again as it grows. Of one that was restored, the first tiles lack what is below
// the certificate where publication began: instead it keeps the edges there, by which all
// above is proven.

// tile is part of a level of a tree: hashes from a first one on, 0 but in a restored replica.
type tile struct {
	first  int
	hashes []merkle.Hash
}

func tileKey(t utt.Tree, level int, index uint64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(ledger.Beside+"t"), byte(t), byte(level)), index)
}

func (t *tile) encode() []byte {
	b := []byte{byte(t.first)}
	for _, h := range t.hashes {
		b = append(b, h[:]...)
	}
	return b
}

// tile is one of a tree, empty if there is nothing of it.
func (k *keeper) tile(t utt.Tree, level int, index uint64) (*tile, error) {
	v, ok, err := k.get(tileKey(t, level, index))
	if err != nil || !ok {
		return new(tile), err
	}
	r := wire.NewReader(v)
	d := &tile{first: int(r.Byte())}
	if n := len(v) / len(merkle.Hash{}); n <= merkle.TileWidth-d.first && len(v)%len(merkle.Hash{}) == 1 {
		d.hashes = make([]merkle.Hash, n)
		for i := range d.hashes {
			r.Fill(d.hashes[i][:])
		}
	}
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: %w: a tile of the log: %w", utt.ErrStore, utt.ErrMalformed, err)
	}
	return d, nil
}

// growing are tiles that records add to.
type growing struct {
	k     *keeper
	tiles map[tileName]*tile
	err   error
}

type tileName struct {
	tree  utt.Tree
	level int
	index uint64
}

func (k *keeper) growing() *growing { return &growing{k: k, tiles: make(map[tileName]*tile)} }

// complete takes the root of a subtree into its tile, if it is of a level that tiles have.
func (g *growing) complete(t utt.Tree, level int, index uint64, root [32]byte) {
	if level%merkle.TileHeight != 0 || g.err != nil {
		return
	}
	name, at := tileName{t, level / merkle.TileHeight, index / merkle.TileWidth}, int(index%merkle.TileWidth)
	d := g.tiles[name]
	if d == nil {
		if d, g.err = g.k.tile(name.tree, name.level, name.index); g.err != nil {
			return
		}
		g.tiles[name] = d
	}
	if len(d.hashes) == 0 {
		d.first = at
	}
	if d.first+len(d.hashes) != at {
		g.err = fmt.Errorf("%w: tile %d of level %d ends before hash %d", utt.ErrStore, name.index, name.level, at)
		return
	}
	d.hashes = append(d.hashes, root)
}

func (g *growing) writes() ([]store.Write, error) {
	if g.err != nil {
		return nil, g.err
	}
	var w []store.Write
	for n, d := range g.tiles {
		w = append(w, store.Write{Key: tileKey(n.tree, n.level, n.index), Value: d.encode()})
	}
	return w, nil
}

// root is that of a complete subtree of a tree of a size.
func (k *keeper) root(t utt.Tree, level int, index, size uint64) ([32]byte, error) {
	at, first, count := merkle.InTile(level, index, size)
	d, err := k.tile(t, at.Level, at.Index)
	if err != nil {
		return [32]byte{}, err
	}
	if from := first - d.first; from >= 0 && from+1<<count <= len(d.hashes) {
		return merkle.Fold(d.hashes[from : from+1<<count]), nil
	}
	base, err := k.baseFrontier(kindOf(t))
	if err != nil {
		return [32]byte{}, err
	}
	if root, ok := base.Complete(t, level, index); ok {
		return root, nil
	}
	if index<<level < base.Records && base.Records < (index+1)<<level { // publication began within
		left, err := k.root(t, level-1, 2*index, size)
		if err != nil {
			return [32]byte{}, err
		}
		right, err := k.root(t, level-1, 2*index+1, size)
		return merkle.Node(left, right), err
	}
	return [32]byte{}, fmt.Errorf("%w: the log from leaf %d on: this replica was restored later; ask another", utt.ErrNotFound, index<<level)
}

// kindOf is that of the certificates that have the root of a tree.
func kindOf(t utt.Tree) utt.CheckpointKind {
	if t == utt.CredentialTree {
		return utt.CredentialCheckpoint
	}
	return utt.LedgerCheckpoint
}

// baseFrontier is where publication began.
func (k *keeper) baseFrontier(of utt.CheckpointKind) (at utt.Frontier, err error) {
	v, ok, err := k.get(baseEdgesKey(of))
	if err != nil || !ok {
		return at, err
	}
	if err := at.UnmarshalBinary(v); err != nil {
		return at, fmt.Errorf("%w: where publication began: %w", utt.ErrStore, err)
	}
	return at, nil
}

// served are the hashes of a tile, of which the caller sees to it that they are published.
func (k *keeper) served(t utt.Tree, level int, index uint64, width int) ([]byte, error) {
	d, err := k.tile(t, level, index)
	if err != nil {
		return nil, err
	}
	if d.first > 0 || width < 1 || width > len(d.hashes) {
		return nil, fmt.Errorf("%w: no tile %d of level %d with %d hashes of the %v here", utt.ErrNotFound, index, level, width, t)
	}
	var b []byte
	for _, h := range d.hashes[:width] {
		b = append(b, h[:]...)
	}
	return b, nil
}

// leaves are those of a tree from a record on, each behind its length in two bytes.
func (k *keeper) leaves(ctx context.Context, t utt.Tree, from uint64, count int) ([]byte, error) {
	if t == utt.CredentialTree {
		at, err := k.place(from)
		if err != nil {
			return nil, err
		}
		if err := k.has(utt.CredentialCheckpoint, at.Height); err != nil {
			return nil, err
		}
		return k.credentialLeaves(ctx, from, count)
	}
	all := k.entries(ctx, from, from+uint64(count))
	if t == utt.CoinTree {
		all = k.signatures(ctx, from, from+uint64(count))
	}
	var b []byte
	for leaf, err := range all {
		if err != nil {
			return nil, err
		}
		b = appendLeaf(b, leaf)
	}
	return b, nil
}

// numbered yields what a ledger reads from a place on: from one number up to another.
func numbered[T any](ctx context.Context, k *keeper, from, to uint64, read func(context.Context, utt.Cursor) iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if from >= to {
			return
		}
		at, err := k.placeOf(utt.LedgerCheckpoint, from)
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		for r, err := range read(ctx, at) {
			if !yield(r, err) || err != nil {
				return
			}
			if from++; from == to {
				return
			}
		}
	}
}

// entries are those of the log from one number up to another.
func (k *keeper) entries(ctx context.Context, from, to uint64) iter.Seq2[[]byte, error] {
	return numbered(ctx, k, from, to, k.l.Entries)
}

// signatures are the leaves of the tree of coins' signatures from one number up to another.
func (k *keeper) signatures(ctx context.Context, from, to uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for r, err := range numbered(ctx, k, from, to, k.whole) {
			if err == nil {
				r, err = k.signed(r)
			}
			if !yield(r.LogLeaf(utt.CoinTree), err) || err != nil {
				return
			}
		}
	}
}

// section is what the entries of a section leave out, of a size that is published.
func (k *keeper) section(ctx context.Context, number, size uint64) (*utt.Section, error) {
	from, to := utt.SectionBounds(number, size)
	if from == to {
		return nil, unpublished(number, size)
	}
	records := make([]*utt.Record, 0, to-from)
	for r, err := range numbered(ctx, k, from, to, k.whole) {
		if err == nil {
			r, err = k.signed(r)
		}
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	s, err := utt.NewSection(number, size, records, func(t utt.Tree, level int, index uint64) ([32]byte, error) {
		return k.root(t, level, index, size)
	})
	if err != nil && !errors.Is(err, utt.ErrNotFound) {
		return nil, fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	return s, err
}

func appendLeaf(b, leaf []byte) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(leaf))), leaf...)
}

func (k *keeper) credentialLeaves(ctx context.Context, from uint64, count int) (b []byte, err error) {
	if _, err := k.placeOf(utt.CredentialCheckpoint, from); err != nil {
		return nil, err
	}
	next, to := from, from+uint64(count)
	fill := func(to uint64) { // with those that are empty
		for ; next < to; next++ {
			b = appendLeaf(b, nil)
		}
	}
	for l, err := range k.credentials(ctx, from, to) {
		if err != nil {
			return nil, err
		}
		fill(l.Record)
		b, next = appendLeaf(b, l.Signatures), next+1
	}
	fill(to)
	return b, nil
}

// placeOf is place, and ErrNotFound for what is below that from which on there is something here.
func (k *keeper) placeOf(of utt.CheckpointKind, number uint64) (utt.Cursor, error) {
	at, err := k.place(number)
	if err == nil {
		err = k.has(of, at.Height)
	}
	return at, err
}

// place is that of a record by its number on the ledger, from 0.
func (k *keeper) place(number uint64) (utt.Cursor, error) {
	low, high := uint64(1), k.l.Head().Height
	for low < high {
		mid := low + (high-low)/2
		b, err := k.l.Block(mid)
		if err != nil {
			return utt.Cursor{}, err
		}
		if b.Size > number {
			high = mid
		} else {
			low = mid + 1
		}
	}
	b, err := k.l.Block(low)
	if err != nil {
		return utt.Cursor{}, err
	}
	return utt.Cursor{Height: low, Index: uint32(number + uint64(b.Records) - b.Size)}, nil
}

// inclusion proves what is on record at a place under a certificate; a registration with its
// signatures, if that of the credentials counts it, which may be nil.
func (k *keeper) inclusion(c, credentials *utt.Certificate, at utt.Cursor) (*utt.Inclusion, error) {
	absent := fmt.Errorf("%w: record %d of block %d is not published", utt.ErrNotFound, at.Index, at.Height)
	if c == nil || at.Height == 0 || at.Height > c.Height {
		return nil, absent
	}
	if err := cmp.Or(k.has(utt.LedgerCheckpoint, at.Height), k.details(at.Height)); err != nil {
		return nil, err
	}
	b, err := k.l.Block(at.Height)
	if err != nil {
		return nil, err
	}
	if at.Index >= b.Records {
		return nil, absent
	}
	r, err := k.l.Record(at)
	if err != nil {
		return nil, err
	}
	if r, err = k.signed(r); err != nil {
		return nil, err
	}
	number := b.Size - uint64(b.Records) + uint64(at.Index)
	if r.Owes() && credentials != nil && number < credentials.Records {
		s, ok, err := k.get(credentialKey(number))
		if err != nil {
			return nil, err
		}
		if ok {
			if r, err = r.WithCredentials(utt.CredentialLeaf{Record: number, Signatures: s}); err != nil {
				return nil, fmt.Errorf("%w: signatures of a record: %w", utt.ErrStore, err)
			}
		}
	}
	i, err := utt.NewInclusion(c, credentials, number, r, func(t utt.Tree, level int, index uint64) ([32]byte, error) {
		size := c.Records
		if t == utt.CredentialTree {
			size = credentials.Records
		}
		return k.root(t, level, index, size)
	})
	if err != nil && !errors.Is(err, utt.ErrNotFound) {
		return nil, fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	return i, err
}
