package utt

import (
	"cmp"
	"slices"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
)

// Transfer is a private transfer: a split, merge, payment or burn. statement.go
// says what its proofs show.
type Transfer struct {
	sealed
	id         ID
	header     header
	credential presentation // of (pid, s)
	inputs     []input      // money
	budget     *input       // the budget coin, in the anonymous case
	outputs    []output
	burn       burn                  // money out to the sender's account, in the self case
	audit      *threshold.Ciphertext // of payer, payee and amount, in the audited cases
	tax        *threshold.Ciphertext // of what is due and the amount, where the row taxes by total
	clues      []clue                // of the outputs to others, in their order
	groth16    *rangeproof.Proof
	sigma      *sigma.Proof
}

// presentation is a re-randomised signature on hidden attributes: h', the C_i' and
// S'. What is public of it, the verifier adds.
type presentation struct {
	base      curve.G1
	points    []curve.G1
	signature curve.G1
}

// input is a coin with its nullifier.
type input struct {
	presentation
	nullifier nullifier.Nullifier
}

// output is a new coin: C_pid and C_val under h_j, and a note for its owner.
type output struct {
	pid, val curve.G1
	note     []byte
}

// burn turns an amount into ordinary money of the sender, whom it reveals. The
// zero value burns nothing.
type burn struct {
	amount  Amount
	account PID
}

const (
	credentialPoints = 2 // pid, s
	coinPoints       = 3 // pid, sn, val
)

func present(s *sig.Signed, hidden int) presentation {
	p := presentation{base: s.Commitment.Base(), signature: s.Signature.Point()}
	for i := range hidden {
		p.points = append(p.points, s.Commitment.Point(i))
	}
	return p
}

// signed is the presentation with its public attributes.
func (p *presentation) signed(public ...attr.Attribute) *sig.Signed {
	parts := make([]sig.Part, 0, len(p.points)+len(public))
	for _, c := range p.points {
		parts = append(parts, sig.Hidden(c))
	}
	for _, a := range public {
		parts = append(parts, sig.Public(a))
	}
	return &sig.Signed{Commitment: sig.Assemble(p.base, parts...), Signature: sig.SignatureOf(p.signature)}
}

// commitment is output j under its base, with the attributes that the seed and the shape give it.
func (o *output) commitment(base curve.G1, s seed, sh *shape, j int) *sig.Commitment {
	return sig.Assemble(base,
		sig.Hidden(o.pid), sig.Public(s.serial(j)), sig.Hidden(o.val), sig.Public(sh.kindOf(j)))
}

func (t *Transfer) nullifiers() []nullifier.Nullifier {
	n := make([]nullifier.Nullifier, 0, len(t.inputs)+1)
	for i := range t.inputs {
		n = append(n, t.inputs[i].nullifier)
	}
	if t.budget != nil {
		n = append(n, t.budget.nullifier)
	}
	return n
}

// keys are those of the nullifiers.
func (t *Transfer) keys() (inputs []nullifier.Key, budget *nullifier.Key) {
	for i := range t.inputs {
		inputs = append(inputs, t.inputs[i].nullifier.Key())
	}
	if t.budget != nil {
		k := t.budget.nullifier.Key()
		budget = &k
	}
	return inputs, budget
}

func (t *Transfer) seed() seed {
	inputs, budget := t.keys()
	return transferSeed(t.header.network, inputs, budget)
}

// ID is the transaction's identifier: a hash of everything but the proofs.
func (t *Transfer) ID() ID { return cmp.Or(t, &noTransfer).id }

// Case is how the transfer stands to the policy.
func (t *Transfer) Case() Case { return cmp.Or(t, &noTransfer).header.use }

// Asset is the asset of the money that moves.
func (t *Transfer) Asset() string { return cmp.Or(t, &noTransfer).header.asset }

// Epoch is the only one in which the transfer can execute, or come to be held.
func (t *Transfer) Epoch() Epoch { return cmp.Or(t, &noTransfer).header.epoch }

// Nullifiers are those of the inputs, and last that of the budget coin, if there is one.
// Two transfers that have one in common cannot both execute.
func (t *Transfer) Nullifiers() []nullifier.Nullifier { return cmp.Or(t, &noTransfer).nullifiers() }

// Budgeted reports whether the last of the nullifiers is that of a budget coin.
func (t *Transfer) Budgeted() bool { return cmp.Or(t, &noTransfer).budget != nil }

// Outputs is the number of coins that the transfer makes, budget change included.
func (t *Transfer) Outputs() int { return len(cmp.Or(t, &noTransfer).outputs) }

