package rangeproof

import (
	"strings"
	"testing"

	"github.com/consensys/gnark/frontend"
	"github.com/stretchr/testify/require"
)

// A circuit is compiled again from what it says of itself.
func TestCircuitsDescribeThemselves(t *testing.T) {
	for _, c := range []*Circuit{pay(), taxed()} {
		var rules []Rule
		for _, name := range c.Rules() {
			r, err := ParseRule(name)
			require.NoError(t, err)
			rules = append(rules, r)
		}
		again, err := Compile(c.Outputs(), rules...)
		require.NoError(t, err)
		require.Equal(t, c.ID(), again.ID())
	}
	require.Equal(t, []string{"tax/2/250"}, taxed().Rules())
	require.Empty(t, pay().Rules())
	require.Nil(t, (*Circuit)(nil).Rules())
	c := compile(3, rule{"another", func(frontend.API, Wires) error { return nil }})
	require.Equal(t, []string{"another"}, c.Rules())
}

func TestParseRuleRefuses(t *testing.T) {
	for _, name := range []string{"", "tax", "tax/2", "tax/2/", "tax/2/250 ", " tax/2/250", "tax/02/250", "tax/2/+250", "tax/2/250/1",
		"tax/2/70000", "tax/2/-1", "tax/99999999999999999999/1", "Tax/2/250", "another", strings.Repeat("tax/2/250", 1<<16)} {
		_, err := ParseRule(name)
		require.ErrorIs(t, err, ErrArgument, "%.20q", name)
		require.Less(t, len(err.Error()), 200)
	}
}
