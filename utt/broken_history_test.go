//go:build uttbroken

package utt_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/utt"
)

// With a check taken out, liars soon break a law of the histories: so these find what a
// missing check lets through, whatever it is.
func TestBrokenHistoriesAreFound(t *testing.T) {
	for _, label := range []string{"TX-OUT-PID", "TX-OUT-VAL", "TX-IN-PID", "TX-PUB", "TX-NF", "NF-ONCE", "TX-SIG-IN", "TX-SIG-B", "TAX-3"} {
		t.Run(label, func(t *testing.T) {
			h := newHistory(t, 4)
			for range 4 {
				_, err := h.step()
				require.NoError(t, err)
			}
			takeOut(t, label)
			var broken error
			for tries := 0; broken == nil && tries < 6*utt.Lies(); tries++ {
				if tries%40 == 20 { // or he runs out of what he can spend
					require.NoError(t, h.net.Advance(context.Background(), month))
					require.NoError(t, h.takeIn())
					_, err := h.grant(mallory, budget.Privacy, cash, h.epoch())
					require.NoError(t, err)
					h.issue(mallory, cash, 500)
					h.must(h.parties[mallory].Minted(h.parties[mallory].Nonce, cash, 500))
				}
				use := []utt.Case{utt.Anonymous, utt.Self, utt.Audited}[tries/utt.Lies()%3]
				_, _, broken = h.transfer(mallory, []string{alice, bob}[tries%2], cash, use, tries%utt.Lies())
				if broken == nil && tries%5 == 0 {
					_, broken = decide(h, "", "", "")
				}
				if broken == nil {
					broken = h.laws()
				}
			}
			require.Error(t, broken)
			t.Log(broken)
		})
	}
}
