package ledger

import (
	"fmt"
	"sync"

	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/merkle"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
)

// Ledger is the deterministic state machine that every replica runs: blocks in,
// receipts and records out. One goroutine executes; any number reads. The zero value
// is of no use: New and Restore make ledgers.
type Ledger struct {
	store store.Store

	mu     sync.RWMutex
	p      *utt.Parameters // with all amendments, speaking for the head's epoch
	meta   meta
	recent []*utt.Record // of the last block committed here, with what the check computed
	torn   bool          // a write failed, so that meta may not be that of the store
}

// meta is the ledger's head.
type meta struct {
	height  uint64
	time    uint64
	state   stateHash
	history [32]byte // chained over all blocks
	log     merkle.Edge
}

// Head is where a ledger stands.
type Head struct {
	Height uint64 // of the last block, 0 for none
	Time   uint64 // of the last block, in seconds since 1970; at first the policy's start
	Epoch  utt.Epoch
}

// New opens the ledger that a store holds; a store without one holds a new one, and what a
// Restore that was stopped has left there is removed. Of the
// parameters only the founding version is taken: the state has the amendments.
func New(p *utt.Parameters, s store.Store) (*Ledger, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if s == nil {
		return nil, fmt.Errorf("%w: no store", utt.ErrInvalid)
	}
	l := &Ledger{p: p.Founding(), store: s}
	b, ok, err := s.Get(metaKey)
	if err != nil {
		return nil, fmt.Errorf("%w: open ledger: %w", utt.ErrStore, err)
	}
	if !ok {
		if err := clean(s); err != nil {
			return nil, err
		}
		l.meta.time = uint64(p.Policy().Start.Unix())
		return l, nil
	}
	r := wire.NewReader(b)
	var digest [32]byte
	r.Fill(digest[:])
	l.meta = readMeta(r)
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: %w: the store's head: %w", utt.ErrStore, utt.ErrMalformed, err)
	}
	if digest != l.p.Digest() {
		return nil, fmt.Errorf("%w: the store is of a ledger with other parameters", utt.ErrPolicy)
	}
	if err := l.readAmendments(); err != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	l.p = l.p.At(l.meta.head(l.p).Epoch)
	return l, nil
}

// usable reports a ledger that neither New nor Restore made.
func (l *Ledger) usable() error {
	if l == nil || l.store == nil {
		return fmt.Errorf("%w: no ledger: make it with New or Restore", utt.ErrInvalid)
	}
	return nil
}

func (m *meta) encode(p *utt.Parameters) []byte {
	digest := p.Founding().Digest()
	b := wire.AppendUint64(digest[:], m.height)
	b = wire.AppendUint64(b, m.time)
	return m.log.Append(append(append(b, m.state.bytes()...), m.history[:]...))
}

func readMeta(r *wire.Reader) (m meta) {
	m.height, m.time, m.state = r.Uint64(), r.Uint64(), readStateHash(r)
	r.Fill(m.history[:])
	m.log = merkle.ReadEdge(r)
	return m
}

func (m *meta) digest(p *utt.Parameters) [32]byte {
	return transcript.Hash(dst.Snapshot, m.encode(p))
}

func (m *meta) head(p *utt.Parameters) Head {
	policy := p.Policy()
	e, err := policy.EpochAt(m.time)
	if err != nil {
		e = 1 // a head's time is never before the start
	}
	return Head{m.height, m.time, e}
}

// Parameters are the ledger's rules, with the amendments of all blocks so far. They speak
// for the version of the head's epoch.
func (l *Ledger) Parameters() *utt.Parameters {
	if l == nil {
		return nil
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.p
}

// Head is where the ledger stands.
func (l *Ledger) Head() Head {
	if l.usable() != nil {
		return Head{}
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.meta.head(l.p)
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
