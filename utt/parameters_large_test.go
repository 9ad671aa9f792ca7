package utt_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
)

// Parameters with as many classes and counters as a policy may have come back as they were.
func TestLargestPolicyIsReadBack(t *testing.T) {
	c := sharedWorld().Parameters.Config()
	c.Policy.Classes = make([]utt.Amount, budget.MaxClasses)
	c.Policy.Counters = c.Policy.Counters[:len(c.Policy.Counters):len(c.Policy.Counters)]
	for len(c.Policy.Counters) < budget.MaxCounters {
		name := fmt.Sprint(len(c.Policy.Counters))
		c.Policy.Counters = append(c.Policy.Counters, budget.Counter{Name: strings.Repeat("c", 64-len(name)) + name})
	}
	for i := range c.Policy.Counters {
		c.Policy.Counters[i].Classes = make([]utt.Amount, budget.MaxClasses)
	}
	p, err := utt.NewParameters(c)
	require.NoError(t, err)
	b, err := p.MarshalBinary()
	require.NoError(t, err)
	again, err := utt.ParseParameters(b)
	require.NoError(t, err)
	require.Equal(t, p.Digest(), again.Digest())
	change := p.Newest().Config()
	change.Policy.Classes[0]++
	_, err = utt.NewAmendment(p, 3, change)
	require.NoError(t, err)
}

// The same of as many rows as there may be, each for one asset with a short name.
func TestMostRowsAreReadBack(t *testing.T) {
	c := sharedWorld().Parameters.Config()
	c.Assets, c.Rows, c.Circuits = nil, nil, c.Circuits[:]
	rows := make(map[utt.Case]utt.Row)
	for _, r := range sharedWorld().Parameters.Rows() {
		r.Fee, r.Counter = utt.Fee{}, map[bool]string{true: budget.Privacy}[r.Case == utt.Anonymous]
		if r.Case != utt.Self && r.Case != utt.Anonymous {
			r.Limit, r.Circuit, r.Fixed = 10, rows[utt.Anonymous].Circuit, rows[utt.Anonymous].Fixed
		}
		if _, have := rows[r.Case]; !have {
			rows[r.Case] = r
		}
	}
	require.Len(t, rows, 4)
	used := map[int]int{}
	for i := range utt.MaxAssets {
		name := string(rune(' ' + 1 + i))
		c.Assets = append(c.Assets, name)
		for _, use := range []utt.Case{utt.Self, utt.Anonymous, utt.Audited, utt.Delayed} {
			r := rows[use]
			r.Assets = []string{name}
			if _, ok := used[r.Circuit]; !ok {
				used[r.Circuit] = len(used)
			}
			r.Circuit = used[r.Circuit]
			c.Rows = append(c.Rows, r)
		}
	}
	circuits := make([]utt.Circuit, len(used))
	for old, now := range used {
		circuits[now] = c.Circuits[old]
	}
	c.Circuits = circuits
	p, err := utt.NewParameters(c)
	require.NoError(t, err)
	b, err := p.MarshalBinary()
	require.NoError(t, err)
	again, err := utt.ParseParameters(b)
	require.NoError(t, err)
	require.Equal(t, p.Digest(), again.Digest())
}
