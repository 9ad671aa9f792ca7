package rangeproof

import (
	"encoding/binary"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var smallest = sync.OnceValue(func() *Circuit { return compile(1) })

// script is a finished ceremony: all that was published, in order.
type script struct {
	contributions [2][][]byte
	beacons       [2][]byte
	starts        [2]Ceremony
	ceremony      *Ceremony
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var published = sync.OnceValue(func() script {
	s := script{beacons: [2][]byte{[]byte("beacon of phase 1"), []byte("beacon of phase 2")}, ceremony: NewCeremony(smallest())}
	for phase, contributors := range []int{2, 1} {
		s.starts[phase] = *s.ceremony
		for range contributors {
			b := must(s.ceremony.Contribute())
			must(0, s.ceremony.Accept(b))
			s.contributions[phase] = append(s.contributions[phase], b)
		}
		must(0, s.ceremony.Seal(s.beacons[phase]))
	}
	return s
})

// start is the ceremony at the start of a phase. Steps replace what a Ceremony
// points to, so that a copy will do.
func start(phase int) *Ceremony {
	c := published().starts[phase-1]
	return &c
}

func TestCeremony(t *testing.T) {
	k, v, err := published().ceremony.Keys()
	require.NoError(t, err)
	require.Equal(t, MultiParty, v.Origin())
	p := prove(k, Values{In: []Amount{5, 6}, Out: []Amount{10}, BudgetIn: 11, BudgetOut: 1}, Public{PublicOut: 1, Budgeted: true})
	require.NoError(t, v.VerifyOpened(&p.proof, p.opening, p.pub))
	p.pub.PublicOut = 2
	require.Error(t, p.claim())

	var d VerifyingKey
	require.NoError(t, d.UnmarshalBinary(encode(t, v)))
	loaded, err := ParseProvingKey(smallest(), &d, encode(t, k))
	require.NoError(t, err)
	require.Equal(t, k.Digest(), loaded.Digest())

	replayed := NewCeremony(smallest())
	for phase, list := range published().contributions {
		for _, b := range list {
			require.NoError(t, replayed.Accept(b))
		}
		require.NoError(t, replayed.Seal(published().beacons[phase]))
	}
	_, again, err := replayed.Keys()
	require.NoError(t, err)
	require.Equal(t, v.Digest(), again.Digest(), "a replay makes the same keys")
}

func TestCeremonyOrder(t *testing.T) {
	c := NewCeremony(smallest())
	_, _, err := c.Keys()
	require.ErrorIs(t, err, ErrCeremony)
	// a beacon alone, as gnark would seal it, gives keys with a trapdoor known to all
	require.ErrorIs(t, c.Seal(published().beacons[0]), ErrCeremony, "phase 1 without contribution")
	require.ErrorIs(t, c.Accept(published().contributions[0][1]), ErrCeremony, "the second contribution first")
	require.NoError(t, c.Accept(published().contributions[0][0]))
	require.ErrorIs(t, c.Accept(published().contributions[0][0]), ErrCeremony, "one contribution twice")
	require.ErrorIs(t, c.Seal(make([]byte, MinBeacon-1)), ErrArgument)

	c = start(2)
	require.ErrorIs(t, c.Seal(published().beacons[1]), ErrCeremony, "phase 2 without contribution")
	require.ErrorIs(t, c.Accept(published().contributions[0][0]), ErrMalformed, "a contribution of phase 1")
	phase, n := c.Phase()
	require.Equal(t, [2]int{2, 0}, [2]int{phase, n})

	done := published().ceremony
	_, err = done.Contribute()
	require.ErrorIs(t, err, ErrCeremony)
	require.ErrorIs(t, done.Accept(published().contributions[1][0]), ErrCeremony)
	require.ErrorIs(t, done.Seal(published().beacons[1]), ErrCeremony)
}

// TestContributionRejects alters contributions of both phases; none is accepted,
// and afterwards the right one still is.
func TestContributionRejects(t *testing.T) {
	header := 2 + 32
	for phase := 1; phase <= 2; phase++ {
		c := start(phase)
		good := published().contributions[phase-1][0]
		other := must(c.Contribute())
		splice := func(from, to int) []byte { // part of another's contribution
			return slices.Concat(good[:header+from], other[header+from:header+to], good[header+to:])
		}
		set := func(at int, v byte) []byte {
			b := slices.Clone(good)
			b[at] = v
			return b
		}
		type test struct {
			b    []byte
			want error
		}
		tests := map[string]test{
			"empty":           {nil, ErrMalformed},
			"version":         {set(0, 9), ErrMalformed},
			"phase":           {set(1, 3-byte(phase)), ErrMalformed},
			"circuit":         {set(2, good[2]^1), ErrMalformed},
			"truncated":       {good[:len(good)-1], ErrMalformed},
			"trailing":        {append(slices.Clone(good), 0), ErrMalformed},
			"challenge":       {set(len(good)-1, good[len(good)-1]^1), ErrCeremony},
			"challenge short": {set(len(good)-33, 31), ErrMalformed},
			"point":           {set(header+60, good[header+60]^1), ErrMalformed},
		}
		if phase == 1 {
			for i, name := range []string{"τ", "α", "β"} {
				tests["proof of another "+name] = test{splice(i*updateBytes, (i+1)*updateBytes), ErrCeremony}
			}
			tests["powers of another"] = test{splice(3*updateBytes, len(good)-header-33), ErrCeremony}
			tests["one power of another"] = test{splice(3*updateBytes+8+96+5*48, 3*updateBytes+8+96+6*48), ErrCeremony}
		} else {
			tests["delta of another"] = test{splice(2, 2+compressed1), ErrCeremony}
			tests["keys of another"] = test{splice(2, len(good)-header-33-updateBytes), ErrCeremony}
		}
		for name, e := range tests {
			require.ErrorIs(t, c.Accept(e.b), e.want, "phase %d, %s", phase, name)
			_, n := c.Phase()
			require.Zero(t, n)
		}
		require.NoError(t, c.Accept(good))
	}
}

// TestContributionHostileCounts: a count in a contribution makes nobody allocate.
func TestContributionHostileCounts(t *testing.T) {
	for phase := 1; phase <= 2; phase++ {
		c := start(phase)
		good := published().contributions[phase-1][0]
		for _, at := range c.counts(body(c.state)) {
			b := slices.Clone(good)
			n := b[2+32+at.from : 2+32+at.to]
			switch len(n) {
			case 2:
				binary.BigEndian.PutUint16(n, 1<<15)
			case 4:
				binary.BigEndian.PutUint32(n, 1<<27)
			case 8:
				binary.BigEndian.PutUint64(n, 1<<27)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			require.ErrorIs(t, c.Accept(b), ErrMalformed)
			runtime.ReadMemStats(&after)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20))
		}
	}
}
