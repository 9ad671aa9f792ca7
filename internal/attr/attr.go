// Package attr holds the two values that signatures are made on: attributes
// (scalars that stand for something) and bases (points that nobody knows a
// discrete logarithm of).
package attr

import (
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Attribute is a scalar that stands for something: an identity, an amount, a
// serial number. The zero value is the attribute 0.
type Attribute struct{ s curve.Scalar }

// Uint64 is the attribute of a number.
func Uint64(v uint64) Attribute { return Attribute{curve.Uint64(v)} }

// Hash is HF(tag, items), each item framed by its length.
func Hash(tag dst.Tag, items ...[]byte) Attribute {
	return Attribute{curve.HashToScalar(tag, wire.Frame(items...))}
}

// FromScalar is the attribute with the value s.
func FromScalar(s curve.Scalar) Attribute { return Attribute{s} }

// Scalar is the attribute's value.
func (a Attribute) Scalar() curve.Scalar { return a.s }

// IsZero reports whether the attribute is 0.
func (a Attribute) IsZero() bool { return a.s.IsZero() }

// Bytes is the canonical 32-byte encoding.
func (a Attribute) Bytes() [32]byte { return a.s.Bytes() }

// AppendBinary appends the canonical 32-byte encoding.
func (a Attribute) AppendBinary(b []byte) ([]byte, error) { return a.s.Append(b), nil }

// Format prints "redacted": an attribute may be a secret.
func (a Attribute) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (a Attribute) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// Read decodes an attribute.
func Read(r *wire.Reader) Attribute { return Attribute{curve.ReadScalar(r)} }

// Base is a point of G1 made by hashing, so that nobody knows its discrete
// logarithm to another base. Each carries at most one signed message.
type Base struct{ p curve.G1 }

// NewBase is H1(tag, items), each item framed by its length.
func NewBase(tag dst.Tag, items ...[]byte) Base {
	return Base{curve.HashToG1(tag, wire.Frame(items...))}
}

// NewBases is NewBase of every list of items, which costs less together.
func NewBases(tag dst.Tag, items [][][]byte) []Base {
	msgs := make([][]byte, len(items))
	for i := range items {
		msgs[i] = wire.Frame(items[i]...)
	}
	bases := make([]Base, len(items))
	for i, p := range curve.HashManyToG1(tag, msgs) {
		bases[i].p = p
	}
	return bases
}

// Point is the base's value, the identity for the zero Base.
func (b Base) Point() curve.G1 { return b.p }
