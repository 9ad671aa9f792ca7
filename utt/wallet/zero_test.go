package wallet_test

import (
	"testing"

	"github.com/utt-ecash/utt-go/internal/testzero"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

func TestNothingPanics(t *testing.T) {
	testzero.Run(t, testzero.Package{
		Types:     []any{new(wallet.Wallet), new(wallet.Balance), new(wallet.Payment), new(wallet.Plan), new(wallet.Funds), new(wallet.FundsError)},
		Functions: map[string]any{"New": wallet.New},
		Errors:    []error{utt.ErrConflict, utt.ErrInsufficient, utt.ErrInvalid, utt.ErrMalformed, utt.ErrNotFound, utt.ErrPolicy, utt.ErrStore},
		Usable:    []string{},
	})
}
