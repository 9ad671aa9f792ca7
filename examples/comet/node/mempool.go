package node

import (
	"context"
	"errors"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/utt-ecash/utt-go/utt"
)

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
