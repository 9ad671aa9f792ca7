package wallet

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"sync"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
)

// Directory is who is registered, on disk, for all wallets of one network in a process to share:
// each of them verifies what it adds, by a certificate, and none keeps it a second time. It has
// public data only, and is not sealed; nothing in it tells which wallets use it, or whom they pay.
// Wallets believe what is in it, and do not find that something was taken away, such as a payee's
// newest address: keep it where nobody else writes.
type Directory struct {
	network utt.NetworkID
	name    [16]byte   // drawn at random
	mu      sync.Mutex // of writes
	store   store.Store
}

var directoryMarker = []byte("utt-directory")

const directoryVersion = 2

// OpenDirectory opens a directory in the store in which it was before, or in an empty one.
// ErrConflict says that the store is another network's, or of something else; ErrStore that it
// fails.
func OpenDirectory(p *utt.Parameters, s store.Store) (*Directory, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if s == nil {
		return nil, fmt.Errorf("%w: no store", utt.ErrInvalid)
	}
	d := &Directory{network: p.Network(), store: s}
	mark := append([]byte{directoryVersion}, d.network[:]...)
	b, ok, err := s.Get(directoryMarker)
	switch name, found := bytes.CutPrefix(b, mark); {
	case err != nil:
		return nil, failed(err)
	case ok && (!found || len(name) != len(d.name)):
		return nil, fmt.Errorf("%w: a directory of another network, or version", utt.ErrConflict)
	case ok:
		copy(d.name[:], name)
		return d, nil
	}
	if err := empty(s); err != nil {
		return nil, err
	}
	_, _ = rand.Read(d.name[:]) // never fails
	return d, failed(s.Apply([]store.Write{{Key: directoryMarker, Value: append(mark, d.name[:]...)}}))
}

// id names the directory, 0 if there is none.
func (d *Directory) id() [16]byte {
	if d == nil {
		return [16]byte{}
	}
	return d.name
}

// Format prints nothing of the store.
func (d *Directory) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "directory") }

func directoryKey(kind string, pid utt.PID) []byte { return append([]byte(kind), pid[:]...) }

// get is the record of a user's registration, or of his newest readdress; nil if there is none.
func (d *Directory) get(kind string, pid utt.PID) (*utt.Record, error) {
	b, ok, err := d.store.Get(directoryKey(kind, pid))
	if err != nil || !ok {
		return nil, failed(err)
	}
	r := new(utt.Record)
	if err := r.UnmarshalBinary(b); err != nil {
		return nil, failed(err)
	}
	return r, nil
}

// put adds certified registrations and readdresses. Of two of one user the later stays.
func (d *Directory) put(registered, moved map[utt.PID]*utt.Record) error {
	if len(registered)+len(moved) == 0 {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var writes []store.Write
	for kind, records := range map[string]map[utt.PID]*utt.Record{entryMember: registered, entryMoved: moved} {
		for pid, r := range records {
			had, err := d.get(kind, pid)
			if err != nil {
				return err
			}
			if had != nil && had.Cursor().Compare(r.Cursor()) >= 0 {
				continue
			}
			b, err := r.AppendBinary(nil)
			if err != nil {
				return err
			}
			writes = append(writes, store.Write{Key: directoryKey(kind, pid), Value: b})
		}
	}
	if len(writes) == 0 {
		return nil
	}
	return failed(d.store.Apply(writes))
}
