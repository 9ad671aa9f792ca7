package bench

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/utt"
)

// payment is a private payment taken apart, so that the stages of its verification
// can be run one by one. Package utt has no door to that; what is built here is
// checked to be what it verifies.
type payment struct {
	network    [32]byte
	asset      string
	epoch      utt.Epoch
	credential shown
	inputs     []coin
	budget     coin
	outputs    []output
	proof      rangeproof.Proof
	sigma      *sigma.Proof

	body, groth16 []byte         // as the transcript has them
	size          map[string]int // in bytes, of every part
	total         int            // of all
}

// shown is a re-randomised signature on hidden attributes.
type shown struct {
	base      curve.G1
	points    []curve.G1
	signature curve.G1
}

type coin struct {
	shown
	nullifier nullifier.Nullifier
}

type output struct{ pid, val curve.G1 }

func readShown(r *wire.Reader, points int) (s shown) {
	s.base = curve.ReadG1(r)
	for range points {
		s.points = append(s.points, curve.ReadG1(r))
	}
	s.signature = curve.ReadG1(r)
	return s
}

func readCoin(r *wire.Reader) coin { return coin{readShown(r, 3), nullifier.Read(r)} }

// read takes a payment within the budget apart.
func read(tb testing.TB, op utt.Operation) *payment {
	raw, err := op.AppendBinary(nil)
	require.NoError(tb, err)
	p := &payment{size: make(map[string]int), total: len(raw)}
	r := wire.NewReader(raw)
	before := r.Len()
	part := func(name string) {
		p.size[name] += before - r.Len()
		before = r.Len()
	}

	r.Take(2) // version, kind
	r.Fill(p.network[:])
	r.Take(32 + 32 + 1) // parameters, circuit, case
	p.asset, p.epoch = string(r.Bytes(32)), utt.Epoch(r.Uint64())
	part("header")
	p.credential = readShown(r, utt.CredentialAttributes)
	part("credential")
	for range r.Uint16() {
		p.inputs = append(p.inputs, readCoin(r))
	}
	require.True(tb, r.Bool(), "a budget coin")
	p.budget = readCoin(r)
	part("inputs")
	n := r.Uint16()
	part("outputs")
	for range n {
		p.outputs = append(p.outputs, output{curve.ReadG1(r), curve.ReadG1(r)})
		part("outputs")
		r.Bytes(1 << 12)
		part("notes")
	}
	require.Zero(tb, r.Uint64(), "nothing burned")
	require.False(tb, r.Bool(), "no tax by total")
	part("header")
	for range r.Uint16() {
		r.Take(32 + 16)
	}
	part("clues")
	p.body = raw[:len(raw)-r.Len()]
	p.proof = rangeproof.ReadProof(r)
	part("groth16")
	p.groth16 = raw[len(p.body) : len(raw)-r.Len()]
	p.sigma = sigma.Read(r, 128)
	part("sigma")
	require.NoError(tb, r.Close())
	return p
}

// seed is what the outputs' bases and serial numbers are hashes of.
func (p *payment) seed() []byte {
	items := [][]byte{p.network[:]}
	for _, c := range append(p.inputs[:len(p.inputs):len(p.inputs)], p.budget) {
		key := c.nullifier.Key()
		items = append(items, key[:])
	}
	s := transcript.Hash(dst.TransferSeed, items...)
	return s[:]
}

// bases are h_0 … h_(n−1) under each seed, hashes to the curve.
func bases(seeds [][]byte, n int) []attr.Base {
	var items [][][]byte
	for _, seed := range seeds {
		for j := range n {
			items = append(items, [][]byte{seed, wire.AppendUint64(nil, uint64(j))})
		}
	}
	return attr.NewBases(dst.CoinBase, items)
}

