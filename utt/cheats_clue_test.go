package utt

import (
	"bytes"
	"crypto/ed25519"
	"slices"

	"github.com/utt-ecash/utt-go/internal/dst"
)

// p25519 is 2^255 − 19 and a little more, in the bytes of X25519.
func p25519(more byte) []byte {
	return append(append([]byte{0xed + more}, bytes.Repeat([]byte{0xff}, 30)...), 0x7f)
}

// unusableU are encodings of u that are not canonical or of small order.
func unusableU() map[string][]byte {
	one := append([]byte{1}, make([]byte, 31)...)
	high := append(append([]byte{9}, make([]byte, 30)...), 0x80)
	minusOne := p25519(0xff) // p − 1
	return map[string][]byte{"1": one, "p - 1": minusOne, "p": p25519(0), "p + 9": p25519(9), "9 with a bit that nobody reads": high}
}

// Readdressed is a readdress that nobody has looked at, signed by a key and endorsed.
func (w *World) Readdressed(change func(*Readdress), account ed25519.PrivateKey, by *Endorser, finish func(*Readdress)) *Readdress {
	r := *must(w.Mallory.Readdress(1, w.Someday()))
	if change != nil {
		change(&r)
	}
	n := w.Parameters.network
	r.signature = ed25519.Sign(account, r.message(dst.Readdress, n))
	if by != nil {
		r.endorser, r.endorsement = by.public, must(by.sign(r.message(dst.NewAddress, n)))
	}
	if finish != nil {
		finish(&r)
	}
	r.sealed = seal(r.encode())
	return &r
}

// HonestReaddress is mallory's of a number.
func (w *World) HonestReaddress(number uint64) *Readdress {
	k := must(w.Mallory.WithScanKey(ScanKey{9}))
	return must(w.Endorser.EndorseReaddress("mallory@example.org", must(k.Readdress(number, w.Someday())), w.Someday()))
}

// Someday is a time after all of the tests'.
func (w *World) Someday() uint64 { return uint64(w.Parameters.Policy().End.Unix()) }

