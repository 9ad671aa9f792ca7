package utt_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// What a user's keys see in records prints nothing of what notes and openings hold, nor
// the nullifier by which others would tell his coin.
func TestSightingsPrintNoSecrets(t *testing.T) {
	const memo = "for the very secret lunch"
	ctx := context.Background()
	net := newNetwork(t)
	a, b := join(t, net, alice, 500), join(t, net, bob)
	sync1(t, net, a)
	done(t, a, net)(a.Pay(ctx, net, bob, cash, 120, memo))
	sync1(t, net, b)
	keys, err := utt.DeriveKeys(net.Parameters(), utt.PIDOf(bob), seedOf(bob))
	require.NoError(t, err)
	found := false
	for r, err := range net.Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		s := keys.Look(r)
		for _, o := range s.Received(false) {
			h, err := o.Holding()
			require.NoError(t, err)
			n := h.Nullifier()
			found = found || o.Memo == memo
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
				for _, what := range []any{s, *s, h, *h} {
					require.Equal(t, "redacted", fmt.Sprintf(verb, what), "%T %s", what, verb)
				}
				require.NotContains(t, fmt.Sprintf(verb, utt.Draft{Inputs: []*utt.Holding{h}}), strings.Trim(fmt.Sprint(n), "{}[]"))
			}
			b, err := json.Marshal(map[string]any{"s": s, "h": h})
			require.NoError(t, err)
			require.JSONEq(t, `{"s":"redacted","h":"redacted"}`, string(b))
		}
	}
	require.True(t, found)
}
