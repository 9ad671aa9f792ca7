package utt

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

// World is what forgers have at hand: the parties' secrets, and what is public.
type World struct {
	Parameters          *Parameters
	Key                 *rangeproof.ProvingKey // of transfers to oneself
	Keys                []*rangeproof.ProvingKey
	Issuer              ed25519.PrivateKey
	Endorser            *Endorser
	Alice, Bob, Mallory *Party
	Records             []*Record
	Approval            *threshold.Committee // of the auditors
	ApprovalShares      []*threshold.KeyShare
	Opening             *threshold.EncryptionCommittee
	OpeningShares       []*threshold.EncryptionKeyShare
	WarrantKey          ed25519.PrivateKey
	Rand                io.Reader // of forged transfers; nil for crypto/rand
}

// forgery is a transfer in the making: draft.prove with its steps taken apart, so
// that a hook between two of them can lie.
type forgery struct {
	p   *Parameters
	key *rangeproof.ProvingKey
	d   *draft
	t   *Transfer
	sh  *shape
	w   sigma.Witness // what the Σ proof claims

	values rangeproof.Values // what the circuit is shown
	public rangeproof.Public

	outputs []*sig.Commitment
	shown   *shownHoldings
	truth   []Gain // who gets the outputs
}

// hooks run after the step that they are named for.
type hooks struct {
	header    func(*forgery)
	nullifier func(*forgery)
	outputs   func(*forgery)
	balance   func(*forgery)
	present   func(*forgery)
	prover    func(*forgery) // instead of the Σ prover
	proof     func(*forgery) // after everything
}

// keyFor is the key of a row's circuit; of what has no row, that of payments.
func (w *World) keyFor(p *Parameters, row *Row) *rangeproof.ProvingKey {
	if row == nil {
		return w.Keys[1]
	}
	for _, k := range w.Keys {
		if k.VerifyingKey().Digest() == p.config.Circuits[row.Circuit].Key.Digest() {
			return k
		}
	}
	panic("no key of the row's circuit")
}

