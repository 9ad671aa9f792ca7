package dkg

import (
	"crypto/ed25519"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/keycheck"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg/internal/secret"
)

const version = 1

const (
	// MaxParties bounds the parties of a session, and its dealers.
	MaxParties = secret.MaxCoefficients
	// MaxPurpose bounds the length of a purpose, and of a schedule.
	MaxPurpose = 64
)

// Kind says what key is made.
type Kind struct{ k secret.Kind }

// Signing is a key of package sig for l attributes, 0 ≤ l ≤ sig.MaxAttributes.
func Signing(attributes int) Kind { return Kind{secret.Signing(attributes)} }

// Encryption is ElGamal keys, 1 ≤ keys ≤ threshold.MaxComponents.
func Encryption(keys int) Kind { return Kind{secret.Encryption(keys)} }

// String names the kind.
func (k Kind) String() string { return k.k.String() }

func (k Kind) valid() bool {
	if k.k.IsSigning() {
		return k.k.InG1() >= 0 && k.k.InG1() <= sig.MaxAttributes
	}
	return k.k.InG1() >= 1 && k.k.InG1() <= threshold.MaxComponents
}

// Terms are what the parties of a session agree on before it begins.
type Terms struct {
	// Network keeps sessions of different networks apart. At a founding, where no network has
	// an identifier yet, it is a value that the parties agree on, such as utt.Config.Genesis;
	// on a ledger it is Parameters.Network [SES-NETWORK].
	Network [32]byte
	// Purpose says what the key is for, such as "coin". Number tells sessions of one
	// purpose apart.
	Purpose string
	Number  uint64
	Key     Kind
	// Threshold is t, the parties that sign or decrypt. Faults is f, those that may be
	// silent or cheat in the session: f < t ≤ n − f.
	Threshold int
	Faults    int
	// Parties are the identity keys of the parties, that of party j at j − 1.
	Parties []ed25519.PublicKey
	// Schedule says when the rounds end, in the words of whoever ends them, such as a
	// ledger's heights and times. The session does not read it: it is agreed on, and
	// authorised, with the rest.
	Schedule []byte
	// Old is the committee whose key is dealt anew, nil to make a new key.
	Old *Old
}

// Old is the committee that is replaced. One of Committee and Encryption is set.
type Old struct {
	Committee  *threshold.Committee
	Encryption *threshold.EncryptionCommittee
	Faults     int
	// Parties are the identity keys of its parties.
	Parties []ed25519.PublicKey
}

func (o *Old) kind() Kind {
	if o.Committee != nil {
		return Signing(o.Committee.Attributes())
	}
	return Encryption(o.Encryption.Components())
}

func (o *Old) size() (t, n int) {
	if o.Committee != nil {
		return o.Committee.Threshold(), o.Committee.Parties()
	}
	return o.Encryption.Threshold(), o.Encryption.Parties()
}

// public is what is public of a dealer's share.
func (o *Old) public(i OldIndex) *secret.Public {
	return publicOf(o.Committee, o.Encryption, threshold.Index(i))
}

// group is the public key of all of them.
func (o *Old) group() *secret.Public { return publicOf(o.Committee, o.Encryption, 0) }

// publicOf is what is public of party j's share of the key that one of two committees has,
// or of the key for 0.
func publicOf(c *threshold.Committee, e *threshold.EncryptionCommittee, j threshold.Index) *secret.Public {
	if c != nil {
		p := c.Points(j)
		return &secret.Public{X2: p.X2, Y2: p.Y2, G1: p.Y1}
	}
	return &secret.Public{G1: e.Keys(j)}
}

// Generation names the sharing that is replaced.
func (o *Old) Generation() threshold.Generation {
	if o == nil {
		return threshold.Generation{}
	}
	if o.Committee != nil {
		return o.Committee.Generation()
	}
	return o.Encryption.Generation()
}

// check demands terms that a session can have.
func (t *Terms) check() error {
	if t == nil {
		return fmt.Errorf("%w: no terms", ErrArgument)
	}
	if n := max(len(t.Purpose), len(t.Schedule)); n > MaxPurpose {
		return fmt.Errorf("%w: a purpose or schedule of %d bytes, of at most %d", ErrArgument, n, MaxPurpose)
	}
	if !t.Key.valid() {
		return fmt.Errorf("%w: a %v", ErrArgument, t.Key)
	}
	if err := checkSize(t.Threshold, t.Faults, t.Parties); err != nil {
		return err
	}
	o := t.Old
	if o == nil {
		return nil
	}
	if (o.Committee == nil) == (o.Encryption == nil) {
		return fmt.Errorf("%w: the old committee is for signing or for encryption", ErrArgument)
	}
	threshold, n := o.size()
	if n != len(o.Parties) || o.kind() != t.Key {
		return fmt.Errorf("%w: a %v of %d parties where the old committee has a %v and %d parties",
			ErrArgument, t.Key, len(o.Parties), o.kind(), n)
	}
	return checkSize(threshold, o.Faults, o.Parties)
}

