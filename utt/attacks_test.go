package utt

import (
	"slices"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/sig"
)

// Attacks that break more than one relation, or none, and honest transfers to compare
// them with. rejects_test.go says what each must lead to.

// UnboundCommitment inflates an output and chooses the commitment of the relation
// that this violates after the challenge, so that the relation holds for it. It
// reports whether it does.
func (w *World) UnboundCommitment() (op Operation, holds bool) {
	op = w.forge(w.split(), hooks{
		outputs: func(f *forgery) { f.output(0, w.Mallory.pid, million) },
		prover: func(f *forgery) {
			st := f.statement()
			p := must(st.Prove(nil, f.transcript(), f.w))
			c := bound(st, f.transcript(), f.w, p.Commitments)
			off := f.outputs[0].Base().Mul(curve.Uint64(million - 100)) // C_val is off by this
			p.Commitments[relationOutputValue] = p.Commitments[relationOutputValue].Sub(off.Mul(c))
			f.t.sigma = p
			z := func(name string) curve.Scalar { return p.Responses[st.Var(name)] }
			left := p.Commitments[relationOutputValue].Add(f.outputs[0].Point(coinValue).Mul(c))
			right := f.outputs[0].Base().Mul(z(varOut(0))).Add(curve.Generator().Mul(z(varBlinding(nameOutput(0), coinValue))))
			holds = left == right
		},
	})
	return op, holds
}

// SmallOrderCommitment is an honest split but for a point of small order in a
// commitment of the Σ proof, made before the challenge.
func (w *World) SmallOrderCommitment(order int64, relation int) Operation {
	return w.forge(w.split(), hooks{prover: func(f *forgery) {
		f.proveWith(func(commitments []curve.G1, _ curve.Scalar) {
			commitments[relation] = commitments[relation].Add(smallOrder(order))
		})
	}})
}

// SimulatedBalance is a Groth16 proof that needs no witness, because nobody knows an
// opening of its D: (α, β + δ, α) with D = −K_0 − Σ public x_k·K_k. It satisfies
// [TX-G16].
func (w *World) SimulatedBalance() (op Operation, equationHolds bool) {
	d := w.selfDraft(w.Mallory, []Amount{million, 0}, 0, w.Mallory.coinOf(300))
	op = w.forge(d, hooks{
		outputs: func(f *forgery) { f.values.In[0] = million },
		balance: func(f *forgery) {
			v := w.circuitPoints()
			limit := curve.Uint64(uint64(f.public.Limit))
			d := v.k[0].Neg().Sub(v.k[len(v.k)-1].Mul(limit))
			f.t.groth16 = groth16(v.alpha, v.beta.Add(v.delta), v.alpha, d)
			var c batch.Claims
			w.Key.VerifyingKey().Claim(&c, f.t.groth16, f.public)
			equationHolds = batch.One(&c) == nil
		},
	})
	return op, equationHolds
}

// MalleatedBalance is an honest split whose proof (A, B) became (2A, B/2), which
// satisfies [TX-G16] as well.
func (w *World) MalleatedBalance() Operation {
	return w.forge(w.split(), hooks{proof: func(f *forgery) {
		two := curve.Uint64(2)
		a, b, c, d := groth16Parts(f.t.groth16)
		f.t.groth16 = groth16(a.Mul(two), b.Mul(two.Inverse()), c, d)
	}})
}

// AffineCoin is the sum of two signed coins, which is a signature too: on a
// commitment that nobody can open without discrete logarithms of the bases.
func (w *World) AffineCoin() (op Operation, signed bool) {
	a, b := w.Mallory.coinOf(200), w.Mallory.coinOf(100)
	d := w.selfDraft(w.Mallory, []Amount{300, 0}, 0, counterfeit(w.Mallory.pid, 300, moneyKind("cash")))
	op = w.forge(d, hooks{present: func(f *forgery) {
		at := &f.t.inputs[0].presentation
		sum := func(i int) curve.G1 {
			return a.signed.Commitment.Base().Mul(a.attribute(i).Scalar()).Add(b.signed.Commitment.Base().Mul(b.attribute(i).Scalar()))
		}
		*at = presentation{
			base:      a.signed.Commitment.Base().Add(b.signed.Commitment.Base()),
			points:    []curve.G1{sum(coinPID), sum(coinSerial), sum(coinValue)},
			signature: a.signed.Signature.Point().Add(b.signed.Signature.Point()),
		}
		for i := range coinPoints {
			f.w[varBlinding(nameInput(0), i)] = curve.Scalar{}
		}
		s := at.signed(f.sh.money)
		f.shown.inputs[0] = s.Commitment
		signed = w.Parameters.config.CoinKey.Verify(s) == nil
	}})
	return op, signed
}

