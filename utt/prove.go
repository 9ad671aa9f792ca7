package utt

import (
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/sig"
)

// holding is something signed that its owner can open: a credential or a coin.
type holding struct {
	signed  *sig.Signed
	opening *sig.Opening
}

// attribute is attribute i of the holding.
func (h *holding) attribute(i int) attr.Attribute {
	m, _ := h.opening.Values(i)
	return attr.FromScalar(m)
}

// draft is what a sender decides about a transfer.
type draft struct {
	use        Case
	asset      string
	now        Epoch
	credential *holding
	inputs     []*holding
	budget     *holding // anonymous case
	values     []Amount // of the circuit's outputs
	change     Amount   // of the budget
	payee      *member  // of output 0, outside the self case
	fixed      map[PID]*member
	memo       string
	burn       Amount
	pid        PID
	noteKey    []byte // for notes to oneself
}

// prove makes the transfer of a draft. The order of its steps is that in which
// each depends on those before; the challenge of the Σ proof comes last and
// covers everything, so that not a byte can be altered.
func (d *draft) prove(rand io.Reader, p *Parameters, key *rangeproof.ProvingKey) (*Transfer, error) {
	t := &Transfer{header: header{network: p.network, parameters: p.digest, circuit: key.CircuitID(), use: d.use, asset: d.asset}}
	if cases[d.use].budget {
		t.header.epoch = d.now
	}
	var claims batch.Claims
	sh := p.shape(&t.header, d.now, &claims)
	if sh == nil {
		return nil, fmt.Errorf("%w: %w", ErrPolicy, claims.Err())
	}
	if len(d.values) != sh.circuitOuts || (d.budget != nil) != sh.hasBudget {
		return nil, fmt.Errorf("%w: draft does not fit case %v", ErrPolicy, d.use)
	}
	if d.burn > 0 {
		t.burn = burn{d.burn, d.pid}
	}

	// coins and nullifiers, then what they determine
	w := sigma.Witness{varPID: d.pid.attribute().Scalar()}
	secret := d.credential.attribute(credentialSecret)
	w[varSecret] = secret.Scalar()
	for i, c := range d.inputs {
		n, err := nullifier.Derive(secret, c.attribute(coinSerial))
		if err != nil {
			return nil, err
		}
		t.inputs = append(t.inputs, input{nullifier: n})
		w[varSerial(nameInput(i))], w[varValue(nameInput(i))] = c.attribute(coinSerial).Scalar(), c.attribute(coinValue).Scalar()
	}
	if d.budget != nil {
		n, err := nullifier.Derive(secret, d.budget.attribute(coinSerial))
		if err != nil {
			return nil, err
		}
		t.budget = &input{nullifier: n}
		w[varSerial(nameBudget)], w[varValue(nameBudget)] = d.budget.attribute(coinSerial).Scalar(), d.budget.attribute(coinValue).Scalar()
		w[varChange] = curve.Uint64(uint64(d.change))
	}
	if !distinct(t.nullifiers()) {
		return nil, fmt.Errorf("%w: [TX-NF-DISTINCT] a coin twice", ErrInvalid)
	}
	outputs, err := d.makeOutputs(rand, p, t, sh, w)
	if err != nil {
		return nil, err
	}
	if err := d.proveBalance(rand, key, t, sh, w); err != nil {
		return nil, err
	}
	shown, err := d.present(rand, p, w)
	if err != nil {
		return nil, err
	}
	// the presentations and the commitments to nonces are computed together: nonces derive
	// from all that determines the presentations, instead of from these
	c := shown.commitments((*sig.Presentation).Draft)
	st := t.relations(sh, c.credential, c.inputs, c.budget, outputs)
	for _, s := range shown.each() {
		s.Scale(st)
	}
	nonces, commitments, err := st.Commit(rand, shown.transcript(t), w)
	if err != nil {
		return nil, err
	}
	sums := shown.sums()
	points := curve.SumsSecret(append(sums, commitments...))
	c = shown.finish(t, points[:len(sums)])
	st = t.relations(sh, c.credential, c.inputs, c.budget, outputs)
	t.sigma = st.Respond(t.challengeTranscript(t.body()), nonces, points[len(sums):])
	t.finish()
	return t, nil
}

