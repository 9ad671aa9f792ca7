package utt

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// Member is what everybody knows of a registered user.
type Member struct {
	pid     PID
	class   Class
	secret  curve.G1 // C_s1
	address []byte   // HPKE public key for notes
	scan    ScanKey  // of whoever looks out for him, for clues
	account []byte   // Ed25519 public key
}

// noMember stands in for a nil one.
var noMember Member

// PID is the user's identifier.
func (m *Member) PID() PID { return cmp.Or(m, &noMember).pid }

// Class is the user's budget class.
func (m *Member) Class() Class { return cmp.Or(m, &noMember).class }

// Address is the public key that notes to the user are encrypted to: HPKE with X-Wing,
// in the encoding of crypto/hpke.
func (m *Member) Address() []byte { return slices.Clone(cmp.Or(m, &noMember).address) }

// ScanKey is the key that clues of payments to the user are made with, zero for none.
func (m *Member) ScanKey() ScanKey { return cmp.Or(m, &noMember).scan }

// AccountKey is the key that the user signs orders on his account with.
func (m *Member) AccountKey() ed25519.PublicKey {
	return slices.Clone(cmp.Or(m, &noMember).account)
}

// Equal reports whether two are the same in all that they are registered with.
func (m *Member) Equal(o *Member) bool {
	return m != nil && o != nil && bytes.Equal(m.append(nil), o.append(nil))
}

// Differs says in what the user is registered otherwise, "" if in nothing.
func (m *Member) Differs(o *Member) string {
	switch {
	case m == nil || o == nil || m.pid != o.pid:
		return "another user"
	case m.secret != o.secret || !bytes.Equal(m.address, o.address) || !bytes.Equal(m.account, o.account):
		return "registered with other keys"
	case m.class != o.class:
		return fmt.Sprintf("registered in class %d, not %d", o.class, m.class)
	case m.scan != o.scan:
		return "registered with another scan key"
	}
	return ""
}

// AppendBinary appends pid, class, C_s1, address, scan key and account key.
func (m *Member) AppendBinary(b []byte) ([]byte, error) {
	if m == nil || m.account == nil {
		return nil, fmt.Errorf("%w: an empty member has no encoding", ErrInvalid)
	}
	return m.append(b), nil
}

// MarshalBinary encodes the member.
func (m *Member) MarshalBinary() ([]byte, error) { return m.AppendBinary(nil) }

// UnmarshalBinary decodes a member, which it does not verify.
func (m *Member) UnmarshalBinary(b []byte) error {
	if m == nil {
		return errInto
	}
	r := wire.NewReader(b)
	d := readMember(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: member: %w", ErrMalformed, err)
	}
	*m = d
	return nil
}

func (m *Member) append(b []byte) []byte {
	b = append(b, m.pid[:]...)
	b = wire.AppendUint16(b, uint16(m.class))
	b = m.secret.Append(b)
	b = append(append(b, m.address...), m.scan[:]...)
	return append(b, m.account...)
}

func readMember(r *wire.Reader) Member {
	m := Member{
		pid:     readPID(r),
		class:   Class(r.Uint16()),
		secret:  curve.ReadG1(r),
		address: slices.Clone(r.Take(addressSize)),
	}
	r.Fill(m.scan[:])
	m.account = slices.Clone(r.Take(ed25519.PublicKeySize))
	return m
}

// body is what proof, possession and endorsement bind.
func (m *Member) body(n NetworkID) []byte {
	h := transcript.Hash(dst.Registration, n[:], m.append(nil))
	return h[:]
}

// registrationBase is h of [REG-1].
func registrationBase(n NetworkID, pid PID) curve.G1 {
	return attr.NewBase(dst.RegistrationBase, n[:], pid[:]).Point()
}

// committeeSecret is s2.
func (m *Member) committeeSecret(n NetworkID) curve.Scalar {
	return attr.Hash(dst.PRFKey, n[:], m.pid[:], m.secret.Append(nil)).Scalar()
}

// credential is the commitment to (pid, s) that the committee signs.
func (m *Member) credential(n NetworkID) *sig.Commitment {
	h := registrationBase(n, m.pid)
	c := m.secret.Add(h.Mul(m.committeeSecret(n)))
	return sig.Assemble(h, sig.Public(m.pid.attribute()), sig.Hidden(c))
}

func (m *Member) statement(n NetworkID) *sigma.Statement {
	st := new(sigma.Statement)
	st.Relation("REG-1", sigma.Point(m.secret),
		sigma.Secret{Var: st.Var("s1"), Base: registrationBase(n, m.pid)},
		sigma.Secret{Var: st.Var("a"), Base: curve.Generator()})
	return st
}

func (m *Member) transcript(n NetworkID) *transcript.Transcript {
	t := transcript.New(dst.Registration)
	t.Append("member", m.body(n))
	return t
}

func signedMessage(tag dst.Tag, body []byte) []byte { return wire.Frame([]byte(tag), body) }

// MarshalJSON shows a member as he is registered, keys in hexadecimal.
func (m *Member) MarshalJSON() ([]byte, error) {
	if m == nil || m.account == nil {
		return []byte("null"), nil
	}
	return json.Marshal(struct {
		PID        PID     `json:"pid"`
		Class      Class   `json:"class"`
		Commitment string  `json:"commitment"`
		Address    string  `json:"address"`
		ScanKey    ScanKey `json:"scan_key,omitzero"`
		AccountKey string  `json:"account_key"`
	}{m.pid, m.class, hex.EncodeToString(m.secret.Append(nil)), hex.EncodeToString(m.address), m.scan, hex.EncodeToString(m.account)})
}
