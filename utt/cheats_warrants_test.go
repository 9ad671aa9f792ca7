package utt

import (
	"crypto/ed25519"
	"slices"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/threshold"
)

// forgeWarrant is a warrant that nobody has looked at, signed with a key.
func (w *World) forgeWarrant(p *Parameters, key ed25519.PrivateKey, o warrantOrder) *Warrant {
	d := &Warrant{warrantOrder: o}
	d.signature = ed25519.Sign(key, d.message(p.network))
	d.sealed = seal(d.encode())
	return d
}

// ForgeVoid is an order to void a warrant, signed by holders.
func ForgeVoid(p *Parameters, number uint64, holders ...int) *WarrantVoid {
	v := &WarrantVoid{warrantVoid: warrantVoid{number}}
	v.signatures = signedBy(v.message(p.network), holders...)
	v.sealed = seal(v.encode())
	return v
}

// ForgeOpening is an opening with other terms, of the same salt.
func (o *WarrantOpening) ForgeOpening(change func(*WarrantTerms, *uint64)) *WarrantOpening {
	d := &WarrantOpening{warrantOpening: o.warrantOpening}
	t := WarrantTerms{slices.Clone(o.transfers), o.components, o.reason}
	change(&t, &d.number)
	d.transfers, d.components, d.reason = t.Transfers, t.Components, t.Reason
	d.sealed = seal(d.encode())
	return d
}

// LyingWarrant is a sealed warrant that says another number of payments than it names, with
// its opening.
func (w *World) LyingWarrant(number uint64, t WarrantTerms, until uint64, count uint16) (*Warrant, *WarrantOpening) {
	honest, o, err := NewWarrant(nil, w.Parameters, w.WarrantKey, number, t, until, true)
	must(0, err)
	order := honest.warrantOrder
	order.count = count
	return w.forgeWarrant(w.Parameters, w.WarrantKey, order), o
}

// now is the time of the last record of the world.
func (w *World) now() (now uint64) {
	for _, r := range w.Records {
		now = max(now, r.time)
	}
	return now
}

// warrant is one for a payment's payer, to be opened at a time.
func (w *World) warrant(number uint64, payment *Transfer, until uint64, sealed bool) (*Warrant, *WarrantOpening) {
	t := WarrantTerms{[]ID{payment.ID()}, ComponentPayer, "a reason"}
	random := testrand.New("warrant")
	d, o, err := NewWarrant(random, w.Parameters, w.WarrantKey, number, t, until, sealed)
	must(0, err)
	return d, o
}

// NamedWarrant is a warrant for a payment's payer, to be opened within an hour.
func (w *World) NamedWarrant(payment *Transfer, number uint64) *Warrant {
	d, _ := w.warrant(number, payment, w.now()+3600, false)
	return d
}

// SealedWarrant is the same, sealed.
func (w *World) SealedWarrant(payment *Transfer, number uint64) *Warrant {
	d, _ := w.warrant(number, payment, w.now()+3600, true)
	return d
}

// OverdueWarrant is the same, which had to be opened by now.
func (w *World) OverdueWarrant(payment *Transfer) *Warrant {
	d, _ := w.warrant(0, payment, w.now(), true)
	return d
}

// OpeningOf is that of a warrant for a payment, the first.
func (w *World) OpeningOf(payment *Transfer) *WarrantOpening {
	_, o := w.warrant(0, payment, w.now()+3600, true)
	return o
}

// On is the record of an operation as a ledger of some parameters would leave it.
func (w *Warrant) On(time uint64) *Record {
	return &Record{height: 1, time: time, id: w.ID(), status: Executed, entry: &warrantEntry{w.warrantOrder, w.signature}}
}

// On is the record of an opening.
func (o *WarrantOpening) On(time uint64) *Record {
	return &Record{height: 1, time: time, id: o.ID(), status: Executed, entry: &warrantOpeningEntry{warrantOpening: o.warrantOpening}}
}

// On is the record of a void.
func (v *WarrantVoid) On(time uint64) *Record {
	return &Record{height: 1, time: time, id: v.ID(), status: Executed, entry: &warrantVoidEntry{v.warrantVoid, v.signatures}}
}

