//go:build uttbroken

package sig_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/sig"
)

// TestBrokenSIG1AcceptsForgeries: what [SIG-1] rejects passes without it.
func TestBrokenSIG1AcceptsForgeries(t *testing.T) {
	k := generate(t, "key", 2)
	s, _ := issue(t, k, "1", 0)
	other, _ := issue(t, generate(t, "other", 2), "1", 0)
	for name, forged := range map[string]*sig.Signed{
		"signature by another key": other,
		"another amount": {Commitment: sig.Assemble(s.Commitment.Base(), sig.Hidden(s.Commitment.Point(0)), sig.Public(sig.Uint64(1_000_000))),
			Signature: s.Signature},
		"base of order 3":  vacuous(3),
		"base of order 11": vacuous(11),
		"identity as base": {Commitment: sig.Assemble(curve.G1{}, sig.Public(sig.Uint64(1)), sig.Public(sig.Uint64(2))), Signature: new(sig.Signature)},
	} {
		require.ErrorContains(t, k.Public().Verify(forged), "[SIG-1]", name)
		restore := batch.Break("SIG-1")
		require.NoError(t, k.Public().Verify(forged), name)
		restore()
		require.ErrorIs(t, k.Public().Verify(forged), sig.ErrInvalid, name)
	}
}

// TestBrokenSIGKEYAcceptsInconsistentKeys: halves of a key that do not match, and the key
// of a broken generator, load without the check.
func TestBrokenSIGKEYAcceptsInconsistentKeys(t *testing.T) {
	x2, y2, y1 := generate(t, "key", 2).Public().Points()
	y1[0] = y1[0].Add(curve.Generator())
	repeated := sig.NewSecretKey([]curve.Scalar{scalar(5), scalar(5)}).Public()
	for _, k := range []*sig.PublicKey{sig.NewPublicKey(x2, y2, y1), repeated} {
		b, err := k.MarshalBinary()
		require.NoError(t, err)
		require.ErrorContains(t, new(sig.PublicKey).UnmarshalBinary(b), "[SIG-KEY]")
		restore := batch.Break("SIG-KEY")
		require.NoError(t, new(sig.PublicKey).UnmarshalBinary(b))
		restore()
		require.ErrorIs(t, new(sig.PublicKey).UnmarshalBinary(b), sig.ErrInvalid)
	}
}
