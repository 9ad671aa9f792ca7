package wallet_test

import (
	"testing"

	"github.com/utt-ecash/utt-go/internal/testzero"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

func TestNothingPanics(t *testing.T) {
	testzero.Run(t, testzero.Package{
		Types: []any{new(wallet.Balance), new(wallet.Budget), new(wallet.Config), new(wallet.CredentialError), new(wallet.Directory), new(wallet.Fault), new(wallet.Funds), new(wallet.FundsError),
			new(wallet.Handle), new(wallet.Item), new(wallet.ItemKind), new(wallet.Progress), new(wallet.Running), new(wallet.HeldPayment), new(wallet.NodeError), new(wallet.OperationError), new(wallet.Payment), new(wallet.Plan), new(wallet.State),
			new(wallet.Status), new(wallet.SuspendedError), new(wallet.UnregisteredError), new(wallet.Wallet)},
		Functions: map[string]any{"HandleOf": wallet.HandleOf, "New": wallet.New, "Open": wallet.Open, "OpenDirectory": wallet.OpenDirectory, "ParseWords": wallet.ParseWords, "Words": wallet.Words},
		Errors:    []error{utt.ErrConflict, utt.ErrInsufficient, utt.ErrInvalid, utt.ErrMalformed, utt.ErrNotFound, utt.ErrPolicy, utt.ErrStore},
		Usable:    []string{"Handle.MarshalText"},
	})
}
