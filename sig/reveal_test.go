package sig_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/sig"
)

// Revealed, a signature is that on the attributes as they are, without blindings; with
// another opening it is nothing.
func TestReveal(t *testing.T) {
	k := generate(t, "key", 4)
	s, o := issue(t, k, "1", 0, 2)
	shown, err := k.Public().Reveal(s, o)
	require.NoError(t, err)
	require.NoError(t, k.Public().Verify(shown))
	plain, _ := issue(t, k, "1")
	require.Equal(t, plain.Commitment, shown.Commitment)
	require.Equal(t, plain.Signature.Point(), shown.Signature.Point(), "there is one")

	_, other := issue(t, k, "2", 0, 2)
	wrong, err := k.Public().Reveal(s, other)
	require.NoError(t, err)
	require.ErrorIs(t, k.Public().Verify(wrong), sig.ErrInvalid)
	for name, c := range map[string]struct {
		s *sig.Signed
		o *sig.Opening
		k *sig.PublicKey
	}{
		"no key":        {s, o, nil},
		"no signature":  {nil, o, k.Public()},
		"an empty one":  {new(sig.Signed), o, k.Public()},
		"no opening":    {s, nil, k.Public()},
		"an empty one'": {s, new(sig.Opening), k.Public()},
		"another key":   {s, o, generate(t, "key", 3).Public()},
	} {
		_, err := c.k.Reveal(c.s, c.o)
		require.ErrorIs(t, err, sig.ErrArgument, name)
	}
}

// A signature holds the attributes and not their blindings: whoever has it moves these as he
// likes, without a key. So an opening that goes with a signature, and with no record, shows
// nothing that blindings are hashes of, such as a note's seed or memo.
func TestAnybodyMovesBlindings(t *testing.T) {
	k := generate(t, "key", 2)
	s, o := issue(t, k, "1", 0)
	require.NoError(t, k.Public().Verify(s))
	m, r := o.Values(0)
	by := scalar(12345)
	_, _, y1 := k.Public().Points()
	moved := &sig.Signed{
		Commitment: sig.Assemble(s.Commitment.Base(), sig.Hidden(s.Commitment.Point(0).Add(curve.Generator().Mul(by))), sig.Public(sig.Uint64(101))),
		Signature:  sig.SignatureOf(s.Signature.Point().Add(y1[0].Mul(by))),
	}
	require.NoError(t, k.Public().Verify(moved))
	want := s.Commitment.Base().Mul(m).Add(curve.Generator().Mul(r.Add(by)))
	require.True(t, want.Equal(moved.Commitment.Point(0)))
}
