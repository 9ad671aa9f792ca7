package bft

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
	"github.com/utt-ecash/utt-go/utt/store"
)

// ErrConfig is returned for a node that cannot run as configured.
var ErrConfig = errors.New("bft: unusable configuration")

// Checker verifies operations; Parameters.Check is one.
type Checker func(ctx context.Context, time uint64, ops []utt.Operation) (*utt.Verdicts, error)

// Attacher verifies the signatures of records, and returns the records with them;
// Parameters.Attach is one.
type Attacher func(ctx context.Context, records []*utt.Record, signatures [][]byte) ([]*utt.Record, error)

// Verifier says whether a statement is signed by whom it says.
type Verifier func(*Statement) bool

// Stage is a part of a node's work.
type Stage string

// The stages that are observed. The rest is consensus.
const (
	StageCheck   Stage = "check"
	StageExecute Stage = "execute"
	StageSign    Stage = Stage(replica.StageSign)
	StageCombine Stage = Stage(replica.StageCombine)
	StageAttach  Stage = Stage(replica.StageAttach)
)

// Timing is in milliseconds of logical time. A round's timeouts grow by Step with
// every round, so that they outlast any delay in the end.
type Timing struct {
	Timeout uint64 // of every step in round 0
	Step    uint64 // more in every further round
	Idle    uint64 // that a proposer without operations waits for some, below Timeout
	Drift   uint64 // that a block's time may be ahead of one's clock
	Retry   uint64 // of state sync
	Publish uint64 // that one waits for a block to be published
}

// DefaultTiming suits networks that deliver within 100 ms.
var DefaultTiming = Timing{Timeout: 1000, Step: 500, Idle: 500, Drift: 2000, Retry: 1000, Publish: 500}

// Config is what makes a replica.
type Config struct {
	ID         NodeID
	Faults     int                 // f
	Keys       []ed25519.PublicKey // of all n = 3f+1 replicas
	Key        ed25519.PrivateKey
	Parameters *utt.Parameters
	Committees utt.Committees
	Coin       *threshold.KeyShare
	Credential *threshold.KeyShare
	Ledger     *threshold.KeyShare // makes certificates
	Published  replica.Published   // what the ledger has published at the start
	// Store holds the ledger to start from, of a node that has not voted since: a node
	// keeps its votes in memory, and one that crashed goes on as the same Node, or has
	// lost everything. A Store that is nil is lost, and with it all else that the node
	// knew; it is synced from the others into NewStore().
	Store store.Store
	// Incarnation is another one in every node without a Store that is made for this ID:
	// random, or a clock's.
	Incarnation uint64
	NewStore    func() store.Store // nil: in memory
	Check       Checker            // nil: Parameters.Check, of the ledger
	Verify      Verifier           // nil: Ed25519 under Keys
	Block       int                // the most operations in a block
	Clock       uint64             // at logical time 0, in seconds since 1970
	Timing      Timing

	// Observe, if there is one, is told when the node begins a stage of its work, and
	// calls what it returns at the end: to measure, without a clock in here.
	Observe func(Stage) (end func())

	attach Attacher // by which a harness verifies signatures; nil: it does not

	// broken takes checks out, so that tests see the harness notice.
	broken struct {
		quorum    int  // instead of 2f+1
		unchecked bool // snapshots are believed
		credulous bool // signatures that one sends are taken to be everybody's
	}
}

func (c *Config) validate() error {
	switch {
	case c.Faults < 1 || len(c.Keys) != 3*c.Faults+1:
		return fmt.Errorf("%w: %d replicas for %d faulty ones, not 3f+1", ErrConfig, len(c.Keys), c.Faults)
	case c.ID < 0 || int(c.ID) >= len(c.Keys):
		return fmt.Errorf("%w: replica %d of %d", ErrConfig, c.ID, len(c.Keys))
	case c.Store == nil && c.Incarnation == 0:
		return fmt.Errorf("%w: a node without a store, and without an incarnation to tell this loss from others", ErrConfig)
	case c.Coin == nil || c.Credential == nil || c.Ledger == nil || c.Parameters == nil || c.Block < 1:
		return fmt.Errorf("%w: without key shares, parameters or a block size", ErrConfig)
	}
	for _, k := range []*threshold.Committee{c.Committees.Coin, c.Committees.Credential, c.Committees.Ledger} {
		if t := k.Threshold(); t <= c.Faults || t > 2*c.Faults+1 || k.Parties() != len(c.Keys) {
			return fmt.Errorf("%w: a committee of %d, %d of which sign, for %d replicas, more than f and at most 2f+1 of which are to", ErrConfig, k.Parties(), t, len(c.Keys))
		}
	}
	if c.Verify == nil {
		c.Verify = c.verify
	}
	if c.NewStore == nil {
		c.NewStore = func() store.Store { return new(store.Memory) }
	}
	if c.Observe == nil {
		c.Observe = func(Stage) func() { return func() {} }
	}
	if c.Timing == (Timing{}) {
		c.Timing = DefaultTiming
	}
	return nil
}

// quorum is 2f+1: any two have an honest replica in common.
func (c *Config) quorum() int {
	if c.broken.quorum > 0 {
		return c.broken.quorum
	}
	return 2*c.Faults + 1
}

// proposer is proposer(h, round): round robin.
func (c *Config) proposer(height uint64, round int32) NodeID {
	return NodeID((height + uint64(round)) % uint64(len(c.Keys)))
}

func (c *Config) timeout(round int32) uint64 { return c.Timing.Timeout + uint64(round)*c.Timing.Step }
