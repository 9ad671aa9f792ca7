package utt

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
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
//
// Credential, inputs and budget must be such as VerifyHoldings finds to open, which the
// caller sees to before: Transfer does not verify them again. Of one that does not open, or
// is not signed, comes a transfer that is refused, and by which whoever made the note, or the
// record, knows its owner's. Package wallet counts only what is verified.
func (k *Keys) Transfer(rand io.Reader, d *Draft, key *rangeproof.ProvingKey) (*Transfer, error) {
	t, _, err := k.TransferWithOpenings(rand, d, key)
	return t, err
}

// TransferWithOpenings is Transfer that returns as well what its maker needs to prove later
// what it paid.
func (k *Keys) TransferWithOpenings(rand io.Reader, d *Draft, key *rangeproof.ProvingKey) (*Transfer, *Openings, error) {
	if err := k.usable(); err != nil {
		return nil, nil, err
	}
	if err := d.complete(key); err != nil {
		return nil, nil, err
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
	case d.Payee != nil && len(d.Payee.address) == 0:
		return fmt.Errorf("%w: a payee without an address, whose coin nobody could open", ErrInvalid)
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
func (d *draft) prove(rand io.Reader, p *Parameters, key *rangeproof.ProvingKey) (*Transfer, *Openings, error) {
	p = p.At(d.Epoch)
	t := &Transfer{header: header{network: p.network, parameters: p.digest, circuit: key.CircuitID(), use: d.Case, asset: d.Asset, epoch: d.Epoch}}
	var claims batch.Claims
	sh := p.shape(&t.header, d.Epoch, &claims)
	if sh == nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrPolicy, claims.Err())
	}
	if len(d.Values) != sh.circuitOuts || (d.Budget != nil) != sh.hasBudget {
		return nil, nil, fmt.Errorf("%w: draft does not fit case %v", ErrPolicy, d.Case)
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
			return nil, nil, err
		}
		t.inputs = append(t.inputs, input{nullifier: n})
		w[varSerial(nameInput(i))], w[varValue(nameInput(i))] = c.attribute(coinSerial).Scalar(), c.attribute(coinValue).Scalar()
	}
	if d.Budget != nil {
		n, err := nullifier.Derive(secret, d.Budget.attribute(coinSerial))
		if err != nil {
			return nil, nil, err
		}
		t.budget = &input{nullifier: n}
		w[varSerial(nameBudget)], w[varValue(nameBudget)] = d.Budget.attribute(coinSerial).Scalar(), d.Budget.attribute(coinValue).Scalar()
		w[varChange] = curve.Uint64(uint64(d.Change))
	}
	if !distinct(t.nullifiers()) {
		return nil, nil, fmt.Errorf("%w: [TX-NF-DISTINCT] a coin twice", ErrInvalid)
	}
	outputs, err := d.makeOutputs(rand, p, t, sh, w)
	if err != nil {
		return nil, nil, err
	}
	if sh.audited {
		if err := d.audit(rand, t, sh, w); err != nil {
			return nil, nil, err
		}
	}
	if sh.taxed {
		if err := d.tax(rand, t, sh, w); err != nil {
			return nil, nil, err
		}
	}
	if err := d.proveBalance(rand, key, t, sh, w); err != nil {
		return nil, nil, err
	}
	shown, err := d.present(rand, p, w)
	if err != nil {
		return nil, nil, err
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
		return nil, nil, err
	}
	sums := shown.sums()
	points := curve.SumsSecret(append(sums, commitments...))
	c = shown.finish(t, points[:len(sums)])
	st = t.relations(sh, c.credential, c.inputs, c.budget, outputs)
	t.sigma = st.Respond(t.challengeTranscript(t.body()), nonces, points[len(sums):])
	t.finish()
	return t, d.openings(p, t, sh, w), nil
}

// openings are those of a transfer that the draft has made with a witness.
func (d *draft) openings(p *Parameters, t *Transfer, sh *shape, w sigma.Witness) *Openings {
	o := &Openings{p: p, id: t.id, asset: t.header.asset, outputs: make(map[int]outputOpening)}
	o.inputs, o.budget = t.keys()
	for j, r := range sh.roles {
		blindPID, val := varBlinding(nameOutput(j), coinPID), varBlinding(nameOutput(j), coinValue)
		switch {
		case r.kind == Payee:
			o.outputs[j] = outputOpening{d.Payee.pid, d.Values[j], w[blindPID], w[val]}
		case r.kind == Fixed:
			o.outputs[j] = outputOpening{r.pid, d.Values[j], w[blindPID], w[val]}
		case r.kind == Own && j > 0 && o.own == 0:
			o.own, o.pid = j, sigma.Witness{varPID: w[varPID], blindPID: w[blindPID]}
		}
	}
	return o
}

