package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
)

// Balance is the ordinary money of an account.
func (l *Ledger) Balance(account utt.PID, asset string) (utt.Amount, error) {
	n, err := l.number(balanceKey(account, asset))
	return utt.Amount(n), err
}

// Nonce is the next one of an account.
func (l *Ledger) Nonce(account utt.PID) (uint64, error) { return l.number(nonceKey(account)) }

// IssueNonce is the next nonce of the issuer.
func (l *Ledger) IssueNonce() (uint64, error) { return l.number(issueNonceKey) }

// SuspensionNumber is the number of the next suspension.
func (l *Ledger) SuspensionNumber() (uint64, error) { return l.number(suspensionNumberKey) }

// AddressNumber is the number of the next address of a user, for a Readdress: 1 if he has that
// of his registration.
func (l *Ledger) AddressNumber(pid utt.PID) (uint64, error) {
	n, err := l.number(addressKey(pid))
	return n + 1, err
}

// Suspended reports whether a user is suspended.
func (l *Ledger) Suspended(pid utt.PID) (bool, error) {
	_, ok, err := l.get(suspendedKey(pid))
	return ok, err
}

// Supply is all money ever issued of an asset: that of accounts and coins, of what is held,
// and of taxes not collected yet, together.
func (l *Ledger) Supply(asset string) (utt.Amount, error) {
	n, err := l.number(supplyKey(asset))
	return utt.Amount(n), err
}

// Accounts is the sum of all accounts of an asset. It reads them all.
func (l *Ledger) Accounts(asset string) (sum utt.Amount, err error) {
	if err := l.usable(); err != nil {
		return 0, err
	}
	view, err := l.store.View()
	if err != nil {
		return 0, fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	defer func() { err = errors.Join(err, closed(view)) }()
	from, to := store.Prefix(balanceKey(utt.PID{}, "")[:1])
	for pair, err := range view.Ascend(from, to) {
		if err != nil {
			return 0, fmt.Errorf("%w: %w", utt.ErrStore, err)
		}
		if len(pair.Key) < 1+len(utt.PID{}) || string(pair.Key[1+len(utt.PID{}):]) != asset {
			continue
		}
		v, err := stored(pair.Value)
		if err != nil {
			return 0, err
		}
		sum += utt.Amount(v)
	}
	return sum, nil
}

// Spent reports whether a nullifier is used: of a money coin ever, of a budget coin in the
// head's epoch, after which it is forgotten.
func (l *Ledger) Spent(n nullifier.Nullifier) (bool, error) {
	_, ok, err := l.get(nullifierKey(n.Key()))
	if ok || err != nil {
		return ok, err
	}
	_, ok, err = l.get(budgetKey(l.Head().Epoch, n.Key()))
	return ok, err
}

// Registered is a user as he is registered, with his first address; the error is ErrNotFound for
// nobody.
func (l *Ledger) Registered(pid utt.PID) (*utt.Member, error) {
	b, ok, err := l.get(memberKey(pid))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%w: no user %v is registered", utt.ErrNotFound, pid)
	}
	m := new(utt.Member)
	if err := m.UnmarshalBinary(b); err != nil {
		return nil, fmt.Errorf("%w: user %v: %w", utt.ErrStore, pid, err)
	}
	return m, nil
}

