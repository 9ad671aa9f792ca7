package utt

import (
	"fmt"
	"io"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/sig"
)

// Draft is what a sender decides about a transfer. What follows from it and the
// parameters, such as circuit, roles and epochs, is derived as the verifier derives it:
// what the proofs do not show cannot be made.
type Draft struct {
	Case       Case
	Asset      string
	Epoch      Epoch // the present one
	Credential *Holding
	Inputs     []*Holding      // money, 1 to MaxInputs
	Budget     *Holding        // where the case has one
	Values     []Amount        // of the circuit's outputs, in order
	Change     Amount          // of the budget
	Payee      *Member         // of output 0, where the case has one
	Fixed      map[PID]*Member // the owners of fixed outputs
	Memo       string          // to the payee, of at most MaxMemo bytes
	Burn       Amount          // to the sender's account, in the self case
}

// Transfer makes and proves the transfer of a draft of the user's, for whose case the
// proving key is. It takes a prover's time. rand is for all that is random but what
// Groth16 and HPKE draw themselves; nil means crypto/rand. ErrPolicy says that the draft
// does not fit the parameters, ErrInvalid that its values do not add up.
func (k *Keys) Transfer(rand io.Reader, d *Draft, key *rangeproof.ProvingKey) (*Transfer, error) {
	if err := k.usable(); err != nil {
		return nil, err
	}
	if err := d.complete(key); err != nil {
		return nil, err
	}
	return (&draft{*d, k.pid, k.note}).prove(rand, k.p, key)
}

// complete reports a draft that lacks what every case needs.
func (d *Draft) complete(key *rangeproof.ProvingKey) error {
	switch {
	case d == nil || d.Credential.empty() || slices.ContainsFunc(d.Inputs, (*Holding).empty) || d.Budget != nil && d.Budget.empty():
		return fmt.Errorf("%w: a draft without credential, or with holdings that are nil or empty", ErrInvalid)
	case len(d.Inputs) == 0 || len(d.Inputs) > MaxInputs:
		return fmt.Errorf("%w: a draft with %d inputs, of 1 to %d", ErrPolicy, len(d.Inputs), MaxInputs)
	case key == nil || key.VerifyingKey() == nil:
		return fmt.Errorf("%w: no proving key", ErrInvalid)
	case cases[d.Case].payee && d.Payee == nil:
		return fmt.Errorf("%w: no payee in case %v", ErrPolicy, d.Case)
	}
	return nil
}

// draft is a Draft and whose it is.
type draft struct {
	Draft
	pid     PID
	noteKey []byte // for notes to oneself
}

// prove makes the transfer of a draft. The order of its steps is that in which
// each depends on those before; the challenge of the Σ proof comes last and
// covers everything, so that not a byte can be altered.
func (d *draft) prove(rand io.Reader, p *Parameters, key *rangeproof.ProvingKey) (*Transfer, error) {
	t := &Transfer{header: header{network: p.network, parameters: p.digest, circuit: key.CircuitID(), use: d.Case, asset: d.Asset}}
	if cases[d.Case].budget {
		t.header.epoch = d.Epoch
	}
	var claims batch.Claims
	sh := p.shape(&t.header, d.Epoch, &claims)
	if sh == nil {
		return nil, fmt.Errorf("%w: %w", ErrPolicy, claims.Err())
	}
	if len(d.Values) != sh.circuitOuts || (d.Budget != nil) != sh.hasBudget {
		return nil, fmt.Errorf("%w: draft does not fit case %v", ErrPolicy, d.Case)
	}
	if d.Burn > 0 {
		t.burn = burn{d.Burn, d.pid}
	}

	// coins and nullifiers, then what they determine
	w := sigma.Witness{varPID: d.pid.attribute().Scalar()}
	secret := d.Credential.attribute(credentialSecret)
	w[varSecret] = secret.Scalar()
	for i, c := range d.Inputs {
		n, err := nullifier.Derive(secret, c.attribute(coinSerial))
		if err != nil {
			return nil, err
		}
		t.inputs = append(t.inputs, input{nullifier: n})
		w[varSerial(nameInput(i))], w[varValue(nameInput(i))] = c.attribute(coinSerial).Scalar(), c.attribute(coinValue).Scalar()
	}
	if d.Budget != nil {
		n, err := nullifier.Derive(secret, d.Budget.attribute(coinSerial))
		if err != nil {
			return nil, err
		}
		t.budget = &input{nullifier: n}
		w[varSerial(nameBudget)], w[varValue(nameBudget)] = d.Budget.attribute(coinSerial).Scalar(), d.Budget.attribute(coinValue).Scalar()
		w[varChange] = curve.Uint64(uint64(d.Change))
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
		case Payee:
			to, address, n.memo = d.Payee.pid, d.Payee.address, d.Memo
			w[varPayee] = to.attribute().Scalar()
		case Fixed:
			m := d.Fixed[r.pid]
			if m == nil {
				return nil, fmt.Errorf("%w: the owner %v of a fixed output is not registered", ErrNotFound, r.pid)
			}
			to, address = r.pid, m.address
		case Own, BudgetChange, Refund:
		}
		switch r.kind {
		case BudgetChange:
			n.value = d.Change
		case Refund:
			for _, c := range d.Inputs {
				n.value += c.value()
			}
		case Payee, Own, Fixed:
			n.value = d.Values[j]
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
	v := rangeproof.Values{Out: d.Values}
	for _, c := range d.Inputs {
		v.In = append(v.In, c.value())
	}
	if d.Budget != nil {
		v.BudgetIn, v.BudgetOut = d.Budget.value(), d.Change
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
	show := func(k *sig.PublicKey, h *Holding, name string, hidden int) (presentation, *sig.Commitment, error) {
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
	if t.credential, all.credential, err = show(p.config.CredentialKey, d.Credential, nameCredential, credentialPoints); err != nil {
		return nil, err
	}
	for i, c := range d.Inputs {
		var in *sig.Commitment
		if t.inputs[i].presentation, in, err = show(p.config.CoinKey, c, nameInput(i), coinPoints); err != nil {
			return nil, err
		}
		all.inputs = append(all.inputs, in)
	}
	if d.Budget != nil {
		if t.budget.presentation, all.budget, err = show(p.config.CoinKey, d.Budget, nameBudget, coinPoints); err != nil {
			return nil, err
		}
	}
	return &all, nil
}
