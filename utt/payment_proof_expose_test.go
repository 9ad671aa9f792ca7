package utt

import (
	"encoding/base64"
	"strings"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/nullifier"
)

// RawProof is the content of a proof's text, without the checksum.
func RawProof(text string) []byte {
	b := must(base64.RawURLEncoding.DecodeString(strings.TrimPrefix(text, paymentProofPrefix)))
	return b[:len(b)-checksumSize]
}

// ProofText is a text with a content, with the right checksum.
func ProofText(raw []byte) string {
	b := append([]byte(nil), raw...)
	return paymentProofPrefix + base64.RawURLEncoding.EncodeToString(append(b, paymentChecksum(b)...))
}

// ReencodeProof parses a text and writes it again.
func ReencodeProof(text string) (string, error) {
	f, err := parsePaymentProof(text)
	if err != nil {
		return "", err
	}
	return f.text(), nil
}

// ProofForgery makes another text of a proof.
type ProofForgery func(f *paymentProof)

// Of is the text that it makes of one.
func (forge ProofForgery) Of(text string) string {
	f := must(parsePaymentProof(text))
	forge(f)
	return f.text()
}

// AboutProof are values of a proof's fields, for reflection.
func AboutProof() []any { return []any{paymentProof{}, maker{}} }

// ProofForgeries are, for every field of a proof and its maker's, ways to alter it.
func ProofForgeries() map[string]map[string]ProofForgery {
	point := func(of func(f *paymentProof) *curve.G1) map[string]ProofForgery {
		alter := func(by func(p curve.G1) curve.G1) ProofForgery {
			return func(f *paymentProof) { *of(f) = by(*of(f)) }
		}
		return map[string]ProofForgery{
			"another":          alter(func(curve.G1) curve.G1 { return randomPoint("another") }),
			"negated":          alter(curve.G1.Neg),
			"off the subgroup": alter(func(p curve.G1) curve.G1 { return p.Add(smallOrder(11)) }),
		}
	}
	return map[string]map[string]ProofForgery{
		"paymentProof.network": {"another": func(f *paymentProof) { f.network[3]++ }},
		"paymentProof.inputs": {
			"identity": func(f *paymentProof) { f.inputs[0] = nullifier.Key{} },
			"none":     func(f *paymentProof) { f.inputs = nil },
			"twice":    func(f *paymentProof) { f.inputs = append(f.inputs, f.inputs[0]) },
		},
		"paymentProof.budget": {
			"none":  func(f *paymentProof) { f.budget = nil },
			"input": func(f *paymentProof) { f.budget = &f.inputs[0] },
		},
		"paymentProof.output": {
			"another":    func(f *paymentProof) { f.output++ },
			"out of any": func(f *paymentProof) { f.output = 255 },
		},
		"paymentProof.asset": {
			"another":  func(f *paymentProof) { f.asset = "gold" },
			"none":     func(f *paymentProof) { f.asset = "" },
			"too long": func(f *paymentProof) { f.asset = strings.Repeat("a", 33) },
		},
		"paymentProof.payee": {
			"another":       func(f *paymentProof) { f.payee = PIDOf("mallory@example.org") },
			"not canonical": func(f *paymentProof) { f.payee = PID{0xff} },
		},
		"paymentProof.amount": {
			"more":    func(f *paymentProof) { f.amount++ },
			"nothing": func(f *paymentProof) { f.amount = 0 },
			"most":    func(f *paymentProof) { f.amount = 1<<64 - 1 },
		},
		"paymentProof.signature": point(func(f *paymentProof) *curve.G1 { return &f.signature }),
		"paymentProof.by":        {"none": func(f *paymentProof) { f.by = nil }},
		"maker.output": {
			"the payee's": func(f *paymentProof) { f.by.output = 0 },
			"another":     func(f *paymentProof) { f.by.output++ },
		},
		"maker.pid":       point(func(f *paymentProof) *curve.G1 { return &f.by.pid }),
		"maker.val":       point(func(f *paymentProof) *curve.G1 { return &f.by.val }),
		"maker.signature": point(func(f *paymentProof) *curve.G1 { return &f.by.signature }),
		"maker.sigma": {
			"another commitment": func(f *paymentProof) { f.by.sigma.Commitments[0] = curve.G1{} },
			"another response":   func(f *paymentProof) { f.by.sigma.Responses[1] = curve.Uint64(1) },
			"empty":              func(f *paymentProof) { f.by.sigma = new(sigma.Proof) },
			"longer":             func(f *paymentProof) { f.by.sigma.Responses = append(f.by.sigma.Responses, curve.Uint64(1)) },
		},
	}
}

