package wallet

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"iter"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/store"
)

// class is the first byte of an entry's key: whether it is read when the wallet is opened.
type class byte

const (
	live class = 1 // read at once: coins, what is pending, how far the wallet has synced
	kept class = 2 // read when it is asked for: users, history
)

const (
	nameSize = 24  // of a hashed name
	padTo    = 512 // plaintexts are of a multiple of this length
	overhead = chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead
)

// marker is the one key that says what the store is.
var marker = []byte("utt-wallet")

const markerVersion = 1

// sealed is a store of which others see how many entries of either class there are, how long
// each is, and which are written together; neither names nor values, nor whose they are. All
// entries but the facts, which hold it, and the session are in a binding.
//
//	key    class, HMAC-SHA-256(k_name, name)[:24]
//	value  nonce, XChaCha20-Poly1305(k_seal, nonce, frame(name, value) ‖ zeros, key)
type sealed struct {
	store store.Store
	name  [32]byte
	bind  [32]byte
	aead  cipher.AEAD
}

// entry is one of a sealed store: of no value, it is to be removed.
type entry struct {
	class class
	name  string
	value []byte
}

// unseal opens the store of a seed's wallet of an identity on a network, and makes it one if
// it is empty. ErrConflict says that it is another's, or of another network; ErrStore that
// it fails, or is damaged.
func unseal(s store.Store, seed []byte, network utt.NetworkID, pid utt.PID) (*sealed, error) {
	d := &sealed{store: s}
	var key [32]byte
	derive := func(purpose string, salt []byte, into []byte) error {
		b, err := hkdf.Key(sha256.New, seed, salt, string(dst.WalletSeed)+"/"+purpose, len(into))
		copy(into, b)
		return err
	}
	var keys [96]byte
	if err := derive("disk", wire.Frame(network[:], pid[:]), keys[:]); err != nil {
		return nil, fmt.Errorf("derive keys: %w", err)
	}
	copy(d.name[:], keys[:32])
	copy(d.bind[:], keys[64:])
	if err := derive("disk-marker", nil, key[:]); err != nil { // so that a wrong seed is told from a wrong network
		return nil, fmt.Errorf("derive keys: %w", err)
	}
	var err error
	if d.aead, err = chacha20poly1305.NewX(keys[32:64]); err != nil {
		return nil, err
	}
	mark, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return nil, err
	}
	return d, d.claim(mark, append(network[:], pid[:]...))
}

// claim reads whose the store is, or writes it into an empty one.
func (d *sealed) claim(mark cipher.AEAD, whose []byte) error {
	b, ok, err := d.store.Get(marker)
	if err != nil {
		return failed(err)
	}
	if !ok {
		if err := empty(d.store); err != nil {
			return err
		}
		b = append([]byte{markerVersion}, lock(mark, marker, whose)...)
		return failed(d.store.Apply([]store.Write{{Key: marker, Value: b}}))
	}
	if len(b) == 0 || b[0] != markerVersion {
		return fmt.Errorf("%w: the store is no wallet of format %d, which this version reads", utt.ErrStore, markerVersion)
	}
	if b, err = unlock(mark, marker, b[1:]); err != nil || len(b) != len(whose) {
		return fmt.Errorf("%w: the store is a wallet's of another seed", utt.ErrConflict)
	}
	network := len(utt.NetworkID{})
	switch {
	case !bytes.Equal(b[:network], whose[:network]):
		return fmt.Errorf("%w: the store is a wallet's of this seed on another network, %x", utt.ErrConflict, b[:network])
	case !bytes.Equal(b, whose):
		return fmt.Errorf("%w: the store is a wallet's of this seed for another identity, of pid %x", utt.ErrConflict, b[network:])
	}
	return nil
}

// empty reports a store that has something in it.
func empty(s store.Store) (err error) {
	v, err := s.View()
	if err != nil {
		return failed(err)
	}
	defer func() {
		if e := v.Close(); err == nil {
			err = failed(e)
		}
	}()
	for _, err := range v.Ascend(nil, nil) {
		if err != nil {
			return failed(err)
		}
		return fmt.Errorf("%w: the store has something else in it", utt.ErrConflict)
	}
	return nil
}

// failed is an error of a store.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", utt.ErrStore, err)
}

