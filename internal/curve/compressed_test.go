package curve

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/internal/wire"
)

func TestReadG1Compressed(t *testing.T) {
	points := []G1{Generator(), Generator().Neg(), HashToG1("UTT-V1/test/point", nil)}
	for _, q := range testrand.SmallOrders {
		points = append(points, smallOrder(q), smallOrder(q).Neg(), smallOrder(q).Add(Generator()))
	}
	for _, p := range points {
		b := p.AppendCompressed([]byte{7})
		require.Len(t, b, 1+G1CompressedSize)
		r := wire.NewReader(b[1:])
		require.Equal(t, p, ReadG1Compressed(r))
		require.NoError(t, r.Close())
	}
}

func TestReadG1CompressedRefuses(t *testing.T) {
	g := Generator().AppendCompressed(nil)
	identity := append([]byte{0xc0}, make([]byte, G1CompressedSize-1)...)
	var reduced []byte
	for x := byte(0); ; x++ { // an x small enough that x + p has 381 bits
		small := append([]byte{flagCompressed}, make([]byte, G1CompressedSize-1)...)
		small[G1CompressedSize-1] = x
		if r := wire.NewReader(small); ReadG1Compressed(r) != (G1{}) {
			small[0] &^= flags
			reduced = plusModulus(t, small, 0)
			reduced[0] |= flagCompressed
			break
		}
	}
	for name, b := range map[string][]byte{
		"empty":              nil,
		"short":              g[:G1CompressedSize-1],
		"identity":           identity,
		"identity, larger y": with(identity, 0, 0xe0),
		"without the flag":   with(g, 0, g[0]&^flagCompressed),
		"infinite":           with(g, 0, g[0]|0x40),
		"not reduced":        reduced,
		"all ones":           bytes.Repeat([]byte{0xff}, G1CompressedSize),
	} {
		r := wire.NewReader(b)
		require.Equal(t, G1{}, ReadG1Compressed(r), name)
		require.ErrorIs(t, r.Err(), wire.ErrMalformed, name)
	}
	none := 0
	for x := range byte(64) { // half of them are of no point
		r := wire.NewReader(append(append([]byte{flagCompressed}, make([]byte, G1CompressedSize-2)...), x))
		if p := ReadG1Compressed(r); r.Err() != nil {
			require.Equal(t, G1{}, p)
			none++
		}
	}
	require.InDelta(t, 32, none, 20)
}

func FuzzReadG1Compressed(f *testing.F) {
	f.Add(Generator().AppendCompressed(nil))
	f.Add(smallOrder(3).Neg().AppendCompressed(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := wire.NewReader(b)
		if p := ReadG1Compressed(r); r.Close() == nil {
			require.Equal(t, b, p.AppendCompressed(nil))
			q := wire.NewReader(p.Append(nil))
			require.Equal(t, p, ReadG1(q))
			require.NoError(t, q.Close())
		}
	})
}

func BenchmarkReadG1Compressed(b *testing.B) {
	g := Generator().AppendCompressed(nil)
	for b.Loop() {
		ReadG1Compressed(wire.NewReader(g))
	}
}