// warrantCheats are those against warrants. Whoever signs them is the cheat in most.
func (w *World) warrantCheats() []*Cheat {
	p, now := w.Parameters, w.now()
	const hour = 3600
	longest := uint64(p.config.Warrants.MaxSeal.Seconds())
	payment := w.HonestAudited(Audited)
	anonymous := w.HonestPayment()
	held := []Operation{payment}
	terms := WarrantTerms{[]ID{payment.ID()}, ComponentPayer, "a reason"}
	made := func(number uint64, t WarrantTerms, until uint64, sealed bool) (*Warrant, *WarrantOpening) {
		d, o, err := NewWarrant(nil, p, w.WarrantKey, number, t, until, sealed)
		must(0, err)
		return d, o
	}
	named, opening := made(0, terms, now+hour, false)
	sealed, sealedOpening := made(0, terms, now+hour, true)
	next, _ := made(1, terms, now+hour, true)
	overdue, _ := made(0, terms, now, true)
	nobodys, _ := made(0, WarrantTerms{[]ID{{1}}, ComponentPayer, ""}, now+hour, false)
	private, _ := made(0, WarrantTerms{[]ID{anonymous.ID()}, ComponentAmount, ""}, now+hour, false)
	stretched, _ := made(0, terms, now+longest+1, true)
	foreign := *p
	foreign.network[0] ^= 1
	unwarranted := w.otherParameters(func(c *Config) { c.Warrants = Warrants{} })
	var many []Operation
	for i := range uint64(MaxSealed) {
		order := sealed.warrantOrder
		order.number = i
		many = append(many, w.forgeWarrant(p, w.WarrantKey, order))
	}
	last, _ := made(MaxSealed, terms, now+hour, true)
	wrong := func(o *WarrantOpening, change func(*WarrantTerms, *uint64)) *WarrantOpening {
		return o.ForgeOpening(change)
	}

	return []*Cheat{
		{Name: "a warrant of one's own", Label: "WAR-SIGNED", Op: w.forgeWarrant(p, w.Mallory.account, sealed.warrantOrder)},
		{Name: "a warrant of another network", Label: "WAR-SIGNED", Op: w.forgeWarrant(&foreign, w.WarrantKey, sealed.warrantOrder)},
		{Name: "a warrant signed for another number", Label: "WAR-SIGNED", Op: func() *Warrant {
			d := &Warrant{warrantOrder: sealed.warrantOrder, signature: next.signature}
			d.sealed = seal(d.encode())
			return d
		}()},
		{Name: "a warrant where there are none", Label: "POLICY-WARRANT", Code: CodePolicy, On: unwarranted, Op: sealed,
			Also: []string{"WAR-SIGNED", "WAR-SEAL"}},
		{Name: "a warrant replayed", Label: "WAR-NUMBER", Code: CodeNonce, Op: sealed, Before: []Operation{sealed}},
		{Name: "a warrant that leaves one out", Label: "WAR-NUMBER", Code: CodeNonce, Op: next},
		{Name: "a warrant for a payment that there is not", Label: "WAR-TXID", Code: CodeNotAudited, Op: nobodys},
		{Name: "a warrant for an anonymous payment", Label: "WAR-TXID", Code: CodeNotAudited, Op: private, Before: []Operation{anonymous}},
		{Name: "a warrant for a payment that is not taken in yet", Label: "WAR-TXID", Code: CodeNotAudited, Op: named},
		{Name: "a warrant sealed for too long", Label: "WAR-SEAL", Code: CodePolicy, Op: stretched},
		{Name: "a warrant while one is overdue", Label: "WAR-OVERDUE", Code: CodeOverdue, Op: next, Before: []Operation{overdue}},
		{Name: "a warrant beside all that wait to be opened", Label: "WAR-ROOM", Code: CodeOverdue, Op: last, Before: many},
		{Name: "the opening of a warrant that there is not", Label: "WAR-WAITS", Code: CodeNotSealed, Op: opening, Unbreakable: "there is no hash to open"},
		{Name: "the opening of a warrant twice", Label: "WAR-WAITS", Code: CodeNotSealed, Op: sealedOpening,
			Before: []Operation{sealed, sealedOpening}, Unbreakable: "there is no hash to open"},
		{Name: "an opening with another reason", Label: "WAR-OPEN", Before: append(held, named),
			Op: wrong(opening, func(t *WarrantTerms, _ *uint64) { t.Reason = "another" })},
		{Name: "an opening with other payments than were named", Label: "WAR-OPEN", Before: append(held, named),
			Op: wrong(opening, func(t *WarrantTerms, _ *uint64) { t.Transfers[0][0] ^= 1 })},
		{Name: "an opening with more than was named", Label: "WAR-OPEN", Before: append(held, named),
			Op: wrong(opening, func(t *WarrantTerms, _ *uint64) { t.Components = allComponents })},
		{Name: "an opening of a sealed warrant with other payments", Label: "WAR-OPEN", Before: append(held, sealed),
			Op: wrong(sealedOpening, func(t *WarrantTerms, _ *uint64) { t.Transfers[0][0] ^= 1 })},
		{Name: "an opening of a sealed warrant with less than it orders", Label: "WAR-OPEN", Before: append(held, sealed),
			Op: wrong(sealedOpening, func(t *WarrantTerms, _ *uint64) { t.Components = ComponentAmount })},
		{Name: "an opening of a sealed warrant with another reason", Label: "WAR-OPEN", Before: append(held, sealed),
			Op: wrong(sealedOpening, func(t *WarrantTerms, _ *uint64) { t.Reason = "" })},
		{Name: "an opening of another warrant", Label: "WAR-OPEN", Before: append(held, sealed, next),
			Op: wrong(sealedOpening, func(_ *WarrantTerms, number *uint64) { *number = 1 })},
		{Name: "a void of a warrant that may yet be opened", Label: "WAR-VOID", Code: CodeNotSealed, Before: []Operation{sealed},
			Op: ForgeVoid(p, 0, 0, 1)},
		{Name: "a void of a warrant that there is not", Label: "WAR-WAITS", Code: CodeNotSealed, Op: ForgeVoid(p, 0, 0, 1),
			Unbreakable: "nothing waits"},
		{Name: "a void by one of two", Label: "AMD-SIGNED", Before: []Operation{overdue}, Op: ForgeVoid(p, 0, 2)},
		{Name: "a void on another network", Label: "AMD-SIGNED", Before: []Operation{overdue}, Op: ForgeVoid(&foreign, 0, 1, 2)},
	}
}

