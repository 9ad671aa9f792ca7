package utt

import "github.com/utt-ecash/utt-go/threshold"

// AuditRecord is what the auditors can open of the transfer of a record: AuditComponents
// values. It is nil where there is none. It comes without its proof, so that auditors open
// it only of records that are certified [ENC-FROM].
func (r *Record) AuditRecord() *threshold.Ciphertext {
	if r == nil {
		return nil
	}
	if e, ok := r.entry.(*transferEntry); ok {
		return e.audit
	}
	return nil
}

// Plaintext is what decrypting the identifier yields: PIDs are found by it.
func (p PID) Plaintext() threshold.Plaintext { return threshold.NewPlaintext(p.attribute()) }
