package curve

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
)

func never() bool { return false }

func times(m uint64) G1 { return Generator().Mul(Uint64(m)) }

// Every logarithm of an interval is found, whatever its bounds, and none outside of it.
func TestLogsInEveryInterval(t *testing.T) {
	l := NewLogs(MinLogBits)
	const step = 2<<MinLogBits + 1
	for _, width := range []uint64{0, 1, step - 2, step - 1, step, 2 * step, 7*step + 3, walkPoints * step, 70*walkPoints*step + 5} {
		for _, lo := range []uint64{0, 1, 300, 1 << 40, 1<<64 - 1 - width} {
			hi := lo + width
			for _, m := range []uint64{lo, lo + width/3, lo + width/2, hi} {
				got, ok := l.Find(times(m), lo, hi, never)
				require.True(t, ok, "%d in [%d, %d]", m, lo, hi)
				require.Equal(t, m, got)
			}
			for _, m := range []uint64{lo - 1, hi + 1, hi + step, hi + step*walkPoints} {
				if _, ok := l.Find(times(m), lo, hi, never); m < lo || m > hi {
					require.False(t, ok, "%d in [%d, %d]", m, lo, hi)
				}
			}
		}
	}
}

// What giant steps and multiples meet at the identity is found, or is out of the interval.
func TestLogsThroughTheIdentity(t *testing.T) {
	l := NewLogs(MinLogBits)
	const n, step = 1 << MinLogBits, 2<<MinLogBits + 1
	for m := uint64(n); m < 3*walkPoints*step; m += 3 * step {
		got, ok := l.Find(times(m), 0, 3*walkPoints*step, never)
		require.True(t, ok)
		require.Equal(t, m, got)
	}
	for m := uint64(0); m < 3*step; m++ {
		got, ok := l.Find(times(m), 0, 2*step, never)
		require.Equal(t, m <= 2*step, ok, m)
		require.True(t, !ok || m == got)
	}
}

func TestLogsOfOtherPoints(t *testing.T) {
	l := NewLogs(10)
	for name, p := range map[string]G1{
		"negative":              times(5).Neg(),
		"hashed":                HashToG1("UTT-V1/test/point", []byte("log")),
		"plus of small order":   times(5).Add(FromG1Affine(testrand.SmallOrder(3))),
		"of small order":        FromG1Affine(testrand.SmallOrder(11)),
		"identity out of range": {},
	} {
		_, ok := l.Find(p, 1, 1<<24, never)
		require.False(t, ok, name)
	}
	m, ok := l.Find(G1{}, 0, 0, never)
	require.True(t, ok && m == 0)
	_, ok = l.Find(times(5), 6, 5, never)
	require.False(t, ok, "an empty interval")
	_, ok = l.Find(times(5), 0, MaxLogWidth+1, never)
	require.False(t, ok, "too wide")
	_, ok = l.Find(times(5), 0, MaxLogWidth, func() bool { return true })
	require.False(t, ok, "stopped")
}

// Slots that agree in what they hold of an x-coordinate are told apart by the whole point.
func TestLogsOfCollidingSlots(t *testing.T) {
	l := NewLogs(MinLogBits)
	for i, s := range slices.Clone(l.slots) {
		if end := (i + 1) % len(l.slots); s != 0 && l.slots[end] == 0 {
			l.slots[end] = s ^ 1
		}
	}
	for m := range uint64(1000) {
		got, ok := l.Find(times(m), 0, 1000, never)
		require.True(t, ok)
		require.Equal(t, m, got)
	}
}

func BenchmarkLogs(b *testing.B) {
	for _, bits := range []int{16, 20} {
		b.Run(fmt.Sprintf("new/bits=%d", bits), func(b *testing.B) {
			for b.Loop() {
				NewLogs(bits)
			}
		})
		l := NewLogs(bits)
		b.Run(fmt.Sprintf("32bits/bits=%d", bits), func(b *testing.B) {
			p := times(1<<32 - 1)
			for b.Loop() {
				_, ok := l.Find(p, 0, 1<<32-1, never)
				require.True(b, ok)
			}
		})
	}
}
