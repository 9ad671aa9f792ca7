package utt

import (
	"crypto/ed25519"
	"time"
)

// AuthorityKey is that of a holder, from 0, of a key of the world's authority.
func AuthorityKey(i int) ed25519.PrivateKey {
	seed := PIDOf("authority " + string(rune('a'+i)))
	return ed25519.NewKeyFromSeed(seed[:])
}

// TwoOfThree is two of three holders.
func TwoOfThree() Authority {
	a := Authority{Threshold: 2}
	for i := range 3 {
		a.Keys = append(a.Keys, AuthorityKey(i).Public().(ed25519.PublicKey))
	}
	return a
}

// signedBy are the signatures of holders, in the order given.
func signedBy(message []byte, holders ...int) (s signatures) {
	for _, i := range holders {
		s = append(s, signatureBy{uint8(i), ed25519.Sign(AuthorityKey(i), message)})
	}
	return s
}

// ForgeAmendment is an amendment that nobody has looked at, signed by holders.
func ForgeAmendment(p *Parameters, number uint64, from Epoch, change func(*Config), holders ...int) *Amendment {
	c := p.Newest().Config()
	change(&c)
	a := &Amendment{amendmentOrder: amendmentOrder{number, from, must(c.appendRules(nil))}}
	a.signatures = signedBy(a.message(p.network), holders...)
	a.sealed = seal(a.encode())
	return a
}

// Rules are what an amendment holds; with them replaced by others it stays signed by
// holders.
func (a *Amendment) Rules() []byte { return a.rules }

// WithRules is the amendment with other rules, signed by two holders.
func (a *Amendment) WithRules(p *Parameters, rules []byte) *Amendment {
	d := &Amendment{amendmentOrder: amendmentOrder{a.number, a.from, rules}}
	d.signatures = signedBy(d.message(p.network), 0, 1)
	d.sealed = seal(d.encode())
	return d
}

// ForgeSuspension is a suspension signed by holders.
func ForgeSuspension(p *Parameters, number uint64, pid PID, on bool, holders ...int) *Suspension {
	s := &Suspension{suspensionOrder: suspensionOrder{number, pid, on}}
	s.signatures = signedBy(s.message(p.network), holders...)
	s.sealed = seal(s.encode())
	return s
}

// resigned replaces the signatures by others'.
func (a *Amendment) resigned(s signatures) *Amendment {
	d := &Amendment{amendmentOrder: a.amendmentOrder, signatures: s}
	d.sealed = seal(d.encode())
	return d
}

func (s *Suspension) resigned(by signatures) *Suspension {
	d := &Suspension{suspensionOrder: s.suspensionOrder, signatures: by}
	d.sealed = seal(d.encode())
	return d
}

