package utt

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// Attributes of the three group keys.
const (
	CoinAttributes       = 4 // pid, sn, val, kind
	CredentialAttributes = 2 // pid, s
	LedgerAttributes     = 0 // BLS signatures, on checkpoints
)

// Indices of the attributes.
const (
	coinPID, coinSerial, coinValue, coinKind = 0, 1, 2, 3
	credentialPID, credentialSecret          = 0, 1
)

// Config is what a ledger is founded on.
type Config struct {
	Name          string              // of the network
	Genesis       [32]byte            // random, not 0: sets networks of one name apart
	CoinKey       *sig.PublicKey      // group key for coins, CoinAttributes
	CredentialKey *sig.PublicKey      // group key for credentials, CredentialAttributes
	LedgerKey     *sig.PublicKey      // group key for certificates, LedgerAttributes
	Assets        []string            // that the ledger knows
	Circuits      []Circuit           // exactly one for every asset in the cases self and anonymous
	Policy        budget.Policy       // epochs, budgets, tiers
	Issuer        ed25519.PublicKey   // who creates and signs ordinary money
	Endorsers     []ed25519.PublicKey // who vouch for the identities they register
	// Prefixes are those of the identities that each endorser vouches for, by index of
	// Endorsers, "" for all that have nobody else's. Nil stands for none: see MayEndorse.
	Prefixes []string
	// Holders are the parties who hold the shares of the group keys, and of further keys,
	// from the beginning, by whose word keys are reshared and made: see SessionOpening. Nil
	// for a ledger without.
	Holders []Holders
}

// Parameters are the immutable, digested rules of a ledger. Everybody who checks
// or makes operations has the same.
type Parameters struct {
	config   Config
	encoding []byte
	network  NetworkID
	digest   [32]byte
	circuits map[circuitUse]*Circuit
	folded   *foldedKeys
	seen     *certificates // verified
}

// foldedKeys are the coin key prepared for coins of a kind, by kind. The kinds are
// computed here, never read: as many as there are assets, and twice in an epoch.
type foldedKeys struct {
	mu   sync.Mutex
	keys map[attr.Attribute]*sig.PublicKey
}

const maxFolded = 4 * MaxAssets

// certificates are the digests of those last verified under some parameters. Whoever hosts
// many wallets verifies each certificate once.
type certificates struct {
	mu   sync.Mutex
	of   [32][sha256.Size]byte
	next int
}

func (s *certificates) has(digest [sha256.Size]byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.of[:], digest)
}

func (s *certificates) add(digest [sha256.Size]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.of[:], digest) {
		s.of[s.next] = digest
		s.next = (s.next + 1) % len(s.of)
	}
}

// NewParameters checks a configuration and makes it immutable.
func NewParameters(c Config) (*Parameters, error) {
	p := &Parameters{config: c, circuits: make(map[circuitUse]*Circuit), folded: new(foldedKeys), seen: new(certificates)}
	if err := p.validate(); err != nil {
		return nil, err
	}
	identity, err := c.appendIdentity(nil)
	if err != nil {
		return nil, err
	}
	p.network = transcript.Hash(dst.Network, identity)
	if p.encoding, err = c.encode(identity); err != nil {
		return nil, err
	}
	p.digest = transcript.Hash(dst.Parameters, p.encoding)
	return p, nil
}

// Usable reports parameters that NewParameters did not make.
func (p *Parameters) Usable() error {
	if p == nil || p.encoding == nil {
		return fmt.Errorf("%w: no parameters: make them with NewParameters or ParseParameters", ErrInvalid)
	}
	return nil
}

// noParameters stand in for nil ones.
var noParameters Parameters

// Network names the ledger for its life.
func (p *Parameters) Network() NetworkID { return cmp.Or(p, &noParameters).network }

// Digest commits to all parameters.
func (p *Parameters) Digest() [32]byte { return cmp.Or(p, &noParameters).digest }

// Name is the network's name.
func (p *Parameters) Name() string { return cmp.Or(p, &noParameters).config.Name }

// Genesis sets the network apart from others of its name.
func (p *Parameters) Genesis() [32]byte { return cmp.Or(p, &noParameters).config.Genesis }

// Issuer is the key that signs issues.
func (p *Parameters) Issuer() ed25519.PublicKey {
	return slices.Clone(cmp.Or(p, &noParameters).config.Issuer)
}

// Endorsers are the keys that vouch for identities.
func (p *Parameters) Endorsers() []ed25519.PublicKey {
	return cmp.Or(p, &noParameters).config.clone().Endorsers
}

