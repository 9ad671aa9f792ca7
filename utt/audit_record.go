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

// Components are the components of an audit record that the auditors open to decide, in
// ascending order.
func (r Reveals) Components() []int {
	switch r {
	case RevealAmount:
		return []int{AuditLow, AuditHigh}
	case RevealAmountAndPayee:
		return []int{AuditPayee, AuditLow, AuditHigh}
	case RevealAll:
		return []int{AuditPayer, AuditPayee, AuditLow, AuditHigh}
	}
	return nil
}

// Plaintext is what decrypting the identifier yields: PIDs are found by it.
func (p PID) Plaintext() threshold.Plaintext { return threshold.NewPlaintext(p.attribute()) }
