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
