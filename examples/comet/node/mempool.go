package node

import (
	"context"
	"errors"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/utt-ecash/utt-go/utt"
)

// InsertTx takes what another validator has admitted. It does not wait for the verdict.
func (a *app) InsertTx(_ context.Context, req *abci.RequestInsertTx) (*abci.ResponseInsertTx, error) {
	switch err := a.pool.insert(req.Tx); {
	case err == nil:
		return &abci.ResponseInsertTx{}, nil
	case errors.Is(err, errBusy):
		return &abci.ResponseInsertTx{Code: abci.CodeTypeRetry}, nil
	}
	return &abci.ResponseInsertTx{Code: codeRejected}, nil
}

// ReapTxs is what is to be told to other validators.
func (a *app) ReapTxs(context.Context, *abci.RequestReapTxs) (*abci.ResponseReapTxs, error) {
	return &abci.ResponseReapTxs{Txs: a.pool.reap()}, nil
}

// CheckTx is for what comes over CometBFT's RPC.
func (a *app) CheckTx(ctx context.Context, req *abci.RequestCheckTx) (*abci.ResponseCheckTx, error) {
	op, err := operation(req.Tx)
	if err == nil {
		err = a.pool.submit(ctx, op)
	}
	var no *utt.Rejection
	switch {
	case err == nil:
		return &abci.ResponseCheckTx{}, nil
	case errors.As(err, &no):
		return &abci.ResponseCheckTx{Code: codeRejected, Log: no.Error(), Codespace: "utt"}, nil
	case errors.Is(err, errBusy):
		return &abci.ResponseCheckTx{Code: abci.CodeTypeRetry, Log: err.Error(), Codespace: "utt"}, nil
	}
	return &abci.ResponseCheckTx{Code: codeRejected, Log: "malformed", Codespace: "utt"}, nil
}
