package dkg

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
)

// Secret is what a participant keeps from the enrolment to the end of a session: 32 bytes
// of which all that is secret of its in the session derives, so that a participant that
// was stopped makes the same messages again. It serves one session, is kept as key shares
// are, and is erased at the end: with it, whoever recorded the session has the share. It
// prints as "redacted".
type Secret struct{ seed [32]byte }

// NewSecret draws a secret. A nil reader is crypto/rand.
func NewSecret(rand io.Reader) (*Secret, error) {
	s := new(Secret)
	if err := curve.ReadRandom(rand, s.seed[:]); err != nil {
		return nil, err
	}
	if s.empty() {
		return nil, fmt.Errorf("%w: the reader of randomness yields zeros", ErrArgument)
	}
	return s, nil
}

func (s *Secret) empty() bool { return s == nil || s.seed == [32]byte{} }

// Erase overwrites the secret.
func (s *Secret) Erase() {
	if s != nil {
		clear(s.seed[:])
	}
}

// Format prints "redacted".
func (s *Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (s *Secret) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// AppendBinary appends version and seed. The encoding is the secret.
func (s *Secret) AppendBinary(b []byte) ([]byte, error) {
	if s.empty() {
		return nil, fmt.Errorf("%w: no secret, or an erased one", ErrArgument)
	}
	return append(append(b, version), s.seed[:]...), nil
}

// MarshalBinary encodes the secret.
func (s *Secret) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// UnmarshalBinary decodes a secret.
func (s *Secret) UnmarshalBinary(b []byte) error {
	if s == nil {
		return fmt.Errorf("%w: nil to decode into", ErrArgument)
	}
	r := wire.NewReader(b)
	r.Version(version)
	var d Secret
	r.Fill(d.seed[:])
	if r.Err() == nil && d.empty() {
		r.Fail("an erased secret")
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: secret: %w", ErrMalformed, err)
	}
	*s = d
	return nil
}

// scalar derives a scalar for a use within the terms or session with the hash h.
func (s *Secret) scalar(h [32]byte, use string, i uint32) curve.Scalar {
	return curve.HashToScalar(dst.DKGSecret, wire.AppendUint32(wire.Frame(s.seed[:], h[:], []byte(use)), i))
}

// nonces is a reader for a proof in one use, of twice what one takes: what is read is
// hedged there with statement and witness.
func (s *Secret) nonces(h [32]byte, use string) io.Reader {
	b := s.scalar(h, "nonces "+use, 0).Append(nil)
	return bytes.NewReader(s.scalar(h, "nonces "+use, 1).Append(b))
}

// decryptionKey is sk_j, whose public part enrols party j.
func (s *Secret) decryptionKey(terms [32]byte, j NewIndex) curve.Scalar {
	return s.scalar(terms, "decryption key", uint32(j))
}

// Enrolment is how a party takes part in a session: its encryption key PK_j = sk_j·G for
// the shares that it is dealt, with a proof that it knows sk_j, signed with its identity
// key. It is immutable; the zero value is of use only to decode into.
type Enrolment struct {
	key       curve.G1
	proof     *sigma.Proof
	signature [ed25519.SignatureSize]byte
}

// Enrol makes the enrolment of the party with the identity of a signer.
func (s *Secret) Enrol(t *Terms, signer crypto.Signer) (*Enrolment, error) {
	if s.empty() {
		return nil, fmt.Errorf("%w: no secret, or an erased one", ErrArgument)
	}
	h, err := t.hash()
	if err != nil {
		return nil, err
	}
	identity, err := identityOf(signer)
	if err != nil {
		return nil, err
	}
	j := NewIndex(indexOf(t.Parties, identity))
	if j == 0 {
		return nil, fmt.Errorf("%w: the signer is no party of these terms", ErrArgument)
	}
	sk := s.decryptionKey(h, j)
	e := &Enrolment{key: mulSecret(sk, curve.Generator())}
	if e.proof, err = e.statement().Prove(s.nonces(h, "enrolment"), e.transcript(h, j), sigma.Witness{"sk": sk}); err != nil {
		return nil, err
	}
	digest := e.digest(h, j)
	return e, sign(signer, digest[:], &e.signature)
}

// statement is PK_j = sk_j·G.
func (e *Enrolment) statement() *sigma.Statement {
	s := new(sigma.Statement)
	s.Relation("DKG-POK", sigma.Point(e.key), sigma.Secret{Var: s.Var("sk"), Base: curve.Generator()})
	return s
}

func (e *Enrolment) transcript(terms [32]byte, j NewIndex) *transcript.Transcript {
	t := transcript.New(dst.DKGPossession)
	t.Append("terms", terms[:])
	t.Append("party", wire.AppendUint16(nil, uint16(j)))
	return t
}

// digest is what the identity key signs.
func (e *Enrolment) digest(terms [32]byte, j NewIndex) [32]byte {
	return transcript.Hash(dst.DKGEnrolment, terms[:], wire.AppendUint16(nil, uint16(j)), e.append(nil))
}

// claims are those of a valid enrolment of party j.
func (e *Enrolment) claims(terms [32]byte, j NewIndex, identity ed25519.PublicKey) *batch.Claims {
	c := new(batch.Claims)
	digest := e.digest(terms, j)
	c.Require("DKG-AUTH", ed25519.Verify(identity, digest[:], e.signature[:]), "enrolment of party %d: not signed by its identity", j)
	c.InG1("DKG-SUB", e.key)
	e.statement().Verify(c, e.transcript(terms, j), e.proof)
	return c
}

func (e *Enrolment) append(b []byte) []byte { return e.proof.Append(e.key.Append(b)) }

// AppendBinary appends version, PK_j, the proof and the signature.
func (e *Enrolment) AppendBinary(b []byte) ([]byte, error) {
	if e == nil || e.proof == nil {
		return nil, fmt.Errorf("%w: no enrolment", ErrArgument)
	}
	return append(e.append(append(b, version)), e.signature[:]...), nil
}

// MarshalBinary encodes the enrolment.
func (e *Enrolment) MarshalBinary() ([]byte, error) { return e.AppendBinary(nil) }

// UnmarshalBinary decodes an enrolment, which NewSession verifies.
func (e *Enrolment) UnmarshalBinary(b []byte) error {
	if e == nil {
		return fmt.Errorf("%w: nil to decode into", ErrArgument)
	}
	r := wire.NewReader(b)
	d := readEnrolment(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: enrolment: %w", ErrMalformed, err)
	}
	*e = *d
	return nil
}

func readEnrolment(r *wire.Reader) *Enrolment {
	r.Version(version)
	e := &Enrolment{key: curve.ReadG1(r), proof: sigma.Read(r, 1)}
	r.Fill(e.signature[:])
	return e
}

func mulSecret(s curve.Scalar, p curve.G1) curve.G1 {
	return curve.SumSecret(curve.Term{Scalar: s, Point: p})
}

func identityOf(signer crypto.Signer) (ed25519.PublicKey, error) {
	if signer != nil {
		if k, ok := signer.Public().(ed25519.PublicKey); ok && len(k) == ed25519.PublicKeySize {
			return k, nil
		}
	}
	return nil, fmt.Errorf("%w: the signer has no Ed25519 key", ErrArgument)
}

// sign signs with an identity key.
func sign(signer crypto.Signer, message []byte, into *[ed25519.SignatureSize]byte) error {
	s, err := signer.Sign(rand.Reader, message, crypto.Hash(0))
	if err == nil && len(s) != len(into) {
		err = fmt.Errorf("%w: a signature of %d bytes", ErrArgument, len(s))
	}
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	copy(into[:], s)
	return nil
}

// indexOf is the index of an identity, from 1, or 0.
func indexOf(parties []ed25519.PublicKey, identity ed25519.PublicKey) uint16 {
	for j, p := range parties {
		if p.Equal(identity) {
			return uint16(j + 1)
		}
	}
	return 0
}
