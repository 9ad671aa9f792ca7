//go:build uttbroken

package replica_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// Without [RES-HEIGHT] a replica signs on with shares that were replaced, and with new ones
// before they are adopted, so that those of before are never erased, or too early.
func TestBrokenRenewal(t *testing.T) {
	t.Cleanup(batch.Break("RES-HEIGHT"))
	r := newRenewal(t, 1)
	r.decide(r.register()...)
	require.NoError(t, r.renew(0), "nobody has adopted")
	r = newRenewal(t, 2)
	r.adopted()
	sent := must(r.replicas[1].Work(ctx))
	require.True(t, slices.ContainsFunc(sent, func(m *replica.Message) bool { return m.Kind() == replica.KindShares }))
}
