package utt

import (
	"cmp"
	"fmt"
	"math"

	"github.com/utt-ecash/utt-go/internal/wire"
)

// Cursor is a place in the ledger's sequence of records: the next one to read.
type Cursor struct {
	Height uint64
	Index  uint32
}

// Compare orders places as records follow each other.
func (c Cursor) Compare(o Cursor) int {
	return cmp.Or(cmp.Compare(c.Height, o.Height), cmp.Compare(c.Index, o.Index))
}

// next is the least place behind c; c itself of the last of all.
func (c Cursor) next() Cursor {
	switch {
	case c.Index < math.MaxUint32:
		c.Index++
	case c.Height < math.MaxUint64:
		c = Cursor{Height: c.Height + 1}
	}
	return c
}

const (
	cursorVersion = 1
	cursorSize    = 12 // without the version
)

func (c Cursor) append(b []byte) []byte {
	return wire.AppendUint32(wire.AppendUint64(b, c.Height), c.Index)
}

func readCursor(r *wire.Reader) Cursor { return Cursor{r.Uint64(), r.Uint32()} }

// AppendBinary appends version, height and index, in the order of places.
func (c Cursor) AppendBinary(b []byte) ([]byte, error) {
	return c.append(append(b, cursorVersion)), nil
}

// MarshalBinary encodes the place.
func (c Cursor) MarshalBinary() ([]byte, error) { return c.AppendBinary(nil) }

// UnmarshalBinary decodes a place.
func (c *Cursor) UnmarshalBinary(b []byte) error {
	if c == nil {
		return errInto
	}
	r := wire.NewReader(b)
	r.Version(cursorVersion)
	d := readCursor(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: place of a record: %w", ErrMalformed, err)
	}
	*c = d
	return nil
}