// makeOutputs commits to the outputs and encrypts their notes.
func (d *draft) makeOutputs(rand io.Reader, p *Parameters, t *Transfer, sh *shape, w sigma.Witness) ([]*sig.Commitment, error) {
	s := t.seed()
	bases := s.bases(len(sh.roles))
	commitments := make([]*sig.Commitment, len(sh.roles))
	for j, r := range sh.roles {
		n := note{}
		var err error
		if n.seed, err = newNoteSeed(rand); err != nil {
			return nil, err
		}
		to := d.pid
		var address []byte
		switch r.kind {
		case payee:
			to, address, n.memo = d.payee.pid, d.payee.address, d.memo
			w[varPayee] = to.attribute().Scalar()
		case fixed:
			m := d.fixed[r.pid]
			if m == nil {
				return nil, fmt.Errorf("%w: the owner %v of a fixed output is not registered", ErrNotFound, r.pid)
			}
			to, address = r.pid, m.address
		case own, budgetChange, refund:
		}
		switch r.kind {
		case budgetChange:
			n.value = d.change
		case refund:
			for _, c := range d.inputs {
				v, _ := c.attribute(coinValue).Scalar().Uint64()
				n.value += Amount(v)
			}
		case payee, own, fixed:
			n.value = d.values[j]
			w[varOut(j)] = curve.Uint64(uint64(n.value))
		}
		o := n.seed.opening(p.network, s, j, to.attribute(), n.value, sh.kindOf(j))
		c, err := sig.CommitOpening(bases[j], o, coinPID, coinValue)
		if err != nil {
			return nil, err
		}
		_, w[varBlinding(nameOutput(j), coinPID)] = o.Values(coinPID)
		_, w[varBlinding(nameOutput(j), coinValue)] = o.Values(coinValue)
		context := noteContext(&t.header, s, j)
		out := output{pid: c.Point(coinPID), val: c.Point(coinValue)}
		if address != nil {
			out.note, err = n.sealTo(address, context)
		} else {
			out.note, err = n.sealOwn(rand, d.noteKey, context)
		}
		if err != nil {
			return nil, err
		}
		t.outputs = append(t.outputs, out)
		commitments[j] = c
	}
	return commitments, nil
}

// proveBalance makes the Groth16 proof and D.
func (d *draft) proveBalance(rand io.Reader, key *rangeproof.ProvingKey, t *Transfer, sh *shape, w sigma.Witness) error {
	v := rangeproof.Values{Out: d.values}
	for _, c := range d.inputs {
		x, _ := c.attribute(coinValue).Scalar().Uint64()
		v.In = append(v.In, Amount(x))
	}
	if d.budget != nil {
		x, _ := d.budget.attribute(coinValue).Scalar().Uint64()
		v.BudgetIn, v.BudgetOut = Amount(x), d.change
	}
	proof, opening, err := key.Prove(rand, v, sh.public(t.burn.amount))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	t.groth16 = proof
	w[varLo], w[varHi], w[varRho] = opening.Lo(), opening.Hi(), opening.Rho()
	return nil
}

// showing is the presentations of a transfer in the making.
type showing struct {
	credential, budget *sig.Presentation
	inputs             []*sig.Presentation
}

type shownHoldings struct {
	credential, budget *sig.Commitment
	inputs             []*sig.Commitment
}

// present draws the presentations of the credential and the coins, which hide all but the
// kind.
func (d *draft) present(rand io.Reader, p *Parameters, w sigma.Witness) (*showing, error) {
	show := func(k *sig.PublicKey, h *holding, name string, hidden int) (*sig.Presentation, error) {
		hide := make([]int, hidden)
		for i := range hide {
			hide[i] = i
		}
		shown, err := k.Present(rand, h.signed, h.opening, hide...)
		if err != nil {
			return nil, err
		}
		for i := range hide {
			_, w[varBlinding(name, i)] = shown.Opening().Values(i)
		}
		return shown, nil
	}
	var all showing
	var err error
	if all.credential, err = show(p.config.CredentialKey, d.credential, nameCredential, credentialPoints); err != nil {
		return nil, err
	}
	for i, c := range d.inputs {
		in, err := show(p.config.CoinKey, c, nameInput(i), coinPoints)
		if err != nil {
			return nil, err
		}
		all.inputs = append(all.inputs, in)
	}
	if d.budget != nil {
		if all.budget, err = show(p.config.CoinKey, d.budget, nameBudget, coinPoints); err != nil {
			return nil, err
		}
	}
	return &all, nil
}

// each is the presentations in their order.
func (s *showing) each() []*sig.Presentation {
	list := append([]*sig.Presentation{s.credential}, s.inputs...)
	if s.budget != nil {
		list = append(list, s.budget)
	}
	return list
}

// transcript is what nonces derive from besides the witness: the transfer without its
// presentations, and what determines these.
func (s *showing) transcript(t *Transfer) *transcript.Transcript {
	tr := t.challengeTranscript(t.body())
	for _, p := range s.each() {
		p.Bind(tr)
	}
	return tr
}

// sums are those of all presentations.
func (s *showing) sums() (sums [][]curve.Term) {
	for _, p := range s.each() {
		sums = append(sums, p.Sums()...)
	}
	return sums
}

// commitments are those that of gives for each presentation, called in their order.
func (s *showing) commitments(of func(*sig.Presentation) *sig.Commitment) *shownHoldings {
	c := &shownHoldings{credential: of(s.credential)}
	for _, p := range s.inputs {
		c.inputs = append(c.inputs, of(p))
	}
	if s.budget != nil {
		c.budget = of(s.budget)
	}
	return c
}

// finish puts the presentations into the transfer, given the values of all sums.
func (s *showing) finish(t *Transfer, points []curve.G1) *shownHoldings {
	var shown []*sig.Signed
	c := s.commitments(func(p *sig.Presentation) *sig.Commitment {
		n := len(p.Sums())
		shown, points = append(shown, p.Finish(points[:n])), points[n:]
		return shown[len(shown)-1].Commitment
	})
	t.credential = present(shown[0], credentialPoints)
	for i := range t.inputs {
		t.inputs[i].presentation = present(shown[1+i], coinPoints)
	}
	if t.budget != nil {
		t.budget.presentation = present(shown[len(shown)-1], coinPoints)
	}
	return c
}
