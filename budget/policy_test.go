package budget_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/testrand"
)

const (
	start = 1_000_000 // of the policy under test
	day   = 24 * 60 * 60
)

func policy() budget.Policy {
	return budget.Policy{
		Start:       time.Unix(start, 0).UTC(),
		EpochLength: 24 * time.Hour,
		Classes:     []budget.Amount{0, 1000, math.MaxUint64},
		Counters:    []budget.Counter{{Name: "volume", Classes: []budget.Amount{0, 10, 20}}},
	}
}

func TestEpochAt(t *testing.T) {
	p := policy()
	for _, c := range []struct {
		time  uint64
		epoch budget.Epoch
		err   error
	}{
		{time: 0, err: budget.ErrTime},
		{time: start - 1, err: budget.ErrTime},
		{time: start, epoch: 1},
		{time: start + day - 1, epoch: 1},
		{time: start + day, epoch: 2},
		{time: start + 2*day - 1, epoch: 2},
		{time: start + 1000*day, epoch: 1001},
		{time: budget.DefaultEnd - 1, epoch: 1 + (budget.DefaultEnd-1-start)/day},
		{time: budget.DefaultEnd, err: budget.ErrTime},
		{time: 1_767_225_600_000, err: budget.ErrTime}, // 2026 in milliseconds
		{time: math.MaxInt64, err: budget.ErrTime},
		{time: math.MaxInt64 + 1, err: budget.ErrTime},
		{time: math.MaxUint64, err: budget.ErrTime},
	} {
		e, err := p.EpochAt(c.time)
		require.ErrorIs(t, err, c.err, "time %d", c.time)
		require.Equal(t, c.epoch, e, "time %d", c.time)
	}
}

func TestStartOf(t *testing.T) {
	p := policy()
	for _, c := range []struct {
		epoch budget.Epoch
		start uint64
	}{
		{0, start},
		{1, start},
		{2, start + day},
		{366, start + 365*day},
		{1 + (math.MaxInt64-start)/day, start + (math.MaxInt64-start)/day*day},
		{2 + (math.MaxInt64-start)/day, math.MaxInt64},
		{math.MaxUint64, math.MaxInt64},
	} {
		require.Equal(t, c.start, p.StartOf(c.epoch), "epoch %d", c.epoch)
	}
}

// Every epoch begins where StartOf says, to the second.
func TestEpochsMeet(t *testing.T) {
	for _, length := range []time.Duration{time.Second, 7 * time.Second, time.Hour, math.MaxInt64 / time.Second * time.Second} {
		p := policy()
		p.EpochLength, p.End = length, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
		for e := budget.Epoch(2); e < 10; e++ {
			first := p.StartOf(e)
			at, err := p.EpochAt(first)
			require.NoError(t, err)
			require.Equal(t, e, at)
			before, err := p.EpochAt(first - 1)
			require.NoError(t, err)
			require.Equal(t, e-1, before)
		}
	}
}

func TestGrantable(t *testing.T) {
	for _, c := range []struct {
		epoch, now budget.Epoch
		ok         bool
	}{
		{1, 1, true}, {2, 1, true}, {3, 1, false},
		{5, 6, false}, {6, 6, true}, {7, 6, true}, {8, 6, false},
		{0, 0, false}, {1, 0, true}, {0, 1, false},
		{0, math.MaxUint64, false}, {math.MaxUint64, math.MaxUint64, true}, {math.MaxUint64, math.MaxUint64 - 1, true},
	} {
		require.Equal(t, c.ok, budget.Grantable(c.epoch, c.now), "grant for %d in %d", c.epoch, c.now)
	}
}

func TestGrantTimeIsUniformInTheEpochBefore(t *testing.T) {
	p := policy()
	p.EpochLength = 10 * time.Second
	for _, c := range []struct{ epoch, in budget.Epoch }{{1, 1}, {2, 1}, {3, 2}, {100, 99}} {
		random := testrand.New("grant time")
		var count [10]int
		for range 2000 {
			at, err := p.GrantTime(random, c.epoch)
			require.NoError(t, err)
			in, err := p.EpochAt(at)
			require.NoError(t, err)
			require.Equal(t, c.in, in)
			require.True(t, budget.Grantable(c.epoch, in))
			count[at-p.StartOf(in)]++
		}
		for second, n := range count {
			require.InDelta(t, 200, n, 70, "second %d of %v", second, count) // five standard deviations
		}
	}
}

func TestGrantTimeErrors(t *testing.T) {
	p := policy()
	broken := errors.New("no entropy")
	_, err := p.GrantTime(testrand.Failing(0, broken), 2)
	require.ErrorIs(t, err, broken)
	_, err = p.GrantTime(nil, 2)
	require.NoError(t, err)

	_, err = p.GrantTime(nil, 0)
	require.ErrorIs(t, err, budget.ErrTime)
	_, err = p.GrantTime(nil, math.MaxUint64)
	require.ErrorIs(t, err, budget.ErrTime)
	last, err := p.EpochAt(budget.DefaultEnd - 1)
	require.NoError(t, err)
	_, err = p.GrantTime(nil, last+1)
	require.NoError(t, err, "the epoch before begins")
	_, err = p.GrantTime(nil, last+2)
	require.ErrorIs(t, err, budget.ErrTime)
}

