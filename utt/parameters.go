package utt

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/sig"
)

// Attributes of the group keys.
const (
	CoinAttributes       = 4 // pid, sn, val, kind
	CredentialAttributes = 2 // pid, s
	LedgerAttributes     = 0 // BLS signatures, on checkpoints
	ApprovalAttributes   = 0 // BLS signatures, on decisions
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
	Auditors      *Auditors           // group keys of the auditors; nil where no row needs them
	Tax           *TaxOffice          // who decrypts taxes by total; nil where no row needs them
	Assets        []string            // that the ledger knows
	Circuits      []Circuit           // the proof systems of the rows
	Rows          []Row               // exactly one for every asset in the cases self and anonymous, at most one in the others
	FeeAccount    PID                 // whose account gets the fees; zero where no row has any
	Policy        budget.Policy       // epochs, budgets
	Issuer        ed25519.PublicKey   // who creates and signs ordinary money
	Endorsers     []ed25519.PublicKey // who vouch for the identities they register
	// Prefixes are those of the identities that each endorser vouches for, by index of
	// Endorsers, "" for all that have nobody else's. Nil stands for none: see MayEndorse.
	Prefixes []string
	// Holders are the parties who hold the shares of the group keys, and of further keys,
	// from the beginning, by whose word keys are reshared and made: see SessionOpening. Nil
	// for a ledger without.
	Holders []Holders
	// Authority is who can amend all of this but Name, Genesis, the group keys, that of Tax
	// among them, and the times of Policy, and who suspends users. Nobody, if it is left out.
	Authority Authority
	// Warrants is who may have payments opened that have an audit record. Nobody, if it is
	// left out.
	Warrants Warrants
	// MinSum is how many audited payments an asset must have in an epoch for their sum to be
	// opened: 2 at least, better hundreds, since whoever made all but one of them learns that
	// one. No sum is opened, if it is left out.
	MinSum int
}

// Parameters are the digested rules of a ledger: those that it was founded on, and every
// version that amendments have made of them since. They are immutable, and speak for one
// version: what Config has, and whatever is named after a part of it, is that version's. At
// has them speak for another. Everybody who checks or makes operations has the same.
//
// Amendments come from certified records: see Follow. Who follows none has the founding
// version, which is enough to verify certificates.
type Parameters struct {
	config  Config
	network NetworkID
	digest  [32]byte
	rows    map[rowUse]*Row

	number   uint64 // of the amendment that made the version, 0 of the founding one
	from     Epoch  // in which it takes effect, unless a later version does by then
	versions []*Parameters

	encoding []byte // of the founding version
	folded   *foldedKeys
	kinds    *coinKinds
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
	p := &Parameters{config: c, rows: make(map[rowUse]*Row), folded: new(foldedKeys), kinds: new(coinKinds), seen: new(certificates)}
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
	p.versions = []*Parameters{p}
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

// Digest commits to all parameters of the version, and to all versions before it. That of
// the founding one names the ledger's rules for its life.
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
	return cmp.Or(p, &noParameters).config.Policy.Clone()
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

// Rows are the policy table.
func (p *Parameters) Rows() []Row { return cmp.Or(p, &noParameters).config.clone().Rows }

// RowFor is what a transfer of an asset in a case must be; ok is false where there are no
// such transfers.
func (p *Parameters) RowFor(asset string, use Case) (r Row, ok bool) {
	at := cmp.Or(p, &noParameters).rows[rowUse{asset, use}]
	if at == nil {
		return Row{}, false
	}
	return at.clone(), true
}

// CircuitFor is the circuit of transfers of an asset in a case; ok is false where there
// are none.
func (p *Parameters) CircuitFor(asset string, use Case) (c Circuit, ok bool) {
	at := cmp.Or(p, &noParameters).rows[rowUse{asset, use}]
	if at == nil {
		return Circuit{}, false
	}
	return p.config.Circuits[at.Circuit].clone(), true
}

// Auditors are the group keys of the auditors, nil if there are none.
func (p *Parameters) Auditors() *Auditors {
	return copied(cmp.Or(p, &noParameters).config.Auditors)
}

// Tax is who decrypts taxes by total, nil if there are none.
func (p *Parameters) Tax() *TaxOffice { return copied(cmp.Or(p, &noParameters).config.Tax) }

// Authority is who amends the parameters and suspends users.
func (p *Parameters) Authority() Authority {
	return cmp.Or(p, &noParameters).config.Authority.clone()
}

// Warrants is who may have payments opened that have an audit record.
func (p *Parameters) Warrants() Warrants {
	return cmp.Or(p, &noParameters).config.Warrants.clone()
}

// MinSum is how many audited payments a sum has at least that is opened, 0 if none is.
func (p *Parameters) MinSum() int { return cmp.Or(p, &noParameters).config.MinSum }

// Config is what the version is made of: to change, and to make an amendment of.
func (p *Parameters) Config() Config { return cmp.Or(p, &noParameters).config.clone() }

// FeeAccount is whose account gets the fees, zero if there are none.
func (p *Parameters) FeeAccount() PID { return cmp.Or(p, &noParameters).config.FeeAccount }

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
	case len(c.Rows) == 0 || len(c.Rows) > MaxRows:
		return bad("%d rows, of 1 to %d", len(c.Rows), MaxRows)
	case c.FeeAccount != (PID{}) && !c.FeeAccount.canonical():
		return bad("the fee account is not canonical: make it with PIDOf")
	case len(c.Issuer) != ed25519.PublicKeySize:
		return bad("issuer key of %d bytes, of %d", len(c.Issuer), ed25519.PublicKeySize)
	case len(c.Endorsers) == 0 || len(c.Endorsers) > MaxEndorsers:
		return bad("%d endorsers, of 1 to %d", len(c.Endorsers), MaxEndorsers)
	}
	if c.Tax != nil {
		if err := c.Tax.check(); err != nil {
			return bad("%v", err)
		}
	}
	type groupKey struct {
		name       string
		key        *sig.PublicKey
		attributes int
	}
	keys := []groupKey{
		{"coin", c.CoinKey, CoinAttributes},
		{"credential", c.CredentialKey, CredentialAttributes},
		{"ledger", c.LedgerKey, LedgerAttributes},
	}
	if c.Auditors != nil {
		if err := c.Auditors.check(); err != nil {
			return bad("%v", err)
		}
		if c.Tax != nil {
			if err := c.Auditors.Opening.Distinct(c.Tax.Decryptors.Key()); err != nil {
				return bad("auditors and decryptors of taxes: %v", err)
			}
		}
		keys = append(keys, groupKey{"approval", c.Auditors.Approval, ApprovalAttributes})
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
	if err := c.Authority.check(); err != nil {
		return bad("%v", err)
	}
	if err := c.Warrants.check(!c.Auditors.empty()); err != nil {
		return bad("%v", err)
	}
	if c.MinSum < 0 || c.MinSum == 1 || c.MinSum > maxMinSum || c.MinSum > 0 && c.Auditors.empty() { // [AGG-SET]
		return bad("sums of at least %d payments: 2 to %d, and auditors to open them, or 0", c.MinSum, maxMinSum)
	}
	if err := c.Policy.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	p.config = c.clone()
	if end := &p.config.Policy.End; end.Unix() == budget.DefaultEnd {
		*end = time.Time{} // as it is read back
	}
	return p.assign(bad)
}

