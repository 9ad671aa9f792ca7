package replica_test

import (
	"testing"

	"github.com/utt-ecash/utt-go/internal/testzero"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
)

func TestNothingPanics(t *testing.T) {
	testzero.Run(t, testzero.Package{
		Types:     []any{new(replica.Signer), new(replica.SignerState), new(replica.Certifier), new(replica.Publication), new(replica.Replica), new(replica.Party), new(replica.Key), new(replica.Kind), new(replica.Stage), new(replica.Blame), new(replica.Config), new(replica.Prepared), new(replica.Message), new(replica.Published)},
		Functions: map[string]any{"Open": replica.Open, "Restore": replica.Restore, "NewSigner": replica.NewSigner, "NewCertifier": replica.NewCertifier, "NewCredentialCertifier": replica.NewCredentialCertifier},
		Errors:    []error{utt.ErrConflict, utt.ErrInsufficient, utt.ErrInvalid, utt.ErrMalformed, utt.ErrNotFound, utt.ErrPolicy, utt.ErrStore},
		Usable:    []string{"Publication.Places"}, // an empty one has none
	})
}