// Methods of a policy that Validate refuses fail and do not panic.
func TestUnusablePolicy(t *testing.T) {
	for name, change := range map[string]func(*budget.Policy){
		"zero":              func(p *budget.Policy) { *p = budget.Policy{} },
		"epoch of 0":        func(p *budget.Policy) { p.EpochLength = 0 },
		"negative epoch":    func(p *budget.Policy) { p.EpochLength = -time.Hour },
		"epoch below 1 s":   func(p *budget.Policy) { p.EpochLength = time.Millisecond },
		"start before 1970": func(p *budget.Policy) { p.Start = time.Unix(-1, 0) },
	} {
		p := policy()
		change(&p)
		require.ErrorIs(t, p.Validate(), budget.ErrPolicy, name)
		_, err := p.EpochAt(start)
		require.ErrorIs(t, err, budget.ErrPolicy, name)
		_, err = p.GrantTime(nil, 2)
		require.ErrorIs(t, err, budget.ErrPolicy, name)
		require.Equal(t, uint64(math.MaxInt64), p.StartOf(2), name)
		_, err = p.MarshalBinary()
		require.ErrorIs(t, err, budget.ErrPolicy, name)
	}
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*budget.Policy)
		err    error
	}{
		"as it is":                   {func(*budget.Policy) {}, nil},
		"start with nanoseconds":     {func(p *budget.Policy) { p.Start = p.Start.Add(1) }, budget.ErrPolicy},
		"start in another zone":      {func(p *budget.Policy) { p.Start = p.Start.In(time.FixedZone("", 3600)) }, nil},
		"epoch of 1.5 s":             {func(p *budget.Policy) { p.EpochLength = 1500 * time.Millisecond }, budget.ErrPolicy},
		"end before the start":       {func(p *budget.Policy) { p.End = p.Start }, budget.ErrPolicy},
		"end with nanoseconds":       {func(p *budget.Policy) { p.End = p.Start.Add(time.Hour + 1) }, budget.ErrPolicy},
		"the shortest life":          {func(p *budget.Policy) { p.End = p.Start.Add(time.Second) }, nil},
		"the longest life":           {func(p *budget.Policy) { p.End = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, nil},
		"end beyond that":            {func(p *budget.Policy) { p.End = time.Date(10000, 1, 1, 0, 0, 1, 0, time.UTC) }, budget.ErrPolicy},
		"end in milliseconds":        {func(p *budget.Policy) { p.End = time.Unix(1_767_225_600_000, 0) }, budget.ErrPolicy},
		"start in milliseconds":      {func(p *budget.Policy) { p.Start = time.Unix(1_767_225_600_000, 0) }, budget.ErrPolicy},
		"no classes":                 {func(p *budget.Policy) { p.Classes = nil }, budget.ErrPolicy},
		"most classes":               {func(p *budget.Policy) { p.Counters = nil; p.Classes = make([]budget.Amount, budget.MaxClasses) }, nil},
		"a class too many":           {func(p *budget.Policy) { p.Classes = make([]budget.Amount, budget.MaxClasses+1) }, budget.ErrPolicy},
		"classes beyond the count":   {func(p *budget.Policy) { p.Classes = make([]budget.Amount, 1<<16+1) }, budget.ErrPolicy},
		"no counters":                {func(p *budget.Policy) { p.Counters = nil }, nil},
		"a nameless counter":         {func(p *budget.Policy) { p.Counters[0].Name = "" }, budget.ErrPolicy},
		"a counter of a long name":   {func(p *budget.Policy) { p.Counters[0].Name = strings.Repeat("n", 65) }, budget.ErrPolicy},
		"the budget once more":       {func(p *budget.Policy) { p.Counters[0].Name = budget.Privacy }, budget.ErrPolicy},
		"a counter twice":            {func(p *budget.Policy) { p.Counters = append(p.Counters, p.Counters[0]) }, budget.ErrPolicy},
		"a counter of other classes": {func(p *budget.Policy) { p.Counters[0].Classes = p.Classes[1:] }, budget.ErrPolicy},
		"counters without end":       {func(p *budget.Policy) { p.Counters = make([]budget.Counter, budget.MaxCounters+1) }, budget.ErrPolicy},
	} {
		p := policy()
		c.change(&p)
		require.ErrorIs(t, p.Validate(), c.err, name)
		_, err := p.MarshalBinary()
		require.ErrorIs(t, err, c.err, name)
	}
}