// makeOutputs commits to the outputs and encrypts their notes.
func (d *draft) makeOutputs(rand io.Reader, p *Parameters, t *Transfer, sh *shape, w sigma.Witness) ([]*sig.Commitment, error) {
	s := t.seed()
	bases := s.bases(len(sh.roles))
	commitments := make([]*sig.Commitment, len(sh.roles))
	var payees []*Member // of outputs to others
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
			payees = append(payees, d.Payee)
			w[varPayee] = to.attribute().Scalar()
		case Fixed:
			m := d.Fixed[r.pid]
			switch {
			case m == nil:
				return nil, fmt.Errorf("%w: the owner %v of a fixed output is not registered", ErrNotFound, r.pid)
			case m.pid != r.pid || len(m.address) == 0:
				return nil, fmt.Errorf("%w: a fixed output of %v for a member that is empty or another, who could not open it", ErrInvalid, r.pid)
			}
			to, address = r.pid, m.address
			payees = append(payees, m)
		case Own, BudgetChange, Refund, BudgetRefund:
		}
		switch r.kind {
		case BudgetChange:
			n.value = d.Change
		case Refund:
			for _, c := range d.Inputs {
				n.value += c.value()
			}
		case BudgetRefund:
			n.value = d.Budget.value()
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
	secret := w[varSecret].Bytes()
	var err error
	t.clues, err = cluesFor(rand, payees, p.network, s, secret, t.body())
	return commitments, err
}

// audit encrypts payer, payee and amount to the auditors.
func (d *draft) audit(rand io.Reader, t *Transfer, sh *shape, w sigma.Witness) error {
	k, err := d.nonce(rand, dst.AuditNonce, t, w)
	if err != nil {
		return err
	}
	w[varNonce] = k
	lo, hi := d.limbs()
	t.audit = threshold.CiphertextOf(curve.SumsSecret(sh.auditors.Opening.Encryption(k, w[varPID], w[varPayee], lo, hi)))
	return nil
}

// tax encrypts what is due, and the amount, to those who decrypt taxes.
func (d *draft) tax(rand io.Reader, t *Transfer, sh *shape, w sigma.Witness) error {
	k, err := d.nonce(rand, dst.TaxNonce, t, w)
	if err != nil {
		return err
	}
	w[varTaxNonce] = k
	lo, hi := d.limbs()
	due := curve.Uint64(uint64(d.due(t, sh)))
	t.tax = threshold.CiphertextOf(curve.SumsSecret(sh.tax.Decryptors.Key().Encryption(k, due, lo, hi)))
	return nil
}

// nonce is that of an encryption. It is hedged: it derives from fresh randomness, the payer's
// secret and the transfer so far, so that a generator that repeats itself does not show what
// two payments differ in.
func (d *draft) nonce(rand io.Reader, tag dst.Tag, t *Transfer, w sigma.Witness) (k curve.Scalar, err error) {
	var fresh [32]byte
	if err := curve.ReadRandom(rand, fresh[:]); err != nil {
		return k, err
	}
	secret := w[varSecret].Bytes()
	return attr.Hash(tag, fresh[:], secret[:], t.body()).Scalar(), nil
}

// limbs are the halves of output 0.
func (d *draft) limbs() (lo, hi curve.Scalar) {
	amount := uint64(d.Values[0])
	return curve.Uint64(amount & math.MaxUint32), curve.Uint64(amount >> 32)
}

// due is what the inputs hold beyond what is paid out. Of a draft that does not add up it is
// some number, for which there is no proof.
func (d *draft) due(t *Transfer, sh *shape) (due Amount) {
	for _, c := range d.Inputs {
		due += c.value()
	}
	for _, v := range d.Values {
		due -= v
	}
	public, _ := t.publicOut(sh.row)
	return due - public
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
	out, ok := t.publicOut(sh.row)
	if !ok {
		return fmt.Errorf("%w: [FEE-SUM] burn and fee of 2^64 or more", ErrInvalid)
	}
	if sh.taxed {
		v.Due = d.due(t, sh)
	}
	proof, opening, err := key.Prove(rand, v, sh.public(out))
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
	show := func(k *sig.PublicKey, h *Holding, name string, hidden int) (*sig.Presentation, error) {
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
	if all.credential, err = show(p.config.CredentialKey, d.Credential, nameCredential, credentialPoints); err != nil {
		return nil, err
	}
	for i, c := range d.Inputs {
		in, err := show(p.config.CoinKey, c, nameInput(i), coinPoints)
		if err != nil {
			return nil, err
		}
		all.inputs = append(all.inputs, in)
	}
	if d.Budget != nil {
		if all.budget, err = show(p.config.CoinKey, d.Budget, nameBudget, coinPoints); err != nil {
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
