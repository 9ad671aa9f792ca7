package replica_test

import (
	"testing"

	"github.com/utt-ecash/utt-go/internal/testzero"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
)

func TestNothingPanics(t *testing.T) {
	testzero.Run(t, testzero.Package{
		Types:     []any{new(replica.Signer), new(replica.SignerState), new(replica.Certifier), new(replica.Publication)},
		Functions: map[string]any{"NewSigner": replica.NewSigner, "NewCertifier": replica.NewCertifier},
		Errors:    []error{utt.ErrConflict, utt.ErrInsufficient, utt.ErrInvalid, utt.ErrMalformed, utt.ErrNotFound, utt.ErrPolicy, utt.ErrStore},
		Usable:    []string{},
	})
}
