package utt

import (
	"cmp"
	"fmt"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// Verb is what auditors decide of a payment that is held.
type Verb uint8

// The verbs of decisions.
const (
	Approve Verb = 1 // the payment is executed, at once or after its delay
	Veto    Verb = 2 // the money goes back, also where the payment was approved and its delay is not over
)

// verbs have tags of their own, so that neither decision passes for the other.
var verbs = map[Verb]struct {
	name string
	tag  dst.Tag
}{Approve: {"approve", dst.AuditApprove}, Veto: {"veto", dst.AuditVeto}}

var verbNames = func() map[Verb]string {
	names := make(map[Verb]string, len(verbs))
	for v, e := range verbs {
		names[v] = e.name
	}
	return names
}()

func (v Verb) String() string { return nameIn(verbNames, v, "verb") }

// MarshalText is the name.
func (v Verb) MarshalText() ([]byte, error) { return marshalName(verbNames, v, "verb") }

// UnmarshalText parses a name.
func (v *Verb) UnmarshalText(text []byte) error { return unmarshalName(verbNames, v, text, "verb") }

// Decision is t auditors' approval or veto of a payment that is held.
//
//	[AUD-SIGNED]  e(H1("audit-" ‖ verb, network ‖ txid), X2) = e(S, G2g)  under the approval key
type Decision struct {
	sealed
	verb      Verb
	transfer  ID
	signature *sig.Signature
}

// NewDecision is a decision with the signature of t auditors on DecisionCommitment, which
// is not verified.
func NewDecision(verb Verb, transfer ID, signature *sig.Signature) (*Decision, error) {
	if _, ok := verbs[verb]; !ok || signature == nil || signature.Point().IsIdentity() {
		return nil, fmt.Errorf("%w: %v, or nothing signed", ErrInvalid, verb)
	}
	d := &Decision{verb: verb, transfer: transfer, signature: signature}
	d.sealed = seal(d.encode())
	return d, nil
}

// DecisionCommitment is what auditors sign with their shares of the approval key: a base
// and no attributes; nil for a verb that is none.
func DecisionCommitment(n NetworkID, verb Verb, transfer ID) *sig.Commitment {
	v, ok := verbs[verb]
	if !ok {
		return nil
	}
	return sig.Assemble(attr.NewBase(v.tag, n[:], transfer[:]).Point())
}

// noDecision stands in for a nil one.
var noDecision Decision

// Verb is what is decided.
func (d *Decision) Verb() Verb { return cmp.Or(d, &noDecision).verb }

// Transfer is the ID of the payment that it is about.
func (d *Decision) Transfer() ID { return cmp.Or(d, &noDecision).transfer }

// ID names what is decided of which payment.
func (d *Decision) ID() ID { return decisionID(d.Verb(), d.Transfer()) }

func decisionID(v Verb, transfer ID) ID {
	return transcript.Hash(dst.DecisionID, []byte{byte(v)}, transfer[:])
}

func (d *Decision) encode() []byte {
	b := append(opening(KindDecision), byte(d.verb))
	return d.signature.Point().Append(append(b, d.transfer[:]...))
}

func readDecision(r *wire.Reader, raw []byte) *Decision {
	d := &Decision{sealed: seal(raw), verb: Verb(r.Byte())}
	if _, ok := verbs[d.verb]; !ok {
		r.Fail("decision of %v", d.verb)
	}
	r.Fill(d.transfer[:])
	d.signature = sig.SignatureOf(curve.ReadG1(r))
	return d
}

// claims claims the signature. What becomes of the payment, the ledger puts on record.
func (d *Decision) claims(p *Parameters, _ Epoch, c *batch.Claims, _ bases) entry {
	a := p.config.Auditors
	if c.Require("POLICY-AUDIT", a != nil, "no auditors here") && a != nil {
		s := sig.Signed{Commitment: DecisionCommitment(p.network, d.verb, d.transfer), Signature: d.signature}
		s.ClaimHashed(c, "AUD-SIGNED", a.Approval)
	}
	return nil
}