// checkSize demands 0 ≤ f < t ≤ n − f, n ≤ MaxParties, and [DKG-INDEX] distinct identities
// [DKG-IDENTITY] that are nobody else's: under a key of small order everybody signs.
func checkSize(t, f int, parties []ed25519.PublicKey) error {
	n := len(parties)
	if f < 0 || t <= f || t > n-f || n > MaxParties {
		return fmt.Errorf("%w: t = %d, f = %d, n = %d: need 0 ≤ f < t ≤ n − f and n ≤ %d", ErrArgument, t, f, n, MaxParties)
	}
	for j, p := range parties {
		if len(p) != ed25519.PublicKeySize {
			return fmt.Errorf("%w: an identity key of %d bytes", ErrArgument, len(p))
		}
		same := func(q ed25519.PublicKey) bool { return q.Equal(p) }
		if i := slices.IndexFunc(parties[:j], same); i >= 0 && batch.Enforced("DKG-INDEX") {
			return fmt.Errorf("%w: [DKG-INDEX] parties %d and %d are the same", ErrInvalid, i+1, j+1)
		}
		if err := keycheck.Ed25519(p); err != nil && batch.Enforced("DKG-IDENTITY") {
			return fmt.Errorf("%w: [DKG-IDENTITY] party %d: %w", ErrInvalid, j+1, err)
		}
	}
	return nil
}

// hash is what enrolments are bound to.
func (t *Terms) hash() ([32]byte, error) {
	b, err := t.MarshalBinary()
	if err != nil {
		return [32]byte{}, err
	}
	return transcript.Hash(dst.DKGTerms, b), nil
}

// dealers are the identity keys of those who deal.
func (t *Terms) dealers() []ed25519.PublicKey {
	if t.Old != nil {
		return t.Old.Parties
	}
	return t.Parties
}

const (
	keySigning    = 1
	keyEncryption = 2
)

// AppendBinary appends version, network, purpose, number, kind and its number of
// components in G1, t, f, n, the identity keys, schedule, and 0, or 1 and the old committee's
// encoding, f, n and identity keys.
func (t *Terms) AppendBinary(b []byte) ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	b = append(append(b, version), t.Network[:]...)
	b = wire.AppendUint64(wire.AppendBytes(b, []byte(t.Purpose)), t.Number)
	if t.Key.k.IsSigning() {
		b = append(b, keySigning)
	} else {
		b = append(b, keyEncryption)
	}
	b = wire.AppendUint16(wire.AppendUint16(b, uint16(t.Key.k.InG1())), uint16(t.Threshold))
	b = wire.AppendBytes(appendParties(b, t.Faults, t.Parties), t.Schedule)
	if t.Old == nil {
		return append(b, 0), nil
	}
	var old []byte
	var err error
	if t.Old.Committee != nil {
		old, err = t.Old.Committee.MarshalBinary()
	} else {
		old, err = t.Old.Encryption.MarshalBinary()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: old committee: %w", ErrArgument, err)
	}
	return appendParties(wire.AppendBytes(append(b, 1), old), t.Old.Faults, t.Old.Parties), nil
}

func appendParties(b []byte, faults int, parties []ed25519.PublicKey) []byte {
	b = wire.AppendUint16(wire.AppendUint16(b, uint16(faults)), uint16(len(parties)))
	for _, p := range parties {
		b = append(b, p...)
	}
	return b
}

// MarshalBinary encodes the terms.
func (t *Terms) MarshalBinary() ([]byte, error) { return t.AppendBinary(nil) }

// maxCommittee bounds an encoded committee of MaxParties.
const maxCommittee = 1 << 18

// UnmarshalBinary decodes terms and checks that a session can have them.
func (t *Terms) UnmarshalBinary(b []byte) error {
	if t == nil {
		return fmt.Errorf("%w: nil to decode into", ErrArgument)
	}
	r := wire.NewReader(b)
	d := readTerms(r)
	if err := r.Close(); err != nil {
		return fmt.Errorf("%w: terms: %w", ErrMalformed, err)
	}
	if err := d.check(); err != nil {
		return err
	}
	*t = *d
	return nil
}

func readTerms(r *wire.Reader) *Terms {
	t := new(Terms)
	r.Version(version)
	r.Fill(t.Network[:])
	t.Purpose, t.Number = string(r.Bytes(MaxPurpose)), r.Uint64()
	switch kind, n := r.Byte(), int(r.Uint16()); kind {
	case keySigning:
		t.Key = Signing(n)
	case keyEncryption:
		t.Key = Encryption(n)
	default:
		r.Fail("key of kind %d", kind)
	}
	t.Threshold = int(r.Uint16())
	t.Faults, t.Parties = readParties(r)
	t.Schedule = r.Bytes(MaxPurpose)
	if !r.Bool() {
		return t
	}
	old, encoded := new(Old), r.Bytes(maxCommittee)
	old.Faults, old.Parties = readParties(r)
	if r.Err() != nil {
		return t
	}
	var err error
	if t.Key.k.IsSigning() {
		old.Committee = new(threshold.Committee)
		err = old.Committee.UnmarshalBinary(encoded)
	} else {
		old.Encryption = new(threshold.EncryptionCommittee)
		err = old.Encryption.UnmarshalBinary(encoded)
	}
	if err != nil {
		r.Fail("old committee: %v", err)
	}
	t.Old = old
	return t
}

func readParties(r *wire.Reader) (faults int, parties []ed25519.PublicKey) {
	faults = int(r.Uint16())
	for range r.Count(MaxParties, ed25519.PublicKeySize) {
		p := make(ed25519.PublicKey, ed25519.PublicKeySize)
		r.Fill(p)
		parties = append(parties, p)
	}
	return faults, parties
}