// CancellingCoins are two counterfeits under the bases G and −G, whose errors in
// [SIG-1] cancel if both equations have one weight.
func (w *World) CancellingCoins() Operation {
	d := w.selfDraft(w.Mallory, []Amount{2 * million, 0}, 0,
		counterfeit(w.Mallory.pid, million, moneyKind("cash")), counterfeit(w.Mallory.pid, million, moneyKind("cash")))
	return w.forge(d, hooks{present: func(f *forgery) {
		g := curve.Generator()
		first, second := &f.t.inputs[0].presentation, &f.t.inputs[1].presentation
		first.base, second.base = g, g.Neg()
		first.signature = randomPoint("signature")
		second.signature = first.signature.Neg()
		for i := range coinPoints {
			// C = m·G + r·G and −C = m'·(−G) + r'·G
			r := must(curve.RandomScalar(nil))
			m, other := d.Inputs[0].attribute(i).Scalar(), d.Inputs[1].attribute(i).Scalar()
			first.points[i] = g.Mul(m.Add(r))
			second.points[i] = first.points[i].Neg()
			f.w[varBlinding(nameInput(0), i)] = r
			f.w[varBlinding(nameInput(1), i)] = other.Sub(m).Sub(r)
		}
		f.shown.inputs[0] = first.signed(f.sh.money).Commitment
		f.shown.inputs[1] = second.signed(f.sh.money).Commitment
	}})
}

// CredentialAgainstGroth16 is a credential for any pid and s under the base −A of
// the Groth16 proof, whose B takes up the credential's error: with one weight for
// both equations they cancel. It reports whether they do.
func (w *World) CredentialAgainstGroth16() (op Operation, cancels bool) {
	d := w.split()
	d.Credential = forgeCredential(w.Mallory.pid)
	x2, y2, y1 := w.Parameters.config.CredentialKey.Points()
	extra := x2
	for i := range credentialPoints {
		extra = extra.Add(y2[i].Mul(d.Credential.attribute(i).Scalar()))
	}
	var a curve.G1
	op = w.forge(d, hooks{
		balance: func(f *forgery) {
			var b curve.G2
			var c, dd curve.G1
			a, b, c, dd = groth16Parts(f.t.groth16)
			f.t.groth16 = groth16(a, b.Add(extra), c, dd)
		},
		present: func(f *forgery) {
			p := presentation{base: a.Neg(), points: make([]curve.G1, credentialPoints)}
			errors := []batch.Pair{{P: p.base, Var: x2}, {P: a, Var: extra}}
			for i := range p.points {
				r := must(curve.RandomScalar(nil))
				f.w[varBlinding(nameCredential, i)] = r
				p.points[i] = p.base.Mul(d.Credential.attribute(i).Scalar()).Add(curve.Generator().Mul(r))
				p.signature = p.signature.Add(y1[i].Mul(r))
				errors = append(errors, batch.Pair{P: p.points[i], Var: y2[i]})
			}
			f.t.credential = p
			f.shown.credential = p.signed().Commitment
			var claims batch.Claims
			claims.Pairing("", append(errors, batch.Pair{P: p.signature.Neg(), Var: curve.Generator2()})...)
			cancels = batch.One(&claims) == nil
		},
	})
	return op, cancels
}

