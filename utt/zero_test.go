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
		Types: []any{new(utt.Amendment), new(utt.Audit), new(utt.Auditors), new(utt.Authority), new(utt.Block), new(utt.BlockShares), new(utt.Case), new(utt.BatchStatus), new(utt.Cause), new(utt.Certificate), new(utt.CertificateShare), new(utt.Checker), new(utt.Checkpoint), new(utt.CheckpointKind), new(utt.CredentialLeaf),
			new(utt.Circuit), new(utt.Code), new(utt.Collection), new(utt.Committees), new(utt.Completed), new(utt.Config), new(utt.Cursor), new(utt.Decision), new(utt.Digest), new(utt.Draft),
			new(utt.Endorser), new(utt.Entry), new(utt.Fee), new(utt.Frontier), new(utt.Grant), new(utt.Holders), new(utt.Holding), new(utt.ID), new(utt.Inclusion), new(utt.Issue), new(utt.Keys), new(utt.Kind),
			new(utt.Mandate), new(utt.Member), new(utt.Mint), new(utt.NetworkID), new(utt.Openings), new(utt.Output), new(utt.PID), new(utt.Parameters), new(utt.PaymentRequest), new(utt.ProvenPayment), new(utt.PublicTransfer),
			new(utt.Receipt), new(utt.Received), new(utt.Record), new(utt.Registration), new(utt.Rejection), new(utt.Reveals), new(utt.Role), new(utt.Row), new(utt.Schedule), new(utt.Section), new(utt.SessionAdoption), new(utt.SessionAuthorisation), new(utt.SessionEvent), new(utt.SessionMessage), new(utt.SessionOpening), new(utt.Share),
			new(utt.Readdress), new(utt.ScanHandle), new(utt.ScanKey), new(utt.ScanSecret), new(utt.Sighting), new(utt.Status), new(utt.Summary), new(utt.Suspension), new(utt.TaxBatch), new(utt.TaxOffice), new(utt.TaxShares), new(utt.Taxed), new(utt.Transfer), new(utt.Tree), new(utt.Verb), new(utt.Verdicts), new(utt.Wait),
			new(utt.Components), new(utt.Grounds), new(utt.HeldPayment), new(utt.Sum), new(utt.SumKind), new(utt.SumSet), new(utt.Violation), new(utt.Warrant), new(utt.WarrantOpening), new(utt.WarrantTerms), new(utt.WarrantVoid), new(utt.Warrants), new(utt.WatchAnswer), new(utt.WatchQuestion)},
		Functions: map[string]any{"Absent": utt.Absent, "DigestOf": utt.DigestOf, "AuthoriseSession": utt.AuthoriseSession, "HoldersOf": utt.HoldersOf, "NewSessionAdoption": utt.NewSessionAdoption,
			"NewSessionMessage": utt.NewSessionMessage, "NewSessionOpening": utt.NewSessionOpening, "CheckIdentity": utt.CheckIdentity, "GenerateScanSecret": utt.GenerateScanSecret, "NewScanSecret": utt.NewScanSecret, "DecisionCommitment": utt.DecisionCommitment, "DeriveKeys": utt.DeriveKeys, "NewCollection": utt.NewCollection, "NewDecision": utt.NewDecision, "NewAmendment": utt.NewAmendment, "NewSuspension": utt.NewSuspension, "NewSum": utt.NewSum, "NewWarrant": utt.NewWarrant, "NewWarrantVoid": utt.NewWarrantVoid, "JoinShares": utt.JoinShares, "NewEndorser": utt.NewEndorser, "NewGrant": utt.NewGrant, "NewInclusion": utt.NewInclusion, "NewSection": utt.NewSection,
			"NewIssue": utt.NewIssue, "NewMint": utt.NewMint, "NewParameters": utt.NewParameters, "NewPublicTransfer": utt.NewPublicTransfer,
			"PIDOf": utt.PIDOf, "ParseOperation": utt.ParseOperation, "ParseOperations": utt.ParseOperations,
			"Leaves": utt.Leaves, "RecordKind": utt.RecordKind, "LogEntry": utt.LogEntry, "ParseEntry": utt.ParseEntry, "SectionBounds": utt.SectionBounds, "ParseParameters": utt.ParseParameters, "ParseRecord": utt.ParseRecord, "ParseUnsigned": utt.ParseUnsigned},
		Errors: []error{utt.ErrConflict, utt.ErrInsufficient, utt.ErrInvalid, utt.ErrMalformed, utt.ErrNotFound, utt.ErrPolicy, utt.ErrStore},
		Usable: []string{"CheckIdentity", "GenerateScanSecret", "ScanKey.Check", "Block.AppendBinary", "Block.MarshalBinary", "Checkpoint.AppendBinary", "Checkpoint.MarshalBinary",
			"Cursor.AppendBinary", "Cursor.MarshalBinary", "Digest.MarshalText", "ID.MarshalText", "NetworkID.MarshalText", "PID.MarshalText", "ScanHandle.MarshalText", "ScanKey.MarshalText",
			"Frontier.AppendBinary", "Frontier.MarshalBinary", "Frontier.Extend", "Frontier.ExtendCredentials", "Frontier.ExtendEntries", "Share.AppendBinary", "Share.MarshalBinary",
			"WatchAnswer.AppendBinary", "WatchAnswer.MarshalBinary", "WatchAnswer.Check"},
	})
}
