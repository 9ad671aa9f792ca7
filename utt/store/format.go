package store

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/crc64"
	"slices"
	"strings"
)

// A file begins with a magic, a salt, and the checksum of the salt. Then come batches:
//
//	u32 length of the payload, u32 checksum of it, u64 checksum of the header
//
// and the payload: pairs of framed keys and values, where a value of the length gone stands
// for none. An empty batch is where the file was closed. The checksum of a header is of the
// salt and of the place in the file too, so that no other bytes are taken for a header:
// neither a value, whatever others put into it, nor what the disk had there before.
const (
	magic    = "utt-store-2\n"
	preamble = len(magic) + saltSize + 4
	saltSize = 8
	header   = 4 + 4 + 8
	gone     = 1<<32 - 1
	maxBatch = 1 << 30
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	ecma       = crc64.MakeTable(crc64.ECMA)
)

// format is how the batches of a file are written.
type format struct{ salt [saltSize]byte }

func newFormat() (f format) {
	_, _ = rand.Read(f.salt[:]) // never fails
	return f
}

// readFormat is that of a file which is whole where it begins.
func readFormat(b []byte) (f format, err error) {
	name, _, _ := strings.Cut(string(b[:min(len(b), len(magic))]), "\n")
	switch {
	case len(b) >= preamble && string(b[:len(magic)]) == magic:
	case strings.HasPrefix(name, "utt-store-"):
		return f, fmt.Errorf("a store of format %q, where this version reads %q: "+
			"read it with the version that wrote it, and begin a new one from a snapshot", name, magic[:len(magic)-1])
	default:
		return f, errors.New("no store")
	}
	copy(f.salt[:], b[len(magic):])
	if !slices.Equal(b[:preamble], f.begin()) {
		return f, errors.New("damaged where it begins: restore the file from a copy")
	}
	return f, nil
}

// unfinished reports a file that has no batch yet and is not whole where it begins: what a
// crash leaves of one that was being made.
func unfinished(b []byte) bool {
	if len(b) > preamble {
		return false
	}
	if _, err := readFormat(b); err == nil {
		return false
	}
	there := strings.TrimRight(string(b), "\x00")
	return strings.HasPrefix(magic, there) || strings.HasPrefix(there, magic)
}

// begin is what a file begins with.
func (f format) begin() []byte {
	b := append([]byte(magic), f.salt[:]...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(f.salt[:], castagnoli))
}

// check is the checksum of a header at a place, which begins with length and checksum of
// the payload.
func (f format) check(header []byte, at int64) uint64 {
	b := binary.BigEndian.AppendUint64(slices.Clip(f.salt[:]), uint64(at))
	return crc64.Checksum(append(b, header[:8]...), ecma)
}

// size is that of the payload behind the header at a place of a file, ok if there is one.
func (f format) size(b []byte, at int) (size uint32, ok bool) {
	if len(b)-at < header {
		return 0, false
	}
	h := b[at:][:header]
	size = binary.BigEndian.Uint32(h)
	return size, size <= maxBatch && binary.BigEndian.Uint64(h[8:]) == f.check(h, int64(at))
}

// follows reports whether there is a header anywhere from a place on. A batch is on the disk
// before the next one is written, so that a crash spoils only one that none follows.
func (f format) follows(b []byte, from int) bool {
	for at := from; at < len(b); at++ {
		if _, ok := f.size(b, at); ok {
			return true
		}
	}
	return false
}

// read returns the writes of the batch at a place of a file, and its length; 0 if there is
// none that is whole.
func (f format) read(b []byte, at int) (writes []Write, n int) {
	size, ok := f.size(b, at)
	if !ok || uint64(len(b)-at-header) < uint64(size) {
		return nil, 0
	}
	n = header + int(size)
	payload := b[at+header : at+n]
	if crc32.Checksum(payload, castagnoli) != binary.BigEndian.Uint32(b[at+4:]) {
		return nil, 0
	}
	take := func() (v []byte, absent, ok bool) {
		if len(payload) < 4 {
			return nil, false, false
		}
		size := binary.BigEndian.Uint32(payload)
		payload = payload[4:]
		if size == gone {
			return nil, true, true
		}
		if uint64(len(payload)) < uint64(size) {
			return nil, false, false
		}
		v, payload = payload[:size], payload[size:]
		return v, false, true
	}
	for len(payload) > 0 {
		key, _, ok := take()
		if !ok {
			return nil, 0
		}
		value, absent, ok := take()
		if !ok {
			return nil, 0
		}
		if absent {
			value = nil
		}
		writes = append(writes, Write{key, value})
	}
	return writes, n
}

// append appends a batch to b, which is of a file from the place base on.
func (f format) append(b []byte, base int64, writes []Write) []byte {
	at := len(b)
	b = append(b, make([]byte, header)...)
	for _, w := range writes {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(w.Key))), w.Key...)
		if w.Value == nil {
			b = binary.BigEndian.AppendUint32(b, gone)
			continue
		}
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(w.Value))), w.Value...)
	}
	payload := b[at+header:]
	binary.BigEndian.PutUint32(b[at:], uint32(len(payload)))
	binary.BigEndian.PutUint32(b[at+4:], crc32.Checksum(payload, castagnoli))
	binary.BigEndian.PutUint64(b[at+8:], f.check(b[at:], base+int64(at)))
	return b
}
