package node

import (
	"context"
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"
	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/utt-ecash/utt-go/utt"
)

// maxOperations bounds a block, so that to verify one that nobody has seen takes about a
// second on two cores.
const maxOperations = 512

// PrepareProposal proposes what the pool has that would be executed now.
func (a *app) PrepareProposal(ctx context.Context, req *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
	defer a.meters.stage(stagePropose)()
	at := a.seconds(req.Time.Unix())
	ops, err := a.pool.propose(a.r(), at, int(req.MaxTxBytes))
	if err != nil {
		return nil, err
	}
	verdicts, err := a.r().Check(ctx, at, ops)
	if err != nil {
		a.log.Error("nothing is proposed", "err", err)
		return &abci.ResponsePrepareProposal{}, nil
	}
	txs := make([][]byte, 0, len(ops))
	for _, op := range ops {
		if no := verdicts.Err(op); no != nil { // it was admitted in another epoch
			a.pool.drop(op, no)
			continue
		}
		b, err := op.AppendBinary(nil)
		if err != nil {
			return nil, err
		}
		txs = append(txs, b)
	}
	return &abci.ResponsePrepareProposal{Txs: txs}, nil
}

// ProcessProposal refuses a block that has an operation which does not verify, twice the
// same, or too many. Whether the state allows them is decided when they are executed.
func (a *app) ProcessProposal(ctx context.Context, req *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
	defer a.meters.stage(stageProcess)()
	if why := a.refuse(ctx, a.seconds(req.Time.Unix()), req.Txs); why != "" {
		a.log.Warn("a proposed block is refused", "height", req.Height, "why", why)
		a.meters.refused.Inc()
		return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_REJECT}, nil
	}
	return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_ACCEPT}, nil
}

func (a *app) refuse(ctx context.Context, at uint64, txs [][]byte) string {
	if len(txs) > maxOperations {
		return fmt.Sprintf("%d operations, of at most %d", len(txs), maxOperations)
	}
	ops, errs := a.parse(txs)
	seen := make(map[utt.Digest]bool, len(ops))
	for i, op := range ops {
		if errs[i] != nil {
			return "an operation that is none"
		}
		if d := op.Digest(); seen[d] {
			return "an operation twice"
		} else {
			seen[d] = true
		}
	}
	verdicts, err := a.r().Check(ctx, at, ops)
	if err != nil {
		return err.Error()
	}
	for _, op := range ops {
		if no := verdicts.Err(op); no != nil {
			return no.Error()
		}
	}
	return ""
}

// codeRejected is the code of an operation that is not executed. Which rejection it was is
// not part of it: CometBFT hashes codes, and a validator that has the ledger from a snapshot
// knows less of what was executed before.
const codeRejected = 1

// FinalizeBlock executes a decided block, and writes nothing.
func (a *app) FinalizeBlock(ctx context.Context, req *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	defer a.meters.stage(stageExecute)()
	b := &utt.Block{Height: uint64(req.Height), Time: a.seconds(req.Time.Unix())}
	results := make([]*abci.ExecTxResult, len(req.Txs))
	ops, errs := a.parse(req.Txs)
	var of []int // the place of each operation
	for i, op := range ops {
		if errs[i] != nil { // which two thirds of the validators have voted for
			results[i] = &abci.ExecTxResult{Code: codeRejected}
			continue
		}
		b.Ops, of = append(b.Ops, op), append(of, i)
	}
	verdicts, err := a.r().Check(ctx, b.Time, b.Ops)
	if err != nil {
		return nil, err
	}
	prepared, err := a.r().Prepare(b, verdicts)
	if err != nil {
		return nil, err
	}
	for k, r := range prepared.Receipts() {
		results[of[k]] = &abci.ExecTxResult{}
		if !r.Status.Accepted() {
			results[of[k]].Code = codeRejected
		}
	}
	updates, err := a.validators(b.Height)
	if err != nil {
		return nil, err
	}
	digest := prepared.Digest()
	a.mu.Lock()
	a.prepared, a.block = prepared, b
	a.mu.Unlock()
	a.watch.voted(req)
	return &abci.ResponseFinalizeBlock{TxResults: results, ValidatorUpdates: updates, AppHash: digest[:]}, nil
}

// Commit writes the block, in one write, and lets the worker sign it.
func (a *app) Commit(context.Context, *abci.RequestCommit) (*abci.ResponseCommit, error) {
	defer a.meters.stage(stageCommit)()
	a.mu.Lock()
	prepared, b := a.prepared, a.block
	a.prepared, a.block = nil, nil
	a.mu.Unlock()
	if prepared == nil {
		return nil, errNotPrepared
	}
	records := prepared.Records()
	if len(records) > 0 {
		a.crash.near("committed")
	}
	if err := a.r().Commit(prepared); err != nil {
		return nil, err
	}
	if len(records) > 0 {
		a.crash.at("committed")
	}
	a.meters.block(b, prepared.Receipts())
	a.watch.block(b, prepared.Receipts(), records, a.r().Ledger().Parameters())
	a.pool.executed(a.r(), b)
	a.shots.take(a.r())
	a.work()
	return &abci.ResponseCommit{RetainHeight: a.retain(b.Height)}, nil
}

// retain is the height from which on blocks are kept: evidence of what happened lately, and
// what others catch up by from the last snapshot on.
func (a *app) retain(height uint64) int64 {
	keep := a.home.Settings.Retain
	if keep == 0 || height <= keep {
		return 0
	}
	from := height - keep
	if s := a.shots.oldest(); s > 0 {
		from = min(from, s)
	}
	return int64(from)
}

// encodedSize is what an operation takes in a block.
func encodedSize(tx []byte) int { return int(cmttypes.ComputeProtoSizeForTxs([]cmttypes.Tx{tx})) }
