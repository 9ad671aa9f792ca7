package bft

import (
	"encoding/binary"
	"errors"
)

var errMalformed = errors.New("bft: malformed encoding")

// reader takes a payload apart. After the first error it yields zeros.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) id() (id [32]byte) {
	copy(id[:], r.take(len(id)))
	return id
}

// items reads a list of byte strings. Every item takes at least 4 bytes, which
// bounds what a hostile count allocates.
func (r *reader) items() [][]byte {
	n := r.uint32()
	if uint64(n)*4 > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	items := make([][]byte, n)
	for i := range items {
		items[i] = r.take(int(r.uint32()))
	}
	return items
}

func (r *reader) close() error {
	if r.bad || len(r.b) > 0 {
		return errMalformed
	}
	return nil
}

func appendItems(b []byte, items [][]byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(items)))
	for _, i := range items {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(i))), i...)
	}
	return b
}
