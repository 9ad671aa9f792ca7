package utt

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// SeedSize is the length of a user's seed, in bytes.
const SeedSize = 32

// Keys are all secrets of a user on a ledger. They derive from his seed, the network and
// his pid, so that seed and ledger restore everything. They print as "redacted".
type Keys struct {
	p   *Parameters
	pid PID

	s1, blinding curve.Scalar    // of the registration commitment
	address      hpke.PrivateKey // that he is registered with
	later        []byte          // derives the addresses after that
	addresses    []addressKey    // by which notes are read
	scan         ScanKey         // that he registers and readdresses with
	scanning     []byte          // to look out for oneself
	account      ed25519.PrivateKey
	note         []byte // encrypts notes to oneself
	grants       []byte // draws when to ask for budgets

	secret attr.Attribute // s = s1 + s2, known from the seed: notes may come before the registration
}

// addressKey reads notes to an address of the user's, of the epochs from … until.
type addressKey struct {
	key         hpke.PrivateKey
	from, until Epoch // until 0: without end
}

// DeriveKeys derives the keys of a user from a seed of SeedSize random bytes. The error
// is ErrMalformed for a seed of another size, and of one byte repeated, such as zeros,
// which is a buffer that nobody filled.
func DeriveKeys(p *Parameters, pid PID, seed []byte) (*Keys, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
	if len(seed) != SeedSize {
		return nil, fmt.Errorf("%w: seed of %d bytes, not %d", ErrMalformed, len(seed), SeedSize)
	}
	if bytes.Count(seed, seed[:1]) == len(seed) {
		return nil, fmt.Errorf("%w: a seed of one byte repeated: draw %d random bytes", ErrMalformed, SeedSize)
	}
	var failed error
	derive := func(purpose string, size int) []byte {
		b, err := hkdf.Key(sha256.New, seed, wire.Frame(p.network[:], pid[:]), string(dst.WalletSeed)+"/"+purpose, size)
		if err != nil {
			failed = err
			return make([]byte, size)
		}
		return b
	}
	k := &Keys{
		p: p, pid: pid,
		s1:       curve.ScalarFromWide((*[64]byte)(derive("credential", 64))),
		blinding: curve.ScalarFromWide((*[64]byte)(derive("blinding", 64))),
		account:  ed25519.NewKeyFromSeed(derive("account", ed25519.SeedSize)),
		note:     derive("note", 32),
		grants:   derive("grants", 32),
		later:    derive("later-addresses", 32),
		scanning: derive("scan", 32),
	}
	address, err := addressKEM.DeriveKeyPair(derive("address", 32))
	if err != nil {
		return nil, fmt.Errorf("derive address: %w", err)
	}
	if failed != nil {
		return nil, fmt.Errorf("derive keys: %w", failed)
	}
	k.address, k.addresses = address, []addressKey{{key: address}}
	m := k.member(0)
	k.secret = attr.FromScalar(k.s1.Add(m.committeeSecret(p.network)))
	return k, nil
}

// Under is the keys as they read and make what is of these parameters: those of the same
// network, with other amendments. ErrInvalid says that the network is another.
func (k *Keys) Under(p *Parameters) (*Keys, error) {
	if err := errors.Join(k.usable(), p.Usable()); err != nil {
		return nil, err
	}
	if p.network != k.p.network {
		return nil, fmt.Errorf("%w: keys of another network", ErrInvalid)
	}
	d := *k
	d.p = p
	return &d, nil
}

// WithScanKey is the keys of a user who, where he registers or readdresses from then on, has
// the holder of a scan key look out for payments to him: a provider, or himself, by the
// ScanKey of OwnScan. Zero stands for nobody, as before the first call. ErrInvalid says that
// the key cannot be used.
//
// What the holder learns is when the user is paid, neither by whom nor how much. To others
// clues are random, but not to a quantum computer, which finds d from D; to that only a user
// without D shows nothing.
func (k *Keys) WithScanKey(d ScanKey) (*Keys, error) {
	if err := k.usable(); err != nil {
		return nil, err
	}
	if err := d.Check(); err != nil {
		return nil, err
	}
	with := *k
	with.scan = d
	return &with, nil
}

// OwnScan is the secret by which a user looks out for himself.
func (k *Keys) OwnScan() (*ScanSecret, error) {
	if err := k.usable(); err != nil {
		return nil, err
	}
	return NewScanSecret(k.scanning)
}

// noKeys stand in for nil ones.
var noKeys Keys

// usable reports keys that DeriveKeys did not make.
func (k *Keys) usable() error {
	if k == nil || k.p == nil {
		return fmt.Errorf("%w: no keys: make them with DeriveKeys", ErrInvalid)
	}
	return nil
}

// PID is the user whose keys they are.
func (k *Keys) PID() PID { return cmp.Or(k, &noKeys).pid }

// Format prints "redacted".
func (k Keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

// MarshalJSON refuses to leak: it encodes "redacted".
func (k Keys) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }

// GrantTime is when to ask for the user's budget of an asset and epoch, in seconds since
// 1970: as budget.Policy.GrantTime draws it, from the seed, so that a wallet that is made
// again does not draw anew. The error is ErrPolicy for an epoch that never begins.
func (k *Keys) GrantTime(asset string, e Epoch) (uint64, error) {
	if err := k.usable(); err != nil {
		return 0, err
	}
	// rejection sampling takes at most 8 bytes, and more with probability 1/2
	b, err := hkdf.Expand(sha256.New, k.grants, string(wire.Frame([]byte(asset), be64(uint64(e)))), 64*8)
	if err != nil {
		return 0, fmt.Errorf("derive time: %w", err)
	}
	t, err := k.p.config.Policy.GrantTime(bytes.NewReader(b), e)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	return t, nil
}

// Account is the Ed25519 key that signs orders on the user's account.
func (k *Keys) Account() crypto.Signer {
	if k.usable() != nil {
		return nil
	}
	return k.account
}

// Member is the user as these keys register him, in a class.
func (k *Keys) Member(class Class) *Member {
	if k.usable() != nil {
		return nil
	}
	m := k.member(class)
	return &m
}

// Register asks for a credential with the budget of a class. An Endorser adds its
// endorsement. rand is for the proof; nil means crypto/rand.
func (k *Keys) Register(rand io.Reader, class Class) (*Registration, error) {
	if err := k.usable(); err != nil {
		return nil, err
	}
	if _, err := k.p.config.Policy.Amount(budget.Privacy, class); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	return register(rand, k.p, k.member(class), k.s1, k.blinding, k.account)
}

func (k *Keys) member(class Class) Member {
	return Member{
		pid:   k.pid,
		class: class,
		secret: curve.SumSecret(
			curve.Term{Scalar: k.s1, Point: registrationBase(k.p.network, k.pid)},
			curve.Term{Scalar: k.blinding, Point: curve.Generator()}),
		address: k.address.PublicKey().Bytes(),
		scan:    k.scan,
		account: k.account.Public().(ed25519.PublicKey),
	}
}

// credentialOpening opens the credential: s = s1 + s2 with the blinding a.
func (k *Keys) credentialOpening() *sig.Opening {
	return sig.NewOpening([]attr.Attribute{k.pid.attribute(), k.secret},
		[]curve.Scalar{{}, k.blinding})
}
