package wire_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/wire"
)

func TestRoundTrip(t *testing.T) {
	b := wire.AppendUint16([]byte{3, 1, 0}, 0x0102)
	b = wire.AppendUint32(b, 0x03040506)
	b = wire.AppendUint64(b, 0x0708090a0b0c0d0e)
	b = wire.AppendBytes(b, []byte("value"))
	b = wire.AppendBytes(b, nil)
	b = append(wire.AppendUint16(b, 2), 8, 9, 10)

	r := wire.NewReader(b)
	r.Version(3)
	require.True(t, r.Bool())
	require.False(t, r.Bool())
	require.Equal(t, uint16(0x0102), r.Uint16())
	require.Equal(t, uint32(0x03040506), r.Uint32())
	require.Equal(t, uint64(0x0708090a0b0c0d0e), r.Uint64())
	require.Equal(t, []byte("value"), r.Bytes(5))
	require.Empty(t, r.Bytes(0))
	require.Equal(t, 2, r.Count(2, 1))
	require.Equal(t, 2, wire.NewReader([]byte{0, 0, 0, 2, 8, 9}).Count32(2, 1))
	var two [2]byte
	r.Fill(two[:])
	require.Equal(t, [2]byte{8, 9}, two)
	require.Equal(t, 1, r.Len())
	require.Equal(t, byte(10), r.Byte())
	require.NoError(t, r.Err())
	require.NoError(t, r.Close())
}

func TestEncodingIsBigEndian(t *testing.T) {
	require.Equal(t, []byte{1, 2}, wire.AppendUint16(nil, 0x0102))
	require.Equal(t, []byte{1, 2, 3, 4}, wire.AppendUint32(nil, 0x01020304))
	require.Equal(t, []byte{1, 2, 3, 4, 5, 6, 7, 8}, wire.AppendUint64(nil, 0x0102030405060708))
	require.Equal(t, []byte{9, 0, 0, 0, 2, 7, 8}, wire.AppendBytes([]byte{9}, []byte{7, 8}))
}

func TestBounds(t *testing.T) {
	long := bytes.Repeat([]byte{1}, 16)
	for name, c := range map[string]struct {
		in   []byte
		read func(r *wire.Reader)
	}{
		"byte":               {nil, func(r *wire.Reader) { r.Byte() }},
		"bool":               {nil, func(r *wire.Reader) { r.Bool() }},
		"bool of 2":          {[]byte{2}, func(r *wire.Reader) { r.Bool() }},
		"uint16":             {long[:1], func(r *wire.Reader) { r.Uint16() }},
		"uint32":             {long[:3], func(r *wire.Reader) { r.Uint32() }},
		"uint64":             {long[:7], func(r *wire.Reader) { r.Uint64() }},
		"take":               {long, func(r *wire.Reader) { r.Take(17) }},
		"take negative":      {long, func(r *wire.Reader) { r.Take(-1) }},
		"fill":               {long, func(r *wire.Reader) { r.Fill(make([]byte, 17)) }},
		"version":            {long, func(r *wire.Reader) { r.Version(2) }},
		"no version":         {nil, func(r *wire.Reader) { r.Version(0) }},
		"bytes over max":     {[]byte{0, 0, 0, 2, 7, 7}, func(r *wire.Reader) { r.Bytes(1) }},
		"bytes over input":   {[]byte{0, 0, 0, 3, 7, 7}, func(r *wire.Reader) { r.Bytes(9) }},
		"bytes huge":         {[]byte{255, 255, 255, 255, 7}, func(r *wire.Reader) { r.Bytes(math.MaxInt) }},
		"bytes no length":    {[]byte{0, 0, 0}, func(r *wire.Reader) { r.Bytes(9) }},
		"count over max":     {append([]byte{0, 3}, long...), func(r *wire.Reader) { r.Count(2, 1) }},
		"count over input":   {[]byte{0, 3, 1, 1}, func(r *wire.Reader) { r.Count(9, 1) }},
		"count huge":         {[]byte{255, 255, 1}, func(r *wire.Reader) { r.Count(math.MaxInt, 1<<20) }},
		"count of overflow":  {[]byte{0xff, 0xff, 1}, func(r *wire.Reader) { r.Count(math.MaxUint16, 1<<17) }}, // 2^33 in 32 bits is 0
		"32 over max":        {append([]byte{0, 0, 0, 3}, long...), func(r *wire.Reader) { r.Count32(2, 1) }},
		"32 over input":      {[]byte{0, 0, 0, 3, 1, 1}, func(r *wire.Reader) { r.Count32(9, 1) }},
		"32 huge":            {[]byte{255, 255, 255, 255, 1}, func(r *wire.Reader) { r.Count32(math.MaxInt, 1<<20) }},
		"32 no length":       {[]byte{0, 0, 0}, func(r *wire.Reader) { r.Count32(9, 1) }},
		"count no length":    {[]byte{0}, func(r *wire.Reader) { r.Count(9, 1) }},
		"fail without cause": {nil, func(r *wire.Reader) { r.Fail("no") }},
	} {
		t.Run(name, func(t *testing.T) {
			r := wire.NewReader(c.in)
			c.read(r)
			require.ErrorIs(t, r.Err(), wire.ErrMalformed)
			require.Zero(t, r.Len())
			require.ErrorIs(t, r.Close(), wire.ErrMalformed)
		})
	}
}