// clueCheats are those against clues and addresses.
func (w *World) clueCheats() []*Cheat {
	m := w.Mallory
	n := w.Parameters.network
	clued := func(change func(f *forgery)) *Transfer { return w.forge(w.pay(), hooks{outputs: change}) }
	honest := func(change func(*Readdress)) *Readdress { return w.Readdressed(change, m.account, w.Endorser, nil) }
	first := w.HonestReaddress(1)
	foreign := n
	foreign[0] ^= 1
	_, stranger, err := ed25519.GenerateKey(nil)
	must(0, err)

	_, second, err := ed25519.GenerateKey(nil)
	must(0, err)
	two := w.otherParameters(func(c *Config) { c.Endorsers = append(c.Endorsers, second.Public().(ed25519.PublicKey)) })
	_, fixed := w.TaxedFor(m.pid)
	joins := must(w.Endorser.Endorse("mallory@example.org", must(m.Register(nil, 0))))

	u := unusableU()
	withR := func(u []byte) *Transfer { return clued(func(f *forgery) { f.t.clues[0].point = [32]byte(u) }) }
	newD := func(u []byte) *Readdress { return honest(func(r *Readdress) { r.scan = ScanKey(u) }) }
	registeredD := func(u []byte) *Registration {
		return w.enrol("carol@example.org", func(e *enrolment) { e.member.scan = ScanKey(u) }, nil)
	}
	return []*Cheat{
		{Name: "a payment without a clue", Label: "CLUE", Op: clued(func(f *forgery) { f.t.clues = nil })},
		{Name: "a payment with two clues", Label: "CLUE", Op: clued(func(f *forgery) { f.t.clues = append(f.t.clues, f.t.clues[0]) })},
		{Name: "a clue in a transfer to oneself", Label: "CLUE",
			Op: w.forge(w.split(), hooks{outputs: func(f *forgery) { f.t.clues = []clue{{point: [32]byte{9}}} }})},
		{Name: "a clue with R = 0", Label: "CLUE-R", Op: withR(make([]byte, 32))},
		{Name: "a clue with R = 1", Label: "CLUE-R", Op: withR(u["1"])},
		{Name: "a clue with R = p - 1", Label: "CLUE-R", Op: withR(u["p - 1"])},
		{Name: "a clue with R = p", Label: "CLUE-R", Op: withR(u["p"])},
		{Name: "a clue with R = p + 9", Label: "CLUE-R", Op: withR(u["p + 9"])},
		{Name: "a clue with a bit of R that nobody reads", Label: "CLUE-R", Op: withR(u["9 with a bit that nobody reads"])},
		{Name: "a scan key of 1", Label: "ADDR-D", Op: registeredD(u["1"])},
		{Name: "a scan key of p + 9", Label: "ADDR-D", Op: registeredD(u["p + 9"])},
		{Name: "a scan key with a bit that nobody reads", Label: "ADDR-D", Op: registeredD(u["9 with a bit that nobody reads"])},
		{Name: "a new scan key of p - 1", Label: "ADDR-D", Op: newD(u["p - 1"])},
		{Name: "a new scan key of p", Label: "ADDR-D", Op: newD(u["p"])},

		{Name: "an address replayed", Label: "ADDR-NUMBER", Code: CodeNonce, Op: first, Before: []Operation{first}},
		{Name: "an address of before, again", Label: "ADDR-NUMBER", Code: CodeNonce, Op: first, Before: []Operation{honest(nil), w.HonestReaddress(2)}},
		{Name: "an address that leaves one out", Label: "ADDR-NUMBER", Code: CodeNonce, Op: w.HonestReaddress(2)},
		{Name: "an address of the registration's number", Label: "ADDR-NUMBER", Code: CodeNonce, Op: honest(func(r *Readdress) { r.number = 0 })},
		{Name: "an address signed by another key", Label: "ADDR-SIGNATURES", Op: w.Readdressed(nil, stranger, w.Endorser, nil)},
		{Name: "an address that nobody signed", Label: "ADDR-SIGNATURES",
			Op: w.Readdressed(nil, m.account, w.Endorser, func(r *Readdress) { r.signature = make([]byte, ed25519.SignatureSize) })},
		{Name: "an address that nobody endorsed", Label: "ADDR-SIGNATURES",
			Op: w.Readdressed(nil, m.account, nil, func(r *Readdress) { r.endorser = w.Endorser.public })},
		{Name: "an address with the endorsement of another", Label: "ADDR-SIGNATURES",
			Op: w.Readdressed(nil, m.account, w.Endorser, func(r *Readdress) { r.endorsement = first.endorsement })},
		{Name: "an address with the signature of another", Label: "ADDR-SIGNATURES",
			Op: w.Readdressed(nil, m.account, w.Endorser, func(r *Readdress) { r.signature = first.signature })},
		{Name: "an address of another network", Label: "ADDR-SIGNATURES",
			Op: w.Readdressed(nil, m.account, w.Endorser, func(r *Readdress) {
				r.signature, r.endorsement = ed25519.Sign(m.account, r.message(dst.Readdress, foreign)), must(w.Endorser.sign(r.message(dst.NewAddress, foreign)))
			})},
		{Name: "an address with both signatures by the user", Label: "ADDR-SIGNATURES",
			Op: w.Readdressed(func(r *Readdress) { r.endorser = w.Endorser.public }, m.account, nil, func(r *Readdress) {
				r.endorsement = ed25519.Sign(m.account, r.message(dst.NewAddress, n))
			})},
		{Name: "an address by one's own endorser", Label: "POLICY-ENDORSER", Code: CodePolicy,
			Op: w.Readdressed(nil, m.account, w.endorserWith(m.account), nil), Also: []string{"ADDR-ENDORSER"}},
		{Name: "an address by another endorser", Label: "ADDR-ENDORSER", Code: CodePolicy, On: two, Before: []Operation{joins},
			Op: w.Readdressed(nil, m.account, w.endorserWith(second), nil)},
		{Name: "an address of whom the rules pay", Label: "ADDR-FIXED", Code: CodePolicy, On: fixed, Before: []Operation{joins}, Op: honest(nil)},
		{Name: "an address that has expired", Label: "ADDR-EXPIRY", Code: CodePolicy,
			Op: honest(func(r *Readdress) { r.expires = w.Parameters.config.Policy.StartOf(1) - 1 })},
		{Name: "an address of another user", Label: "ACCOUNT-KEY", Code: CodeAccountKey,
			Op: honest(func(r *Readdress) { r.pid = w.Alice.pid })},
		{Name: "an address of nobody", Label: "ACCOUNT", Code: CodeUnregistered,
			Op: honest(func(r *Readdress) { r.pid = PIDOf("nobody") }), Unbreakable: "there is no account whose key it could be"},
		{Name: "a new address that is none", Label: "REG-ADDRESS",
			Op: honest(func(r *Readdress) { r.address = slices.Repeat([]byte{0xff}, addressSize) })},
	}
}
