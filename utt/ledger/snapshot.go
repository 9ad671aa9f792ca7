package ledger

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
)

const (
	snapshotVersion = 1
	maxStateKey     = 1 << 8 // of a grant, with the longest names, 141
	maxStateValue   = 1 << 16
)

// Snapshot is the whole state of a ledger at one moment. Close it when done.
type Snapshot struct {
	head   Head
	digest [32]byte
	meta   []byte
	view   store.View
}

// Snapshot fixes the state as it is: execution goes on meanwhile.
func (l *Ledger) Snapshot() (*Snapshot, error) {
	if err := l.usable(); err != nil {
		return nil, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.torn {
		return nil, fmt.Errorf("%w: %w", utt.ErrStore, errTorn)
	}
	view, err := l.store.View()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	return &Snapshot{l.meta.head(l.p), l.meta.digest(l.p), l.meta.encode(l.p), view}, nil
}

// Head is that of the ledger as the snapshot has it.
func (s *Snapshot) Head() Head { return cmp.Or(s, &noSnapshot).head }

// Digest is what Restore demands of the snapshot.
func (s *Snapshot) Digest() [32]byte { return cmp.Or(s, &noSnapshot).digest }

// Close ends the snapshot's view of the store.
func (s *Snapshot) Close() error {
	if s == nil || s.view == nil {
		return errNoSnapshot
	}
	return closed(s.view)
}

// noSnapshot stands in for a nil one.
var noSnapshot Snapshot

var errNoSnapshot = fmt.Errorf("%w: an empty snapshot: take it with Ledger.Snapshot", utt.ErrInvalid)

// WriteTo writes version, head, then every pair by ascending key, and an empty key.
func (s *Snapshot) WriteTo(w io.Writer) (int64, error) {
	if s == nil || s.view == nil {
		return 0, errNoSnapshot
	}
	if w == nil {
		return 0, fmt.Errorf("%w: no writer for the snapshot", utt.ErrInvalid)
	}
	counted := &counter{w: w}
	out := bufio.NewWriter(counted)
	_, _ = out.Write(wire.AppendBytes([]byte{snapshotVersion}, s.meta))
	for pair, err := range s.view.Ascend(nil, []byte(Beside)) {
		if err != nil {
			return counted.n, fmt.Errorf("%w: %w", utt.ErrStore, err)
		}
		if string(pair.Key) == string(metaKey) {
			continue
		}
		_, _ = out.Write(wire.Frame(pair.Key, pair.Value))
	}
	_, _ = out.Write(wire.Frame(nil))
	if err := out.Flush(); err != nil {
		return counted.n, fmt.Errorf("utt: write snapshot: %w", err)
	}
	return counted.n, nil
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// Restore reads a snapshot into a store that holds no ledger, and opens it. The digest,
// which f+1 replicas have to vouch for, decides whether the snapshot is right: nothing
// of it is trusted, and a wrong one leaves the store as it was. It is in memory until it
// is verified: who reads from a stranger bounds it with io.LimitReader. A store that
// fails to write (ErrStore) may hold the ledger all the same: New tells. What the caller
// keeps besides, under keys that begin with Beside, is written with it.
func Restore(p *utt.Parameters, s store.Store, from io.Reader, digest [32]byte, with ...store.Write) (*Ledger, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if s == nil || from == nil {
		return nil, fmt.Errorf("%w: no store, or nothing to restore from", utt.ErrInvalid)
	}
	if err := checkBeside(with); err != nil {
		return nil, err
	}
	if err := vacant(s); err != nil {
		return nil, err
	}
	in := bufio.NewReader(from)
	m, err := readHead(p, in)
	if err != nil {
		return nil, err
	}
	// before anything is read that only the head vouches for
	if m.digest(p) != digest {
		return nil, fmt.Errorf("%w: the snapshot does not have the digest asked for", utt.ErrInvalid)
	}
	writes, err := readPairs(in)
	if err != nil {
		return nil, err
	}
	state := make([]change, len(writes))
	for i, w := range writes {
		state[i] = change{key: w.Key, value: w.Value}
	}
	var found stateHash
	if found.apply(state); found != m.state {
		return nil, fmt.Errorf("%w: the snapshot does not have the state that its head claims", utt.ErrInvalid)
	}
	writes = append(writes, store.Write{Key: metaKey, Value: m.encode(p)})
	if err := s.Apply(append(writes, with...)); err != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	return New(p, s)
}

// SnapshotHeight is the height that a snapshot says it is of, without reading on. Whether
// that is so, Restore finds.
func SnapshotHeight(from *bufio.Reader) (uint64, error) {
	const before = 1 + 4 + 32 // version, length of the head, digest of the parameters
	if from == nil {
		return 0, fmt.Errorf("%w: nothing to read from", utt.ErrInvalid)
	}
	b, err := from.Peek(before + 8)
	if err != nil {
		return 0, fmt.Errorf("%w: snapshot: %w", utt.ErrMalformed, err)
	}
	return binary.BigEndian.Uint64(b[before:]), nil
}

// vacant demands that a store holds no part of a ledger.
func vacant(s store.Store) (err error) {
	view, err := s.View()
	if err != nil {
		return fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	defer func() { err = errors.Join(err, closed(view)) }()
	for _, err := range view.Ascend(nil, []byte(Beside)) {
		if err != nil {
			return fmt.Errorf("%w: %w", utt.ErrStore, err)
		}
		return fmt.Errorf("%w: the store is not empty", utt.ErrConflict)
	}
	return nil
}

// readHead reads a snapshot's version and head.
func readHead(p *utt.Parameters, in *bufio.Reader) (m meta, err error) {
	version, err := in.ReadByte()
	if err != nil || version != snapshotVersion {
		return m, fmt.Errorf("%w: no snapshot of version %d", utt.ErrMalformed, snapshotVersion)
	}
	head, err := readFramed(in, maxStateValue)
	if err != nil {
		return m, err
	}
	r := wire.NewReader(head)
	var parameters [32]byte
	r.Fill(parameters[:])
	m = readMeta(r)
	if err := r.Close(); err != nil {
		return m, fmt.Errorf("%w: snapshot: %w", utt.ErrMalformed, err)
	}
	if parameters != p.Founding().Digest() {
		return m, fmt.Errorf("%w: the snapshot is of a ledger with other parameters", utt.ErrPolicy)
	}
	return m, nil
}

// readPairs reads a snapshot's pairs, to its end.
func readPairs(in *bufio.Reader) (writes []store.Write, err error) {
	for {
		key, err := readFramed(in, maxStateKey)
		if err != nil {
			return nil, err
		}
		if len(key) == 0 {
			break
		}
		if n := len(writes); n > 0 && string(key) <= string(writes[n-1].Key) {
			return nil, fmt.Errorf("%w: snapshot out of order", utt.ErrMalformed)
		}
		value, err := readFramed(in, maxStateValue)
		if err != nil {
			return nil, err
		}
		if len(value) == 0 || string(key) == string(metaKey) || string(key) >= Beside {
			return nil, fmt.Errorf("%w: snapshot with an empty value, a second head, or a key that is not the ledger's", utt.ErrMalformed)
		}
		writes = append(writes, store.Write{Key: key, Value: value})
	}
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: bytes after the snapshot", utt.ErrMalformed)
	}
	return writes, nil
}

func readFramed(in *bufio.Reader, limit int) ([]byte, error) {
	var n [4]byte
	if _, err := io.ReadFull(in, n[:]); err != nil {
		return nil, fmt.Errorf("%w: snapshot: %w", utt.ErrMalformed, err)
	}
	size := binary.BigEndian.Uint32(n[:])
	if uint64(size) > uint64(limit) {
		return nil, fmt.Errorf("%w: snapshot: item of %d bytes", utt.ErrMalformed, size)
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(in, b); err != nil {
		return nil, fmt.Errorf("%w: snapshot: %w", utt.ErrMalformed, err)
	}
	return b, nil
}
