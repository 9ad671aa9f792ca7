package utt

import (
	"bytes"
	"slices"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/sig"
)

// What a curious party computes; and records as a lying node serves them.

// Elements are the encodings of all points of G1 in a transfer but the nullifiers,
// which are the same whenever the coins are spent.
func (t *Transfer) Elements() [][]byte {
	var points []curve.G1
	for _, p := range t.presentations() {
		points = append(append(points, p.base, p.signature), p.points...)
	}
	for _, o := range t.outputs {
		points = append(points, o.pid, o.val)
	}
	points = append(points, t.sigma.Commitments...)
	a, _, c, d := groth16Parts(t.groth16)
	points = append(points, a, c, d)
	return encodings(points)
}

func (t *Transfer) presentations() []*presentation {
	all := []*presentation{&t.credential}
	for i := range t.inputs {
		all = append(all, &t.inputs[i].presentation)
	}
	if t.budget != nil {
		all = append(all, &t.budget.presentation)
	}
	return all
}

func encodings(points []curve.G1) [][]byte {
	b := make([][]byte, len(points))
	for i, p := range points {
		b[i] = p.Append(nil)
	}
	return b
}

// Elements are the encodings of the points of a record's outputs, and of multiples
// that a curious party would compare with: m·h for every public attribute.
func (r *Record) Elements(p *Parameters) [][]byte {
	var points []curve.G1
	for i, c := range r.entry.commitments(p) {
		points = append(points, c.Base())
		if i < len(r.signatures) { // what is held has none
			points = append(points, r.signatures[i].Point())
		}
		for a := range c.Attributes() {
			if m, ok := c.Public(a); ok {
				points = append(points, c.Base().Mul(m.Scalar()))
			} else {
				points = append(points, c.Point(a))
			}
		}
	}
	return encodings(points)
}

// Recognisable reports whether an input of a transfer is a public coin that was
// only scaled: whether some attribute m of a coin on record gives m·h' = C'.
func (w *World) Recognisable(t *Transfer) bool {
	for _, r := range w.Records {
		for _, c := range r.entry.commitments(w.Parameters) {
			for a := range c.Attributes() {
				m, ok := c.Public(a)
				if !ok {
					continue
				}
				for _, p := range t.presentations() {
					if slices.Contains(p.points, p.base.Mul(m.Scalar())) {
						return true
					}
				}
			}
		}
	}
	return false
}

// Scaled is an honest split whose input was multiplied by u and not re-randomised.
func (w *World) Scaled() *Transfer {
	return w.forge(w.split(), hooks{present: func(f *forgery) {
		c := f.d.Inputs[0]
		u := must(curve.RandomNonZero(nil))
		base := c.signed.Commitment.Base().Mul(u)
		at := &f.t.inputs[0].presentation
		*at = presentation{base: base, signature: c.signed.Signature.Point().Mul(u)}
		for i := range coinPoints {
			at.points = append(at.points, base.Mul(c.attribute(i).Scalar()))
			f.w[varBlinding(nameInput(0), i)] = curve.Scalar{}
		}
		f.shown.inputs[0] = at.signed(f.sh.money).Commitment
	}})
}

// Unmask is what a payee can try with the note seed of output 0: whether with the
// blindings that it yields for another output, and one of some identities as its
// owner, the output opens. It returns the number of outputs that do. With itself it
// tests the method on output 0.
func (w *World) Unmask(t *Transfer, payee *Party, identities []PID, itself bool) (opened int) {
	sd := t.seed()
	n, ok := openPayeeNote(payee.address, t.outputs[0].note, noteContext(&t.header, sd, 0))
	if !ok {
		panic("not the payee's")
	}
	for j := range t.outputs {
		if (j == 0) != itself {
			continue
		}
		for of := range len(t.outputs) {
			g := curve.Generator().Mul(n.seed.blinding(w.Parameters.network, sd, of, "pid"))
			for _, pid := range identities {
				if t.outputs[j].pid.Sub(g) == sd.base(j).Mul(pid.attribute().Scalar()) {
					opened++
				}
			}
		}
	}
	return opened
}

// NoteSeeds are those of all outputs, read with the keys of their owners.
func (w *World) NoteSeeds(t *Transfer, sender, payee *Party) (seeds [][32]byte) {
	sd := t.seed()
	for j, o := range t.outputs {
		n, ok := openOwnNote(sender.note, o.note, noteContext(&t.header, sd, j))
		if !ok {
			n, ok = openPayeeNote(payee.address, o.note, noteContext(&t.header, sd, j))
		}
		if !ok {
			panic("nobody's note")
		}
		seeds = append(seeds, n.seed)
	}
	return seeds
}

