package utt

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
)

// Ledger is the deterministic state machine that every replica runs: blocks in,
// receipts and records out. One goroutine executes; any number reads. The zero value
// is of no use: NewLedger and Restore make ledgers.
type Ledger struct {
	p     *Parameters
	store Store

	mu     sync.RWMutex
	meta   meta
	recent []*Record // of the last block executed here, with what the check computed
	torn   bool      // a write failed, so that meta may not be that of the store
}

// meta is the ledger's head.
type meta struct {
	height  uint64
	time    uint64
	state   stateHash
	history [32]byte // chained over all blocks
}

// Head is where a ledger stands.
type Head struct {
	Height uint64 // of the last block, 0 for none
	Time   uint64 // of the last block, in seconds since 1970; at first the policy's start
	Epoch  Epoch
}

// NewLedger opens the ledger that a store holds; an empty store is a new one.
func NewLedger(p *Parameters, s Store) (*Ledger, error) {
	if err := p.usable(); err != nil {
		return nil, err
	}
	if s == nil {
		return nil, fmt.Errorf("%w: no store", ErrInvalid)
	}
	l := &Ledger{p: p, store: s}
	b, ok, err := s.Get(metaKey)
	if err != nil {
		return nil, fmt.Errorf("%w: open ledger: %w", ErrStore, err)
	}
	if !ok {
		l.meta.time = uint64(p.config.Policy.Start.Unix())
		return l, nil
	}
	r := wire.NewReader(b)
	digest := r.Take(len(p.digest))
	l.meta = readMeta(r)
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: the store's head: %w", ErrMalformed, err)
	}
	if string(digest) != string(p.digest[:]) {
		return nil, fmt.Errorf("%w: the store is of a ledger with other parameters", ErrPolicy)
	}
	return l, nil
}

// usable reports a ledger that neither NewLedger nor Restore made.
func (l *Ledger) usable() error {
	if l == nil || l.store == nil {
		return fmt.Errorf("%w: no ledger: make it with NewLedger or Restore", ErrInvalid)
	}
	return nil
}

func (m *meta) encode(p *Parameters) []byte {
	b := append([]byte(nil), p.digest[:]...)
	b = wire.AppendUint64(b, m.height)
	b = wire.AppendUint64(b, m.time)
	return append(append(b, m.state.bytes()...), m.history[:]...)
}

func readMeta(r *wire.Reader) (m meta) {
	m.height, m.time, m.state = r.Uint64(), r.Uint64(), readStateHash(r)
	r.Fill(m.history[:])
	return m
}

// Parameters are the ledger's rules.
func (l *Ledger) Parameters() *Parameters {
	if l == nil {
		return nil
	}
	return l.p
}

