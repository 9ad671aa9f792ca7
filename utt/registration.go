package utt

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"crypto/hpke"
	"fmt"
	"io"
	"slices"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// Registration asks the registration committee for a credential (pid, s). The
// user chooses s1 and commits to it; the committee adds
// s2 = HF("prf-key", network ‖ pid ‖ C_s1), so that neither chooses s.
//
//	[REG-1]  C_s1 = s1·h + a·G,  h = H1("registration-base", network ‖ pid)
//
// An endorser vouches that the identity is the user's. Proof, endorsement and
// proof of possession of the account key bind all other fields.
type Registration struct {
	sealed
	member      member
	proof       *sigma.Proof // of s1 and a
	possession  []byte       // Ed25519 signature with the account key
	endorser    []byte       // Ed25519 public key
	endorsement []byte       // Ed25519 signature with it
}

// member is what everybody knows of a registered user.
type member struct {
	pid     PID
	class   Class
	secret  curve.G1 // C_s1
	address []byte   // HPKE public key for notes
	account []byte   // Ed25519 public key
}

// addressKEM encrypts notes to payees: X-Wing, ML-KEM-768 with X25519.
var addressKEM = hpke.MLKEM768X25519()

const addressSize = 1216

// Registration sizes of the proof.
const registrationProofSize = 2

func (m *member) append(b []byte) []byte {
	b = append(b, m.pid[:]...)
	b = wire.AppendUint16(b, uint16(m.class))
	b = m.secret.Append(b)
	return append(append(b, m.address...), m.account...)
}

func readMember(r *wire.Reader) member {
	return member{
		pid:     readPID(r),
		class:   Class(r.Uint16()),
		secret:  curve.ReadG1(r),
		address: slices.Clone(r.Take(addressSize)),
		account: slices.Clone(r.Take(ed25519.PublicKeySize)),
	}
}

// body is what proof, possession and endorsement bind.
func (m *member) body(n NetworkID) []byte {
	h := transcript.Hash(dst.Registration, n[:], m.append(nil))
	return h[:]
}

func (m *member) same(o *member) bool { return bytes.Equal(m.append(nil), o.append(nil)) }

// registrationBase is h of [REG-1].
func registrationBase(n NetworkID, pid PID) curve.G1 {
	return attr.NewBase(dst.RegistrationBase, n[:], pid[:]).Point()
}

// committeeSecret is s2.
func (m *member) committeeSecret(n NetworkID) curve.Scalar {
	return attr.Hash(dst.PRFKey, n[:], m.pid[:], m.secret.Append(nil)).Scalar()
}

// credential is the commitment to (pid, s) that the committee signs.
func (m *member) credential(n NetworkID) *sig.Commitment {
	h := registrationBase(n, m.pid)
	c := m.secret.Add(h.Mul(m.committeeSecret(n)))
	return sig.Assemble(h, sig.Public(m.pid.attribute()), sig.Hidden(c))
}

func (m *member) statement(n NetworkID) *sigma.Statement {
	st := new(sigma.Statement)
	st.Relation("REG-1", sigma.Point(m.secret),
		sigma.Secret{Var: st.Var("s1"), Base: registrationBase(n, m.pid)},
		sigma.Secret{Var: st.Var("a"), Base: curve.Generator()})
	return st
}

func (m *member) transcript(n NetworkID) *transcript.Transcript {
	t := transcript.New(dst.Registration)
	t.Append("member", m.body(n))
	return t
}

func signedMessage(tag dst.Tag, body []byte) []byte { return wire.Frame([]byte(tag), body) }

// register makes a registration that waits for an endorsement.
func register(rand io.Reader, p *Parameters, m member, s1, a curve.Scalar, account ed25519.PrivateKey) (*Registration, error) {
	proof, err := m.statement(p.network).Prove(rand, m.transcript(p.network),
		sigma.Witness{"s1": s1, "a": a})
	if err != nil {
		return nil, err
	}
	r := &Registration{
		member:      m,
		proof:       proof,
		possession:  ed25519.Sign(account, signedMessage(dst.AccountKeyProof, m.body(p.network))),
		endorser:    make([]byte, ed25519.PublicKeySize),
		endorsement: make([]byte, ed25519.SignatureSize),
	}
	r.sealed = seal(r.encode())
	return r, nil
}

// PID is the user to be registered.
func (r *Registration) PID() PID { return cmp.Or(r, &noRegistration).member.pid }

// Class is the budget class asked for.
func (r *Registration) Class() Class { return cmp.Or(r, &noRegistration).member.class }

// Address is the public key that notes to the user are encrypted to: HPKE with X-Wing,
// in the encoding of crypto/hpke.
func (r *Registration) Address() []byte {
	return slices.Clone(cmp.Or(r, &noRegistration).member.address)
}

// AccountKey is the key that the user signs orders on his account with.
func (r *Registration) AccountKey() ed25519.PublicKey {
	return slices.Clone(cmp.Or(r, &noRegistration).member.account)
}

// Endorser is the key of who vouches for the user; all zeros before Endorse.
func (r *Registration) Endorser() ed25519.PublicKey {
	return slices.Clone(cmp.Or(r, &noRegistration).endorser)
}

// noRegistration stands in for a nil one.
var noRegistration Registration

