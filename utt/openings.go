package utt

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/nullifier"
	"github.com/utt-ecash/utt-go/sig"
)

// Openings are what the maker of a transfer keeps of it to prove what it paid: how its
// outputs for others open, and one of his own. Records do not restore them, since notes to
// others are for these alone. They print as "redacted".
type Openings struct {
	p       *Parameters
	id      ID
	asset   string
	inputs  []nullifier.Key
	budget  *nullifier.Key
	outputs map[int]outputOpening // for others
	own     int                   // an output of the maker's that is no payee's; 0 if there is none
	pid     sigma.Witness         // the opening of its C_pid
}

// outputOpening is how an output for another opens.
type outputOpening struct {
	owner              PID
	amount             Amount
	blindPID, blindVal curve.Scalar
}

// Format prints "redacted".
func (o Openings) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (o Openings) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// ID is the transfer's.
func (o *Openings) ID() ID {
	if o == nil {
		return ID{}
	}
	return o.id
}

// Outputs are the outputs of the transfer of which there can be proofs: the payee's, which is 0,
// and those that the rules give somebody, such as a tax.
func (o *Openings) Outputs() []int {
	if o == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(o.outputs))
}

// Proof is a text by which everybody who has the parameters can verify, by
// VerifyPaymentProof, that an output of the transfer was paid: to whom, of which asset, and
// how much. The record is that of the transfer, or, where it was held, that of its execution,
// with signatures. It tells nobody the maker's identity, but by it the transfer's record is
// found, and so everybody who is shown it can tell that this record is of that payment.
//
// Without a context the text is for everybody, and may be made once and kept. With one, as
// VerifyPaymentProof says, it shows that its maker made the transfer. rand may be nil and
// stands for crypto/rand then; only a proof for a context uses it.
//
// The error is ErrNotFound if the record is another's, or the transfer made no such output
// for another; ErrPolicy if it has no output of the maker's by which to make one for a
// context; ErrInvalid if what is on record is not signed, or the output is of nothing.
func (o *Openings) Proof(rand io.Reader, r *Record, output int, context string) (string, error) {
	if o == nil || o.p == nil {
		return "", fmt.Errorf("%w: no openings: TransferWithOpenings gives them", ErrInvalid)
	}
	opening, ok := o.outputs[output]
	switch {
	case !ok:
		return "", fmt.Errorf("%w: the transfer has no output %d for another than its maker; it has %v", ErrNotFound, output, o.Outputs())
	case opening.amount == 0:
		return "", fmt.Errorf("%w: output %d is of nothing", ErrInvalid, output)
	case r == nil || r.entry == nil || r.id != o.id || r.status != Executed:
		return "", fmt.Errorf("%w: the record is not of this transfer's execution, without which nothing is paid", ErrNotFound)
	}
	f := &paymentProof{
		network: o.p.network, inputs: o.inputs, budget: o.budget,
		output: output, asset: o.asset, payee: opening.owner, amount: opening.amount,
	}
	var err error
	if f.signature, err = o.reveal(r, output, opening); err != nil {
		return "", err
	}
	if context != "" {
		if err := o.makeBy(rand, f, r, context); err != nil {
			return "", err
		}
	}
	text := f.text()
	if _, err := o.p.VerifyPaymentProof(text, context); err != nil {
		return "", fmt.Errorf("the record bears other signatures than the replicas': %w", err)
	}
	return text, nil
}

// signedOutput is an output as it is on record, and its signature.
func (r *Record) signedOutput(p *Parameters, j int) *sig.Signed {
	place := j
	if e, ok := r.entry.(*settlement); ok {
		place = slices.IndexFunc(e.outputs, func(o settled) bool { return o.index == j })
	}
	coins := r.commitments(p)
	if place < 0 || place >= len(coins) || len(coins) != len(r.signatures) {
		return nil
	}
	return &sig.Signed{Commitment: coins[place], Signature: r.signatures[place]}
}

// reveal is an output on record with its blindings taken out.
func (o *Openings) reveal(r *Record, output int, opening outputOpening) (curve.G1, error) {
	signed := r.signedOutput(o.p, output)
	if signed == nil {
		return curve.G1{}, fmt.Errorf("%w: the record has no signature on output %d", ErrInvalid, output)
	}
	kind, _ := signed.Commitment.Public(coinKind)
	s := transferSeed(o.p.network, o.inputs, o.budget)
	shown, err := o.p.config.CoinKey.Reveal(signed, sig.NewOpening(
		[]attr.Attribute{opening.owner.attribute(), s.serial(output), attr.Uint64(uint64(opening.amount)), kind},
		[]curve.Scalar{opening.blindPID, {}, opening.blindVal, {}}))
	if err != nil {
		return curve.G1{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return shown.Signature.Point(), nil
}

// makeBy adds that the maker knows the opening of an output of his own.
func (o *Openings) makeBy(rand io.Reader, f *paymentProof, r *Record, context string) error {
	if o.own == 0 {
		return fmt.Errorf("%w: the transfer has no output of its maker's, such as change, by which to make a proof for a context", ErrPolicy)
	}
	own := r.signedOutput(o.p, o.own)
	if own == nil {
		return fmt.Errorf("%w: the record has no signature on output %d", ErrInvalid, o.own)
	}
	c := own.Commitment
	f.by = &maker{output: o.own, pid: c.Point(coinPID), val: c.Point(coinValue), signature: own.Signature.Point()}
	var err error
	f.by.sigma, err = f.by.statement(c).Prove(rand, f.transcript(context), o.pid)
	return err
}