// ValueDifferenceShows reports whether two attempts with the same bases tell the
// difference of the values of their outputs j.
func ValueDifferenceShows(a, b *Transfer, j int, difference Amount) bool {
	h := a.seed().base(j)
	if h != b.seed().base(j) {
		panic("not two attempts with the same inputs")
	}
	d := a.outputs[j].val.Sub(b.outputs[j].val)
	v := h.Mul(curve.Uint64(uint64(difference)))
	return d == v || d == v.Neg() || a.outputs[j].pid == b.outputs[j].pid
}

// NoncesOf makes two splits of different values with the same broken generator and
// returns the nonces of their proofs.
func (w *World) NoncesOf(b byte) (nonces [2]map[string]curve.Scalar, d [2][]byte) {
	broken := *w
	for i := range nonces {
		broken.Rand = testrand.Constant(b)
		split := w.selfDraft(w.Mallory, []Amount{Amount(100 + i), Amount(200 - i)}, 0, w.Mallory.coinOf(300))
		broken.forge(split, hooks{proof: func(f *forgery) { nonces[i], d[i] = f.nonces(), f.t.groth16.Commitment().Append(nil) }})
	}
	return nonces, d
}

// Bases are all bases of outputs, credentials and nullifiers of the world, each
// with what it is the hash of.
func (w *World) Bases() (bases []curve.G1, hashed []curve.G1, scalars []curve.Scalar) {
	n := w.Parameters.network
	add := func(p curve.G1, tag dst.Tag, items ...[]byte) {
		bases = append(bases, p)
		hashed = append(hashed, curve.HashToG1(tag, wire.Frame(items...)))
		scalars = append(scalars, curve.HashToScalar(tag, wire.Frame(items...)))
	}
	for _, wallet := range []*Party{w.Alice, w.Bob, w.Mallory} {
		add(registrationBase(n, wallet.pid), dst.RegistrationBase, n[:], wallet.pid[:])
	}
	t := w.HonestPayment()
	sd := t.seed()
	for j := range t.outputs {
		add(sd.base(j), dst.CoinBase, sd[:], be64(uint64(j)))
	}
	// N = (s + sn)·nf with s + sn = 1
	one := must(nullifier.Derive(attr.Uint64(1), attr.Uint64(0)))
	add(curve.ReadG1(wire.NewReader(one.Append(nil))), dst.NullifierBase)
	return bases, hashed, scalars
}

// WithKeys are the world's parameters with other group keys.
func (w *World) WithKeys(coin, credential *sig.PublicKey) *Parameters {
	return w.otherParameters(func(c *Config) { c.CoinKey, c.CredentialKey = coin, credential })
}

// UnconstrainedRho are the world's parameters, encoded, with K_ρ = 0.
func (w *World) UnconstrainedRho() []byte {
	v := w.circuitPoints()
	identity := make([]byte, curve.G1Size)
	identity[0] = 0x40
	return bytes.Replace(must(w.Parameters.MarshalBinary()), v.k[8].Append(nil), identity, 1)
}

// Intercepted is the registration of an identity by somebody who saw that of its
// owner on its way: with another address, and signatures where he can make them.
func (w *World) Intercepted(owner *Registration, endorsed bool) *Registration {
	d := *owner
	d.member.address = w.Mallory.address.PublicKey().Bytes()
	if endorsed {
		r := w.enrol("carol@example.org", func(e *enrolment) { e.member = d.member }, nil)
		d.endorsement = r.endorsement
	}
	d.sealed = seal(d.encode())
	return &d
}

// CarolsRegistration is an honest one of an identity not yet registered.
func (w *World) CarolsRegistration() *Registration { return w.enrol("carol@example.org", nil, nil) }

// WithAddressOf is a record of a registration with the address of another wallet.
func (r *Record) WithAddressOf(w *Party) *Record {
	e, ok := r.entry.(*registrationEntry)
	if !ok {
		return r
	}
	d, m := *r, *e
	m.member.address = w.address.PublicKey().Bytes()
	d.entry = &m
	return &d
}

// IsRegistrationOf reports whether a record registers a user.
func (r *Record) IsRegistrationOf(pid PID) bool {
	e, ok := r.entry.(*registrationEntry)
	return ok && e.member.pid == pid
}

// IsMintOf reports whether a record mints a user's money.
func (r *Record) IsMintOf(pid PID) bool {
	e, ok := r.entry.(*mintOrder)
	return ok && e.account == pid
}

// Displaced is a record of a transfer with a point of small order added to the owner
// of output j.
func (r *Record) Displaced(j int) *Record {
	d, e := *r, *r.entry.(*transferEntry)
	e.outputs = slices.Clone(e.outputs)
	e.outputs[j].pid = e.outputs[j].pid.Add(smallOrder(11))
	e.coins = nil
	d.entry = &e
	return &d
}

// IsTransfer reports whether a record is of a private transfer.
func (r *Record) IsTransfer() bool {
	_, ok := r.entry.(*transferEntry)
	return ok
}