// publicOut is what leaves the coins: what is burned, and the fee. It is false where the
// two do not fit [FEE-SUM].
func (t *Transfer) publicOut(r *Row) (out Amount, ok bool) {
	fee, ok := r.Fee.of(len(t.inputs))
	out = t.burn.amount + fee
	return out, ok && out >= fee
}

// Burned is what becomes ordinary money, and whose; zero but for a burn.
func (t *Transfer) Burned() (Amount, PID) {
	b := &cmp.Or(t, &noTransfer).burn
	return b.amount, b.account
}

// noTransfer stands in for a nil one.
var noTransfer Transfer

func (p *presentation) append(b []byte) []byte {
	b = p.base.Append(b)
	for _, c := range p.points {
		b = c.Append(b)
	}
	return p.signature.Append(b)
}

func readPresentation(r *wire.Reader, points int) presentation {
	p := presentation{base: curve.ReadG1(r), points: make([]curve.G1, points)}
	for i := range p.points {
		p.points[i] = curve.ReadG1(r)
	}
	p.signature = curve.ReadG1(r)
	return p
}

func (i *input) append(b []byte) []byte { return i.nullifier.Append(i.presentation.append(b)) }

func readInput(r *wire.Reader) input {
	return input{readPresentation(r, coinPoints), nullifier.Read(r)}
}

func (o *output) append(b []byte) []byte {
	return wire.AppendBytes(o.val.Append(o.pid.Append(b)), o.note)
}

func readOutput(r *wire.Reader) output {
	return output{curve.ReadG1(r), curve.ReadG1(r), r.Bytes(maxNote)}
}

func appendOutputs(b []byte, outputs []output) []byte {
	b = wire.AppendUint16(b, uint16(len(outputs)))
	for j := range outputs {
		b = outputs[j].append(b)
	}
	return b
}

func readOutputs(r *wire.Reader) []output {
	outputs := make([]output, r.Count(maxOutputs, 2*curve.G1Size+4))
	for j := range outputs {
		outputs[j] = readOutput(r)
	}
	return outputs
}

func (o *burn) append(b []byte) []byte {
	b = wire.AppendUint64(b, uint64(o.amount))
	if o.amount > 0 {
		b = append(b, o.account[:]...)
	}
	return b
}

func readBurn(r *wire.Reader) (o burn) {
	if o.amount = Amount(r.Uint64()); o.amount > 0 {
		o.account = readPID(r)
	}
	return o
}

// body is everything but the proofs: what the id names and the proofs bind.
func (t *Transfer) body() []byte {
	b := t.header.append(opening(KindTransfer))
	b = t.credential.append(b)
	b = wire.AppendUint16(b, uint16(len(t.inputs)))
	for i := range t.inputs {
		b = t.inputs[i].append(b)
	}
	if t.budget == nil {
		b = append(b, 0)
	} else {
		b = t.budget.append(append(b, 1))
	}
	return appendClues(appendTax(t.audit.Append(t.burn.append(appendOutputs(b, t.outputs))), t.tax), t.clues)
}

// readAudit reads an audit record, which the case says whether there is.
func readAudit(r *wire.Reader, use Case) *threshold.Ciphertext {
	if !cases[use].audit {
		return nil
	}
	return threshold.ReadCiphertext(r, AuditComponents)
}

// finish fixes the encoding, once all fields are there.
func (t *Transfer) finish() {
	body := t.body()
	t.id = transferID(body)
	t.sealed = seal(t.sigma.Append(t.groth16.Append(slices.Clone(body))))
}

func transferID(body []byte) ID { return transcript.Hash(dst.TransferID, body) }

func readTransfer(r *wire.Reader, raw []byte) *Transfer {
	t := &Transfer{header: readHeader(r), credential: readPresentation(r, credentialPoints)}
	t.inputs = make([]input, r.Count(MaxInputs, (coinPoints+3)*curve.G1Size))
	for i := range t.inputs {
		t.inputs[i] = readInput(r)
	}
	if r.Bool() {
		b := readInput(r)
		t.budget = &b
	}
	t.outputs, t.burn, t.audit, t.tax = readOutputs(r), readBurn(r), readAudit(r, t.header.use), readTax(r)
	t.clues = readClues(r)
	t.id = transferID(raw[:len(raw)-r.Len()])
	proof := rangeproof.ReadProof(r)
	t.groth16 = &proof
	t.sigma = sigma.Read(r, maxSigma)
	t.sealed = seal(raw)
	return t
}
