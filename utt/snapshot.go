package utt

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/wire"
)

const (
	snapshotVersion = 1
	maxStateKey     = 128
)

// Snapshot writes the whole state: version, head, then every pair by ascending
// key, and an empty key. Execution waits for it only while the store fixes its
// view.
func (l *Ledger) Snapshot(w io.Writer) error {
	if err := l.usable(); err != nil {
		return err
	}
	if w == nil {
		return fmt.Errorf("%w: no writer for the snapshot", ErrInvalid)
	}
	l.mu.RLock()
	head, pairs, torn := l.meta.encode(l.p), l.store.Scan(nil), l.torn
	l.mu.RUnlock()
	if torn {
		return fmt.Errorf("%w: %w", ErrStore, errTorn)
	}
	out := bufio.NewWriter(w)
	_, _ = out.Write(wire.AppendBytes([]byte{snapshotVersion}, head))
	for pair, err := range pairs {
		if err != nil {
			return fmt.Errorf("%w: %w", ErrStore, err)
		}
		if string(pair.Key) == string(metaKey) {
			continue
		}
		_, _ = out.Write(wire.Frame(pair.Key, pair.Value))
	}
	_, _ = out.Write(wire.Frame(nil))
	if err := out.Flush(); err != nil {
		return fmt.Errorf("utt: write snapshot: %w", err)
	}
	return nil
}

// Restore reads a snapshot into an empty store and opens the ledger. The digest,
// which f+1 replicas have to vouch for, decides whether the snapshot is right:
// nothing of it is trusted, and a wrong one leaves the store empty. It is in memory
// until it is verified: who reads from a stranger bounds it with io.LimitReader. A store that
// fails to write (ErrStore) may hold the ledger all the same: NewLedger tells.
func Restore(p *Parameters, s Store, from io.Reader, digest [32]byte) (*Ledger, error) {
	if err := p.usable(); err != nil {
		return nil, err
	}
	if s == nil || from == nil {
		return nil, fmt.Errorf("%w: no store, or nothing to restore from", ErrInvalid)
	}
	for _, err := range s.Scan(nil) {
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrStore, err)
		}
		return nil, fmt.Errorf("%w: the store is not empty", ErrConflict)
	}
	in := bufio.NewReader(from)
	version, err := in.ReadByte()
	if err != nil || version != snapshotVersion {
		return nil, fmt.Errorf("%w: no snapshot of version %d", ErrMalformed, snapshotVersion)
	}
	head, err := readFramed(in, maxOperation)
	if err != nil {
		return nil, err
	}
	r := wire.NewReader(head)
	parameters := r.Take(len(p.digest))
	m := readMeta(r)
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: snapshot: %w", ErrMalformed, err)
	}
	if string(parameters) != string(p.digest[:]) {
		return nil, fmt.Errorf("%w: the snapshot is of a ledger with other parameters", ErrPolicy)
	}
	// before anything is read that only the head vouches for
	if m.digest(p) != digest {
		return nil, fmt.Errorf("%w: the snapshot does not have the digest asked for", ErrInvalid)
	}
	var writes []Write
	var state []change
	for {
		key, err := readFramed(in, maxStateKey)
		if err != nil {
			return nil, err
		}
		if len(key) == 0 {
			break
		}
		if n := len(writes); n > 0 && string(key) <= string(writes[n-1].Key) {
			return nil, fmt.Errorf("%w: snapshot out of order", ErrMalformed)
		}
		value, err := readFramed(in, maxOperation)
		if err != nil {
			return nil, err
		}
		if len(value) == 0 || string(key) == string(metaKey) {
			return nil, fmt.Errorf("%w: snapshot with an empty value or a second head", ErrMalformed)
		}
		state = append(state, change{key: key, value: value})
		writes = append(writes, Write{key, value})
	}
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: bytes after the snapshot", ErrMalformed)
	}
	var found stateHash
	if found.apply(state); found != m.state {
		return nil, fmt.Errorf("%w: the snapshot does not have the state that its head claims", ErrInvalid)
	}
	if err := s.Apply(append(writes, Write{metaKey, m.encode(p)})); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStore, err)
	}
	return NewLedger(p, s)
}

func readFramed(in *bufio.Reader, limit int) ([]byte, error) {
	var n [4]byte
	if _, err := io.ReadFull(in, n[:]); err != nil {
		return nil, fmt.Errorf("%w: snapshot: %w", ErrMalformed, err)
	}
	size := binary.BigEndian.Uint32(n[:])
	if uint64(size) > uint64(limit) {
		return nil, fmt.Errorf("%w: snapshot: item of %d bytes", ErrMalformed, size)
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(in, b); err != nil {
		return nil, fmt.Errorf("%w: snapshot: %w", ErrMalformed, err)
	}
	return b, nil
}
