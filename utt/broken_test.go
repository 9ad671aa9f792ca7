//go:build uttbroken

package utt_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt"
)

// takeOut takes checks out for the rest of a test.
func takeOut(t testing.TB, labels ...string) {
	for _, l := range labels {
		t.Cleanup(batch.Break(l))
	}
}

// A cheat that one check refuses is executed once that check is taken out: so the
// check is needed, and the test of its rejection tests it. Where another check
// stands behind, taking out the first leaves the cheat refused by that.
func TestBrokenLetsEveryCheatPass(t *testing.T) {
	w := sharedWorld()
	for _, c := range cheats() {
		t.Run(c.Label+"/"+c.Name, func(t *testing.T) {
			w.requireRefused(t, c)
			for i, behind := range c.Also {
				t.Cleanup(batch.Break(append([]string{c.Label}, c.Also...)[i]))
				require.Equal(t, behind, w.submit(t, c).Rejection.Label)
			}
			takeOut(t, append([]string{c.Label}, c.Also...)...)
			if c.Unbreakable != "" {
				return
			}
			r := w.submit(t, c)
			require.Equal(t, utt.Executed, r.Status, "%v", r.Rejection)
		})
	}
}

// submit puts the cheat into a block and returns its receipt. What it does to the
// ledger must be more than nothing.
func (w *world) submit(t testing.TB, c *utt.Cheat) utt.Receipt {
	t.Helper()
	l, twin, _ := w.ledgers(t, c)
	ops := parse(t, append(slices.Clone(c.Before), c.Op)...)
	receipts := execute(t, l, c.Time, ops...)
	execute(t, twin, c.Time, ops[:len(ops)-1]...)
	r := receipts[len(receipts)-1]
	require.Equal(t, r.Status == utt.Rejected, l.Digest() == twin.Digest())
	return r
}

var _ = context.Background