// authorityCheats are those against amendments and suspensions.
func (w *World) authorityCheats() []*Cheat {
	p, m := w.Parameters, w.Mallory
	richer := func(c *Config) { c.Policy.Classes[0] = million }
	amend := func(number uint64, from Epoch, change func(*Config), holders ...int) *Amendment {
		return ForgeAmendment(p, number, from, change, holders...)
	}
	suspend := func(number uint64, pid PID, on bool, holders ...int) *Suspension {
		return ForgeSuspension(p, number, pid, on, holders...)
	}
	foreign := *p
	foreign.network[0] ^= 1
	ungoverned := w.otherParameters(func(c *Config) { c.Authority = Authority{} })
	honest := amend(1, 3, richer, 0, 2)
	other := amend(1, 4, richer, 0, 2)
	next := amend(2, 3, richer, 0, 1)
	suspended := suspend(0, m.pid, true, 1, 2)
	lifted := suspend(0, m.pid, false, 1, 2)
	stranger := honest.resigned(append(signatures{{0, ed25519.Sign(m.account, honest.message(p.network))}}, honest.signatures[1]))
	beyond := honest.resigned(append(honest.signatures[:1:1], signatureBy{3, ed25519.Sign(m.account, honest.message(p.network))}))
	one := []Operation{suspended}

	return []*Cheat{
		{Name: "an amendment by one of two", Label: "AMD-SIGNED", Op: amend(1, 3, richer, 1)},
		{Name: "an amendment by nobody", Label: "AMD-SIGNED", Op: amend(1, 3, richer)},
		{Name: "an amendment signed by a stranger", Label: "AMD-SIGNED", Op: stranger},
		{Name: "an amendment signed by a key that there is not", Label: "AMD-SIGNED", Op: beyond},
		{Name: "an amendment of another network", Label: "AMD-SIGNED", Op: ForgeAmendment(&foreign, 1, 3, richer, 0, 1)},
		{Name: "an amendment signed for another epoch", Label: "AMD-SIGNED", Op: honest.resigned(other.signatures)},
		{Name: "an amendment signed for another number", Label: "AMD-SIGNED", Op: honest.resigned(next.signatures)},
		{Name: "an amendment where nobody amends", Label: "AMD-SIGNED", On: ungoverned, Op: honest},
		{Name: "an amendment for the next epoch", Label: "AMD-FROM", Code: CodePolicy, Op: amend(1, 2, richer, 0, 1)},
		{Name: "an amendment for now", Label: "AMD-FROM", Code: CodePolicy, Op: amend(1, 1, richer, 0, 1)},
		{Name: "an amendment from no epoch on", Label: "AMD-FROM", Code: CodePolicy, Op: amend(1, 0, richer, 0, 1)},
		{Name: "an amendment replayed", Label: "AMD-NUMBER", Code: CodeNonce, Op: honest, Before: []Operation{amend(1, 3, richer, 1, 2)}},
		{Name: "an amendment that leaves one out", Label: "AMD-NUMBER", Code: CodeNonce, Op: next},
		{Name: "an amendment before the first", Label: "AMD-NUMBER", Code: CodeNonce, Op: amend(0, 3, richer, 0, 1)},
		{Name: "an amendment that takes a class away", Label: "AMD-SOUND", Code: CodePolicy, Op: amend(1, 3, func(c *Config) {
			c.Policy.Classes = c.Policy.Classes[:1]
			c.Policy.Counters[0].Classes = c.Policy.Counters[0].Classes[:1]
		}, 0, 1)},
		{Name: "an amendment that takes an asset away", Label: "AMD-SOUND", Code: CodePolicy, Op: amend(1, 3, func(c *Config) { c.Assets = c.Assets[1:] }, 0, 1)},
		{Name: "an amendment that puts an asset first", Label: "AMD-SOUND", Code: CodePolicy, Op: amend(1, 3, func(c *Config) { c.Assets = append([]string{"silver"}, c.Assets...) }, 0, 1)},
		{Name: "an amendment of the epochs' length", Label: "AMD-SOUND", Code: CodePolicy, Op: amend(1, 3, func(c *Config) { c.Policy.EpochLength *= 2 }, 0, 1)},
		{Name: "an amendment of the epochs' start", Label: "AMD-SOUND", Code: CodePolicy, Op: amend(1, 3, func(c *Config) { c.Policy.Start = c.Policy.Start.Add(-time.Hour) }, 0, 1)},
		{Name: "an amendment of the policy's end", Label: "AMD-SOUND", Code: CodePolicy, Op: amend(1, 3, func(c *Config) { c.Policy.End = c.Policy.Start.Add(1000 * c.Policy.EpochLength) }, 0, 1)},
		{Name: "an amendment that takes a class away that another added before it took effect", Label: "AMD-SOUND", Code: CodePolicy,
			Before: []Operation{amend(1, 4, func(c *Config) {
				c.Policy.Classes = append(c.Policy.Classes, 9)
				c.Policy.Counters[0].Classes = append(c.Policy.Counters[0].Classes, 9)
			}, 0, 1)}, Op: amend(2, 3, richer, 0, 1)},
		{Name: "an amendment without a row for oneself", Label: "AMD-SOUND", Code: CodePolicy, Unbreakable: "no parameters can be made of it",
			Op: amend(1, 3, func(c *Config) { c.Rows = c.Rows[1:] }, 0, 1)},
		{Name: "an amendment with neither counter nor audit", Label: "AMD-SOUND", Code: CodePolicy, Unbreakable: "no parameters can be made of it",
			Op: amend(1, 3, func(c *Config) { c.Rows[1].Counter = "" }, 0, 1)},
		{Name: "an amendment that is no policy", Label: "AMD-SOUND", Code: CodePolicy, Unbreakable: "no parameters can be made of it",
			Op: honest.WithRules(p, []byte("none"))},
		{Name: "a suspension by one of two", Label: "AMD-SIGNED", Op: suspend(0, m.pid, true, 0)},
		{Name: "a suspension of another network", Label: "AMD-SIGNED", Op: ForgeSuspension(&foreign, 0, m.pid, true, 0, 1)},
		{Name: "a suspension lifted by its own signatures", Label: "AMD-SIGNED", Op: suspend(0, m.pid, false).resigned(suspended.signatures)},
		{Name: "a suspension of somebody else", Label: "AMD-SIGNED", Op: suspend(0, w.Bob.pid, true).resigned(suspended.signatures)},
		{Name: "a suspension replayed", Label: "SUS-NUMBER", Code: CodeNonce, Op: suspended,
			Before: []Operation{suspend(0, m.pid, true, 0, 1), suspend(1, m.pid, false, 0, 1)}},
		{Name: "a suspension that leaves one out", Label: "SUS-NUMBER", Code: CodeNonce, Op: suspend(1, m.pid, true, 0, 1)},
		{Name: "a suspension lifted twice", Label: "SUS-NUMBER", Code: CodeNonce, Before: one, Op: lifted},
		{Name: "a suspension of nobody", Label: "SUS-USER", Code: CodeUnregistered, Op: suspend(0, PIDOf("nobody"), true, 0, 1)},
		{Name: "a suspended user's grant", Label: "SUS-GRANT", Code: CodeSuspended, Before: one, Op: w.GrantOf(m, "cash", 2)},
		{Name: "a suspended user's mint", Label: "SUS-ORDER", Code: CodeSuspended, Before: one, Op: m.Minted(m.Nonce, "cash", 10)},
		{Name: "a suspended user's public transfer", Label: "SUS-ORDER", Code: CodeSuspended, Before: one, Op: m.Public(m.Nonce, "bob@example.org", "cash", 10)},
	}
}

// Moved is a transfer like another, in an epoch and of the version of that, with a nullifier
// of its own and wrong proofs: for ledgers that are told to trust it.
func (w *World) Moved(p *Parameters, like *Transfer, e Epoch, n int) *Transfer {
	t := *w.LikeAudited(like, 1<<50+uint64(n), 1)[0].(*Transfer)
	t.header.epoch, t.header.parameters = e, p.At(e).digest
	t.finish()
	return &t
}

// Unordered is the encoding of an amendment whose signatures are in the order of the
// holders given, or twice.
func (a *Amendment) Unordered(p *Parameters, holders ...int) []byte {
	return a.resigned(signedBy(a.message(p.network), holders...)).raw
}

// AuthorityMessage is what holders sign of an amendment or a suspension.
func AuthorityMessage(p *Parameters, op Operation) []byte {
	switch o := op.(type) {
	case *Amendment:
		return o.message(p.network)
	case *Suspension:
		return o.message(p.network)
	}
	panic("nothing that an authority signs")
}
