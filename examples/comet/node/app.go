package node

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/examples/comet/pebblestore"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// app is the ledger as CometBFT calls it. What comes from peers never fails it: an error
// stops the validator, and is for a store or a configuration that is of no use.
type app struct {
	abci.BaseApplication
	home    *home.Home
	log     *slog.Logger
	store   *pebblestore.Store
	replica atomic.Pointer[replica.Replica] // another one once a snapshot was restored
	pool    *pool
	watch   *watch
	meters  *meters
	shots   *snapshots
	work    func()      // has the worker work
	fatal   func(error) // stops the validator
	crash   crash       // of tests
	parsed  parsed

	mu       sync.Mutex // of what follows, which FinalizeBlock leaves for Commit
	prepared *replica.Prepared
	block    *utt.Block
}

func (a *app) r() *replica.Replica { return a.replica.Load() }

// config is what the replica is opened with.
func (a *app) config() replica.Config {
	return replica.Config{
		Parameters: a.home.Parameters, Committees: a.home.Committees,
		Coin: a.home.Coin, Credential: a.home.Credential, Ledger: a.home.Ledger,
		Store: a.store, Keep: a.home.Details, Observe: a.meters.stage,
	}
}

// open opens the replica that the store holds.
func (a *app) open() error {
	r, err := replica.Open(a.config())
	if err != nil {
		return err
	}
	a.replica.Store(r)
	return nil
}

// Info says how far the ledger is.
func (a *app) Info(context.Context, *abci.RequestInfo) (*abci.ResponseInfo, error) {
	head := a.r().Ledger().Head()
	i := &abci.ResponseInfo{Data: "utt", LastBlockHeight: int64(head.Height)}
	if head.Height > 0 {
		digest := a.r().Ledger().Digest()
		i.LastBlockAppHash = digest[:]
	}
	return i, nil
}

// InitChain checks that the chain begins with this ledger.
func (a *app) InitChain(_ context.Context, r *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	var s home.AppState
	if err := json.Unmarshal(r.AppStateBytes, &s); err != nil {
		return nil, fmt.Errorf("the genesis file says nothing of the ledger: %w", err)
	}
	digest := a.home.Parameters.Digest()
	if s.Parameters != hex.EncodeToString(digest[:]) {
		return nil, fmt.Errorf("the genesis file is of a ledger with parameters of digest %.80q, this home's are of %x", s.Parameters, digest)
	}
	if start := a.home.Parameters.Policy().Start; r.Time.Before(start) {
		return nil, fmt.Errorf("the chain begins at %v, before the policy does at %v", r.Time, start)
	}
	if r.InitialHeight != 1 {
		return nil, fmt.Errorf("the chain begins at height %d, the ledger at 1", r.InitialHeight)
	}
	if err := a.holdersAre(r.Validators); err != nil {
		return nil, err
	}
	begin := a.r().Ledger().Digest()
	return &abci.ResponseInitChain{AppHash: begin[:]}, nil
}

// Query serves nothing: wallets have an interface of their own.
func (a *app) Query(context.Context, *abci.RequestQuery) (*abci.ResponseQuery, error) {
	return &abci.ResponseQuery{Code: 1, Log: "ask over HTTP, at /v1"}, nil
}

// operation parses what a block or peer has.
func operation(tx []byte) (utt.Operation, error) { return utt.ParseOperation(tx) }

// parsed are the operations of the block that was proposed last, which most often is the one that
// is decided.
type parsed struct {
	mu  sync.Mutex
	ops map[utt.Digest]utt.Operation
}

// parse is utt.ParseOperations, but for what was parsed before.
func (a *app) parse(txs [][]byte) ([]utt.Operation, []error) {
	a.parsed.mu.Lock()
	defer a.parsed.mu.Unlock()
	ops, errs := make([]utt.Operation, len(txs)), make([]error, len(txs))
	var fresh [][]byte
	var at []int
	for i, tx := range txs {
		d := utt.DigestOf(tx)
		if ops[i] = a.parsed.ops[d]; ops[i] == nil {
			ops[i] = a.pool.waiting(d)
		}
		if ops[i] == nil {
			fresh, at = append(fresh, tx), append(at, i)
		}
	}
	made, failed := utt.ParseOperations(fresh)
	for k, i := range at {
		ops[i], errs[i] = made[k], failed[k]
	}
	a.parsed.ops = make(map[utt.Digest]utt.Operation, len(ops))
	for _, op := range ops {
		if op != nil {
			a.parsed.ops[op.Digest()] = op
		}
	}
	return ops, errs
}

// seconds are a block's time: CometBFT's, which only grows, in whole seconds.
func (a *app) seconds(unix int64) uint64 {
	return max(a.r().Ledger().Head().Time, uint64(max(unix, 0)))
}

var errNotPrepared = errors.New("no block to commit")