// commitments are the outputs; the last is the budget change.
func (p *payment) commitments(seed []byte) []*sig.Commitment {
	out := make([]*sig.Commitment, len(p.outputs))
	h := bases([][]byte{seed}, len(out))
	for j, o := range p.outputs {
		kind := budget.MoneyKind(p.asset)
		if j == len(out)-1 {
			kind = budget.Kind(budget.Privacy, p.asset, p.epoch)
		}
		serial := attr.Hash(dst.Serial, seed, wire.AppendUint64(nil, uint64(j)))
		out[j] = sig.Assemble(h[j].Point(), sig.Hidden(o.pid), sig.Public(serial), sig.Hidden(o.val), sig.Public(kind))
	}
	return out
}

// statement is that of utt/statement.go for a payment with two outputs and the
// budget change.
func (p *payment) statement(key *rangeproof.VerifyingKey) *sigma.Statement {
	st := new(sigma.Statement)
	commitment := func(s *shown, public ...sig.Part) *sig.Commitment {
		var parts []sig.Part
		for _, c := range s.points {
			parts = append(parts, sig.Hidden(c))
		}
		return sig.Assemble(s.base, append(parts, public...)...)
	}
	fresh := func(name string) sigma.Var { return st.Var(name) }
	pid, secret := fresh("pid"), fresh("s")
	credential := commitment(&p.credential)
	credential.Relate(st, "TX-CRED-PID", 0, fresh("r/c/0"), pid)
	credential.Relate(st, "TX-CRED-S", 1, fresh("r/c/1"), secret)
	spent := func(label, name string, c *coin, kind attr.Attribute) sigma.Var {
		m := commitment(&c.shown, sig.Public(kind))
		sn, val := fresh("sn/"+name), fresh("val/"+name)
		m.Relate(st, "TX-"+label+"-PID", 0, fresh("r/"+name+"/0"), pid)
		m.Relate(st, "TX-"+label+"-SN", 1, fresh("r/"+name+"/1"), sn)
		m.Relate(st, "TX-"+label+"-VAL", 2, fresh("r/"+name+"/2"), val)
		c.nullifier.Relate(st, "TX-NF", secret, sn)
		return val
	}
	var in []sigma.Var
	for i := range p.inputs {
		in = append(in, spent("IN", string(rune('0'+i)), &p.inputs[i], budget.MoneyKind(p.asset)))
	}
	link := &rangeproof.BudgetVars{In: spent("B", "b", &p.budget, budget.Kind(budget.Privacy, p.asset, p.epoch)), Out: fresh("change")}
	out := []sigma.Var{fresh("out/0"), fresh("out/1")}
	payee := sigma.Var(-1)
	for j, c := range p.commitments(p.seed()) {
		name := "r/o" + string(rune('0'+j))
		rPID, rVal := fresh(name+"/0"), fresh(name+"/2")
		owner, value := pid, link.Out
		if j < len(out) {
			value = out[j]
		}
		if j == 0 {
			payee = fresh("to")
			owner = payee
		}
		c.Relate(st, "TX-OUT-PID", 0, rPID, owner)
		c.Relate(st, "TX-OUT-VAL", 2, rVal, value)
	}
	key.Link(st, p.proof.Commitment(), in, out, link, fresh("lo"), fresh("hi"), fresh("rho"))
	return st
}

// relations claims the Σ proof.
func (p *payment) relations(c *batch.Claims, key *rangeproof.VerifyingKey) {
	t := transcript.New(dst.TransferProof)
	t.Append("body", p.body)
	t.Append("groth16", p.groth16)
	p.statement(key).Verify(c, t, p.sigma)
}

// keys are the points that payments are paired with, prepared.
type keys struct {
	circuit            *rangeproof.VerifyingKey
	credential         signatureKey
	money, limit       signatureKey // of coins, with the kind in X
	alpha              curve.G1
	beta, gamma, delta *curve.Fixed
	public             curve.G1 // K_0 and the slot that says there is a budget
}

type signatureKey struct {
	x *curve.Fixed
	y []*curve.Fixed
}