// Prefixes are those of the endorsers' identities, nil if no endorser is bound to any.
func (p *Parameters) Prefixes() []string {
	return slices.Clone(cmp.Or(p, &noParameters).config.Prefixes)
}

// Holders are those who hold the shares of the keys from the beginning; the ledger knows
// who holds them after a resharing. Without any, the ledger has no sessions.
func (p *Parameters) Holders() []Holders {
	if p == nil {
		return nil
	}
	return p.config.clone().Holders
}

// HoldersOf are the first holders of the key for a purpose; ok is false if the parameters
// name none.
func (p *Parameters) HoldersOf(purpose string) (h Holders, ok bool) {
	if p == nil {
		return Holders{}, false
	}
	i := slices.IndexFunc(p.config.Holders, func(h Holders) bool { return h.Purpose == purpose })
	if i < 0 {
		return Holders{}, false
	}
	return p.config.Holders[i].clone(), true
}

// Policy is the budget policy.
func (p *Parameters) Policy() budget.Policy {
	q := cmp.Or(p, &noParameters).config.Policy
	q.Classes = slices.Clone(q.Classes)
	return q
}

// Assets are the names of the assets.
func (p *Parameters) Assets() []string { return slices.Clone(cmp.Or(p, &noParameters).config.Assets) }

// CoinKey verifies coins.
func (p *Parameters) CoinKey() *sig.PublicKey { return copied(cmp.Or(p, &noParameters).config.CoinKey) }

// coinKeyFor is the coin key, prepared for coins of a kind.
func (p *Parameters) coinKeyFor(kind attr.Attribute) *sig.PublicKey {
	f := p.folded
	f.mu.Lock()
	defer f.mu.Unlock()
	k := f.keys[kind]
	if k == nil {
		if f.keys == nil || len(f.keys) >= maxFolded {
			f.keys = make(map[attr.Attribute]*sig.PublicKey)
		}
		k = p.config.CoinKey.Fold(coinKind, kind)
		f.keys[kind] = k
	}
	return k
}

// CredentialKey verifies credentials.
func (p *Parameters) CredentialKey() *sig.PublicKey {
	return copied(cmp.Or(p, &noParameters).config.CredentialKey)
}

// LedgerKey verifies certificates.
func (p *Parameters) LedgerKey() *sig.PublicKey {
	return copied(cmp.Or(p, &noParameters).config.LedgerKey)
}

// Knows reports whether the ledger has an asset.
func (p *Parameters) Knows(asset string) bool {
	return slices.Contains(cmp.Or(p, &noParameters).config.Assets, asset)
}

// Circuits are those of the transfers. A wallet's machine compiles each, finds the proving
// key by Key.ProvingKeyDigest, and loads it with rangeproof.ParseProvingKey.
func (p *Parameters) Circuits() []Circuit {
	return cmp.Or(p, &noParameters).config.clone().Circuits
}

// CircuitFor is the circuit of transfers of an asset in a case; ok is false where there
// are none.
func (p *Parameters) CircuitFor(asset string, use Case) (c Circuit, ok bool) {
	at := cmp.Or(p, &noParameters).circuits[circuitUse{asset, use}]
	if at == nil {
		return Circuit{}, false
	}
	return at.clone(), true
}