// Endorser vouches for identities: a provider that knows its customers. Its key is
// one of those in the parameters.
type Endorser struct {
	p   *Parameters
	key ed25519.PrivateKey
}

// NewEndorser makes an endorser, whose key the parameters must list.
func NewEndorser(p *Parameters, key ed25519.PrivateKey) (*Endorser, error) {
	if err := p.usable(); err != nil {
		return nil, err
	}
	if len(key) != ed25519.PrivateKeySize || !p.endorses(key.Public().(ed25519.PublicKey)) {
		return nil, fmt.Errorf("%w: the key is not of one of the parameters' Endorsers", ErrPolicy)
	}
	return &Endorser{p, slices.Clone(key)}, nil
}

// Format prints "redacted".
func (e Endorser) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (e Endorser) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// Endorse vouches that the registration is that of an identity, which the caller
// has made sure of, and that its class is due to it. It checks everything else.
func (e *Endorser) Endorse(identity string, r *Registration) (*Registration, error) {
	if e == nil || e.p == nil {
		return nil, fmt.Errorf("%w: an empty endorser: make it with NewEndorser", ErrInvalid)
	}
	if r == nil || r.raw == nil {
		return nil, fmt.Errorf("%w: no registration", ErrInvalid)
	}
	if pid := PIDOf(identity); r.member.pid != pid {
		return nil, fmt.Errorf("%w: the registration is of %v, while %q is %v: was the wallet made with this identity?",
			ErrInvalid, r.member.pid, shorten(identity), pid)
	}
	d := *r
	d.endorser = e.key.Public().(ed25519.PublicKey)
	d.endorsement = ed25519.Sign(e.key, signedMessage(dst.Endorsement, r.member.body(e.p.network)))
	d.sealed = seal(d.encode())
	var claims batch.Claims
	d.claims(e.p, 0, &claims)
	if err := batch.One(&claims); err != nil {
		return nil, rejectionOf(d.digest, err)
	}
	return &d, nil
}

func (p *Parameters) endorses(key []byte) bool {
	return slices.ContainsFunc(p.config.Endorsers, func(e ed25519.PublicKey) bool { return bytes.Equal(e, key) })
}

func (r *Registration) encode() []byte {
	b := r.member.append(opening(kindRegistration))
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

func (r *Registration) claims(p *Parameters, _ Epoch, c *batch.Claims) entry {
	m := &r.member
	body := m.body(p.network)
	_, err := addressKEM.NewPublicKey(m.address)
	_, errClass := p.config.Policy.Amount(m.class)
	ok := c.Require("POLICY-CLASS", errClass == nil, "class %d", m.class) &&
		c.Require("POLICY-ENDORSER", p.endorses(r.endorser), "the endorser is not one of the parameters'") &&
		c.Require("REG-ADDRESS", err == nil, "the address is no public key") &&
		c.Require("REG-ENDORSEMENT", verifyEd25519(r.endorser, signedMessage(dst.Endorsement, body), r.endorsement), "wrong endorsement") &&
		c.Require("REG-POSSESSION", verifyEd25519(m.account, signedMessage(dst.AccountKeyProof, body), r.possession), "account key not possessed")
	if !ok {
		return nil
	}
	c.InG1("REG-1", m.secret)
	m.statement(p.network).Verify(c, m.transcript(p.network), r.proof)
	return &registrationEntry{*m, r.endorser, r.endorsement}
}

func (r *Registration) execute(x *execution) *Rejection {
	m := &r.member
	if known := x.member(m.pid); known != nil && batch.Enforced("REG-ONCE") {
		if known.same(m) {
			return nil // idempotent
		}
		return x.reject(CodeRegistered, "REG-ONCE", "registered with other keys")
	}
	if x.has(accountKeyKey(m.account)) && batch.Enforced("REG-KEY-ONCE") {
		return x.reject(CodeAccountKey, "REG-KEY-ONCE", "account key of another user")
	}
	x.put(memberKey(m.pid), m.append(nil))
	x.put(accountKeyKey(m.account), m.pid[:])
	x.record(&registrationEntry{*m, r.endorser, r.endorsement})
	return nil
}

func verifyEd25519(key, message, signature []byte) bool {
	return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, message, signature)
}

// registrationEntry is a member on record, with the endorsement by which payers
// check his address for themselves.
type registrationEntry struct {
	member
	endorser, endorsement []byte
}

func (e *registrationEntry) kind() kind { return kindRegistration }

func (e *registrationEntry) append(b []byte) []byte {
	return append(append(e.member.append(b), e.endorser...), e.endorsement...)
}

func readRegistrationEntry(r *wire.Reader) *registrationEntry {
	return &registrationEntry{readMember(r),
		slices.Clone(r.Take(ed25519.PublicKeySize)), slices.Clone(r.Take(ed25519.SignatureSize))}
}

func (e *registrationEntry) commitments(p *Parameters) []*sig.Commitment {
	return []*sig.Commitment{e.member.credential(p.network)}
}

// endorsed reports whether an endorser of the parameters vouches for the member.
func (e *registrationEntry) endorsed(p *Parameters) bool {
	return p.endorses(e.endorser) &&
		verifyEd25519(e.endorser, signedMessage(dst.Endorsement, e.member.body(p.network)), e.endorsement)
}
