package sig

import (
	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
)

// Attribute is a scalar that stands for something; it prints as "redacted".
type Attribute = attr.Attribute

// Base is the first element of a signature, made by hashing so that nobody knows
// its discrete logarithm.
type Base = attr.Base

// Uint64 is the attribute of a number.
func Uint64(v uint64) Attribute { return attr.Uint64(v) }

// Hash is the attribute of a byte string under a purpose (RFC 9380
// hash_to_field). Purposes keep uses apart: one for each meaning.
func Hash(purpose string, data []byte) Attribute {
	return attr.Hash(dst.Attribute, []byte(purpose), data)
}

// NewBase is the base for an identifier that occurs once under a purpose (RFC
// 9380 hash to G1). Signing two messages under one base forges a third.
func NewBase(purpose string, id []byte) Base {
	return attr.NewBase(dst.Base, []byte(purpose), id)
}

func fromScalar(s curve.Scalar) Attribute { return attr.FromScalar(s) }
