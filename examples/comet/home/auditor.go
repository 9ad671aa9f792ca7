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

// OpenAuditor makes the auditor of a file.
func OpenAuditor(path string, p *utt.Parameters, judge func(audit.Opened) utt.Verb) (*audit.Auditor, error) {
	var f Auditor
	if err := readJSON(path, &f); err != nil {
		return nil, err
	}
	c := audit.Config{Parameters: p, Peers: f.Peers, Judge: judge, Opening: new(threshold.EncryptionCommittee), Approval: new(threshold.Committee)}
	var err error
	if c.Keys, err = audit.DeriveKeys(f.Seed); err != nil {
		return nil, err
	}
	if c.OpeningShare, err = threshold.OpenEncryptionKeyShare(f.Opening, []byte(f.Phrase)); err != nil {
		return nil, err
	}
	if c.ApprovalShare, err = threshold.OpenKeyShare(f.Approval, []byte(f.Phrase)); err != nil {
		return nil, err
	}
	if err := errors.Join(c.Opening.UnmarshalBinary(f.OpeningCommittee), c.Approval.UnmarshalBinary(f.ApprovalCommittee)); err != nil {
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
