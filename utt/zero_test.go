package utt_test

import (
	"encoding"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testzero"
	"github.com/utt-ecash/utt-go/utt"
)

func TestNothingPanics(t *testing.T) {
	n := newCertifying(t)
	shares, _ := n.certify(t)
	certificate, err := n.committees.Certify(n.p, shares)
	require.NoError(t, err)
	testzero.Run(t, testzero.Package{
		Encoded: []encoding.BinaryMarshaler{certificate, shares[0], n.records[1][0], n.shares(t, n.ledger, 2, n.coin[0])[0]},
		Types: []any{new(utt.Balance), new(utt.Block), new(utt.Case), new(utt.Certificate),
			new(utt.CertificateShare), new(utt.Certifier), new(utt.Checkpoint), new(utt.Circuit), new(utt.Code), new(utt.Committees),
			new(utt.Config), new(utt.Cursor), new(utt.Digest), new(utt.Endorser), new(utt.Funds), new(utt.FundsError), new(utt.Grant),
			new(utt.Head), new(utt.ID), new(utt.Issue), new(utt.Ledger), new(utt.MemoryStore), new(utt.Mint),
			new(utt.NetworkID), new(utt.PID), new(utt.Parameters), new(utt.Payment), new(utt.Plan), new(utt.PublicTransfer), new(utt.Publication),
			new(utt.Receipt), new(utt.Record), new(utt.Registration), new(utt.Rejection), new(utt.Share), new(utt.Signer),
			new(utt.SignerState), new(utt.Status), new(utt.Transfer), new(utt.Verdicts), new(utt.Wallet), new(utt.Write)},
		Functions: map[string]any{"NewCertifier": utt.NewCertifier, "NewEndorser": utt.NewEndorser, "NewGrant": utt.NewGrant, "NewIssue": utt.NewIssue,
			"NewLedger": utt.NewLedger, "NewParameters": utt.NewParameters, "NewSigner": utt.NewSigner, "NewWallet": utt.NewWallet,
			"PIDOf": utt.PIDOf, "ParseOperation": utt.ParseOperation, "ParseOperations": utt.ParseOperations,
			"ParseParameters": utt.ParseParameters, "Restore": utt.Restore},
		Errors: []error{utt.ErrConflict, utt.ErrInsufficient, utt.ErrInvalid, utt.ErrMalformed, utt.ErrNotFound, utt.ErrPolicy, utt.ErrStore},
		Usable: []string{"MemoryStore.Apply", "MemoryStore.Get", "MemoryStore.Scan", "Share.AppendBinary", "Share.MarshalBinary"},
	})
}
