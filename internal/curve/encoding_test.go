package curve

import (
	"bytes"
	"encoding/hex"
	"math/big"
	"testing"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fp"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// TestHashToG1 has the vectors of RFC 9380, section J.9.1.
func TestHashToG1(t *testing.T) {
	const tag = dst.Tag("QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_")
	for msg, want := range map[string]string{
		"": "052926add2207b76ca4fa57a8734416c8dc95e24501772c814278700eed6d1e4e8cf62d9c09db0fac349612b759e79a1" +
			"08ba738453bfed09cb546dbb0783dbb3a5f1f566ed67bb6be0e8c67e2e81a4cc68ee29813bb7994998f3eae0c9c6a265",
		"abc": "03567bc5ef9c690c2ab2ecdf6a96ef1c139cc0b2f284dca0a9a7943388a49a3aee664ba5379a7655d3c68900be2f6903" +
			"0b9c15f3fe6e5cf4211f346271d7b01c8f3b28be689c8429c85b67af215533311f0b8dfaaa154fa6b88176c229f2885d",
		"abcdef0123456789": "11e0b079dea29a68f0383ee94fed1b940995272407e3bb916bbf268c263ddd57a6a27200a784cbc248e84f357ce82d98" +
			"03a87ae2caf14e8ee52e51fa2ed8eefe80f02457004ba4d486d6aa1f517c0889501dc7413753f9599b099ebcbbd2d709",
	} {
		require.Equal(t, want, hex.EncodeToString(HashToG1(tag, []byte(msg)).Append(nil)), "%q", msg)
	}
}

func offSubgroup2() G2 { return FromG2Affine(testrand.OffSubgroup2()) }

func with(b []byte, i int, v byte) []byte {
	b = bytes.Clone(b)
	b[i] = v
	return b
}

// plusModulus adds p to the coordinate at b[i:], if 381 bits hold the sum.
func plusModulus(t testing.TB, b []byte, i int) []byte {
	n := new(big.Int).SetBytes(b[i : i+fp.Bytes])
	n.Add(n, fp.Modulus())
	require.LessOrEqual(t, n.BitLen(), 381)
	b = bytes.Clone(b)
	n.FillBytes(b[i : i+fp.Bytes])
	return b
}

func TestReadG1(t *testing.T) {
	points := []G1{Generator(), Generator().Neg(), HashToG1("UTT-V1/test/point", nil)}
	for _, q := range testrand.SmallOrders {
		points = append(points, smallOrder(q), smallOrder(q).Add(Generator()))
	}
	for _, p := range points {
		b := p.Append(nil)
		require.Len(t, b, G1Size)
		for _, read := range []func(*wire.Reader) G1{ReadG1, ReadG1OrIdentity} {
			r := wire.NewReader(b)
			require.Equal(t, p, read(r))
			require.NoError(t, r.Close())
		}
	}
	identity := G1{}.Append(nil)
	require.Equal(t, with(make([]byte, G1Size), 0, 0x40), identity)
	r := wire.NewReader(identity)
	require.True(t, ReadG1OrIdentity(r).IsIdentity())
	require.NoError(t, r.Close())
	r = wire.NewReader(identity)
	ReadG1(r)
	require.ErrorIs(t, r.Close(), wire.ErrMalformed)

	g := Generator().Append(nil)
	order3 := G1{bls12381.G1Affine{}}
	order3.p.Y.SetUint64(2) // (0, 2)
	low := order3.Append(nil)
	compressed := Generator().Compressed()
	bad := map[string][]byte{
		"empty":                 nil,
		"short":                 g[:G1Size-1],
		"long":                  append(bytes.Clone(g), 0),
		"compressed":            compressed[:],
		"compressed, padded":    append(compressed[:], make([]byte, G1Size-G1CompressedSize)...),
		"compressed identity":   with(make([]byte, G1Size), 0, 0xc0),
		"identity with a y":     with(identity, G1Size-1, 1),
		"identity with an x":    with(identity, 1, 1),
		"identity in low bits":  with(identity, 0, 0x41),
		"infinity flag on g":    with(g, 0, g[0]|0x40),
		"(0, 0)":                make([]byte, G1Size),
		"x not reduced":         plusModulus(t, low, 0),
		"y not reduced":         plusModulus(t, low, fp.Bytes),
		"x = p":                 fp.Modulus().FillBytes(make([]byte, G1Size)),
		"y of all ones":         append(bytes.Clone(g[:fp.Bytes]), bytes.Repeat([]byte{0xff}, fp.Bytes)...),
		"flag in y":             with(g, fp.Bytes, g[fp.Bytes]|0x80),
		"not on the curve":      with(g, G1Size-1, g[G1Size-1]^1),
		"coordinates exchanged": append(bytes.Clone(g[fp.Bytes:]), g[:fp.Bytes]...),
	}
	for flag := byte(0x20); flag != 0; flag += 0x20 {
		bad["flags on g "+hex.EncodeToString([]byte{flag})] = with(g, 0, g[0]|flag)
		if flag != 0x40 {
			bad["flags on 0 "+hex.EncodeToString([]byte{flag})] = with(make([]byte, G1Size), 0, flag)
		}
	}
	for name, b := range bad {
		for _, read := range []func(*wire.Reader) G1{ReadG1, ReadG1OrIdentity} {
			r := wire.NewReader(b)
			p := read(r)
			require.ErrorIs(t, r.Close(), wire.ErrMalformed, name)
			if name != "long" {
				require.True(t, p.IsIdentity(), name)
			}
		}
	}
	r = wire.NewReader(low)
	require.Equal(t, order3, ReadG1(r))
	require.NoError(t, r.Close())
}

func TestReadG2(t *testing.T) {
	for _, q := range []G2{Generator2(), Generator2().Mul(Uint64(5)), offSubgroup2()} {
		b := q.Append(nil)
		require.Len(t, b, G2Size)
		r := wire.NewReader(b)
		require.Equal(t, q, ReadG2(r))
		require.NoError(t, r.Close())
	}
	g := Generator2().Append(nil)
	low := offSubgroup2().Append(nil) // its x has A1 = 0 and a small A0
	compressed := g2Generator.Bytes()
	bad := map[string][]byte{
		"empty":              nil,
		"short":              g[:G2Size-1],
		"long":               append(bytes.Clone(g), 0),
		"compressed":         compressed[:],
		"compressed, padded": append(compressed[:], make([]byte, G2Size-len(compressed))...),
		"identity":           G2{}.Append(nil),
		"identity with bits": with(G2{}.Append(nil), G2Size-1, 1),
		"(0, 0)":             make([]byte, G2Size),
		"x.A1 not reduced":   plusModulus(t, low, 0),
		"x.A0 not reduced":   plusModulus(t, low, fp.Bytes),
		"flag in x.A0":       with(g, fp.Bytes, g[fp.Bytes]|0x80),
		"not on the curve":   with(g, G2Size-1, g[G2Size-1]^1),
		"y of all ones":      append(bytes.Clone(g[:2*fp.Bytes]), bytes.Repeat([]byte{0xff}, 2*fp.Bytes)...),
	}
	for flag := byte(0x20); flag != 0; flag += 0x20 {
		bad["flags "+hex.EncodeToString([]byte{flag})] = with(g, 0, g[0]|flag)
	}
	for name, b := range bad {
		r := wire.NewReader(b)
		require.True(t, name == "long" || ReadG2OrIdentity(r).IsIdentity(), name)
		require.Equal(t, name != "identity" && name != "long", r.Err() != nil, name)
		r = wire.NewReader(b)
		q := ReadG2(r)
		require.ErrorIs(t, r.Close(), wire.ErrMalformed, name)
		if name != "long" {
			require.True(t, q.IsIdentity(), name)
		}
	}
}

// FuzzRead: whatever a reader accepts encodes to the bytes that it read.
func FuzzRead(f *testing.F) {
	f.Add(byte(0), Generator().Append(nil))
	f.Add(byte(0), smallOrder(3).Append(nil))
	f.Add(byte(1), G1{}.Append(nil))
	f.Add(byte(2), Generator2().Append(nil))
	f.Add(byte(2), offSubgroup2().Append(nil))
	f.Add(byte(3), Uint64(7).Append(nil))
	f.Add(byte(4), G2{}.Append(nil))
	f.Fuzz(func(t *testing.T, kind byte, in []byte) {
		r := wire.NewReader(in)
		var out []byte
		switch kind % 5 {
		case 0:
			p := ReadG1(r)
			out = p.Append(nil)
			require.Equal(t, r.Err() != nil, p.IsIdentity())
			require.True(t, p.p.IsOnCurve())
		case 1:
			p := ReadG1OrIdentity(r)
			out = p.Append(nil)
			require.True(t, p.p.IsOnCurve())
		case 2:
			q := ReadG2(r)
			out = q.Append(nil)
			require.Equal(t, r.Err() != nil, q.IsIdentity())
			require.True(t, q.q.IsOnCurve())
		case 3:
			out = ReadScalar(r).Append(nil)
		case 4:
			q := ReadG2OrIdentity(r)
			out = q.Append(nil)
			require.True(t, q.q.IsOnCurve())
		}
		if r.Close() == nil {
			require.Equal(t, in, out)
		}
	})
}
