package threshold

import (
	"encoding"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
)

type codec interface {
	encoding.BinaryAppender
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
}

// decoders are all of the package.
var decoders = []struct {
	name string
	make func() codec
}{
	{"KeyShare", func() codec { return new(KeyShare) }},
	{"SignatureShare", func() codec { return new(SignatureShare) }},
	{"Committee", func() codec { return new(Committee) }},
	{"EncryptionCommittee", func() codec { return new(EncryptionCommittee) }},
	{"EncryptionKeyShare", func() codec { return new(EncryptionKeyShare) }},
	{"Ciphertext", func() codec { return new(Ciphertext) }},
	{"CiphertextSum", func() codec { return new(CiphertextSum) }},
	{"DecryptionShare", func() codec { return new(DecryptionShare) }},
	{"EncryptionKey", func() codec { return new(EncryptionKey) }},
}

func encode(t testing.TB, v codec) []byte {
	t.Helper()
	b, err := v.MarshalBinary()
	require.NoError(t, err)
	return b
}

func (s *scene) values() []codec { return []codec{s.keys[1], s.shares[1], s.committee} }

func TestEncodingRoundTrip(t *testing.T) {
	s := newScene(t, 2, 4, 2)
	for i, v := range s.values() {
		b := encode(t, v)
		appended, err := v.AppendBinary([]byte("prefix"))
		require.NoError(t, err)
		require.Equal(t, "prefix"+string(b), string(appended))
		got := decoders[i].make()
		require.NoError(t, got.UnmarshalBinary(b))
		require.Equal(t, b, encode(t, got))
	}
	var k KeyShare
	require.NoError(t, k.UnmarshalBinary(encode(t, s.keys[1])))
	share, err := k.Sign(s.message)
	require.NoError(t, err)
	require.True(t, share.Equal(s.shares[1]))
	_, err = new(KeyShare).MarshalBinary()
	require.ErrorIs(t, err, ErrArgument)
	_, err = new(Committee).MarshalBinary()
	require.ErrorIs(t, err, ErrArgument)
}

// Whatever is refused leaves the receiver as it was.
func TestUnmarshalRefuses(t *testing.T) {
	s := newScene(t, 2, 4, 2)
	const point = 1 + 32 + 2 // offset of a share's point
	for i, v := range s.values() {
		b := encode(t, v)
		cases := map[string][]byte{
			"empty":         {},
			"version alone": b[:1],
			"other version": append([]byte{2}, b[1:]...),
			"cut short":     b[:len(b)-1],
			"halved":        b[:len(b)/2],
			"trailing byte": append(append([]byte(nil), b...), 0),
		}
		set := func(name string, offset int, v ...byte) {
			c := append([]byte(nil), b...)
			copy(c[offset:], v)
			cases[name] = c
		}
		switch v.(type) {
		case *KeyShare:
			set("index 0", 33, 0, 0)
			set("index above the largest", 33, 4, 1)
			set("secret of another version", 35, 9)
			set("secret too long", 36, 0xff, 0xff)
			set("x is 0", 38, make([]byte, 32)...)
		case *SignatureShare:
			set("index 0", 33, 0, 0)
			set("index above the largest", 33, 4, 1)
			set("identity", point, curve.G1{}.Append(nil)...)
			set("all zero", point, make([]byte, curve.G1Size)...)
			set("off the curve", point+curve.G1Size-1, b[len(b)-1]^1)
		case *Committee:
			set("group key too long", 3, 0xff, 0xff, 0xff, 0xff)
			set("group key malformed", 7, 9)
			set("more parties than bytes", 7+3+3*curve.G2Size+2*curve.G1Size, 4, 0)
		}
		for name, c := range cases {
			t.Run(decoders[i].name+"/"+name, func(t *testing.T) {
				got := decoders[i].make()
				require.NoError(t, got.UnmarshalBinary(b))
				require.ErrorIs(t, got.UnmarshalBinary(c), ErrMalformed)
				require.Equal(t, b, encode(t, got))
			})
		}
	}
}

// FuzzDecode: the first byte picks the decoder; what is accepted re-encodes to
// itself, what is refused changes nothing.
func FuzzDecode(f *testing.F) {
	s := newScene(f, 2, 3, 1)
	for i, v := range s.values() {
		f.Add(byte(i), encode(f, v))
	}
	c, k := newEncryption(f)
	f.Add(byte(3), encode(f, c))
	f.Add(byte(4), encode(f, k))
	e := newRecord(f, 2, 3)
	for i, v := range e.values(f) {
		f.Add(byte(5+i), encode(f, v))
	}
	f.Add(byte(6), encode(f, new(CiphertextSum)))
	f.Add(byte(1), encode(f, ShareOf(s.committee.generation, 1, smallOrder(3))))
	f.Fuzz(func(t *testing.T, which byte, b []byte) {
		d := decoders[int(which)%len(decoders)]
		v := d.make()
		if v.UnmarshalBinary(b) != nil {
			require.Equal(t, d.make(), v)
			return
		}
		require.Equal(t, b, encode(t, v))
	})
}