// Head is where the ledger stands.
func (l *Ledger) Head() Head {
	if l.usable() != nil {
		return Head{}
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	e, err := l.p.config.Policy.EpochAt(l.meta.time)
	if err != nil {
		e = 1 // a head's time is never before the start
	}
	return Head{l.meta.height, l.meta.time, e}
}

// Digest commits to the parameters, the height, the time and all state. Ledgers
// with equal digests accept the same operations.
func (l *Ledger) Digest() [32]byte {
	if l.usable() != nil {
		return [32]byte{}
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.meta.digest(l.p)
}

func (m *meta) digest(p *Parameters) [32]byte {
	return transcript.Hash(dst.Snapshot, m.encode(p))
}

// Balance is the ordinary money of an account.
func (l *Ledger) Balance(account PID, asset string) (Amount, error) {
	n, err := l.number(balanceKey(account, asset))
	return Amount(n), err
}

// Nonce is the next one of an account, IssueNonce that of the issuer.
func (l *Ledger) Nonce(account PID) (uint64, error) { return l.number(nonceKey(account)) }

// IssueNonce is the next nonce of the issuer.
func (l *Ledger) IssueNonce() (uint64, error) { return l.number(issueNonceKey) }

// Supply is all money ever issued of an asset: that of accounts, coins and held
// payments together.
func (l *Ledger) Supply(asset string) (Amount, error) {
	n, err := l.number(supplyKey(asset))
	return Amount(n), err
}

// Accounts is the sum of all accounts of an asset.
func (l *Ledger) Accounts(asset string) (Amount, error) {
	if err := l.usable(); err != nil {
		return 0, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	var sum Amount
	for w, err := range l.store.Scan(balanceKey(PID{}, "")[:1]) {
		if err != nil {
			return 0, fmt.Errorf("%w: %w", ErrStore, err)
		}
		if string(w.Key[1+len(PID{}):]) != asset {
			continue
		}
		v, err := stored(w.Value)
		if err != nil {
			return 0, err
		}
		sum += Amount(v)
	}
	return sum, nil
}

// Spent reports whether a nullifier is used.
func (l *Ledger) Spent(n nullifier.Nullifier) (bool, error) {
	_, ok, err := l.get(nullifierKey(n.Key()))
	return ok, err
}

func (l *Ledger) get(key []byte) ([]byte, bool, error) {
	if err := l.usable(); err != nil {
		return nil, false, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	v, ok, err := l.store.Get(key)
	if err != nil {
		return nil, false, fmt.Errorf("%w: %w", ErrStore, err)
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

// stored is a number of the state.
func stored(b []byte) (uint64, error) {
	r := wire.NewReader(b)
	v := r.Uint64()
	if err := r.Close(); err != nil {
		return 0, fmt.Errorf("%w: %w: a number of the state: %w", ErrStore, ErrMalformed, err)
	}
	return v, nil
}

// Records yields the records from a place on, up to the head at the time of the
// call, without signatures.
func (l *Ledger) Records(ctx context.Context, from Cursor) iter.Seq2[*Record, error] {
	if err := l.usable(); err != nil {
		return func(yield func(*Record, error) bool) { yield(nil, err) }
	}
	head := l.Head().Height
	return func(yield func(*Record, error) bool) {
		for h := max(from.Height, 1); h <= head; h++ {
			b, err := l.block(h)
			if err != nil {
				yield(nil, err)
				return
			}
			first := uint32(0)
			if h == from.Height {
				first = from.Index
			}
			for i := first; i < b.records; i++ {
				if ctx.Err() != nil {
					yield(nil, ctx.Err())
					return
				}
				r, err := l.record(Cursor{h, i})
				if !yield(r, err) || err != nil {
					return
				}
			}
		}
	}
}

func (l *Ledger) record(c Cursor) (*Record, error) {
	l.mu.RLock()
	recent := l.recent
	l.mu.RUnlock()
	if int64(c.Index) < int64(len(recent)) && recent[0].height == c.Height {
		r := *recent[c.Index] // which a caller may decode another into
		return &r, nil
	}
	b, ok, err := l.get(recordKey(c))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%w: record %d of block %d", ErrNotFound, c.Index, c.Height)
	}
	r := wire.NewReader(b)
	rec := readRecord(r)
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: record %d of block %d: %w", ErrMalformed, c.Index, c.Height, err)
	}
	return rec, nil
}

// blockRecords are the records of a block, n in number.
func (l *Ledger) blockRecords(height uint64, n uint32) ([]*Record, error) {
	records := make([]*Record, n)
	for i := range records {
		var err error
		if records[i], err = l.record(Cursor{height, uint32(i)}); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// blockInfo is what is kept of a block besides its records.
type blockInfo struct {
	time    uint64
	records uint32
	history [32]byte
}

func (b *blockInfo) encode() []byte {
	return append(wire.AppendUint32(be64(b.time), b.records), b.history[:]...)
}

// executed is block for one that somebody wants signed.
func (l *Ledger) executed(height uint64) (blockInfo, error) {
	b, err := l.block(height)
	if errors.Is(err, ErrNotFound) {
		return b, fmt.Errorf("%w: execute it first", err)
	}
	return b, err
}

func (l *Ledger) block(height uint64) (blockInfo, error) {
	v, ok, err := l.get(blockKey(height))
	if err != nil {
		return blockInfo{}, err
	}
	if !ok {
		return blockInfo{}, fmt.Errorf("%w: block %d", ErrNotFound, height)
	}
	r := wire.NewReader(v)
	b := blockInfo{time: r.Uint64(), records: r.Uint32()}
	r.Fill(b.history[:])
	if err := r.Close(); err != nil {
		return blockInfo{}, fmt.Errorf("%w: block %d: %w", ErrMalformed, height, err)
	}
	return b, nil
}
