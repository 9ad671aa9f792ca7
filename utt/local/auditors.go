package local

import (
	"context"
	"fmt"

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
	k.Approval, k.ApprovalShares, err = p.generate(ctx, network, "approval", utt.ApprovalAttributes)
	return k, err
}

// Auditors are the auditors' keys, nil if there are none.
func (n *Network) Auditors() *AuditorKeys {
	if n.usable() != nil || n.auditors == nil {
		return nil
	}
	k := *n.auditors
	return &k
}

// Decide puts a decision of the auditors on a payment that is held on the ledger, without
// their opening it: for tests of what becomes of it.
func (n *Network) Decide(ctx context.Context, verb utt.Verb, transfer utt.ID) error {
	if err := n.usable(); err != nil {
		return err
	}
	m := utt.DecisionCommitment(n.p.Network(), verb, transfer)
	if n.auditors == nil || m == nil {
		return fmt.Errorf("%w: no auditors, or to %v", utt.ErrInvalid, verb)
	}
	var shares []*threshold.SignatureShare
	for _, k := range n.auditors.ApprovalShares[:n.auditors.Approval.Threshold()] {
		s, err := k.Sign(m)
		if err != nil {
			return err
		}
		shares = append(shares, s)
	}
	s, err := n.auditors.Approval.Combine(m, shares)
	if err != nil {
		return err
	}
	d, err := utt.NewDecision(verb, transfer, s)
	if err != nil {
		return err
	}
	return n.Submit(ctx, d)
}
