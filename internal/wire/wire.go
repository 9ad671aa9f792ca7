// Package wire is the library's one codec: big-endian, length-prefixed,
// canonical. Encoding is appending; decoding is a Reader with a sticky error
// that bounds every length before it allocates.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// ErrMalformed is the cause of every decoding failure. Its words are not in their text,
// since every package has an error of its own that says so.
var ErrMalformed = errors.New("malformed encoding")

// failure is what is wrong with an encoding.
type failure string

func (f failure) Error() string { return string(f) }
func (f failure) Unwrap() error { return ErrMalformed }

// AppendBytes appends v behind its 32-bit length.
func AppendBytes(b, v []byte) []byte { return append(AppendLength(b, v), v...) }

// AppendLength appends the 32-bit length of v, which is below 4 GiB.
func AppendLength(b, v []byte) []byte {
	if uint64(len(v)) > math.MaxUint32 {
		panic("wire: value of 4 GiB or more")
	}
	return binary.BigEndian.AppendUint32(b, uint32(len(v)))
}

// Frame concatenates items, each behind its length, so that no two lists of
// items have the same frame.
func Frame(items ...[]byte) []byte {
	n := 0
	for _, it := range items {
		n += 4 + len(it)
	}
	b := make([]byte, 0, n)
	for _, it := range items {
		b = AppendBytes(b, it)
	}
	return b
}

// AppendUint64 appends v in eight bytes.
func AppendUint64(b []byte, v uint64) []byte { return binary.BigEndian.AppendUint64(b, v) }

// AppendUint32 appends v in four bytes.
func AppendUint32(b []byte, v uint32) []byte { return binary.BigEndian.AppendUint32(b, v) }

// AppendUint16 appends v in two bytes.
func AppendUint16(b []byte, v uint16) []byte { return binary.BigEndian.AppendUint16(b, v) }

// Reader decodes a byte string from the front. After the first failure every
// method returns a zero value and Err the failure.
type Reader struct {
	rest []byte
	err  error
}

// NewReader reads from b, which must not change meanwhile.
func NewReader(b []byte) *Reader { return &Reader{rest: b} }

// Err is the first failure, nil if there was none.
func (r *Reader) Err() error { return r.err }

// Len is the number of unread bytes.
func (r *Reader) Len() int { return len(r.rest) }

// Fail records a failure, unless there was one before.
func (r *Reader) Fail(format string, args ...any) {
	if r.err == nil {
		r.err = failure(fmt.Sprintf(format, args...))
	}
	r.rest = nil
}

// Close demands that all input was read, and returns the first failure.
func (r *Reader) Close() error {
	if len(r.rest) > 0 {
		r.Fail("%d bytes after the end", len(r.rest))
	}
	return r.err
}

// Take returns the next n bytes, which alias the input; nil after a failure.
func (r *Reader) Take(n int) []byte {
	if r.err != nil {
		return nil
	}
	if n < 0 || n > len(r.rest) {
		r.Fail("%d bytes where %d are needed", len(r.rest), n)
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

// Fill copies the next len(b) bytes into b.
func (r *Reader) Fill(b []byte) { copy(b, r.Take(len(b))) }

// Version demands the version byte v.
func (r *Reader) Version(v byte) {
	if got := r.Byte(); r.err == nil && got != v {
		r.Fail("version %d where %d is known", got, v)
	}
}

// Byte reads one byte.
func (r *Reader) Byte() byte {
	if b := r.Take(1); b != nil {
		return b[0]
	}
	return 0
}

// Bool reads a byte that is 0 or 1.
func (r *Reader) Bool() bool {
	b := r.Byte()
	if b > 1 {
		r.Fail("boolean %d", b)
	}
	return b == 1
}

// Uint16 reads two bytes.
func (r *Reader) Uint16() uint16 {
	if b := r.Take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

// Uint32 reads four bytes.
func (r *Reader) Uint32() uint32 {
	if b := r.Take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// Uint64 reads eight bytes.
func (r *Reader) Uint64() uint64 {
	if b := r.Take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// Bytes reads a length-prefixed string of at most max bytes and copies it.
func (r *Reader) Bytes(max int) []byte {
	n := r.Uint32()
	if uint64(n) > uint64(max) {
		r.Fail("length %d above %d", n, max)
		return nil
	}
	b := r.Take(int(n))
	if b == nil {
		return nil
	}
	return append(make([]byte, 0, len(b)), b...)
}

// Count reads a 16-bit number of elements of at least size bytes each, at most
// max, and fails if the input cannot hold them.
func (r *Reader) Count(max, size int) int {
	n := int(r.Uint16())
	if n > max {
		r.Fail("%d elements above %d", n, max)
		return 0
	}
	return r.holds(n, size)
}

// Count32 is Count for a 32-bit number.
func (r *Reader) Count32(max, size int) int {
	n := r.Uint32()
	if uint64(n) > uint64(max) {
		r.Fail("%d elements above %d", n, max)
		return 0
	}
	return r.holds(int(n), size)
}

func (r *Reader) holds(n, size int) int {
	if uint64(n)*uint64(size) > uint64(len(r.rest)) { // an int may have 32 bits
		r.Fail("%d elements of %d bytes in %d bytes", n, size, len(r.rest))
		return 0
	}
	return n
}