func run(h func(*forgery), f *forgery) {
	if h != nil {
		h(f)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (w *World) forge(d *draft, h hooks) *Transfer { return w.forgeFor(w.Parameters, d, h) }

// forgeFor is draft.prove without its checks, with hooks.
func (w *World) forgeFor(p *Parameters, d *draft, h hooks) *Transfer {
	row := p.rows[rowUse{d.Asset, d.Case}]
	f := &forgery{p: p, key: w.keyFor(p, row), d: d, w: sigma.Witness{varPID: d.pid.attribute().Scalar()}}
	f.t = &Transfer{header: header{network: p.network, parameters: p.digest, circuit: f.key.CircuitID(), use: d.Case, asset: d.Asset, epoch: d.Epoch}}
	run(h.header, f)
	f.sh = p.derive(&f.t.header, row)
	if d.Burn > 0 {
		f.t.burn = burn{d.Burn, d.pid}
	}

	secret := d.Credential.attribute(credentialSecret)
	f.w[varSecret] = secret.Scalar()
	for i, c := range d.Inputs {
		f.t.inputs = append(f.t.inputs, input{nullifier: must(nullifier.Derive(secret, c.attribute(coinSerial)))})
		f.w[varSerial(nameInput(i))], f.w[varValue(nameInput(i))] = c.attribute(coinSerial).Scalar(), c.attribute(coinValue).Scalar()
	}
	if d.Budget != nil {
		f.t.budget = &input{nullifier: must(nullifier.Derive(secret, d.Budget.attribute(coinSerial)))}
		f.w[varSerial(nameBudget)], f.w[varValue(nameBudget)] = d.Budget.attribute(coinSerial).Scalar(), d.Budget.attribute(coinValue).Scalar()
		f.w[varChange] = curve.Uint64(uint64(d.Change))
	}
	run(h.nullifier, f)

	f.truth = d.gains(f.sh)
	f.outputs = must(d.makeOutputs(w.Rand, p, f.t, f.sh, f.w))
	f.values = rangeproof.Values{Out: slices.Clone(d.Values)}
	for _, c := range d.Inputs {
		f.values.In = append(f.values.In, c.value())
	}
	if d.Budget != nil {
		f.values.BudgetIn, f.values.BudgetOut = d.Budget.value(), d.Change
	}
	out, _ := f.t.publicOut(f.sh.row)
	f.public = f.sh.public(out)
	if f.sh.audited {
		must(0, d.audit(w.Rand, f.t, f.sh, f.w))
	}
	if f.sh.taxed {
		f.values.Due = d.due(f.t, f.sh)
		must(0, d.tax(w.Rand, f.t, f.sh, f.w))
	}
	run(h.outputs, f)

	proof, opening, err := f.key.Prove(w.Rand, f.values, f.public)
	must(0, err)
	f.t.groth16 = proof
	f.w[varLo], f.w[varHi], f.w[varRho] = opening.Lo(), opening.Hi(), opening.Rho()
	run(h.balance, f)

	shown := must(d.present(w.Rand, p, f.w))
	f.shown = shown.finish(f.t, curve.SumsSecret(shown.sums()))
	run(h.present, f)

	if h.prover != nil {
		h.prover(f)
	} else {
		f.t.sigma = must(f.statement().Prove(w.Rand, f.transcript(), f.w))
	}
	run(h.proof, f)
	f.t.finish()
	return f.t
}

func (f *forgery) statement() *sigma.Statement {
	return f.t.relations(f.sh, f.shown.credential, f.shown.inputs, f.shown.budget, f.outputs)
}

func (f *forgery) transcript() *transcript.Transcript { return f.t.challengeTranscript(f.t.body()) }

// output makes output j anew: to whom, how much, in what commitment.
func (f *forgery) output(j int, to PID, value Amount) {
	s, n := f.t.seed(), note{value: value, seed: must(newNoteSeed(nil))}
	o := n.seed.opening(f.p.network, s, j, to.attribute(), value, f.sh.kindOf(j))
	f.truth[j].To, f.truth[j].Amount = to, value
	f.outputs[j] = must(sig.CommitOpening(s.base(j), o, coinPID, coinValue))
	_, f.w[varBlinding(nameOutput(j), coinPID)] = o.Values(coinPID)
	_, f.w[varBlinding(nameOutput(j), coinValue)] = o.Values(coinValue)
	out := &f.t.outputs[j]
	out.pid, out.val = f.outputs[j].Point(coinPID), f.outputs[j].Point(coinValue)
	context := noteContext(&f.t.header, s, j)
	if f.sh.roles[j].kind == Payee {
		out.note = must(n.sealTo(f.d.Payee.address, context))
	} else {
		out.note = must(n.sealOwn(nil, f.d.noteKey, context))
	}
}

// offset moves a point of output j off the subgroup, or elsewhere.
func (f *forgery) offset(j int, pid, val curve.G1) {
	out := &f.t.outputs[j]
	out.pid, out.val = out.pid.Add(pid), out.val.Add(val)
	f.outputs[j] = out.commitment(f.t.seed().base(j), f.t.seed(), f.sh, j)
}

// publicCoin is somebody's minted or granted coin as everybody can reconstruct it
// from the ledger: without anything that only its owner knows.
func (w *World) publicCoin(pid PID, asset string, isGrant bool) *Holding {
	for _, r := range w.Records {
		var s seed
		var v Amount
		var kind attr.Attribute
		switch e := r.entry.(type) {
		case *mintOrder:
			if isGrant || e.account != pid || e.asset != asset {
				continue
			}
			s, v, kind = e.seed(w.Parameters.network), e.amount, moneyKind(e.asset)
		case *grantOrder:
			if !isGrant || e.pid != pid || e.asset != asset {
				continue
			}
			s, v, kind = e.seed(w.Parameters.network), e.amount, e.attributeKind()
		default:
			continue
		}
		return &Holding{
			signed:  &sig.Signed{Commitment: r.entry.commitments(w.Parameters)[0], Signature: r.signatures[0]},
			opening: sig.NewOpening([]attr.Attribute{pid.attribute(), s.serial(0), attr.Uint64(uint64(v)), kind}, nil),
		}
	}
	panic("no such record")
}

// counterfeit is a coin that nobody signed.
func counterfeit(pid PID, value Amount, kind attr.Attribute) *Holding {
	r := func() curve.Scalar { return must(curve.RandomScalar(nil)) }
	o := sig.NewOpening([]attr.Attribute{pid.attribute(), attr.FromScalar(r()), attr.Uint64(uint64(value)), kind}, nil)
	base := curve.Generator().Mul(r())
	return &Holding{signed: &sig.Signed{Commitment: must(sig.CommitOpening(base, o)), Signature: sig.SignatureOf(curve.Generator().Mul(r()))}, opening: o}
}

// selfDraft is a split of some coins of a wallet: values of the outputs add up,
// with the burn, to the inputs.
func (w *World) selfDraft(wallet *Party, values []Amount, burn Amount, inputs ...*Holding) *draft {
	return &draft{Draft{
		Case: Self, Asset: "cash", Epoch: 1, Credential: wallet.Credential, Inputs: inputs, Values: values, Burn: burn,
	}, wallet.pid, wallet.note}
}

// payDraft is a payment by a wallet to another, with its budget of 1000.
func (w *World) payDraft(from, to *Party, values []Amount, inputs ...*Holding) *draft {
	d := w.selfDraft(from, values, 0, inputs...)
	d.Case, d.Budget, d.Change = Anonymous, from.budgetOf("cash"), 1000-values[0]
	d.Payee = to.Registered
	return d
}

// HonestPayment is mallory's payment of 120 to bob with two coins.
func (w *World) HonestPayment() *Transfer {
	return w.forge(w.payDraft(w.Mallory, w.Bob, []Amount{120, 180}, w.Mallory.coinOf(200), w.Mallory.coinOf(100)), hooks{})
}

// HonestSplit is alice's split of her coin.
func (w *World) HonestSplit() *Transfer {
	return w.forge(w.selfDraft(w.Alice, []Amount{200, 300}, 0, w.Alice.coinOf(500)), hooks{})
}

// HonestBurn is mallory's burn of 70 out of two coins.
func (w *World) HonestBurn() *Transfer {
	return w.forge(w.selfDraft(w.Mallory, []Amount{0, 230}, 70, w.Mallory.coinOf(200), w.Mallory.coinOf(100)), hooks{})
}

var errStop = errors.New("stop")

// bound is the challenge of a statement after the commitments, in a transcript.
func bound(st *sigma.Statement, tr *transcript.Transcript, w sigma.Witness, commitments []curve.G1) curve.Scalar {
	// a prover whose randomness fails has bound the statement and done nothing else
	if _, err := st.Prove(testrand.Failing(0, errStop), tr, w); !errors.Is(err, errStop) {
		panic(err)
	}
	tr.AppendPoints("commitments", commitments...)
	return tr.Challenge("sigma")
}

// proveWith is a Σ prover that changes its commitments before the challenge. It
// learns its nonces from an ordinary proof.
func (f *forgery) proveWith(change func(commitments []curve.G1, c curve.Scalar)) {
	st := f.statement()
	p := must(st.Prove(nil, f.transcript(), f.w))
	c := bound(st, f.transcript(), f.w, p.Commitments)
	change(p.Commitments, c)
	d := bound(st, f.transcript(), f.w, p.Commitments).Sub(c)
	for name, x := range f.w {
		if _, vars := st.Size(); int(st.Var(name)) < vars {
			p.Responses[st.Var(name)] = p.Responses[st.Var(name)].Add(d.Mul(x))
		}
	}
	f.t.sigma = p
}

// nonces are those of the proof, which its maker learns from the challenge.
func (f *forgery) nonces() map[string]curve.Scalar {
	st := f.statement()
	c := bound(st, f.transcript(), f.w, f.t.sigma.Commitments)
	n := make(map[string]curve.Scalar)
	_, vars := st.Size()
	for name, x := range f.w {
		if v := st.Var(name); int(v) < vars {
			n[name] = f.t.sigma.Responses[v].Sub(c.Mul(x))
		}
	}
	return n
}

// Relations of a self transfer with one input, by their place in the statement.
const relationOutputValue = 7

// points of the verifying key of a circuit, read from its encoding.
type circuitPoints struct {
	alpha              curve.G1
	beta, gamma, delta curve.G2
	k                  []curve.G1
}

func (w *World) circuitPoints() circuitPoints { return keyPoints(w.Key.VerifyingKey()) }

func keyPoints(key *rangeproof.VerifyingKey) (c circuitPoints) {
	r := wire.NewReader(must(key.MarshalBinary()))
	r.Take(3)
	for range r.Uint16() { // names of rules
		r.Bytes(64)
	}
	r.Take(32 + 32)
	c.alpha = curve.ReadG1(r)
	c.beta, c.gamma, c.delta = curve.ReadG2(r), curve.ReadG2(r), curve.ReadG2(r)
	for r.Len() > 0 {
		c.k = append(c.k, curve.ReadG1(r))
	}
	must(0, r.Close())
	return c
}

// groth16 makes a proof of any points.
func groth16(a curve.G1, b curve.G2, c, d curve.G1) *rangeproof.Proof {
	p := rangeproof.ReadProof(wire.NewReader(d.Append(c.Append(b.Append(a.Append(nil))))))
	return &p
}

// parts of a proof.
func groth16Parts(p *rangeproof.Proof) (a curve.G1, b curve.G2, c, d curve.G1) {
	r := wire.NewReader(p.Append(nil))
	return curve.ReadG1(r), curve.ReadG2(r), curve.ReadG1(r), curve.ReadG1(r)
}

// taxKey is of the circuit with a tax of a tenth in output 2.
var taxKey = sync.OnceValue(func() *rangeproof.ProvingKey {
	key, _, err := rangeproof.SetupSingleParty(context.Background(), must(rangeproof.Compile(3, rangeproof.Pays(), rangeproof.Tax(2, 1000))))
	return must(key, err)
})

func smallOrder(order int64) curve.G1 { return curve.FromG1Affine(testrand.SmallOrder(order)) }

func randomPoint(name string) curve.G1 { return curve.HashToG1(dst.Base, []byte(name)) }
