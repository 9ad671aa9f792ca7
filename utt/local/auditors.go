package local

import (
	"context"
	"crypto/ed25519"
	"time"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// AuditorKeys are the auditors' keys and the shares of them, of auditor j at j − 1. Any two
// of four auditors open and decide.
type AuditorKeys struct {
	Opening        *threshold.EncryptionCommittee
	OpeningShares  []*threshold.EncryptionKeyShare
	Approval       *threshold.Committee
	ApprovalShares []*threshold.KeyShare
	Warrant        ed25519.PrivateKey // who orders that payments be opened
}

// Rules about what auditors open besides what they decide on.
const (
	maxSeal = 30 * 24 * time.Hour // of a warrant
	minSum  = 3                   // payments: many more where somebody is to be hidden among them
)

// auditorFaults is how many of the auditors may be faulty.
const auditorFaults = 1

// newAuditorKeys has auditors make their keys.
func newAuditorKeys(ctx context.Context, network [32]byte) (*AuditorKeys, error) {
	p, err := newParties(auditorFaults)
	if err != nil {
		return nil, err
	}
	k := new(AuditorKeys)
	if k.Opening, k.OpeningShares, err = p.generateEncryption(ctx, network, "opening", utt.AuditComponents); err != nil {
		return nil, err
	}
	if k.Approval, k.ApprovalShares, err = p.generate(ctx, network, "approval", utt.ApprovalAttributes); err != nil {
		return nil, err
	}
	_, k.Warrant, err = ed25519.GenerateKey(nil)
	return k, err
}
