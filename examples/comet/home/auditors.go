package home

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/audit"
)

// Of four auditors one may be faulty, and any two open and decide.
const auditorCount, auditorFaults, auditorThreshold = 4, 1, 2

// Purposes of the auditors' keys.
const (
	purposeOpening  = "opening"
	purposeApproval = "approval"
)

// MaxSeal is how long a warrant may stay sealed, and MinSum of how many payments a sum is
// opened, at least, unless terms say otherwise.
const (
	MaxSeal = 30 * 24 * time.Hour
	MinSum  = 100
)

// auditors makes the auditors' keys and files.
func (f *founder) auditors(ctx context.Context, config *utt.Config) error {
	p := &parties{network: config.Genesis, faults: auditorFaults, threshold: auditorThreshold, sessions: 1 << 16}
	all, peers := make([]*Auditor, auditorCount), make([]audit.Peer, auditorCount)
	for j := range all {
		var err error
		if all[j], err = newAuditor(fmt.Sprint("auditor", j+1)); err != nil {
			return err
		}
		card, err := all[j].card()
		if err != nil {
			return err
		}
		p.identities, peers[j] = append(p.identities, all[j].identity()), card.Peer
	}
	f.step("the auditors' keys to open payments with")
	opening, openingShares, openers, err := p.encryption(ctx, purposeOpening, utt.AuditComponents)
	if err != nil {
		return err
	}
	f.step("the auditors' key to approve with")
	approval, approvalShares, approvers, err := p.signing(ctx, purposeApproval, utt.ApprovalAttributes)
	if err != nil {
		return err
	}
	warrant, warrantKey, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	config.Auditors = &utt.Auditors{Opening: opening.Key(), Approval: approval.Group()}
	config.Holders = append(config.Holders, openers, approvers)
	config.Warrants = utt.Warrants{Authority: warrant, MaxSeal: MaxSeal}
	config.MinSum = MinSum
	folder := filepath.Join(f.Folder, "auditors")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := replace(filepath.Join(folder, "warrant.key"), fmt.Appendf(nil, "%x\n", warrantKey.Seed()), 0o600); err != nil {
		return err
	}
	for j, a := range all {
		a.Index, a.Peers = j+1, peers
		if err := a.seal(opening, openingShares[j], approval, approvalShares[j]); err != nil {
			return err
		}
		if err := writeJSON(filepath.Join(folder, a.Name+".json"), a, 0o600); err != nil {
			return err
		}
	}
	return nil
}