// SignedBy has the signature of a record's output at a place in it, whatever that is on.
func SignedBy(r *Record, place int) ProofForgery {
	return func(f *paymentProof) { f.signature = r.signatures[place].Point() }
}

// MadeByPayee is a proof for a context by the payee of the output, who knows its opening from
// his note.
func MadeByPayee(k *Keys, r *Record, context string) ProofForgery {
	return func(f *paymentProof) {
		e := r.entry.(*transferEntry)
		n := k.Look(r).notes[f.output]
		o := n.seed.opening(k.p.network, e.seed(), f.output, k.pid.attribute(), n.value, moneyKind(f.asset))
		signed := r.signedOutput(k.p, f.output)
		f.by = &maker{output: f.output, pid: signed.Commitment.Point(coinPID), val: signed.Commitment.Point(coinValue), signature: signed.Signature.Point()}
		_, blinding := o.Values(coinPID)
		f.by.sigma = must(f.by.statement(signed.Commitment).Prove(nil, f.transcript(context), sigma.Witness{
			varPID: k.pid.attribute().Scalar(), varBlinding(nameOutput(f.output), coinPID): blinding,
		}))
	}
}

// OpeningsOf are those of a payment on record, from the notes of both sides.
func OpeningsOf(payer, payee *Keys, r *Record) *Openings {
	e := r.entry.(*transferEntry)
	o := &Openings{p: payer.p, id: r.id, asset: e.header.asset, inputs: e.inputs, budget: e.budget, outputs: make(map[int]outputOpening)}
	n := payee.Look(r).notes[0]
	blinding := func(n note, j int, of string) curve.Scalar { return n.seed.blinding(payer.p.network, e.seed(), j, of) }
	o.outputs[0] = outputOpening{payee.pid, n.value, blinding(n, 0, "pid"), blinding(n, 0, "val")}
	own, ok := openOwnNote(payer.note, e.outputs[1].note, noteContext(&e.header, e.seed(), 1))
	if !ok {
		panic("no note to oneself")
	}
	o.own, o.pid = 1, sigma.Witness{varPID: payer.pid.attribute().Scalar(), varBlinding(nameOutput(1), coinPID): blinding(own, 1, "pid")}
	return o
}

// Lying is o with its openings of an output changed.
func (o *Openings) Lying(output int, to PID, amount Amount) *Openings {
	d := *o
	l := o.outputs[output]
	l.owner, l.amount = to, amount
	d.outputs = map[int]outputOpening{output: l}
	return &d
}

// WithoutChange are those of a transfer that has no output of its maker's.
func (o *Openings) WithoutChange() *Openings {
	d := *o
	d.own = 0
	return &d
}

// OnLedger claims that a payment was made on a ledger.
func OnLedger(n NetworkID) ProofForgery { return func(f *paymentProof) { f.network = n } }

// Unsigned is a proof of output 0 without a signature that could be right.
func (o *Openings) Unsigned(to PID, amount Amount) string {
	f := &paymentProof{
		network: o.p.network, inputs: o.inputs, budget: o.budget, asset: o.asset, payee: to, amount: amount, signature: curve.Generator(),
	}
	return f.text()
}
