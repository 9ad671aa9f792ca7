package utt

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/sig"
)

// A proof of payment is the group's signature on an output, with the blindings taken out,
// and the attributes that it is on. It needs no record: replicas sign a payee's output when
// the payment executes, and never before, nor if it is refunded.

// ProvenPayment is what a proof of payment shows: that a transfer on this ledger executed
// and made a coin of the amount for the payee. It does not show who paid, when, or what for.
// Nor does it tell a payment from what the payee made for himself, such as change: it is a
// proof against the payee, not by him. A certified record tells the rest: see In.
type ProvenPayment struct {
	Payee  PID
	Asset  string
	Amount Amount
	Output int // of the transfer
	// Coin names the payment: all proofs of it have the same, and no other has. Who takes proofs
	// for what he is owed must not take one Coin twice.
	Coin [32]byte
}

// In reports whether the record is that by which the payment executed, and the role of the
// output there. The record tells the time and the ID, if it is certified, which the caller
// sees to: a wallet's Node serves such records.
func (v ProvenPayment) In(p *Parameters, r *Record) (Role, bool) {
	if r == nil || r.entry == nil || p.Usable() != nil || r.status == Held || v.Output < 0 {
		return 0, false
	}
	var s seed
	var sh *shape
	made := false
	switch e := r.entry.(type) {
	case *transferEntry:
		s, sh, made = e.seed(), e.shape(p), true
	case *settlement:
		s, sh, made = e.seed, e.header.shape(p), slices.ContainsFunc(e.outputs, func(o settled) bool { return o.index == v.Output })
	}
	if !made || sh == nil || v.Output >= len(sh.roles) || s.serial(v.Output).Bytes() != v.Coin {
		return 0, false
	}
	return sh.roles[v.Output].kind, true
}

// paymentProof is the content of a proof's text.
type paymentProof struct {
	network   NetworkID
	inputs    []nullifier.Key // of the transfer, which determine its seed
	budget    *nullifier.Key
	output    int
	asset     string
	payee     PID
	amount    Amount
	signature curve.G1 // on the attributes themselves
	by        *maker   // of one for a context
}

// maker shows, for a context, that the proof is made by who made the transfer: he knows the
// opening of an output of his own.
type maker struct {
	output              int
	pid, val, signature curve.G1 // as on record
	sigma               *sigma.Proof
}

const (
	paymentProofPrefix  = "utt-paid-"
	paymentProofVersion = 1
	maxPaymentProof     = 2048 // characters
	checksumSize        = 4
)

// append appends all but the Σ proof, which is bound to it.
func (f *paymentProof) append(b []byte) []byte {
	b = append(append(b, paymentProofVersion), f.network[:]...)
	b = wire.AppendUint16(b, uint16(len(f.inputs)))
	for i := range f.inputs {
		b = append(b, f.inputs[i][:]...)
	}
	if f.budget == nil {
		b = append(b, 0)
	} else {
		b = append(append(b, 1), f.budget[:]...)
	}
	b = wire.AppendBytes(append(b, byte(f.output)), []byte(f.asset))
	b = wire.AppendUint64(append(b, f.payee[:]...), uint64(f.amount))
	b = f.signature.AppendCompressed(b)
	if f.by == nil {
		return append(b, 0)
	}
	b = append(b, 1, byte(f.by.output))
	return f.by.signature.AppendCompressed(f.by.val.AppendCompressed(f.by.pid.AppendCompressed(b)))
}

func readPaymentProof(r *wire.Reader) *paymentProof {
	r.Version(paymentProofVersion)
	f := new(paymentProof)
	r.Fill(f.network[:])
	f.inputs = make([]nullifier.Key, r.Count(MaxInputs, nullifier.KeySize))
	for i := range f.inputs {
		r.Fill(f.inputs[i][:])
	}
	if r.Bool() {
		f.budget = new(nullifier.Key)
		r.Fill(f.budget[:])
	}
	f.output, f.asset = int(r.Byte()), readAsset(r)
	f.payee, f.amount = readPID(r), Amount(r.Uint64())
	f.signature = curve.ReadG1Compressed(r)
	if r.Bool() {
		f.by = &maker{output: int(r.Byte())}
		f.by.pid, f.by.val, f.by.signature = curve.ReadG1Compressed(r), curve.ReadG1Compressed(r), curve.ReadG1Compressed(r)
		f.by.sigma = sigma.Read(r, maxSigma)
	}
	return f
}

func paymentChecksum(b []byte) []byte {
	h := transcript.Hash(dst.PaymentChecksum, b)
	return h[:checksumSize]
}

// text is the proof as it is handed on.
func (f *paymentProof) text() string {
	b := f.append(nil)
	if f.by != nil {
		b = f.by.sigma.Append(b)
	}
	return paymentProofPrefix + base64.RawURLEncoding.EncodeToString(append(b, paymentChecksum(b)...))
}

