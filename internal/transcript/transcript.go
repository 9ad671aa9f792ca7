// Package transcript is the Fiat–Shamir transcript and the framed hash.
//
// Every item enters as (label, length, value). A challenge depends on all items
// and challenges before it, and is an item itself.
package transcript

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Transcript absorbs items and yields challenges.
type Transcript struct{ h hash.Hash }

// New starts a transcript for one purpose.
func New(tag dst.Tag) *Transcript {
	t := &Transcript{sha256.New()}
	t.frame(string(dst.Transcript), []byte(tag))
	return t
}

func (t *Transcript) frame(label string, value []byte) {
	var n [8]byte
	binary.BigEndian.PutUint32(n[:4], uint32(len(label)))
	binary.BigEndian.PutUint32(n[4:], uint32(len(value)))
	_, _ = t.h.Write(n[:])
	_, _ = t.h.Write([]byte(label))
	_, _ = t.h.Write(value)
}

// Append absorbs a value.
func (t *Transcript) Append(label string, value []byte) { t.frame(label, value) }

// AppendPoints absorbs points, none of which is framed by itself.
func (t *Transcript) AppendPoints(label string, points ...curve.G1) {
	b := make([]byte, 0, len(points)*curve.G1Size)
	for i := range points {
		b = points[i].Append(b)
	}
	t.frame(label, b)
}

// State is a hash of all that was absorbed. It changes nothing.
func (t *Transcript) State() [32]byte { return [32]byte(t.h.Sum(nil)) }

// Challenge is a scalar of 128 uniform bits.
func (t *Transcript) Challenge(label string) curve.Scalar {
	t.frame("challenge", []byte(label))
	sum := t.State()
	t.h.Reset()
	t.frame("chain", sum[:])
	return curve.ScalarFromUint128(binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16]))
}

// Hash is SHA-256 over the tag and the items, each framed by its length.
func Hash(tag dst.Tag, items ...[]byte) [32]byte {
	h := sha256.New()
	_, _ = h.Write(wire.Frame([]byte(tag)))
	length := make([]byte, 0, 4)
	for _, item := range items { // wire.Frame without a copy
		_, _ = h.Write(wire.AppendLength(length, item))
		_, _ = h.Write(item)
	}
	return [32]byte(h.Sum(nil))
}
