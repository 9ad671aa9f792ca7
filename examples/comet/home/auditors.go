package home

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/audit"
)

// Auditor is what one of the auditors has: a file of his own.
type Auditor struct {
	Index    int          `json:"index"`
	Seed     []byte       `json:"seed"`
	Opening  []byte       `json:"opening"`  // shares, under the passphrase
	Approval []byte       `json:"approval"` // the same
	Phrase   string       `json:"passphrase"`
	Peers    []audit.Peer `json:"peers"`
	// the committees of the keys that all have shares of
	OpeningCommittee  []byte `json:"opening_committee"`
	ApprovalCommittee []byte `json:"approval_committee"`
}

// Of four auditors one may be faulty, and any two open and decide.
const auditorCount, auditorFaults, auditorThreshold = 4, 1, 2

// maxSeal is how long a warrant may stay sealed, and minSum of how many payments a sum is
// opened.
const (
	maxSeal = 30 * 24 * time.Hour
	minSum  = 100
)

// auditors makes the auditors' keys and files.
func (f *founder) auditors(ctx context.Context, config *utt.Config) error {
	p := &parties{network: config.Genesis, faults: auditorFaults, threshold: auditorThreshold, sessions: 1 << 16}
	for range auditorCount {
		_, k, err := ed25519.GenerateKey(nil)
		if err != nil {
			return err
		}
		p.identities = append(p.identities, k)
	}
	f.step("the auditors' keys to open payments with")
	opening, openingShares, openers, err := p.encryption(ctx, "opening", utt.AuditComponents)
	if err != nil {
		return err
	}
	f.step("the auditors' key to approve with")
	approval, approvalShares, approvers, err := p.signing(ctx, "approval", utt.ApprovalAttributes)
	if err != nil {
		return err
	}
	warrant, warrantKey, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	config.Auditors = &utt.Auditors{Opening: opening.Key(), Approval: approval.Group()}
	config.Holders = append(config.Holders, openers, approvers)
	config.Warrants = utt.Warrants{Authority: warrant, MaxSeal: maxSeal}
	config.MinSum = minSum
	folder := filepath.Join(f.Folder, "auditors")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := replace(filepath.Join(folder, "warrant.key"), fmt.Appendf(nil, "%x\n", warrantKey.Seed()), 0o600); err != nil {
		return err
	}
	var peers []audit.Peer
	seeds := make([][]byte, auditorCount)
	for j := range seeds {
		seeds[j] = make([]byte, audit.SeedSize)
		_, _ = rand.Read(seeds[j]) // never fails
		k, err := audit.DeriveKeys(seeds[j])
		if err != nil {
			return err
		}
		peers = append(peers, k.Peer())
	}
	for j := range seeds {
		if err := writeAuditor(folder, j, seeds[j], peers, opening, openingShares[j], approval, approvalShares[j]); err != nil {
			return err
		}
	}
	return nil
}

func writeAuditor(folder string, j int, seed []byte, peers []audit.Peer,
	opening *threshold.EncryptionCommittee, openingShare *threshold.EncryptionKeyShare,
	approval *threshold.Committee, approvalShare *threshold.KeyShare,
) (err error) {
	a := Auditor{Index: j + 1, Seed: seed, Peers: peers, Phrase: rand.Text()}
	if a.Opening, err = openingShare.Seal(nil, []byte(a.Phrase)); err != nil {
		return err
	}
	if a.Approval, err = approvalShare.Seal(nil, []byte(a.Phrase)); err != nil {
		return err
	}
	if a.OpeningCommittee, err = opening.MarshalBinary(); err != nil {
		return err
	}
	if a.ApprovalCommittee, err = approval.MarshalBinary(); err != nil {
		return err
	}
	return writeJSON(filepath.Join(folder, fmt.Sprintf("auditor%d.json", j+1)), a, 0o600)
}
