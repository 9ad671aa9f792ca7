package utt

import (
	"fmt"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/sig"
)

const holdingVersion = 1

// AppendBinary appends version, place of the record, number of attributes, h, S, and of every
// attribute: 0 and its value, or 1, its value, its blinding and its commitment; points
// compressed. The encoding is a secret. ErrInvalid says that the holding is not signed.
func (h *Holding) AppendBinary(b []byte) ([]byte, error) {
	if h.empty() || h.opening == nil || h.signed.Signature == nil {
		return nil, fmt.Errorf("%w: a holding that is empty or not signed has no encoding", ErrInvalid)
	}
	c := h.signed.Commitment
	b = wire.AppendUint32(wire.AppendUint64(append(b, holdingVersion), h.cursor.Height), h.cursor.Index)
	b = append(b, byte(c.Attributes()))
	b = h.signed.Signature.Point().AppendCompressed(c.Base().AppendCompressed(b))
	for i := range c.Attributes() {
		m, r := h.opening.Values(i)
		if _, public := c.Public(i); public {
			b = m.Append(append(b, 0))
			continue
		}
		b = c.Point(i).AppendCompressed(r.Append(m.Append(append(b, 1))))
	}
	return b, nil
}

// ParseHolding decodes a holding of the user's. It is for what he wrote himself, since nothing
// is verified, points not either: VerifyHoldings does.
func (k *Keys) ParseHolding(b []byte) (*Holding, error) {
	if err := k.usable(); err != nil {
		return nil, err
	}
	rd := wire.NewReader(b)
	rd.Version(holdingVersion)
	h := &Holding{cursor: Cursor{rd.Uint64(), rd.Uint32()}}
	n := int(rd.Byte())
	if n != CoinAttributes && n != CredentialAttributes {
		rd.Fail("holding of %d attributes", n)
		n = 0
	}
	base, signature := curve.ReadG1Compressed(rd), curve.ReadG1Compressed(rd)
	m, r, parts := make([]attr.Attribute, n), make([]curve.Scalar, n), make([]sig.Part, n)
	for i := range n {
		hidden := rd.Bool()
		if m[i] = attr.Read(rd); !hidden {
			parts[i] = sig.Public(m[i])
			continue
		}
		r[i] = curve.ReadScalar(rd)
		parts[i] = sig.Hidden(curve.ReadG1Compressed(rd))
	}
	if err := rd.Close(); err != nil {
		return nil, fmt.Errorf("%w: holding: %w", ErrMalformed, err)
	}
	h.signed = &sig.Signed{Commitment: sig.Assemble(base, parts...), Signature: sig.SignatureOf(signature)}
	h.opening = sig.NewOpening(m, r)
	if n == CredentialAttributes {
		return h, nil
	}
	var err error
	if h.nullifier, err = nullifier.Derive(k.secret, h.attribute(coinSerial)); err != nil {
		return nil, fmt.Errorf("%w: holding: %w", ErrMalformed, err)
	}
	return h, nil
}
