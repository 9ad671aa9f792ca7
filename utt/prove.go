package utt

import (
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
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
	outputs, err := d.makeOutputs(rand, p, t, sh, w)
	if err != nil {
		return nil, err
	}
	if err := d.proveBalance(rand, key, t, sh, w); err != nil {
		return nil, err
	}
	shown, err := d.presentAll(rand, p, t, w)
	if err != nil {
		return nil, err
	}
	st := t.relations(sh, shown.credential, shown.inputs, shown.budget, outputs)
	if t.sigma, err = st.Prove(rand, t.challengeTranscript(t.body()), w); err != nil {
		return nil, err
	}
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

type shownHoldings struct {
	credential, budget *sig.Commitment
	inputs             []*sig.Commitment
}

// presentAll re-randomises the credential and the coins, hiding all but the kind.
func (d *draft) presentAll(rand io.Reader, p *Parameters, t *Transfer, w sigma.Witness) (*shownHoldings, error) {
	show := func(k *sig.PublicKey, h *holding, name string, hidden int) (presentation, *sig.Commitment, error) {
		hide := make([]int, hidden)
		for i := range hide {
			hide[i] = i
		}
		shown, o, err := k.Rerandomize(rand, h.signed, h.opening, hide...)
		if err != nil {
			return presentation{}, nil, err
		}
		for i := range hide {
			_, w[varBlinding(name, i)] = o.Values(i)
		}
		return present(shown, hidden), shown.Commitment, nil
	}
	var all shownHoldings
	var err error
	if t.credential, all.credential, err = show(p.config.CredentialKey, d.credential, nameCredential, credentialPoints); err != nil {
		return nil, err
	}
	for i, c := range d.inputs {
		var in *sig.Commitment
		if t.inputs[i].presentation, in, err = show(p.config.CoinKey, c, nameInput(i), coinPoints); err != nil {
			return nil, err
		}
		all.inputs = append(all.inputs, in)
	}
	if d.budget != nil {
		if t.budget.presentation, all.budget, err = show(p.config.CoinKey, d.budget, nameBudget, coinPoints); err != nil {
			return nil, err
		}
	}
	return &all, nil
}
