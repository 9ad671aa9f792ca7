package ledger

import (
	"bufio"
	"cmp"
	"encoding/binary"
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
