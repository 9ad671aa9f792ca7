package curve

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/ifma"
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

// Many at once are as one after another, in lanes or not, and one of them that is none fails all.
func TestReadManyG1Compressed(t *testing.T) {
	defer func(before bool) { lanes = before }(lanes)
	for _, lanes = range []bool{false, true} {
		var encoded []byte
		var points []G1
		for i := range 3*ifma.Lanes + 1 {
			p := Generator().Mul(Uint64(uint64(i + 1)))
			if i%2 == 1 {
				p = p.Neg()
			}
			points, encoded = append(points, p), p.AppendCompressed(encoded)
		}
		for n := range len(points) + 1 {
			r := wire.NewReader(encoded[:n*G1CompressedSize])
			require.Equal(t, points[:n], ReadG1sCompressed(r, n))
			require.NoError(t, r.Close())
		}
		off := append([]byte{flagCompressed}, make([]byte, G1CompressedSize-1)...)
		for x := byte(1); ; x++ { // without a root
			off[G1CompressedSize-1] = x
			if r := wire.NewReader(off); ReadG1Compressed(r) == (G1{}) {
				require.ErrorContains(t, r.Err(), "not on G1's curve")
				break
			}
		}
		for i := range points {
			r := wire.NewReader(slices.Concat(encoded[:i*G1CompressedSize], off, encoded[(i+1)*G1CompressedSize:]))
			require.Equal(t, make([]G1, len(points)), ReadG1sCompressed(r, len(points)))
			require.ErrorContains(t, r.Err(), "not on G1's curve", "point %d", i)
		}
	}
}

func BenchmarkReadG1sCompressed(b *testing.B) {
	const n = 1024
	var encoded []byte
	for i := range n {
		encoded = Generator().Mul(Uint64(uint64(i + 1))).AppendCompressed(encoded)
	}
	b.Run("one by one", func(b *testing.B) {
		for b.Loop() {
			r := wire.NewReader(encoded)
			for range n {
				ReadG1Compressed(r)
			}
		}
	})
	b.Run("at once", func(b *testing.B) {
		for b.Loop() {
			ReadG1sCompressed(wire.NewReader(encoded), n)
		}
	})
}
