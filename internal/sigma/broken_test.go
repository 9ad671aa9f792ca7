//go:build uttbroken

package sigma_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
)

// TestBrokenRelationsAcceptForgeries: a wrong witness is rejected, and accepted
// once the relations that it fails are not checked.
func TestBrokenRelationsAcceptForgeries(t *testing.T) {
	sh, w := example(t, "broken")
	for name, labels := range map[string][]string{"r": {"A"}, "r'": {"B"}, "m": {"A", "B", "C"}, "s": {"C", "D"}, "one": {"D"}} {
		honest := w[name]
		w[name] = honest.Add(curve.Uint64(1))
		p := prove(t, sh, w, "")
		w[name] = honest
		require.Error(t, verify(sh.statement(), context(""), p), name)
		var restore []func()
		for _, label := range labels {
			require.ErrorContains(t, verify(sh.statement(), context(""), p), "["+label+"]", name)
			restore = append(restore, batch.Break(label))
		}
		require.NoError(t, verify(sh.statement(), context(""), p), name)
		for _, f := range restore {
			f()
		}
		require.Error(t, verify(sh.statement(), context(""), p), name)
	}
}
