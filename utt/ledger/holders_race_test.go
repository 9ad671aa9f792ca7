package ledger_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
)

// Holders is asked while blocks are committed: Work does so.
func TestHoldersWhileBlocksAreCommitted(t *testing.T) {
	ctx := context.Background()
	net, err := local.New(ctx, local.Config{Dealt: true})
	require.NoError(t, err)
	l, _, err := net.NewReplica()
	require.NoError(t, err)
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		for range 1000 {
			_, _ = l.Holders(utt.PurposeCoin)
		}
	}()
	for range 100 {
		head := l.Head()
		v, err := l.Parameters().Check(ctx, head.Time, nil)
		require.NoError(t, err)
		_, err = l.Execute(&utt.Block{Height: head.Height + 1, Time: head.Time}, v)
		require.NoError(t, err)
	}
	wg.Wait()
}
