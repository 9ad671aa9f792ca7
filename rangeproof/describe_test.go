package rangeproof

import (
	"strings"
	"testing"

	"github.com/consensys/gnark/frontend"
	"github.com/stretchr/testify/require"
)

// A circuit is compiled again from what it says of itself.
func TestCircuitsDescribeThemselves(t *testing.T) {
	for _, c := range []*Circuit{pay(), taxed(), total(), tiers()} {
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

// Circuits and keys tell what a ledger's rules depend on.
func TestCircuitsTellTheirTraits(t *testing.T) {
	type traits struct {
		pays, limited, byTotal, byOutput bool
		output                           int
		rate                             uint16
	}
	for _, e := range []struct {
		key  *ProvingKey
		want traits
	}{
		{payKey(), traits{}},
		{taxedKey(), traits{byOutput: true, output: 2, rate: 250}},
		{totalKey(), traits{pays: true, byTotal: true, rate: 250}},
		{tiersKey(), traits{pays: true, limited: true}},
		{nil, traits{}},
	} {
		type teller interface {
			Pays() bool
			Limited() bool
			TaxByTotal() (uint16, bool)
			TaxOutput() (int, uint16, bool)
			Rules() []string
		}
		for _, c := range []teller{e.key.Circuit(), e.key.VerifyingKey()} {
			got := traits{pays: c.Pays(), limited: c.Limited()}
			total, ok := c.TaxByTotal()
			got.byTotal = ok
			output, rate, ok := c.TaxOutput()
			got.byOutput, got.output, got.rate = ok, output, max(total, rate)
			require.Equal(t, e.want, got)
			require.Equal(t, e.key.Circuit().Rules(), c.Rules())
		}
	}
	rules := total().Rules()
	rules[0] = "changed"
	require.True(t, total().Pays())
	require.Equal(t, []string{"pays", "tax-by-total/250"}, total().Rules())
}

func TestParseRuleRefuses(t *testing.T) {
	for _, name := range []string{"", "tax", "tax/2", "tax/2/", "tax/2/250 ", " tax/2/250", "tax/02/250", "tax/2/+250", "tax/2/250/1",
		"pays/", "pays ", "Pays", "limited/1", "tax-by-total", "tax-by-total/", "tax-by-total/1/2", "tax-by-total/70000", "tax-by-total/007",
		"tax/2/70000", "tax/2/-1", "tax/99999999999999999999/1", "Tax/2/250", "another", strings.Repeat("tax/2/250", 1<<16)} {
		_, err := ParseRule(name)
		require.ErrorIs(t, err, ErrArgument, "%.20q", name)
		require.Less(t, len(err.Error()), 200)
	}
}
