package sig_test

import (
	"bytes"
	"encoding"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/sig"
)

type codec interface {
	encoding.BinaryMarshaler
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// codecs make an empty value of every type that has an encoding.
var codecs = []func() codec{
	func() codec { return new(sig.PublicKey) },
	func() codec { return new(sig.SecretKey) },
	func() codec { return new(sig.Commitment) },
	func() codec { return new(sig.Signature) },
	func() codec { return new(sig.Signed) },
}

// samples are two different values of every type.
func samples(t testing.TB) [][2]codec {
	k, other := generate(t, "key", 3), generate(t, "other", 1)
	a, _ := issue(t, k, "a", 0, 2)
	b, _ := issue(t, other, "b")
	return [][2]codec{
		{k.Public(), other.Public()},
		{k, other},
		{a.Commitment, b.Commitment},
		{a.Signature, b.Signature},
		{a, b},
	}
}

func encode(t testing.TB, c encoding.BinaryMarshaler) []byte {
	b, err := c.MarshalBinary()
	require.NoError(t, err)
	return b
}

func TestRoundTrips(t *testing.T) {
	for i, pair := range samples(t) {
		for _, v := range pair {
			b := encode(t, v)
			appended, err := v.AppendBinary([]byte{1, 2})
			require.NoError(t, err)
			require.Equal(t, append([]byte{1, 2}, b...), appended)
			got := codecs[i]()
			require.NoError(t, got.UnmarshalBinary(b))
			require.Equal(t, b, encode(t, got), "%T", v)
			require.Equal(t, v, got)
		}
	}
}

func TestEverySizeOfKey(t *testing.T) {
	for l := range sig.MaxAttributes + 1 {
		k := generate(t, "key", l)
		var secret sig.SecretKey
		var public sig.PublicKey
		require.NoError(t, secret.UnmarshalBinary(encode(t, k)))
		require.NoError(t, public.UnmarshalBinary(encode(t, k.Public())))
		require.True(t, public.Equal(k.Public()))
		require.True(t, secret.Public().Equal(k.Public()))
		require.Equal(t, l, public.Attributes())
		require.Equal(t, l, secret.Attributes())
		require.Equal(t, k.Scalars(), secret.Scalars())
		s, _ := issue(t, &secret, "1", subset(1<<l-1)...)
		var loaded sig.Signed
		require.NoError(t, loaded.UnmarshalBinary(encode(t, s)))
		require.NoError(t, public.Verify(&loaded))
	}
	m := append(attributes(sig.MaxAttributes), sig.Uint64(1))
	parts := make([]sig.Part, len(m))
	for i := range m {
		parts[i] = sig.Public(m[i])
	}
	b := encode(t, sig.Assemble(curve.Generator(), parts...))
	require.ErrorIs(t, new(sig.Commitment).UnmarshalBinary(b), sig.ErrMalformed, "an attribute too many")
}

// TestFailedDecodingLeavesTheReceiver: cut anywhere, prolonged, or with any one
// bit changed, an encoding is refused and changes nothing, or decodes to what
// encodes to it.
func TestFailedDecodingLeavesTheReceiver(t *testing.T) {
	for i, pair := range samples(t) {
		b, want := encode(t, pair[0]), encode(t, pair[1])
		receiver := codecs[i]()
		require.NoError(t, receiver.UnmarshalBinary(want))
		refuse := func(in []byte) {
			t.Helper()
			err := receiver.UnmarshalBinary(in)
			require.Error(t, err, "%T", receiver)
			require.True(t, bytes.Equal(want, encode(t, receiver)), "%T", receiver)
		}
		for n := range b {
			refuse(b[:n])
		}
		refuse(append(bytes.Clone(b), 0))
		step := 1
		if i == 0 {
			step = 7 // a key that decodes costs pairings
		}
		for bit := 0; bit < 8*len(b); bit += step {
			in := bytes.Clone(b)
			in[bit/8] ^= 1 << (bit % 8)
			got := codecs[i]()
			if got.UnmarshalBinary(in) == nil {
				require.True(t, bytes.Equal(in, encode(t, got)), "%T bit %d", got, bit)
				require.False(t, i == 0 || i == 3, "%T bit %d: a point changed in one bit", got, bit)
			} else {
				refuse(in)
			}
		}
	}
}

func TestMalformedEncodings(t *testing.T) {
	k := generate(t, "key", 2)
	s, _ := issue(t, k, "1", 0)
	low := curve.FromG1Affine(testrand.SmallOrder(10177))
	h := s.Commitment.Base()
	hidden := func(base, p curve.G1) *sig.Commitment {
		return sig.Assemble(base, sig.Hidden(p), sig.Public(sig.Uint64(1)))
	}
	commitments := map[string]*sig.Commitment{
		"identity as part":       hidden(h, curve.G1{}),
		"base off the subgroup":  hidden(h.Add(low), h),
		"part off the subgroup":  hidden(h, h.Add(low)),
		"base of small order":    hidden(low, h),
		"part of small order":    hidden(h, low),
		"two that cancel":        sig.Assemble(h, sig.Hidden(h.Add(low)), sig.Hidden(h.Sub(low))),
		"base and part cancel":   hidden(h.Add(low), h.Sub(low)),
		"two parts of low order": sig.Assemble(h, sig.Hidden(low), sig.Hidden(low.Neg())),
	}
	for name, c := range commitments {
		require.ErrorIs(t, new(sig.Commitment).UnmarshalBinary(encode(t, c)), sig.ErrMalformed, name)
		signed := &sig.Signed{Commitment: c, Signature: s.Signature}
		require.ErrorIs(t, new(sig.Signed).UnmarshalBinary(encode(t, signed)), sig.ErrMalformed, name)
	}
	signature := len(encode(t, s)) - curve.G1Size
	for _, c := range []struct {
		of, into codec
		at       int
	}{
		{s.Commitment, new(sig.Commitment), 3}, {s, new(sig.Signed), 3},
		{s.Signature, new(sig.Signature), 1}, {s, new(sig.Signed), signature},
	} {
		b := encode(t, c.of)
		copy(b[c.at:], curve.G1{}.Append(nil))
		require.ErrorIs(t, c.into.UnmarshalBinary(b), sig.ErrMalformed, "identity as base or as S")
	}
	for name, p := range map[string]curve.G1{"off the subgroup": h.Add(low), "small order": low} {
		bad := sig.SignatureOf(p)
		require.ErrorIs(t, new(sig.Signature).UnmarshalBinary(encode(t, bad)), sig.ErrMalformed, name)
		signed := &sig.Signed{Commitment: s.Commitment, Signature: bad}
		require.ErrorIs(t, new(sig.Signed).UnmarshalBinary(encode(t, signed)), sig.ErrMalformed, name)
	}

	b := encode(t, s.Commitment)
	kind := 3 + curve.G1Size // of the first attribute
	require.Equal(t, byte(1), b[kind])
	for name, change := range map[string]func([]byte) []byte{
		"version 0":        func(b []byte) []byte { b[0] = 0; return b },
		"version 2":        func(b []byte) []byte { b[0] = 2; return b },
		"count of 65535":   func(b []byte) []byte { b[1], b[2] = 255, 255; return b },
		"count of 3":       func(b []byte) []byte { b[2] = 3; return b },
		"count of 1":       func(b []byte) []byte { b[2] = 1; return b },
		"kind 2":           func(b []byte) []byte { b[kind] = 2; return b },
		"hidden as public": func(b []byte) []byte { b[kind] = 0; return b },
		"value not reduced": func(b []byte) []byte {
			return append(b[:len(b)-curve.ScalarSize], bytes.Repeat([]byte{0xff}, curve.ScalarSize)...)
		},
	} {
		require.ErrorIs(t, new(sig.Commitment).UnmarshalBinary(change(bytes.Clone(b))), sig.ErrMalformed, name)
	}

	secret := encode(t, k)
	for i := range 3 {
		zero := bytes.Clone(secret)
		clear(zero[3+32*i : 3+32*(i+1)])
		require.ErrorIs(t, new(sig.SecretKey).UnmarshalBinary(zero), sig.ErrMalformed, "a zero in the key")
	}
	for _, c := range codecs {
		require.ErrorIs(t, c().UnmarshalBinary(nil), sig.ErrMalformed)
		require.ErrorIs(t, c().UnmarshalBinary([]byte{1, 255, 255}), sig.ErrMalformed)
	}
}

// FuzzDecode: whatever any decoder of the package accepts encodes to itself.
func FuzzDecode(f *testing.F) {
	for i, pair := range samples(f) {
		for _, v := range pair {
			f.Add(byte(i), encode(f, v))
		}
	}
	f.Add(byte(2), []byte{1, 255, 255})
	f.Fuzz(func(t *testing.T, kind byte, in []byte) {
		v := codecs[int(kind)%len(codecs)]()
		if err := v.UnmarshalBinary(in); err != nil {
			return
		}
		require.Equal(t, in, encode(t, v))
	})
}