func newKeys(tb testing.TB, w *world) *keys {
	prepared := func(q []curve.G2) []*curve.Fixed {
		var f []*curve.Fixed
		for i := range q {
			f = append(f, curve.NewFixed(q[i]))
		}
		return f
	}
	p := w.net.Parameters()
	x, y, _ := p.CredentialKey().Points()
	k := &keys{
		circuit:    w.net.ProvingKey(utt.Anonymous).VerifyingKey(),
		credential: signatureKey{curve.NewFixed(x), prepared(y)},
	}
	x, y, _ = p.CoinKey().Points()
	hidden := prepared(y[:3])
	ofKind := func(kind attr.Attribute) signatureKey { // as sig.PublicKey.Fold does
		return signatureKey{curve.NewFixed(x.Add(y[3].Mul(kind.Scalar()))), hidden}
	}
	k.money, k.limit = ofKind(budget.MoneyKind(asset)), ofKind(budget.Kind(budget.Privacy, asset, w.net.Ledger().Head().Epoch))
	raw, err := k.circuit.MarshalBinary()
	require.NoError(tb, err)
	r := wire.NewReader(raw)
	r.Take(1 + 1 + 1) // version, origin, outputs
	for range r.Uint16() {
		r.Bytes(64) // a rule
	}
	r.Take(32 + 32) // circuit, proving key
	k.alpha = curve.ReadG1(r)
	k.beta, k.gamma, k.delta = curve.NewFixed(curve.ReadG2(r)), curve.NewFixed(curve.ReadG2(r)), curve.NewFixed(curve.ReadG2(r))
	var points []curve.G1
	for r.Len() > 0 {
		points = append(points, curve.ReadG1(r))
	}
	require.NoError(tb, r.Close())
	k.public = points[0].Add(points[len(points)-2]) // the last slots: public out, budgeted, limit
	return k
}

// count is how many of the points there are, with the generator.
func (k *keys) count() int { return 1 + 1 + len(k.credential.y) + 2 + len(k.money.y) + 3 }

// balance claims [TX-G16] without the membership of its points.
func (k *keys) balance(c *batch.Claims, g *groth16Points) {
	c.Pairing("TX-G16",
		batch.Pair{P: g.a, Var: g.b},
		batch.Pair{P: k.alpha.Neg(), Q: k.beta},
		batch.Pair{P: k.public.Neg(), Q: k.gamma},
		batch.Pair{P: g.d.Neg(), Q: k.gamma},
		batch.Pair{P: g.c.Neg(), Q: k.delta})
}

type groth16Points struct {
	a, c, d curve.G1
	b       curve.G2
}

// points are those of a proof.
func points(p *rangeproof.Proof) (g groth16Points) {
	r := wire.NewReader(p.Append(nil))
	g.a, g.b, g.c, g.d = curve.ReadG1(r), curve.ReadG2(r), curve.ReadG1(r), curve.ReadG1(r)
	return g
}

// signatures claims [SIG-1] for all that is spent, without the membership of the
// bases.
func (k *keys) signatures(c *batch.Claims, p *payment) {
	one := func(k *signatureKey, s *shown) {
		pairs := []batch.Pair{{P: s.base, Q: k.x}, {P: s.signature.Neg(), Q: curve.FixedGenerator2}}
		for i, q := range s.points {
			pairs = append(pairs, batch.Pair{P: q, Q: k.y[i]})
		}
		c.Pairing("TX-SIG", pairs...)
	}
	one(&k.credential, &p.credential)
	for i := range p.inputs {
		one(&k.money, &p.inputs[i].shown)
	}
	one(&k.limit, &p.budget.shown)
}

// inG1 claims the memberships: bases, nullifiers, outputs and those of the proof.
func (p *payment) inG1(c *batch.Claims) {
	c.InG1("TX-SIG", p.credential.base)
	for _, x := range append([]coin{p.budget}, p.inputs...) {
		c.InG1("TX-SIG", x.base)
		x.nullifier.Claim(c, "TX-NF")
	}
	for _, o := range p.outputs {
		c.InG1("TX-OUT", o.pid, o.val)
	}
	g := points(&p.proof)
	c.InG1("TX-G16", g.a)
}
