package utt

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"slices"
)

// WatchedBy is the member with a scan key.
func (m *Member) WatchedBy(d ScanKey) *Member {
	with := *m
	with.scan = d
	return &with
}

// CluePaymentTo is mallory's payment of 120 with her coin of 300 to a member.
func (w *World) CluePaymentTo(m *Member) *Transfer {
	d := w.pay()
	d.Payee = m
	return w.forge(d, hooks{})
}

// CluedLike is a payment with another coin, and with the clues of another payment.
func (w *World) CluedLike(m *Member, o *Transfer) *Transfer {
	d := w.payDraft(w.Mallory, w.Bob, []Amount{120, 80}, w.Mallory.coinOf(200))
	d.Payee = m
	return w.forge(d, hooks{outputs: func(f *forgery) { f.t.clues = slices.Clone(o.clues) }})
}

// CluedFor is a payment whose clue is for somebody else than its payee.
func (w *World) CluedFor(m, other *Member) *Transfer {
	d := w.pay()
	d.Payee = m
	return w.forge(d, hooks{outputs: func(f *forgery) {
		f.t.clues = must(cluesFor(nil, []*Member{other}, w.Parameters.network, f.t.seed(), [32]byte{}, nil))
	}})
}

// RecordOf is the record of a transfer that nobody has looked at.
func (w *World) RecordOf(t *Transfer) *Record {
	row := w.Parameters.rows[rowUse{t.header.asset, t.header.use}]
	return &Record{status: Executed, id: t.id, entry: t.entry(w.Parameters, w.Parameters.derive(&t.header, row), nil)}
}

// WithR is a record of a payment with other bytes for R.
func (r *Record) WithR(u []byte) *Record {
	d, e := *r, *r.entry.(*transferEntry)
	e.clues = slices.Clone(e.clues)
	copy(e.clues[0].point[:], u)
	d.entry = &e
	return &d
}

// WithClues is a record of a payment with clues for these owners.
func (r *Record) WithClues(n NetworkID, owners ...*Member) *Record {
	d, e := *r, *r.entry.(*transferEntry)
	e.clues = must(cluesFor(nil, owners, n, e.seed(), [32]byte{}, nil))
	d.entry = &e
	return &d
}

// Exchanged is the record with its first two clues exchanged.
func (r *Record) Exchanged() *Record {
	d, e := *r, *r.entry.(*transferEntry)
	e.clues = slices.Clone(e.clues)
	e.clues[0], e.clues[1] = e.clues[1], e.clues[0]
	d.entry = &e
	return &d
}

// Clues are those of a transfer.
func Clues(t *Transfer) (all [][]byte) {
	for _, c := range t.clues {
		all = append(all, append(c.point[:], c.masked[:]...))
	}
	return all
}

// UnusableU are encodings of u that are not canonical or of small order.
func UnusableU() map[string][]byte {
	all := unusableU()
	all["0"] = make([]byte, 32)
	return all
}

// ClueVector is a clue of fixed arguments.
type ClueVector struct {
	R      string `json:"r"`
	D      string `json:"d"` // the secret of the scan key, empty for none
	Key    string `json:"scan_key"`
	PID    string `json:"pid"`
	Handle string `json:"handle"`
	Seed   string `json:"seed"`
	Place  int    `json:"place"`
	Blank  string `json:"blank"` // of an owner without scan key
	Clue   string `json:"clue"`
}

// ClueOf is the clue of place j under a seed for an identity, with r and the secret given.
func ClueOf(n NetworkID, identity string, r, secret, sd []byte, j int) ClueVector {
	pid := PIDOf(identity)
	h, blank := pid.ScanHandle(n), ScanHandle(sd[:16])
	v := ClueVector{R: fmt.Sprintf("%x", r), PID: pid.String(), Handle: h.String(), Seed: fmt.Sprintf("%x", sd), Place: j, Blank: blank.String()}
	var d ScanKey
	if secret != nil {
		v.D = fmt.Sprintf("%x", secret)
		d = ScanKey(must(ecdh.X25519().NewPrivateKey(secret)).PublicKey().Bytes())
	}
	v.Key = d.String()
	c := must(newClue(d, h, seed(sd), j, clueRandomness{r, blank}))
	v.Clue = fmt.Sprintf("%x", append(c.point[:], c.masked[:]...))
	return v
}

// AtTime is the record at another time.
func (r *Record) AtTime(time uint64) *Record {
	d := *r
	d.time = time
	return &d
}

// ReaddressRecord is the record of a readdress that nobody has looked at.
func (w *World) ReaddressRecord(r *Readdress, time uint64) *Record {
	return &Record{status: Executed, time: time, id: r.ID(), entry: &addressEntry{r.addressOrder, r.endorsements}}
}

// SetKeys has a readdress give an address with a scan key.
func SetKeys(r *Readdress, address []byte, d ScanKey) { r.address, r.scan = address, d }

// SetAddress has a readdress give the address of another.
func SetAddress(r *Readdress, m *Member) { r.address, r.scan = m.address, m.scan }

// AccountOf is a party's account key.
func AccountOf(u *Party) ed25519.PrivateKey { return u.account }

// RequestAs is a request by a party under another's name, and RequestOn one for a network.
func RequestAs(u *Party, identity string, r PaymentRequest) string {
	r.Identity = identity
	return RequestOn(u, u.p.network, r)
}

// RequestOn is a request that nobody has looked at.
func RequestOn(u *Party, n NetworkID, r PaymentRequest) string {
	b := append(r.content(n), ed25519.Sign(u.account, r.message(n))...)
	return paymentRequestPrefix + base64.RawURLEncoding.EncodeToString(b)
}

// RequestOf is a request by the keys of a seed.
func RequestOf(n NetworkID, seed [SeedSize]byte, r PaymentRequest) string {
	return must(must(DeriveKeys(&Parameters{network: n, encoding: []byte{1}}, PIDOf(r.Identity), seed[:])).RequestPayment(r))
}

// ReencodeRequest is a request decoded and encoded.
func ReencodeRequest(text string) (string, error) {
	n, r, signature, err := parsePaymentRequest(text)
	return paymentRequestPrefix + base64.RawURLEncoding.EncodeToString(append(r.content(n), signature...)), err
}