func lock(a cipher.AEAD, key, plaintext []byte) []byte {
	b := make([]byte, chacha20poly1305.NonceSizeX, len(plaintext)+overhead)
	_, _ = rand.Read(b) // never fails
	return a.Seal(b, b, plaintext, key)
}

func unlock(a cipher.AEAD, key, b []byte) ([]byte, error) {
	if len(b) < overhead {
		return nil, fmt.Errorf("%w: %d bytes", utt.ErrMalformed, len(b))
	}
	return a.Open(nil, b[:chacha20poly1305.NonceSizeX], b[chacha20poly1305.NonceSizeX:], key)
}

func (d *sealed) key(c class, name string) []byte {
	h := hmac.New(sha256.New, d.name[:])
	h.Write([]byte(name))
	return append([]byte{byte(c)}, h.Sum(nil)[:nameSize]...)
}

// get is the value of an entry; nil if there is none.
func (d *sealed) get(c class, name string) ([]byte, error) {
	key := d.key(c, name)
	b, ok, err := d.store.Get(key)
	if err != nil || !ok {
		return nil, failed(err)
	}
	e, err := d.open(key, b)
	if err == nil && e.name != name {
		err = damaged(key)
	}
	return e.value, err
}

// open is the entry at a key.
func (d *sealed) open(key, b []byte) (entry, error) {
	plain, err := unlock(d.aead, key, b)
	if err != nil || len(key) == 0 {
		return entry{}, damaged(key)
	}
	r := wire.NewReader(plain)
	e := entry{class(key[0]), string(r.Bytes(len(plain))), r.Bytes(len(plain))}
	if r.Err() != nil {
		return entry{}, damaged(key)
	}
	return e, nil
}

func damaged(key []byte) error {
	return fmt.Errorf("%w: entry %x is damaged, or was written by another: restore the store from a copy, or the wallet from its seed into an empty one", utt.ErrStore, key)
}

// live are the entries that are read when the wallet is opened, in no order. Beside, it binds
// those of both classes.
func (d *sealed) live(bound *binding) iter.Seq2[entry, error] {
	h, facts, session := newBinder(d.bind), d.key(live, entryFacts), d.key(kept, entrySession)
	return func(yield func(entry, error) bool) {
		v, err := d.store.View()
		if err != nil {
			yield(entry{}, failed(err))
			return
		}
		for p, err := range v.Ascend(nil, nil) {
			var e entry
			if err = failed(err); err == nil {
				if outside := bytes.Equal(p.Key, marker) || bytes.Equal(p.Key, session) || bytes.Equal(p.Key, facts); !outside {
					bound.add(h, p.Key, p.Value)
				}
				if p.Key[0] != byte(live) {
					continue
				}
				e, err = d.open(p.Key, p.Value)
			}
			if !yield(e, err) || err != nil {
				_ = v.Close() // nothing was written
				return
			}
		}
		if err := v.Close(); err != nil {
			yield(entry{}, failed(err))
		}
	}
}

// change seals entries that are to be written together, and has a binding follow. Each is named once.
func (d *sealed) change(entries []entry, bound *binding) ([]store.Write, error) {
	writes, h := make([]store.Write, len(entries), len(entries)+1), newBinder(d.bind)
	for i, e := range entries {
		w, err := d.seal(e)
		if err != nil {
			return nil, err
		}
		before, had, err := d.store.Get(w.Key)
		if err != nil {
			return nil, failed(err)
		}
		if had {
			bound.sub(h, w.Key, before)
		}
		if w.Value != nil {
			bound.add(h, w.Key, w.Value)
		}
		writes[i] = w
	}
	return writes, nil
}

// seal is the write of an entry.
func (d *sealed) seal(e entry) (store.Write, error) {
	w := store.Write{Key: d.key(e.class, e.name)}
	if e.value == nil {
		return w, nil
	}
	plain := wire.Frame([]byte(e.name), e.value)
	size := min((len(plain)+padTo-1)/padTo*padTo, store.MaxValue-overhead)
	if len(plain) > size {
		return w, fmt.Errorf("%w: an entry of %d bytes", utt.ErrStore, len(plain))
	}
	w.Value = lock(d.aead, w.Key, append(plain, make([]byte, size-len(plain))...))
	return w, nil
}

// apply writes what was sealed, all or none.
func (d *sealed) apply(writes ...store.Write) error { return failed(d.store.Apply(writes)) }
