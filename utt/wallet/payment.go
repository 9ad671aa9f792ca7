package wallet

import "github.com/utt-ecash/utt-go/utt"

// Payment is money received from somebody, who is not known. ID and Output name it: one
// transfer may pay somebody twice, as payee and, like a tax office, by the rules.
type Payment struct {
	ID     utt.ID
	Output int
	Role   utt.Role // utt.Payee or utt.Fixed
	Asset  string
	Amount utt.Amount
	Memo   string
	Time   uint64 // of the block, in seconds since 1970
}
