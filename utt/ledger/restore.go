package ledger

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/merkle"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
)

// Restore reads a snapshot into a store that holds no ledger, and opens it. The digest,
// which f+1 replicas have to vouch for, decides whether the snapshot is right: nothing
// of it is trusted, and a wrong one leaves the store as it was. It is read in small parts,
// each written before the next, however large it is: who reads from a stranger bounds it with
// io.LimitReader. Where it was stopped half-way, New and the next Restore remove what was
// written. A store that
// fails to write (ErrStore) may hold the ledger all the same: New tells. What the caller
// keeps besides, under keys that begin with Beside, is written with the last part. A snapshot
// without all details is ErrInvalid: see RestoreAbove.
func Restore(p *utt.Parameters, s store.Store, from io.Reader, digest [32]byte, with ...store.Write) (*Ledger, error) {
	return RestoreAbove(p, s, from, digest, 0, with...)
}

// RestoreAbove is Restore, but that details of payments up to a height may be missing, which
// whoever wrote the snapshot has dropped: see Ledger.Drop. The digest does not tell.
func RestoreAbove(p *utt.Parameters, s store.Store, from io.Reader, digest [32]byte, height uint64, with ...store.Write) (*Ledger, error) {
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
	r := restoring{store: s, above: height}
	if err := r.read(in); err != nil {
		return nil, r.undo(err)
	}
	if r.state != m.state || !r.log.Equal(m.log) {
		return nil, r.undo(fmt.Errorf("%w: the snapshot does not have the state that its head claims", utt.ErrInvalid))
	}
	last := append(r.part, store.Write{Key: metaKey, Value: m.encode(p)}, store.Write{Key: restoringKey})
	if err := s.Apply(append(last, with...)); err != nil {
		return nil, fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	return New(p, s)
}

// partBytes bounds, with partPairs, what of a snapshot is in memory.
const partBytes = 1 << 22

// restoring is a snapshot as far as it was read.
type restoring struct {
	store store.Store
	above uint64 // from which height on all details must be there
	state stateHash
	log   merkle.Edge
	last  string // key
	begun bool   // something is written

	part    []store.Write
	bytes   int
	changes []change
	leaves  []merkle.Hash
}

// read reads a snapshot's pairs, to its end.
func (r *restoring) read(in *bufio.Reader) error {
	for {
		key, err := readFramed(in, maxStateKey)
		if err != nil {
			return err
		}
		if len(key) == 0 {
			break
		}
		if string(key) <= r.last {
			return fmt.Errorf("%w: snapshot out of order", utt.ErrMalformed)
		}
		r.last = string(key)
		value, err := readFramed(in, maxStateValue)
		if err != nil {
			return err
		}
		if len(value) == 0 || r.last == string(metaKey) || r.last == string(restoringKey) || r.last >= Beside {
			return fmt.Errorf("%w: snapshot with an empty value, a second head, or a key that is not the ledger's", utt.ErrMalformed)
		}
		if err := r.take(key, value); err != nil {
			return err
		}
	}
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: bytes after the snapshot", utt.ErrMalformed)
	}
	r.count()
	return nil
}

// take takes in a pair.
func (r *restoring) take(key, value []byte) error {
	if key[0] == recordLetter {
		leaf, err := r.record(key, value)
		if err != nil {
			return err
		}
		r.leaves = append(r.leaves, leaf)
	} else {
		r.changes = append(r.changes, change{key: key, value: value})
	}
	r.part, r.bytes = append(r.part, store.Write{Key: key, Value: value}), r.bytes+len(key)+len(value)
	if len(r.part) < partPairs && r.bytes < partBytes {
		return nil
	}
	r.count()
	if !r.begun {
		r.begun = true
		r.part = append(r.part, store.Write{Key: restoringKey, Value: []byte{1}})
	}
	if err := r.store.Apply(r.part); err != nil {
		return fmt.Errorf("%w: %w", utt.ErrStore, err)
	}
	r.part, r.bytes = nil, 0
	return nil
}

// record is the leaf of a record, which must stand where it says.
func (r *restoring) record(key, value []byte) (leaf merkle.Hash, err error) {
	entry := logEntry(value)
	if entry == nil {
		return leaf, fmt.Errorf("%w: snapshot with a record that is none", utt.ErrMalformed)
	}
	s, err := utt.ParseEntry(entry)
	if err != nil {
		return leaf, fmt.Errorf("snapshot: %w", err)
	}
	c := s.Cursor()
	if string(key) != string(recordKey(c)) {
		return leaf, fmt.Errorf("%w: snapshot with record %d of block %d in another place", utt.ErrMalformed, c.Index, c.Height)
	}
	if without(value) != nil && (!bulk(s.Kind()) || c.Height > r.above) {
		return leaf, fmt.Errorf("%w: the snapshot leaves out the detail of record %d of block %d: take that of a replica that keeps more", utt.ErrInvalid, c.Index, c.Height)
	}
	return merkle.Leaf(entry), nil
}

// count takes what was read into the hashes.
func (r *restoring) count() {
	r.state.apply(r.changes)
	r.log = r.log.With(r.leaves...)
	r.changes, r.leaves = nil, nil
}

// undo takes out of the store what was written of a snapshot that is wrong.
func (r *restoring) undo(why error) error {
	return errors.Join(why, clean(r.store))
}

// vacant demands that a store holds no part of a ledger, but for a snapshot that was read
// half-way, which it removes.
func vacant(s store.Store) (err error) {
	if err := clean(s); err != nil {
		return err
	}
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