func TestAmount(t *testing.T) {
	p := policy()
	for c, want := range p.Classes {
		a, err := p.Amount(budget.Privacy, budget.Class(c))
		require.NoError(t, err)
		require.Equal(t, want, a)
		a, err = p.Amount("volume", budget.Class(c))
		require.NoError(t, err)
		require.Equal(t, p.Counters[0].Classes[c], a)
	}
	for _, c := range []budget.Class{budget.Class(len(p.Classes)), math.MaxUint16} {
		_, err := p.Amount(budget.Privacy, c)
		require.ErrorIs(t, err, budget.ErrClass)
	}
	_, err := new(budget.Policy).Amount(budget.Privacy, 0)
	require.ErrorIs(t, err, budget.ErrClass)
	_, err = p.Amount("nothing", 0)
	require.ErrorIs(t, err, budget.ErrPolicy)
}

// No two of asset, asset with epoch, and epoch have the same kind: the parts are
// framed, and money and budget have tags of their own.
func TestKindsAreSeparate(t *testing.T) {
	kinds := map[[32]byte]string{}
	add := func(name string, kind [32]byte) {
		require.Empty(t, kinds[kind], "%s has the kind of another", name)
		kinds[kind] = name
	}
	assets := []string{"", "cash", "cash\x00", "cash\x00\x00\x00\x00\x00\x00\x00\x01", "cas", "gold"}
	epochs := []budget.Epoch{0, 1, 2, 0x6801, math.MaxUint64} // 0x68 is h
	for _, asset := range assets {
		add(fmt.Sprintf("money %q", asset), budget.MoneyKind(asset).Bytes())
		for _, e := range epochs {
			add(fmt.Sprintf("budget %q %d", asset, e), budget.Kind(budget.Privacy, asset, e).Bytes())
			add(fmt.Sprintf("volume %q %d", asset, e), budget.Kind("volume", asset, e).Bytes())
		}
	}
	require.Len(t, kinds, len(assets)*(1+2*len(epochs)))
	require.Equal(t, budget.Kind("volume", "cash", 7), budget.Kind("volume", "cash", 7))
}

func TestCodec(t *testing.T) {
	p := policy()
	b, err := p.MarshalBinary()
	require.NoError(t, err)
	var q budget.Policy
	require.NoError(t, q.UnmarshalBinary(b))
	require.Equal(t, p, q)
	appended, err := q.AppendBinary([]byte("before"))
	require.NoError(t, err)
	require.Equal(t, slices.Concat([]byte("before"), b), appended)

	p.End = time.Unix(start+1, 0).UTC()
	ended, err := p.MarshalBinary()
	require.NoError(t, err)
	require.Len(t, ended, len(b))
	var r budget.Policy
	require.NoError(t, r.UnmarshalBinary(ended))
	require.Equal(t, p, r)

	known := q
	for i := range b {
		require.ErrorIs(t, q.UnmarshalBinary(b[:i]), budget.ErrPolicy, "cut to %d bytes", i)
	}
	require.ErrorIs(t, q.UnmarshalBinary(append(slices.Clone(b), 0)), budget.ErrPolicy)
	require.Equal(t, known, q, "a failed call changes nothing")
}

func TestDecodingRefuses(t *testing.T) {
	const (
		atStart, atEnd, atEpoch, atCount = 1, 9, 17, 25
		atCounters                       = atCount + 2 + 3*8
	)
	p := policy()
	b, err := p.MarshalBinary()
	require.NoError(t, err)
	for name, at := range map[string]int{
		"version":       0,
		"start":         atStart, // the highest bit: above 2^63
		"end":           atEnd,
		"epoch":         atEpoch, // more seconds than a Duration holds
		"many":          atCount, // classes
		"many counters": atCounters,
	} {
		c := slices.Clone(b)
		c[at] |= 0x80
		require.ErrorIs(t, new(budget.Policy).UnmarshalBinary(c), budget.ErrPolicy, name)
	}
	c := slices.Clone(b)
	clear(c[atEpoch:atCount])
	require.ErrorIs(t, new(budget.Policy).UnmarshalBinary(c), budget.ErrPolicy, "epoch of 0")
}

func FuzzDecode(f *testing.F) {
	p := policy()
	b, err := p.MarshalBinary()
	require.NoError(f, err)
	f.Add(b)
	p = budget.Policy{Start: time.Unix(0, 0), EpochLength: time.Second, Classes: []budget.Amount{1}}
	b, err = p.MarshalBinary()
	require.NoError(f, err)
	f.Add(b)
	p.End = time.Unix(1, 0)
	b, err = p.MarshalBinary()
	require.NoError(f, err)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var p budget.Policy
		if err := p.UnmarshalBinary(b); err != nil {
			require.ErrorIs(t, err, budget.ErrPolicy)
			require.Equal(t, budget.Policy{}, p)
			return
		}
		again, err := p.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, b, again)
		e, err := p.EpochAt(p.StartOf(1))
		require.NoError(t, err)
		require.Equal(t, budget.Epoch(1), e)
	})
}
