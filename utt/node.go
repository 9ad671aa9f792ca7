package utt

import (
	"context"
	"iter"
)

// Node is all that a wallet needs of the world: a replica, or a service in front
// of replicas. An honest one learns nothing from a wallet that asks it for whole ranges, and
// can neither take private money nor fake it: what a wallet believes of coins, its
// own and those it spent, the ledger has signed.
//
// It is believed about the rest: the time, ordinary money, and that it leaves
// nothing out. A wallet that a node misled about these is made again from its seed
// and synced with another.
type Node interface {
	// Submit hands an operation in. Success does not say that it will be executed,
	// and failure not that it will not.
	Submit(ctx context.Context, op Operation) error
	// Head is the last block all of whose records, signed, Records would yield now.
	// A block whose signatures are not combined yet is not reported.
	Head(ctx context.Context) (Head, error)
	// Records yields, in order and without a gap, the signed records from a place
	// on, and ends at the last that is there.
	Records(ctx context.Context, from Cursor) iter.Seq2[*Record, error]
	// Wait returns once there are records from a place on, or the context ends.
	Wait(ctx context.Context, from Cursor) error
}