// StolenWarrant is the record of a warrant for a payment that somebody else signed.
func StolenWarrant(w *World, payment *Record, key ed25519.PrivateKey) *Record {
	o := warrantOrder{until: w.now() + 3600, count: 1, transfers: []ID{payment.id}, components: allComponents}
	return w.forgeWarrant(w.Parameters, key, o).On(w.now())
}

// ForeignWarrant is the record of a warrant for a payment on another network.
func ForeignWarrant(w *World, payment *Record) *Record {
	foreign := *w.Parameters
	foreign.network[0] ^= 1
	o := warrantOrder{until: w.now() + 3600, count: 1, transfers: []ID{payment.id}, components: allComponents}
	return w.forgeWarrant(&foreign, w.WarrantKey, o).On(w.now())
}

// Settled is what a held record's settlement would be.
func (r *Record) Settled(p *Parameters, s Status) *Record {
	return must(r.Settle(p, s, ByApproval, 0, Cursor{}, r.time))
}

// HeldRecord is the record of a transfer that is held.
func (t *Transfer) HeldRecord() *Record {
	return &Record{id: t.id, status: Held, entry: &transferEntry{header: t.header, audit: t.audit}}
}

// Opposite has all points negated: of −k, and of the opposite values.
func Opposite(e *threshold.Ciphertext) *threshold.Ciphertext {
	var points []curve.G1
	for _, p := range e.Points() {
		points = append(points, p.Neg())
	}
	return threshold.CiphertextOf(points)
}

// In is the transfer in another epoch, whose proofs are wrong.
func (t *Transfer) In(e Epoch) *Transfer {
	d := *t
	d.header.epoch = e
	d.finish()
	return &d
}

// ExceptionalSeeds are operations of warrants, the records of them, and a sum, whose record
// is the last.
func ExceptionalSeeds() (ops []Operation, records []*Record, sum *Sum) {
	w, p := new(World), &Parameters{network: NetworkID{1}, encoding: []byte{1}}
	o := &WarrantOpening{warrantOpening: warrantOpening{7, [32]byte{1}, "a reason", []ID{{1}, {2}}, ComponentAmount}}
	o.sealed = seal(o.encode())
	named := w.forgeWarrant(p, AuthorityKey(0), warrantOrder{7, 1 << 40, o.commitment(false), 2, o.transfers, o.components})
	secret := w.forgeWarrant(p, AuthorityKey(0), warrantOrder{7, 1 << 40, o.commitment(true), 2, nil, 0})
	v := ForgeVoid(p, 7, 0, 2)
	key := curve.Generator()
	sum = must(NewSum(SumSet{SumVolume, "cash", 3}).Add(threshold.CiphertextOf([]curve.G1{key, key, key, key, {}})))
	return []Operation{named, secret, o, v},
		[]*Record{named.On(1), secret.On(1), o.On(1).Violating(ViolationCount), v.On(1), must(sum.Record(p, Cursor{}, 1))}, sum
}

// AuditedOf is mallory's audited payment to bob of all but 1 of a coin.
func (w *World) AuditedOf(coin Amount) *Transfer {
	d := w.auditedDraft(Audited)
	d.Inputs, d.Values = []*Holding{w.Mallory.coinOf(coin)}, []Amount{coin - 1, 1}
	return w.forge(d, hooks{})
}