func (l *Ledger) get(key []byte) ([]byte, bool, error) {
	if err := l.usable(); err != nil {
		return nil, false, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	v, ok, err := l.store.Get(key)
	switch {
	case err != nil:
		return nil, false, fmt.Errorf("%w: %w", utt.ErrStore, err)
	case ok && len(v) == 0:
		return nil, false, fmt.Errorf("%w: %w", utt.ErrStore, errEmpty)
	}
	return v, ok, nil
}

func (l *Ledger) number(key []byte) (uint64, error) {
	b, ok, err := l.get(key)
	if err != nil || !ok {
		return 0, err
	}
	return stored(b)
}

// Records yields the records from a place on, up to the head at the time of the
// call, without signatures. The error is ErrNotFound at one whose detail was dropped.
func (l *Ledger) Records(ctx context.Context, from utt.Cursor) iter.Seq2[*utt.Record, error] {
	return places(ctx, l, from, l.record)
}

// Entries yields the log's entries [LOG-1] of the records that Records yields, as they are
// stored: nothing of them is decoded.
func (l *Ledger) Entries(ctx context.Context, from utt.Cursor) iter.Seq2[[]byte, error] {
	return places(ctx, l, from, l.entry)
}

// places yields what is at the places of records, from one on.
func places[T any](ctx context.Context, l *Ledger, from utt.Cursor, at func(utt.Cursor) (T, error)) iter.Seq2[T, error] {
	var none T
	if err := l.usable(); err != nil {
		return func(yield func(T, error) bool) { yield(none, err) }
	}
	head := l.Head().Height
	return func(yield func(T, error) bool) {
		for h := max(from.Height, 1); h <= head; h++ {
			if ctx.Err() != nil { // also among many blocks without records
				yield(none, ctx.Err())
				return
			}
			b, err := l.Block(h)
			if err != nil {
				yield(none, err)
				return
			}
			first := uint32(0)
			if h == from.Height {
				first = from.Index
			}
			for i := first; i < b.Records; i++ {
				if ctx.Err() != nil {
					yield(none, ctx.Err())
					return
				}
				r, err := at(utt.Cursor{Height: h, Index: i})
				if !yield(r, err) || err != nil {
					return
				}
			}
		}
	}
}

// Record is the one at a place, without signatures. The error is ErrNotFound if there is none,
// or its detail was dropped.
func (l *Ledger) Record(c utt.Cursor) (*utt.Record, error) {
	if err := l.usable(); err != nil {
		return nil, err
	}
	return l.record(c)
}

func (l *Ledger) record(c utt.Cursor) (*utt.Record, error) {
	if recent := l.remembered(c); recent != nil {
		r := *recent // which a caller may decode another into
		return &r, nil
	}
	b, err := l.stored(c)
	if err != nil {
		return nil, err
	}
	if without(b) != nil {
		return nil, fmt.Errorf("%w: the detail of record %d of block %d was dropped here: ask another, or an archive", utt.ErrNotFound, c.Index, c.Height)
	}
	r, err := utt.ParseUnsigned(b)
	if err != nil {
		return nil, fmt.Errorf("%w: record %d of block %d: %w", utt.ErrStore, c.Index, c.Height, err)
	}
	return r, nil
}

// remembered is a record of the last block, nil of any other.
func (l *Ledger) remembered(c utt.Cursor) *utt.Record {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if int64(c.Index) < int64(len(l.recent)) && l.recent[0].Cursor().Height == c.Height {
		return l.recent[c.Index]
	}
	return nil
}

// stored is a record's encoding.
func (l *Ledger) stored(c utt.Cursor) ([]byte, error) {
	b, ok, err := l.get(recordKey(c))
	if err == nil && !ok {
		err = fmt.Errorf("%w: record %d of block %d", utt.ErrNotFound, c.Index, c.Height)
	}
	return b, err
}

// entry is a record's in the log.
func (l *Ledger) entry(c utt.Cursor) ([]byte, error) {
	if recent := l.remembered(c); recent != nil {
		return recent.LogLeaf(utt.EntryTree), nil
	}
	b, err := l.stored(c)
	if err != nil {
		return nil, err
	}
	e := logEntry(b)
	if e == nil {
		return nil, fmt.Errorf("%w: record %d of block %d is damaged", utt.ErrStore, c.Index, c.Height)
	}
	return e, nil
}

// BlockRecords are the records of a block, without signatures. The error is ErrNotFound for a
// block above the head, and where a detail was dropped.
func (l *Ledger) BlockRecords(height uint64) ([]*utt.Record, error) {
	b, err := l.Block(height)
	if err != nil {
		return nil, err
	}
	records := make([]*utt.Record, b.Records)
	for i := range records {
		if records[i], err = l.record(utt.Cursor{Height: height, Index: uint32(i)}); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// Numbered is a record, and its number on the ledger, from 0.
type Numbered struct {
	Number uint64
	Record *utt.Record
}

// Registrations yields those of the blocks from one height up to another, in order, without
// decoding what else there is. The error is ErrNotFound for a block that is not executed.
func (l *Ledger) Registrations(ctx context.Context, from, to uint64) iter.Seq2[Numbered, error] {
	return l.OfKinds(ctx, from, to, utt.KindRegistration)
}

// OfKinds yields the records of some kinds of the blocks from one height up to another, in order, without
// decoding what else there is: it may be that details of that are dropped. The error is ErrNotFound for a block that is not executed.
func (l *Ledger) OfKinds(ctx context.Context, from, to uint64, kinds ...utt.Kind) iter.Seq2[Numbered, error] {
	return func(yield func(Numbered, error) bool) {
		for h := max(from, 1); h <= to; h++ {
			b, err := l.Block(h)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(Numbered{}, err)
				return
			}
			for i := range b.Records {
				r, err := l.ofKinds(utt.Cursor{Height: h, Index: i}, kinds)
				if r == nil && err == nil {
					continue
				}
				if !yield(Numbered{b.Size - uint64(b.Records) + uint64(i), r}, err) || err != nil {
					return
				}
			}
		}
	}
}

// ofKinds is the record at a place, nil if it is of another kind.
func (l *Ledger) ofKinds(c utt.Cursor, kinds []utt.Kind) (*utt.Record, error) {
	b, ok, err := l.get(recordKey(c))
	if err != nil || ok && !slices.Contains(kinds, utt.RecordKind(b)) {
		return nil, err
	}
	return l.record(c)
}

// BlockInfo is what a ledger keeps of a block besides its records.
type BlockInfo struct {
	Time    uint64 // in seconds since 1970
	Records uint32
	History [32]byte // a chain over all blocks up to this one
	// The log of all records up to the end of the block: their number, and the root of the
	// tree of their entries [LOG-1].
	Size uint64
	Root [32]byte
}

func (b *BlockInfo) encode() []byte {
	e := append(wire.AppendUint32(be64(b.Time), b.Records), b.History[:]...)
	return append(wire.AppendUint64(e, b.Size), b.Root[:]...)
}

// Block is an executed block. The error is ErrNotFound above the head.
func (l *Ledger) Block(height uint64) (BlockInfo, error) {
	v, ok, err := l.get(blockKey(height))
	if err != nil {
		return BlockInfo{}, err
	}
	if !ok {
		return BlockInfo{}, fmt.Errorf("%w: block %d: execute it first", utt.ErrNotFound, height)
	}
	r := wire.NewReader(v)
	b := BlockInfo{Time: r.Uint64(), Records: r.Uint32()}
	r.Fill(b.History[:])
	b.Size = r.Uint64()
	r.Fill(b.Root[:])
	if err := r.Close(); err != nil {
		return BlockInfo{}, fmt.Errorf("%w: %w: block %d: %w", utt.ErrStore, utt.ErrMalformed, height, err)
	}
	return b, nil
}
