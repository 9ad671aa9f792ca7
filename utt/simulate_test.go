package utt

import (
	"bytes"
	"crypto/rand"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

// trapdoor is what a simulator of Groth16 proofs knows of a key.
type trapdoor struct {
	key                       *rangeproof.VerifyingKey
	alpha, beta, gamma, delta curve.Scalar
}

// trapdoorOf is a key like another one, of which the trapdoor is known.
func trapdoorOf(key *rangeproof.VerifyingKey) *trapdoor {
	d := &trapdoor{new(rangeproof.VerifyingKey), randomScalar(), randomScalar(), randomScalar(), randomScalar()}
	points := keyPoints(key)
	b := must(key.MarshalBinary())
	g2 := curve.Generator2()
	for _, r := range []struct{ from, to []byte }{
		{points.alpha.Append(nil), curve.Generator().Mul(d.alpha).Append(nil)},
		{points.beta.Append(nil), g2.Mul(d.beta).Append(nil)},
		{points.gamma.Append(nil), g2.Mul(d.gamma).Append(nil)},
		{points.delta.Append(nil), g2.Mul(d.delta).Append(nil)},
	} {
		b = bytes.Replace(b, r.from, r.to, 1)
	}
	must(0, d.key.UnmarshalBinary(b))
	return d
}

func randomScalar() curve.Scalar { return must(curve.RandomNonZero(nil)) }

func someG1() curve.G1 { return curve.Generator().Mul(randomScalar()) }

// simulate is a proof for a commitment D of which nobody knows an opening:
// C = (ab − αβ − γ·(K_0 + D + Σ public x_k·K_k))/δ.
func (d *trapdoor) simulate(commitment curve.G1, public rangeproof.Public) *rangeproof.Proof {
	a, b := randomScalar(), randomScalar()
	k := keyPoints(d.key).k
	sum := k[0].Add(commitment)
	n := len(k)
	budgeted := uint64(0)
	if public.Budgeted {
		budgeted = 1
	}
	for i, x := range []uint64{uint64(public.PublicOut), budgeted, uint64(public.Limit)} {
		sum = sum.Add(k[n-3+i].Mul(curve.Uint64(x)))
	}
	c := curve.Generator().Mul(a.Mul(b).Sub(d.alpha.Mul(d.beta))).Sub(sum.Mul(d.gamma)).Mul(d.delta.Inverse())
	return groth16(curve.Generator().Mul(a), curve.Generator2().Mul(b), c, commitment)
}

// Simulated is a transfer in a case made without coins, credential, keys or amounts: of
// random points, by the simulators of both proofs. It reports whether all relations hold for
// a challenge that was chosen before, and whether the verifier, who chooses it after, accepts.
func (w *World) Simulated(use Case, like *Transfer) (raw []byte, holds, accepted bool) {
	p := w.Parameters
	row := p.rows[rowUse{"cash", use}]
	key := trapdoorOf(p.config.Circuits[row.Circuit].Key)
	t := &Transfer{header: like.header}
	sh := p.derive(&t.header, row)
	sh.circuit = &Circuit{Key: key.key}
	random := func(points int) presentation {
		d := presentation{base: someG1(), signature: someG1()}
		for range points {
			d.points = append(d.points, someG1())
		}
		return d
	}
	coin := func() input { return input{random(coinPoints), w.nullifierAt(someG1())} }
	t.credential = random(credentialPoints)
	inputs := make([]*sig.Commitment, len(like.inputs))
	for i := range like.inputs {
		t.inputs = append(t.inputs, coin())
		inputs[i] = t.inputs[i].signed(sh.money).Commitment
	}
	var budget *sig.Commitment
	if sh.hasBudget {
		b := coin()
		t.budget, budget = &b, b.signed(sh.budget).Commitment
	}
	for _, o := range like.outputs {
		t.outputs = append(t.outputs, output{someG1(), someG1(), make([]byte, len(o.note))})
	}
	for range like.clues { // of nobody's keys
		r := must(GenerateScanSecret(nil))
		t.clues = append(t.clues, clue{point: r.ScanKey()})
		must(rand.Read(t.clues[len(t.clues)-1].masked[:]))
	}
	ciphertext := func(of *threshold.Ciphertext) *threshold.Ciphertext {
		if of == nil {
			return nil
		}
		var points []curve.G1
		for range of.Points() {
			points = append(points, someG1())
		}
		return threshold.CiphertextOf(points)
	}
	t.burn, t.audit, t.tax = like.burn, ciphertext(like.audit), ciphertext(like.tax)
	out, _ := t.publicOut(row)
	t.groth16 = key.simulate(someG1(), sh.public(out))

	e := t.entry(p, sh, nil)
	st := t.relations(sh, t.credential.signed().Commitment, inputs, budget, e.coins)
	_, variables := st.Size()
	c := randomScalar() // before anything is absorbed
	responses := make([]curve.Scalar, variables)
	for i := range responses {
		responses[i] = randomScalar()
	}
	t.sigma = st.Simulate(c, responses)
	var balance batch.Claims
	key.key.Claim(&balance, t.groth16, sh.public(out))
	holds = st.Holds(t.sigma, c) && batch.One(&balance) == nil && !st.Holds(t.sigma, c.Add(curve.Uint64(1)))

	var all batch.Claims
	st.Verify(&all, t.challengeTranscript(t.body()), t.sigma)
	t.finish()
	return t.raw, holds, batch.One(&all) == nil
}

// PaymentLike is a payment of an amount, by a coin of a value, in a case: of bytes that are the
// same for all but who pays whom how much.
func (w *World) PaymentLike(from, to *Party, use Case, amount, coin Amount) *Transfer {
	d := w.payDraft(from, to, []Amount{amount, 0}, from.coinOf(coin))
	row := w.Parameters.rows[rowUse{"cash", use}]
	if d.Case = use; row.Counter == "" {
		d.Budget, d.Change = nil, 0
	}
	if use == Self {
		d.Payee = nil
	}
	v := rangeproof.Values{Out: d.Values}
	w.keyFor(w.Parameters, row).Circuit().Complete(&v)
	d.Values[1] = coin - amount - v.Due
	return w.forge(d, hooks{})
}
