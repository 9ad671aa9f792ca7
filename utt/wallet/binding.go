package wallet

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"

	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/utt"
)

// binding is a sum over the entries of a store, by which one that was taken away, or put back
// as it was before, is found: of HMAC-SHA-256(k_bind, frame(key, value)) as four numbers, each modulo
// 2^64. It costs what changes. Who has no key and sees no sum finds no other set of entries with the
// same one but by chance, of 2^-256 (Clarke et al., ASIACRYPT 2003, on keyed multiset hashes).
type binding [4]uint64

// binder computes what entries add to a binding. One goroutine uses it.
type binder struct{ hash.Hash }

func newBinder(key [32]byte) binder { return binder{hmac.New(sha256.New, key[:])} }

// add adds an entry as it is stored.
func (b *binding) add(h binder, key, value []byte) {
	for i, v := range h.of(key, value) {
		b[i] += v
	}
}

// sub takes it away.
func (b *binding) sub(h binder, key, value []byte) {
	for i, v := range h.of(key, value) {
		b[i] -= v
	}
}

func (h binder) of(key, value []byte) (v binding) {
	h.Reset()
	for _, part := range [][]byte{key, value} {
		var length [4]byte
		binary.BigEndian.PutUint32(length[:], uint32(len(part)))
		_, _ = h.Write(length[:])
		_, _ = h.Write(part)
	}
	var sum [sha256.Size]byte
	h.Sum(sum[:0])
	for i := range v {
		v[i] = binary.BigEndian.Uint64(sum[8*i:])
	}
	return v
}

func (b *binding) append(to []byte) []byte {
	for _, v := range b {
		to = wire.AppendUint64(to, v)
	}
	return to
}

func readBinding(r *wire.Reader) (b binding) {
	for i := range b {
		b[i] = r.Uint64()
	}
	return b
}

// errUnbound is of a store whose entries are not those that the wallet wrote last.
var errUnbound = fmt.Errorf("%w: entries were taken away, or put back as they were before, since the wallet wrote last: "+
	"restore the store from a copy of all of it, or open it with Config.Rescan, which reads all records again", utt.ErrStore)
