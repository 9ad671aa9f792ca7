package utt

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ed25519"
	"io"
	"slices"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// Registration asks the registrars, who hold the credential key together, for a
// credential (pid, s). The user chooses s1 and commits to it; they add
// s2 = HF("prf-key", network ‖ pid ‖ C_s1), so that neither chooses s.
//
//	[REG-1]  C_s1 = s1·h + a·G,  h = H1("registration-base", network ‖ pid)
//
// An endorser vouches that the identity is the user's. Proof, endorsement and
// proof of possession of the account key bind all other fields.
type Registration struct {
	sealed
	member      Member
	proof       *sigma.Proof // of s1 and a
	possession  []byte       // Ed25519 signature with the account key
	endorser    []byte       // Ed25519 public key
	endorsement []byte       // Ed25519 signature with it
}

// registrationProofSize is the number of relations and variables of the proof.
const registrationProofSize = 2

// register makes a registration that waits for an endorsement.
func register(rand io.Reader, p *Parameters, m Member, s1, a curve.Scalar, account crypto.Signer) (*Registration, error) {
	proof, err := m.statement(p.network).Prove(rand, m.transcript(p.network),
		sigma.Witness{"s1": s1, "a": a})
	if err != nil {
		return nil, err
	}
	_, sign, err := signer(account)
	if err != nil {
		return nil, err
	}
	possession, err := sign(signedMessage(dst.AccountKeyProof, m.body(p.network)))
	if err != nil {
		return nil, err
	}
	r := &Registration{
		member:      m,
		proof:       proof,
		possession:  possession,
		endorser:    make([]byte, ed25519.PublicKeySize),
		endorsement: make([]byte, ed25519.SignatureSize),
	}
	r.sealed = seal(r.encode())
	return r, nil
}

// Member is the user as he is to be registered.
func (r *Registration) Member() *Member {
	m := cmp.Or(r, &noRegistration).member
	return &m
}

// PID is the user to be registered.
func (r *Registration) PID() PID { return cmp.Or(r, &noRegistration).member.pid }

// Class is the budget class asked for.
func (r *Registration) Class() Class { return cmp.Or(r, &noRegistration).member.class }

// Endorser is the key of who vouches for the user; all zeros before Endorse.
func (r *Registration) Endorser() ed25519.PublicKey {
	return slices.Clone(cmp.Or(r, &noRegistration).endorser)
}

// noRegistration stands in for a nil one.
var noRegistration Registration

func (p *Parameters) endorses(key []byte) bool {
	return slices.ContainsFunc(p.config.Endorsers, func(e ed25519.PublicKey) bool { return bytes.Equal(e, key) })
}

func (r *Registration) encode() []byte {
	b := r.member.append(opening(KindRegistration))
	b = r.proof.Append(b)
	b = append(b, r.possession...)
	b = append(b, r.endorser...)
	return append(b, r.endorsement...)
}

func readRegistration(rd *wire.Reader, raw []byte) *Registration {
	return &Registration{
		sealed:      seal(raw),
		member:      readMember(rd),
		proof:       sigma.Read(rd, registrationProofSize),
		possession:  rd.Take(ed25519.SignatureSize),
		endorser:    rd.Take(ed25519.PublicKeySize),
		endorsement: rd.Take(ed25519.SignatureSize),
	}
}

func (r *Registration) claims(p *Parameters, _ Epoch, c *batch.Claims, _ bases) entry {
	m := &r.member
	body := m.body(p.network)
	err := checkAddress(m.address)
	_, errClass := p.config.Policy.Amount(budget.Privacy, m.class)
	ok := c.Require("POLICY-CLASS", errClass == nil, "class %d", m.class) &&
		c.Require("POLICY-ENDORSER", p.endorses(r.endorser), "the endorser is not one of the parameters'") &&
		c.Require("REG-ADDRESS", err == nil, "%v", err) &&
		claimScanKey(c, m.scan) &&
		c.Require("REG-ENDORSEMENT", verifyEd25519(r.endorser, signedMessage(dst.Endorsement, body), r.endorsement), "wrong endorsement") &&
		c.Require("REG-POSSESSION", verifyEd25519(m.account, signedMessage(dst.AccountKeyProof, body), r.possession), "account key not possessed") &&
		claimEd25519(c, m.account) // last, being slow
	if !ok {
		return nil
	}
	c.InG1("REG-1", m.secret)
	m.statement(p.network).Verify(c, m.transcript(p.network), r.proof)
	return &registrationEntry{*m, r.endorser, r.endorsement}
}

// registrationEntry is a member on record, with the endorsement by which payers
// check his address for themselves.
type registrationEntry struct {
	member                Member
	endorser, endorsement []byte
}

func (e *registrationEntry) kind() Kind { return KindRegistration }

func (e *registrationEntry) append(b []byte) []byte { return append(b, e.member.pid[:]...) }

func (e *registrationEntry) detail(b []byte) []byte {
	return append(append(e.member.append(b), e.endorser...), e.endorsement...)
}

func readRegistrationEntry(r *wire.Reader) *registrationEntry {
	return &registrationEntry{member: Member{pid: readPID(r)}}
}

func (e *registrationEntry) readDetail(r *wire.Reader) {
	pid := e.member.pid
	e.member, e.endorser, e.endorsement = readMember(r), slices.Clone(r.Take(ed25519.PublicKeySize)), slices.Clone(r.Take(ed25519.SignatureSize))
	if e.member.pid != pid {
		r.Fail("the registration of another user than the summary says")
	}
}

func (e *registrationEntry) commitments(p *Parameters) []*sig.Commitment {
	return []*sig.Commitment{e.member.credential(p.network)}
}

// endorsed reports whether an endorser of the parameters vouches for the member.
func (e *registrationEntry) endorsed(p *Parameters) bool {
	return p.endorses(e.endorser) &&
		verifyEd25519(e.endorser, signedMessage(dst.Endorsement, e.member.body(p.network)), e.endorsement)
}

func (e *registrationEntry) read(*Parameters) (Entry, error) {
	m := e.member
	return Entry{PID: m.pid, Member: &m, Outputs: []Output{{Credential, m.pid}}}, nil
}