// HalfSpent takes a coin that is there and one that was spent before.
func (w *World) HalfSpent() Operation {
	return w.forge(w.selfDraft(w.Mallory, []Amount{500, 0}, 0, w.Mallory.coinOf(200), w.Mallory.coinOf(300)), hooks{})
}

// SpendOf is mallory's transfer to herself of her coin with a value.
func (w *World) SpendOf(value Amount) *Transfer {
	return w.forge(w.selfDraft(w.Mallory, []Amount{value, 0}, 0, w.Mallory.coinOf(value)), hooks{})
}

// Inflated is a payment of 120 to bob whose output holds a million.
func (w *World) Inflated() *Transfer {
	return w.forge(w.pay(), hooks{outputs: func(f *forgery) { f.output(0, w.Bob.pid, million) }})
}

// Counterfeited turns a coin of a million that nobody signed into one that is signed.
func (w *World) Counterfeited() *Transfer {
	// with a coin of hers, by which her wallet recognises it
	return w.forge(w.selfDraft(w.Mallory, []Amount{million, 300}, 0,
		counterfeit(w.Mallory.pid, million, moneyKind("cash")), w.Mallory.coinOf(300)), hooks{})
}

// BurnOf is mallory's burn of an amount out of her coin with a value.
func (w *World) BurnOf(v, coin Amount) *Transfer {
	return w.forge(w.selfDraft(w.Mallory, []Amount{0, coin - v}, v, w.Mallory.coinOf(coin)), hooks{})
}

// RegistrationOf is an honest one of an identity.
func (w *World) RegistrationOf(identity string) *Registration { return w.enrol(identity, nil, nil) }

// GrantOf asks for a user's budget.
func (w *World) GrantOf(user *Party, asset string, e Epoch) *Grant {
	return must(NewGrant(w.Parameters, user.pid, budget.Privacy, asset, e, 0))
}

// PaymentOf is mallory's payment to bob of an amount with her coin of 300.
func (w *World) PaymentOf(v Amount) *Transfer {
	return w.forge(w.payDraft(w.Mallory, w.Bob, []Amount{v, 300 - v}, w.Mallory.coinOf(300)), hooks{})
}

// BalanceCommitment is the encoding of D.
func (t *Transfer) BalanceCommitment() []byte { return t.groth16.Commitment().Append(nil) }

// GarbleProof is an operation with the same ID as a transfer and worthless proofs.
func GarbleProof(op Operation) Operation {
	raw := slices.Clone(RawOperation(op))
	raw[len(raw)-1] ^= 1
	return must(ParseOperation(raw))
}

// GarbleNote flips a bit of the note of the last output.
func GarbleNote(op Operation) Operation {
	t := must(ParseOperation(RawOperation(op))).(*Transfer)
	note := t.outputs[len(t.outputs)-1].note
	note[len(note)-1] ^= 1
	t.finish()
	return t
}

// Reblinded is a transfer record with the owner of output j under another blinding, and
// its signature with it: [SIG-1] holds for it. Anybody can make it so.
func (r *Record) Reblinded(p *Parameters, j int) *Record {
	d, e := *r, *r.entry.(*transferEntry)
	a := must(curve.RandomNonZero(nil))
	_, _, y1 := p.config.CoinKey.Points()
	e.coins, e.outputs = nil, slices.Clone(e.outputs)
	e.outputs[j].pid = e.outputs[j].pid.Add(curve.Generator().Mul(a))
	d.entry, d.signatures = &e, slices.Clone(d.signatures)
	d.signatures[j] = sig.SignatureOf(d.signatures[j].Point().Add(y1[coinPID].Mul(a)))
	signed := sig.Signed{Commitment: e.commitments(p)[j], Signature: d.signatures[j]}
	must(0, p.config.CoinKey.Verify(&signed))
	return &d
}

// PaymentTo is mallory's payment with her coin of 300 to somebody who is not registered
// yet.
func (w *World) PaymentTo(r *Registration, v Amount) *Transfer {
	d := w.payDraft(w.Mallory, w.Bob, []Amount{v, 300 - v}, w.Mallory.coinOf(300))
	d.Payee = &r.member
	return w.forge(d, hooks{})
}
