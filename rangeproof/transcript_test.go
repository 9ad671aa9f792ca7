package rangeproof

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// A transcript is verified by anybody, later, and goes on where it ends.
func TestTranscript(t *testing.T) {
	ctx := context.Background()
	done := published().ceremony
	c, err := ParseCeremony(ctx, encode(t, done))
	require.NoError(t, err)
	k, v, err := c.Keys()
	require.NoError(t, err)
	want, _, err := done.Keys()
	require.NoError(t, err)
	require.Equal(t, want.Digest(), k.Digest())
	require.Equal(t, MultiParty, v.Origin())
	require.Equal(t, encode(t, done), encode(t, c))

	steps := c.Steps()
	require.Len(t, steps, 5)
	for i, s := range steps {
		require.Equal(t, sha256.Sum256(s.Bytes), s.Digest)
		require.Equal(t, i == 2 || i == 4, s.Beacon)
		require.Equal(t, 1+i/3, s.Phase)
	}
	require.Equal(t, published().contributions[0][1], steps[1].Bytes)

	// from file to file, one contributor after the other
	b := encode(t, NewCeremony(smallest()))
	for range 2 {
		c, err := ParseCeremony(ctx, b)
		require.NoError(t, err)
		require.NoError(t, c.Accept(must(c.Contribute())))
		b = encode(t, c)
	}
	c, err = ParseCeremony(ctx, b)
	require.NoError(t, err)
	_, n := c.Phase()
	require.Equal(t, 2, n)
}

// One that was tampered with is refused, and the error says which step it is.
func TestRejectsTamperedTranscripts(t *testing.T) {
	ctx := context.Background()
	done := published().ceremony
	tampered := func(change func(steps []Step) []Step) []byte {
		c := *done
		c.steps = change(slices.Clone(c.steps))
		return encode(t, &c)
	}
	flip := func(i, at int) func([]Step) []Step {
		return func(steps []Step) []Step {
			steps[i].Bytes = slices.Clone(steps[i].Bytes)
			steps[i].Bytes[at] ^= 1
			return steps
		}
	}
	for name, e := range map[string]struct {
		change func(steps []Step) []Step
		step   int
		want   error
	}{
		"the first contribution":                 {flip(0, 100), 1, ErrMalformed},
		"the phase of the second":                {flip(1, 1), 2, ErrMalformed},
		"a contribution left out":                {func(s []Step) []Step { return s[1:] }, 1, ErrMalformed},
		"two exchanged":                          {func(s []Step) []Step { s[0], s[1] = s[1], s[0]; return s }, 1, ErrMalformed},
		"one twice":                              {func(s []Step) []Step { return slices.Insert(s, 1, s[0]) }, 2, ErrCeremony},
		"another beacon of phase 1":              {flip(2, 0), 4, ErrCeremony},
		"a short beacon":                         {func(s []Step) []Step { s[2].Bytes = s[2].Bytes[:15]; return s }, 3, ErrArgument},
		"a phase without contribution":           {func(s []Step) []Step { return slices.Delete(s, 3, 4) }, 4, ErrCeremony},
		"a contribution where there is a beacon": {func(s []Step) []Step { s[4].Beacon = false; return s }, 5, ErrMalformed},
		"a step after the end":                   {func(s []Step) []Step { return append(s, s[4]) }, 6, ErrCeremony},
	} {
		_, err := ParseCeremony(ctx, tampered(e.change))
		require.Error(t, err, name)
		require.True(t, errors.Is(err, e.want) || errors.Is(err, ErrCeremony), "%s: %v", name, err)
		var at *StepError
		require.ErrorAs(t, err, &at, name)
		require.Equal(t, e.step, at.Index, "%s: %v", name, err)
	}
	// the last beacon decides the keys, and there is nothing behind it to contradict
	c, err := ParseCeremony(ctx, tampered(flip(4, 0)))
	require.NoError(t, err)
	k, _, err := c.Keys()
	require.NoError(t, err)
	want, _, err := done.Keys()
	require.NoError(t, err)
	require.NotEqual(t, want.Digest(), k.Digest(), "which the parameters have the digest of")

	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err = ParseCeremony(ended, encode(t, done))
	require.ErrorIs(t, err, context.Canceled)
}

// Lengths in a transcript make nobody allocate.
func TestTranscriptHostileLengths(t *testing.T) {
	good := encode(t, published().ceremony)
	for i := range 40 {
		b := slices.Clone(good[:min(len(good), 60)])
		if i+4 > len(b) {
			break
		}
		binary.BigEndian.PutUint32(b[i:], 0xfffffff0)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ParseCeremony(context.Background(), b)
		runtime.ReadMemStats(&after)
		require.Error(t, err)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
	}
	_, err := ParseCeremony(context.Background(), append(slices.Clone(good), 0))
	require.ErrorIs(t, err, ErrMalformed)
}