func TestCloseDemandsTheEnd(t *testing.T) {
	r := wire.NewReader([]byte{1, 2})
	r.Byte()
	require.NoError(t, r.Err())
	require.ErrorIs(t, r.Close(), wire.ErrMalformed)
	require.ErrorIs(t, r.Err(), wire.ErrMalformed)
	require.NoError(t, wire.NewReader(nil).Close())
}

func TestErrorsAreSticky(t *testing.T) {
	r := wire.NewReader(bytes.Repeat([]byte{1}, 64))
	r.Fail("first")
	first := r.Err()
	require.EqualError(t, first, "first")
	require.ErrorIs(t, first, wire.ErrMalformed)
	require.Zero(t, r.Len())
	require.Nil(t, r.Take(1))
	require.Zero(t, r.Byte())
	require.False(t, r.Bool())
	require.Zero(t, r.Uint16())
	require.Zero(t, r.Uint32())
	require.Zero(t, r.Uint64())
	require.Nil(t, r.Bytes(9))
	require.Zero(t, r.Count(9, 1))
	r.Version(1)
	r.Fail("second")
	b := []byte{5}
	r.Fill(b)
	require.Equal(t, []byte{5}, b)
	require.Equal(t, first, r.Err())
	require.Equal(t, first, r.Close())
}

func TestBytesAreCopiedAndTakenOnesCannotGrowIntoTheInput(t *testing.T) {
	in := []byte{0, 0, 0, 1, 7, 8, 9}
	r := wire.NewReader(in)
	copied := r.Bytes(1)
	copied[0] = 0
	taken := r.Take(1)
	_ = append(taken, 0)
	require.Equal(t, []byte{0, 0, 0, 1, 7, 8, 9}, in)
}

func TestFrameIsInjective(t *testing.T) {
	lists := [][]string{
		{}, {""}, {"", ""}, {"a"}, {"a", ""}, {"", "a"}, {"ab"}, {"a", "b"}, {"b", "a"}, {"a", "b", ""},
		{"\x00\x00\x00\x01"}, {"\x00\x00\x00\x01a"}, {"\x00\x00\x00\x01a", ""},
		{string(wire.Frame([]byte("a"), []byte("b")))},
	}
	seen := map[string][]string{}
	for _, l := range lists {
		items := make([][]byte, len(l))
		for i := range l {
			items[i] = []byte(l[i])
		}
		f := string(wire.Frame(items...))
		other, dup := seen[f]
		require.False(t, dup, "%q and %q", l, other)
		seen[f] = l
	}
}

// FuzzFrame cuts two lists out of the input: their frames are equal only if they
// are, and a frame reads back as its list.
func FuzzFrame(f *testing.F) {
	f.Add([]byte("abcdef"), uint8(2), uint8(4), uint8(3), uint8(3))
	f.Add([]byte{0, 0, 0, 1, 0, 0, 0, 0}, uint8(0), uint8(8), uint8(4), uint8(4))
	f.Fuzz(func(t *testing.T, b []byte, a1, a2, b1, b2 uint8) {
		cut := func(i, j uint8) [][]byte {
			lo, hi := min(int(i), len(b)), min(int(j), len(b))
			if lo > hi {
				lo, hi = hi, lo
			}
			return [][]byte{b[:lo], b[lo:hi], b[hi:]}
		}
		x, y := cut(a1, a2), cut(b1, b2)
		same := bytes.Equal(x[0], y[0]) && bytes.Equal(x[1], y[1]) && bytes.Equal(x[2], y[2])
		require.Equal(t, same, bytes.Equal(wire.Frame(x...), wire.Frame(y...)))
		r := wire.NewReader(wire.Frame(x...))
		for _, want := range x {
			require.True(t, bytes.Equal(want, r.Bytes(len(b))))
		}
		require.NoError(t, r.Close())
	})
}

// FuzzReader runs a program of reads: what was read encodes to what was consumed.
func FuzzReader(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5}, []byte{1, 1, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1, 5, 0, 1, 6})
	f.Add([]byte{4}, []byte{255, 255, 255, 255})
	f.Add([]byte{5}, []byte{255, 255})
	f.Fuzz(func(t *testing.T, program, in []byte) {
		r := wire.NewReader(in)
		var out []byte
		for _, op := range program {
			switch op % 6 {
			case 0:
				out = append(out, r.Byte())
			case 1:
				v := byte(0)
				if r.Bool() {
					v = 1
				}
				out = append(out, v)
			case 2:
				out = wire.AppendUint16(out, r.Uint16())
			case 3:
				out = wire.AppendUint64(out, r.Uint64())
			case 4:
				v := r.Bytes(8)
				require.LessOrEqual(t, len(v), 8)
				out = wire.AppendBytes(out, v)
			case 5:
				n := r.Count(4, 2)
				require.LessOrEqual(t, n, 4)
				require.LessOrEqual(t, 2*n, r.Len())
				out = wire.AppendUint16(out, uint16(n))
			}
			if r.Err() != nil {
				require.ErrorIs(t, r.Err(), wire.ErrMalformed)
				require.Zero(t, r.Len())
				return
			}
			require.Equal(t, in[:len(out)], out)
			require.Equal(t, len(in)-len(out), r.Len())
		}
	})
}
