package local

import (
	"context"

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
}

// Of the auditors one may be faulty, and any two open and decide, so that two sets of them
// need have nobody in common: what they sign has no attributes, and no two of their signatures
// make a third.
const auditorFaults, auditorThreshold = 1, 2

// newAuditorKeys has auditors make their keys.
func newAuditorKeys(ctx context.Context, network [32]byte) (*AuditorKeys, error) {
	p, err := newParties(auditorFaults, auditorThreshold)
	if err != nil {
		return nil, err
	}
	k := new(AuditorKeys)
	if k.Opening, k.OpeningShares, err = p.generateEncryption(ctx, network, "opening", utt.AuditComponents); err != nil {
		return nil, err
	}
	k.Approval, k.ApprovalShares, err = p.generate(ctx, network, "approval", utt.ApprovalAttributes)
	return k, err
}