func (p *Parameters) validate() error {
	c := &p.config
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: parameters: %s", ErrPolicy, fmt.Sprintf(format, args...))
	}
	switch {
	case c.Name == "" || len(c.Name) > maxName:
		return bad("network name of %d bytes, of 1 to %d", len(c.Name), maxName)
	case c.Genesis == [32]byte{}:
		return bad("no genesis: draw 32 random bytes")
	case len(c.Assets) == 0 || len(c.Assets) > MaxAssets:
		return bad("%d assets, of 1 to %d", len(c.Assets), MaxAssets)
	case len(c.Circuits) == 0 || len(c.Circuits) > MaxCircuits:
		return bad("%d circuits, of 1 to %d", len(c.Circuits), MaxCircuits)
	case len(c.Issuer) != ed25519.PublicKeySize:
		return bad("issuer key of %d bytes, of %d", len(c.Issuer), ed25519.PublicKeySize)
	case len(c.Endorsers) == 0 || len(c.Endorsers) > MaxEndorsers:
		return bad("%d endorsers, of 1 to %d", len(c.Endorsers), MaxEndorsers)
	}
	keys := []struct {
		name       string
		key        *sig.PublicKey
		attributes int
	}{
		{"coin", c.CoinKey, CoinAttributes},
		{"credential", c.CredentialKey, CredentialAttributes},
		{"ledger", c.LedgerKey, LedgerAttributes},
	}
	for i, k := range keys {
		switch {
		case k.key == nil:
			return bad("no %s key", k.name)
		case k.key.Attributes() != k.attributes:
			return bad("the %s key is for %d attributes, not %d", k.name, k.key.Attributes(), k.attributes)
		}
		// with one x a signature on a message for one purpose is half a forgery for another
		x, _, _ := k.key.Points()
		for o, other := range keys[:i] {
			if y, _, _ := other.key.Points(); x.EqualOrOpposite(y) {
				return bad("the %s key and the %s key have one X2, up to sign: draw every key by itself", keys[o].name, k.name)
			}
		}
	}
	for i, a := range c.Assets {
		if err := checkAssetName(a); err != nil {
			return err
		}
		if slices.Contains(c.Assets[:i], a) {
			return bad("asset %q twice", a)
		}
	}
	if err := checkEd25519(c.Issuer); err != nil {
		return bad("issuer: %v", err)
	}
	for i, e := range c.Endorsers {
		if len(e) != ed25519.PublicKeySize {
			return bad("endorser key of %d bytes, of %d", len(e), ed25519.PublicKeySize)
		}
		if slices.ContainsFunc(c.Endorsers[:i], func(o ed25519.PublicKey) bool { return bytes.Equal(o, e) }) {
			return bad("endorser %d twice", i)
		}
		if err := checkEd25519(e); err != nil {
			return bad("endorser %d: %v", i, err)
		}
	}
	if err := c.checkPrefixes(); err != nil {
		return bad("%v", err)
	}
	if err := checkHolders(c.Holders); err != nil {
		return bad("%v", err)
	}
	if err := c.Policy.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	p.config = c.clone()
	return p.assignCircuits(bad)
}

// assignCircuits gives every asset exactly one circuit per case: were there two, a
// sender would pick the one without tax.
func (p *Parameters) assignCircuits(bad func(string, ...any) error) error {
	for i := range p.config.Circuits {
		c := &p.config.Circuits[i]
		if c.Key == nil || len(c.Cases) == 0 {
			return bad("circuit %d without key or cases", i)
		}
		if n := c.Key.Outputs(); n < 1 || n > maxOutputs-1 {
			return bad("circuit %d with %d outputs", i, n)
		}
		if err := checkRules(c.Rules); err != nil {
			return bad("circuit %d: %v", i, err)
		}
		for j, pid := range c.Fixed {
			if j < 1 || j >= c.Key.Outputs() {
				return bad("circuit %d fixes output %d of %d; output 0 is the payee's", i, j, c.Key.Outputs())
			}
			r := wire.NewReader(pid[:])
			if readPID(r); r.Close() != nil {
				return bad("circuit %d pays an identifier that is not canonical", i)
			}
		}
		assets := c.Assets
		if len(assets) == 0 {
			assets = p.config.Assets
		}
		for _, a := range assets {
			if !p.Knows(a) {
				return bad("circuit %d is for the unknown asset %.*q", i, maxAssetName, a)
			}
			for _, k := range c.Cases {
				if _, ok := cases[k]; !ok {
					return bad("circuit %d is for the unknown %v", i, k)
				}
				use := circuitUse{a, k}
				if p.circuits[use] != nil {
					return bad("two circuits for %q, %v", a, k)
				}
				p.circuits[use] = c
			}
		}
	}
	for _, a := range p.config.Assets {
		for _, k := range []Case{Self, Anonymous} {
			if p.circuits[circuitUse{a, k}] == nil {
				return bad("no circuit for %q, %v", a, k)
			}
		}
	}
	return nil
}

func (c *Config) clone() Config {
	d := *c
	d.CoinKey, d.CredentialKey, d.LedgerKey = copied(c.CoinKey), copied(c.CredentialKey), copied(c.LedgerKey)
	d.Assets = slices.Clone(c.Assets)
	d.Policy.Classes = slices.Clone(c.Policy.Classes)
	d.Issuer = slices.Clone(c.Issuer)
	d.Prefixes = slices.Clone(c.Prefixes)
	d.Holders = slices.Clone(c.Holders)
	for i := range d.Holders {
		d.Holders[i] = d.Holders[i].clone()
	}
	d.Endorsers = slices.Clone(c.Endorsers)
	for i := range d.Endorsers {
		d.Endorsers[i] = slices.Clone(d.Endorsers[i])
	}
	d.Circuits = slices.Clone(c.Circuits)
	for i := range d.Circuits {
		d.Circuits[i] = d.Circuits[i].clone()
	}
	return d
}
