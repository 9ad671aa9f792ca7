package follow_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/follow"
	"github.com/utt-ecash/utt-go/utt/local"
)

// What one reader has taken in stays, if it goes on where it stopped: every record comes
// once, and in order.
func TestReadersGoOn(t *testing.T) {
	ctx := context.Background()
	net, err := local.New(ctx, local.Config{})
	require.NoError(t, err)
	w, err := net.Wallet("ann", nil)
	require.NoError(t, err)
	require.NoError(t, net.Enroll(ctx, w, "ann", 0))
	var at utt.Frontier
	var kinds []utt.Kind
	failing := errors.New("a disk that is full")
	take := func(ctx context.Context, records []*utt.Record, to utt.Frontier) error {
		if failing != nil {
			return failing
		}
		for _, r := range records {
			kinds = append(kinds, r.Kind())
		}
		at = to
		return nil
	}
	require.ErrorIs(t, follow.Records(ctx, net.Parameters(), at, net, take), failing)
	require.Zero(t, at.Checkpoint)
	failing = nil
	require.NoError(t, follow.Records(ctx, net.Parameters(), at, net, take))
	require.Equal(t, []utt.Kind{utt.KindRegistration, utt.KindGrant}, kinds)
	before := at
	require.NoError(t, follow.Records(ctx, net.Parameters(), at, net, func(context.Context, []*utt.Record, utt.Frontier) error {
		t.Fatal("there is nothing new")
		return nil
	}))
	require.NoError(t, net.Issue(ctx, "ann", "cash", 7))
	require.NoError(t, follow.Records(ctx, net.Parameters(), at, net, take))
	require.Equal(t, []utt.Kind{utt.KindRegistration, utt.KindGrant, utt.KindIssue}, kinds)
	require.Equal(t, before.Records+1, at.Records)

	other, err := local.New(ctx, local.Config{})
	require.NoError(t, err)
	require.True(t, follow.Behind.Is(follow.Records(ctx, net.Parameters(), at, other, take)), "nothing is published there")
	require.NoError(t, other.Advance(ctx, 1e12))
	require.True(t, follow.Foreign.Is(follow.Records(ctx, net.Parameters(), at, other, take)))
}

// A count of all that a ledger has published.
func Example() {
	ctx := context.Background()
	net, err := local.New(ctx, local.Config{})
	if err != nil {
		log.Fatal(err)
	}
	w, err := net.Wallet("ann", nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := net.Enroll(ctx, w, "ann", 0); err != nil {
		log.Fatal(err)
	}
	counts := make(map[utt.Kind]int)
	var known utt.Frontier // keep it, and go on from there
	err = follow.Records(ctx, net.Parameters(), known, net, func(_ context.Context, records []*utt.Record, to utt.Frontier) error {
		for _, r := range records {
			counts[r.Kind()]++
		}
		known = to
		return nil
	})
	fmt.Println(counts[utt.KindRegistration], counts[utt.KindGrant], known.Records, err)
	// Output:
	// 1 1 2 <nil>
}
