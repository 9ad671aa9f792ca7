package utt

import (
	"context"
	"iter"
)

// Node is all that a wallet needs of the world: a replica, or a service in front
// of replicas. It learns nothing from a wallet that asks it for whole ranges, and
// can neither take money nor fake it; it can withhold records, and so delay.
type Node interface {
	// Submit hands an operation in. Success does not say that it will be executed,
	// and failure not that it will not.
	Submit(ctx context.Context, op Operation) error
	// Head is where the ledger stands.
	Head(ctx context.Context) (Head, error)
	// Records yields, in order and without a gap, the signed records from a place
	// on, and ends at the last that is there.
	Records(ctx context.Context, from Cursor) iter.Seq2[*Record, error]
	// Wait returns once there are records from a place on, or the context ends.
	Wait(ctx context.Context, from Cursor) error
}