func parsePaymentProof(text string) (*paymentProof, error) {
	content, ok := strings.CutPrefix(text, paymentProofPrefix)
	if !ok || len(text) > maxPaymentProof {
		return nil, fmt.Errorf("%w: no proof of payment: one begins with %s and has at most %d characters", ErrMalformed, paymentProofPrefix, maxPaymentProof)
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(content)
	// the decoder passes over line breaks
	if err != nil || len(b) < checksumSize || base64.RawURLEncoding.EncodedLen(len(b)) != len(content) {
		return nil, fmt.Errorf("%w: proof of payment with a character that does not belong there, or cut short: copy it again, without spaces and line breaks", ErrMalformed)
	}
	b, sum := b[:len(b)-checksumSize], b[len(b)-checksumSize:]
	if !slices.Equal(sum, paymentChecksum(b)) {
		return nil, fmt.Errorf("%w: proof of payment with a wrong character, or not whole: copy it again", ErrMalformed)
	}
	r := wire.NewReader(b)
	f := readPaymentProof(r)
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: proof of payment: %w", ErrMalformed, err)
	}
	return f, nil
}

func (f *paymentProof) seed() seed { return transferSeed(f.network, f.inputs, f.budget) }

// statement is that the maker knows the opening of C_pid of an output of his own.
func (m *maker) statement(c *sig.Commitment) *sigma.Statement {
	st := new(sigma.Statement)
	pid := st.Var(varPID)
	c.Relate(st, "PAID-BY", coinPID, st.Var(varBlinding(nameOutput(m.output), coinPID)), pid)
	return st
}

func (m *maker) commitment(s seed, kind attr.Attribute) *sig.Commitment {
	return sig.Assemble(s.base(m.output), sig.Hidden(m.pid), sig.Public(s.serial(m.output)), sig.Hidden(m.val), sig.Public(kind))
}

// transcript is what the maker's proof is bound to: the context, and all else of the text.
func (f *paymentProof) transcript(context string) *transcript.Transcript {
	tr := transcript.New(dst.PaymentProof)
	tr.Append("context", []byte(context))
	tr.Append("proof", f.append(nil))
	return tr
}

// claims says what makes a proof valid for a context.
func (f *paymentProof) claims(p *Parameters, context string, c *batch.Claims) {
	s, kind := f.seed(), moneyKind(f.asset)
	key := p.coinKeyFor(kind)
	paid := sig.Signed{
		Commitment: sig.Assemble(s.base(f.output),
			sig.Public(f.payee.attribute()), sig.Public(s.serial(f.output)), sig.Public(attr.Uint64(uint64(f.amount))), sig.Public(kind)),
		Signature: sig.SignatureOf(f.signature),
	}
	paid.ClaimHashed(c, "PAID", key)
	if !c.Require("PAID-BY", (f.by == nil) == (context == ""), "made for everybody where one for a context is asked for, or the other way round") ||
		f.by == nil {
		return
	}
	// output 0 and the one shown are the payee's, who knows their openings too
	c.Require("PAID-BY", f.by.output > 0 && f.by.output != f.output, "output %d is not its maker's", f.by.output)
	own := sig.Signed{Commitment: f.by.commitment(s, kind), Signature: sig.SignatureOf(f.by.signature)}
	own.Claim(c, "PAID-BY", key)
	f.by.statement(own.Commitment).Verify(c, f.transcript(context), f.by.sigma)
}

// VerifyPaymentProof verifies the text that Wallet.ProofOf or Openings.Proof made, with the
// parameters alone: no node is asked, and no record needed. It takes some milliseconds.
//
// An empty context takes a proof that is made for everybody, which can be shown by whoever
// has seen it. With a context, such as a word that the verifier drew and told the payer, the
// proof must be made for that. Only who made the transfer can do so, or who owns an output
// of it that the rules fix, such as the tax office: those who were shown the text cannot.
//
// ErrMalformed says that the text was not copied whole; ErrInvalid, that it proves nothing
// here: the payment did not execute, was another, or on another ledger, or the proof was made
// for another context.
func (p *Parameters) VerifyPaymentProof(text, context string) (ProvenPayment, error) {
	if err := p.Usable(); err != nil {
		return ProvenPayment{}, err
	}
	f, err := parsePaymentProof(text)
	if err != nil {
		return ProvenPayment{}, err
	}
	switch {
	case f.network != p.network:
		return ProvenPayment{}, fmt.Errorf("%w: proof of a payment on ledger %v, not on %v: verify it with the parameters of that", ErrInvalid, f.network, p.network)
	case f.amount == 0:
		return ProvenPayment{}, fmt.Errorf("%w: proof of a payment of nothing", ErrInvalid)
	}
	var claims batch.Claims
	f.claims(p, context, &claims)
	if err := batch.One(&claims); err != nil {
		return ProvenPayment{}, fmt.Errorf("%w: no proof of a payment that executed, or for another context: %w", ErrInvalid, err)
	}
	return ProvenPayment{f.payee, f.asset, f.amount, f.output, f.seed().serial(f.output).Bytes()}, nil
}
