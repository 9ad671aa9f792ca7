package home

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/audit"
)

// Auditor is what one of the auditors has: a file of his own, nobody else's to read. Index and what
// follows Phrase are there once the network is founded.
type Auditor struct {
	Name     string       `json:"name,omitempty"`
	Identity []byte       `json:"identity_seed,omitempty"` // the seed of the key by which he makes keys with the others, and holds shares
	Index    int          `json:"index"`
	Seed     []byte       `json:"seed"`
	Phrase   string       `json:"passphrase"`
	Opening  []byte       `json:"opening"`  // shares, under the passphrase
	Approval []byte       `json:"approval"` // the same
	Peers    []audit.Peer `json:"peers"`
	// the committees of the keys that all have shares of
	OpeningCommittee  []byte `json:"opening_committee"`
	ApprovalCommittee []byte `json:"approval_committee"`
}

// seal puts his shares under his passphrase, with the committees that they are of.
func (a *Auditor) seal(opening *threshold.EncryptionCommittee, openingShare *threshold.EncryptionKeyShare,
	approval *threshold.Committee, approvalShare *threshold.KeyShare,
) (err error) {
	if a.Opening, err = openingShare.Seal(nil, []byte(a.Phrase)); err != nil {
		return err
	}
	if a.Approval, err = approvalShare.Seal(nil, []byte(a.Phrase)); err != nil {
		return err
	}
	if a.OpeningCommittee, err = opening.MarshalBinary(); err != nil {
		return err
	}
	a.ApprovalCommittee, err = approval.MarshalBinary()
	return err
}

// OpenAuditor makes the auditor of a file. Decisions are his own: by itself he makes none.
func OpenAuditor(path string, p *utt.Parameters) (*audit.Auditor, error) {
	a := new(Auditor)
	if err := readJSON(path, a); err != nil {
		return nil, err
	}
	if a.Opening == nil {
		return nil, fmt.Errorf("%s has no shares yet: uttd found run --auditor %s makes them with the others", path, path)
	}
	return a.open(p)
}

func (a *Auditor) open(p *utt.Parameters) (*audit.Auditor, error) {
	c := audit.Config{
		Parameters: p, Peers: a.Peers, Judge: func(audit.Opened) utt.Verb { return 0 },
		Opening: new(threshold.EncryptionCommittee), Approval: new(threshold.Committee),
	}
	var err error
	if c.Keys, err = audit.DeriveKeys(a.Seed); err != nil {
		return nil, err
	}
	if c.OpeningShare, err = threshold.OpenEncryptionKeyShare(a.Opening, []byte(a.Phrase)); err != nil {
		return nil, err
	}
	if c.ApprovalShare, err = threshold.OpenKeyShare(a.Approval, []byte(a.Phrase)); err != nil {
		return nil, err
	}
	if err := errors.Join(c.Opening.UnmarshalBinary(a.OpeningCommittee), c.Approval.UnmarshalBinary(a.ApprovalCommittee)); err != nil {
		return nil, err
	}
	return audit.New(c)
}

// Mail is a folder that auditors share, in which each finds the letters to him. They are
// sealed to their reader, so that whoever has the folder sees who writes to whom, and when.
type Mail string

func (m Mail) box(to threshold.Index) string {
	return filepath.Join(string(m), fmt.Sprint("to-", strconv.Itoa(int(to))))
}

// Send puts letters into the boxes of those they are for.
func (m Mail) Send(letters []audit.Message) error {
	for _, l := range letters {
		if err := os.MkdirAll(m.box(l.To), 0o700); err != nil {
			return err
		}
		f, err := os.CreateTemp(m.box(l.To), "letter-")
		if err != nil {
			return err
		}
		_, err = f.Write(l.Bytes)
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// Letters are those to an auditor. They stay there: one who is made again reads them again.
func (m Mail) Letters(to threshold.Index) (all [][]byte, err error) {
	paths, err := filepath.Glob(filepath.Join(m.box(to), "letter-*"))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || info.Size() > audit.MaxMessage {
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}
