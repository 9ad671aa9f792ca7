package utt

import (
	"context"
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/sig"
)

// Holding is something signed that its owner can open: his credential or a coin of his.
// It prints as "redacted".
type Holding struct {
	signed    *sig.Signed
	opening   *sig.Opening
	nullifier nullifier.Nullifier // of a coin
	cursor    Cursor              // of the record that it is an output of
	held      bool                // by that record, which has no signatures then
}

// Format prints "redacted": by its nullifier, others know a coin.
func (h Holding) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (h Holding) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// empty reports a holding that Received did not yield.
func (h *Holding) empty() bool { return h == nil || h.signed == nil }

// Nullifier is what a coin shows when it is spent; zero for a credential.
func (h *Holding) Nullifier() nullifier.Nullifier {
	if h == nil {
		return nullifier.Nullifier{}
	}
	return h.nullifier
}

// attribute is attribute i of the holding.
func (h *Holding) attribute(i int) attr.Attribute {
	m, _ := h.opening.Values(i)
	return attr.FromScalar(m)
}

// value is that of a coin.
func (h *Holding) value() Amount {
	v, _ := h.attribute(coinValue).Scalar().Uint64()
	return Amount(v)
}

// key is that which the holding is signed with.
func (h *Holding) key(p *Parameters) *sig.PublicKey {
	if kind, ok := h.signed.Commitment.Public(coinKind); ok { // a credential has fewer attributes
		return p.coinKeyFor(kind)
	}
	return p.config.CredentialKey
}

// VerifyHoldings verifies, in one batch, that holdings open, which is the affair of
// whoever made them, and are signed. Of one that does not open, the answer at its index
// is false: it is worth nothing. A signature that does not hold is the error, ErrInvalid. Of
// what is held, which is not signed yet, only the openings are verified.
func (p *Parameters) VerifyHoldings(ctx context.Context, holdings []*Holding) (opens []bool, err error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	claims := make([]*batch.Claims, 2*len(holdings))
	for i, h := range holdings {
		if h.empty() {
			return nil, fmt.Errorf("%w: holding %d is nil or empty", ErrInvalid, i)
		}
		open, signed := new(batch.Claims), new(batch.Claims)
		h.signed.Commitment.ClaimOpening(open, "SIG-1", h.opening)
		if !h.held {
			h.signed.ClaimHashed(signed, "SIG-1", h.key(p))
		}
		claims[2*i], claims[2*i+1] = open, signed
	}
	opens = make([]bool, len(holdings))
	for i, err := range batch.Verify(ctx, claims) {
		h := holdings[i/2]
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && i%2 == 1:
			return nil, fmt.Errorf("%w: record %d of block %d has an invalid signature: %w", ErrInvalid, h.cursor.Index, h.cursor.Height, err)
		case i%2 == 0:
			opens[i/2] = err == nil
		}
	}
	return opens, nil
}