// assign gives every asset exactly one row per case: were there two, a sender would pick
// the one without tax.
func (p *Parameters) assign(bad func(string, ...any) error) error {
	for i := range p.config.Circuits {
		c := &p.config.Circuits[i]
		if c.Key == nil {
			return bad("circuit %d without key", i)
		}
		if n := c.Key.Outputs(); n < 1 || n > maxCircuitOutputs {
			return bad("circuit %d with %d outputs", i, n)
		}
		if !slices.ContainsFunc(p.config.Rows, func(r Row) bool { return r.Circuit == i }) {
			return bad("circuit %d is of no row", i)
		}
	}
	for i := range p.config.Rows {
		r := &p.config.Rows[i]
		if err := p.config.checkRow(r); err != nil {
			return bad("row %d %v", i, err)
		}
		assets := r.Assets
		if len(assets) == 0 {
			assets = p.config.Assets
		}
		for _, a := range assets {
			if !p.Knows(a) {
				return bad("row %d is for the unknown asset %.*q", i, maxAssetName, a)
			}
			use := rowUse{a, r.Case}
			if p.rows[use] != nil {
				return bad("two rows for %q, %v", a, r.Case)
			}
			p.rows[use] = r
		}
	}
	for _, a := range p.config.Assets {
		for _, k := range []Case{Self, Anonymous} {
			if p.rows[rowUse{a, k}] == nil {
				return bad("no row for %q, %v", a, k)
			}
		}
		audited, delayed := p.rows[rowUse{a, Audited}], p.rows[rowUse{a, Delayed}]
		if audited != nil && delayed != nil && delayed.Limit < audited.Limit { // [POLICY-TIER]
			return bad("the limit of delayed payments of %q is below that of audited ones", a)
		}
	}
	return nil
}

func (c *Config) clone() Config {
	d := *c
	d.CoinKey, d.CredentialKey, d.LedgerKey = copied(c.CoinKey), copied(c.CredentialKey), copied(c.LedgerKey)
	d.Assets = slices.Clone(c.Assets)
	d.Policy = c.Policy.Clone()
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
	d.Rows = slices.Clone(c.Rows)
	for i := range d.Rows {
		d.Rows[i] = d.Rows[i].clone()
	}
	d.Auditors, d.Tax = copied(c.Auditors), copied(c.Tax)
	d.Authority, d.Warrants = c.Authority.clone(), c.Warrants.clone()
	return d
}
