package utt_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consensys/gnark/frontend"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

func TestParametersCodec(t *testing.T) {
	c := sharedWorld().Config()
	key := utt.TaxKey().VerifyingKey()
	c.Circuits[1].Key = key
	gilded, audited := c.Rows[1], c.Rows[2]
	gilded.Assets, gilded.Fixed = []string{gold}, map[int]utt.PID{2: utt.PIDOf(bob)}
	audited.Assets, audited.Fixed, audited.Fee = []string{gold}, gilded.Fixed, utt.Fee{Base: 1, PerInput: 2}
	c.Rows[1].Assets, c.Rows[1].Fixed = []string{cash}, map[int]utt.PID{2: utt.PIDOf(alice)}
	c.Rows = append(c.Rows[:2], gilded, audited)
	c.FeeAccount = utt.PIDOf(bob)
	taxed, err := utt.NewParameters(c)
	require.NoError(t, err)
	for _, p := range []*utt.Parameters{sharedWorld().Parameters, taxed} {
		b, err := p.MarshalBinary()
		require.NoError(t, err)
		q, err := utt.ParseParameters(b)
		require.NoError(t, err)
		require.Equal(t, p.Digest(), q.Digest())
		require.Equal(t, p.Network(), q.Network())
		require.Equal(t, p.Assets(), q.Assets())
		require.Equal(t, p.Policy(), q.Policy())
		require.Equal(t, p.Rows(), q.Rows())
		require.Equal(t, p.FeeAccount(), q.FeeAccount())
		require.True(t, p.Auditors().Opening.Equal(q.Auditors().Opening))
		require.True(t, p.Auditors().Approval.Equal(q.Auditors().Approval))
		require.True(t, p.CoinKey().Equal(q.CoinKey()))
		require.True(t, p.CredentialKey().Equal(q.CredentialKey()))
		again, err := q.AppendBinary([]byte("before"))
		require.NoError(t, err)
		require.Equal(t, append([]byte("before"), b...), again)
	}
	q, err := utt.ParseParameters(utt.EncodingOf(sharedWorld().Parameters))
	require.NoError(t, err)
	require.NoError(t, check(t, q, sharedWorld().head.Time, sharedWorld().honest).Err(sharedWorld().honest),
		"parsed parameters accept what was made for the original")
}

func TestParseParametersRefuses(t *testing.T) {
	b := utt.EncodingOf(sharedWorld().Parameters)
	for cut := 0; cut < len(b); cut += 1 + cut/40 {
		_, err := utt.ParseParameters(b[:cut])
		require.ErrorIs(t, err, utt.ErrMalformed, "cut to %d bytes", cut)
	}
	_, err := utt.ParseParameters(append(slices.Clone(b), 0))
	require.ErrorIs(t, err, utt.ErrMalformed)
	_, err = utt.ParseParameters(nil)
	require.ErrorIs(t, err, utt.ErrMalformed)
	_, err = utt.ParseParameters(make([]byte, 1<<20))
	require.ErrorIs(t, err, utt.ErrMalformed)

	at := func(offset int) []byte {
		c := slices.Clone(b)
		c[offset] ^= 1
		return c
	}
	name := 1 + 4
	coin := name + len("local") + 32 + 4
	for what, c := range map[string][]byte{
		"version":        at(0),
		"coin key":       at(coin + 3 + 7),
		"credential key": at(coin + 3 + 192 + 4*(192+96) + 4 + 3 + 7),
	} {
		_, err := utt.ParseParameters(c)
		require.ErrorIs(t, err, utt.ErrMalformed, what)
	}
}

func TestParametersValidation(t *testing.T) {
	short := func(k *[]string, s ...string) { *k = s }
	var notCanonical utt.PID
	for i := range notCanonical {
		notCanonical[i] = 0xff
	}
	key := func(i byte) ed25519.PublicKey { return ed25519.PublicKey(slices.Repeat([]byte{i}, 32)) }
	other := utt.TaxKey().VerifyingKey()
	for name, change := range map[string]func(*utt.Config){
		"everything":           func(c *utt.Config) { *c = utt.Config{} },
		"no name":              func(c *utt.Config) { c.Name = "" },
		"no genesis":           func(c *utt.Config) { c.Genesis = [32]byte{} },
		"no ledger key":        func(c *utt.Config) { c.LedgerKey = nil },
		"a long name":          func(c *utt.Config) { c.Name = strings.Repeat("n", 65) },
		"no coin key":          func(c *utt.Config) { c.CoinKey = nil },
		"an empty coin key":    func(c *utt.Config) { c.CoinKey = new(sig.PublicKey) },
		"keys swapped":         func(c *utt.Config) { c.CoinKey, c.CredentialKey = c.CredentialKey, c.CoinKey },
		"no credential key":    func(c *utt.Config) { c.CredentialKey = nil },
		"credential like coin": func(c *utt.Config) { c.CredentialKey = c.CoinKey },
		"no assets":            func(c *utt.Config) { c.Assets = nil },
		"an empty asset":       func(c *utt.Config) { short(&c.Assets, cash, "") },
		"a long asset":         func(c *utt.Config) { short(&c.Assets, strings.Repeat("a", 33)) },
		"an asset twice":       func(c *utt.Config) { short(&c.Assets, cash, gold, cash) },
		"too many assets": func(c *utt.Config) {
			c.Assets = nil
			for i := range utt.MaxAssets + 1 {
				c.Assets = append(c.Assets, fmt.Sprint(i))
			}
		},
		"no circuits":               func(c *utt.Config) { c.Circuits = nil },
		"too many circuits":         func(c *utt.Config) { c.Circuits = slices.Repeat(c.Circuits, utt.MaxCircuits+1) },
		"a circuit without key":     func(c *utt.Config) { c.Circuits[0].Key = nil },
		"a circuit of an empty key": func(c *utt.Config) { c.Circuits[0].Key = new(rangeproof.VerifyingKey) },
		"a circuit of no row":       func(c *utt.Config) { c.Circuits = append(c.Circuits, utt.Circuit{Key: other}) },
		"no rows":                   func(c *utt.Config) { c.Rows = nil },
		"too many rows":             func(c *utt.Config) { c.Rows = slices.Repeat(c.Rows, utt.MaxRows) },
		"an unknown case":           func(c *utt.Config) { c.Rows[1].Case = 9 },
		"a case twice":              func(c *utt.Config) { c.Rows = append(c.Rows, c.Rows[0]) },
		"no payments":               func(c *utt.Config) { c.Rows = c.Rows[:1] },
		"nothing to oneself":        func(c *utt.Config) { c.Rows = c.Rows[1:] },
		"an unknown asset":          func(c *utt.Config) { c.Rows[0].Assets = []string{cash, gold, "tulips"} },
		"an asset forgotten":        func(c *utt.Config) { c.Rows[0].Assets = []string{cash} },
		"assets without end":        func(c *utt.Config) { c.Rows[0].Assets = make([]string, utt.MaxAssets+1) },
		"a circuit that is not":     func(c *utt.Config) { c.Rows[1].Circuit = 2 },
		"payments of nothing":       func(c *utt.Config) { c.Rows[1].Circuit = 0 }, // [BAL-6]
		"no burning of all":         func(c *utt.Config) { c.Rows[0].Circuit = 1 },
		"money to somebody fixed":   func(c *utt.Config) { c.Rows[1].Fixed = map[int]utt.PID{1: utt.PIDOf(bob)} },
		"a tax to oneself":          func(c *utt.Config) { c.Circuits[1].Key = other; c.Rows = c.Rows[:2] },
		"a circuit before all":      func(c *utt.Config) { c.Rows[1].Circuit = -1 },
		"the payee's output fixed":  func(c *utt.Config) { c.Rows[1].Fixed = map[int]utt.PID{0: utt.PIDOf(bob)} },
		"an output that is none":    func(c *utt.Config) { c.Rows[1].Fixed = map[int]utt.PID{2: utt.PIDOf(bob)} },
		"a negative output":         func(c *utt.Config) { c.Rows[1].Fixed = map[int]utt.PID{-1: utt.PIDOf(bob)} },
		"paid to no identifier":     func(c *utt.Config) { c.Rows[1].Fixed = map[int]utt.PID{1: notCanonical} },
		"payments for nothing":      func(c *utt.Config) { c.Rows[1].Counter = "" }, // [POLICY-SOUND]
		"an unknown counter":        func(c *utt.Config) { c.Rows[1].Counter = "karma" },
		"a counter on oneself":      func(c *utt.Config) { c.Rows[0].Counter = budget.Privacy },
		"a limit on the anonymous":  func(c *utt.Config) { c.Rows[1].Limit = 5 },
		"an audit of the anonymous": func(c *utt.Config) { c.Rows[1].Audit.Expire = time.Second },
		"audits without auditors":   func(c *utt.Config) { c.Auditors, c.Warrants, c.MinSum = nil, utt.Warrants{}, 0 },
		"warrants without auditors": func(c *utt.Config) { c.Rows, c.Auditors, c.MinSum = c.Rows[:2], nil, 0 },
		"sums without auditors":     func(c *utt.Config) { c.Rows, c.Auditors, c.Warrants = c.Rows[:2], nil, utt.Warrants{} },
		"sums of one":               func(c *utt.Config) { c.MinSum = 1 }, // [AGG-SET]
		"sums of less than none":    func(c *utt.Config) { c.MinSum = -1 },
		"sums of too many":          func(c *utt.Config) { c.MinSum = 1 << 16 },
		"warrants of no key":        func(c *utt.Config) { c.Warrants.Authority = nil },
		"warrants of a short key":   func(c *utt.Config) { c.Warrants.Authority = c.Warrants.Authority[1:] },
		"warrants of small order":   func(c *utt.Config) { c.Warrants.Authority = make([]byte, 32) },
		"warrants never opened":     func(c *utt.Config) { c.Warrants.MaxSeal = 0 },
		"warrants sealed for 1.5 s": func(c *utt.Config) { c.Warrants.MaxSeal = 1500 * time.Millisecond },
		"auditors of no key":        func(c *utt.Config) { c.Auditors.Opening = nil },
		"auditors who never agree":  func(c *utt.Config) { c.Auditors.Approval = nil },
		"audits that open nothing":  func(c *utt.Config) { c.Rows[2].Audit.Reveals = 0 },
		"audits that open too much": func(c *utt.Config) { c.Rows[2].Audit.Reveals = 4 },
		"no limit":                  func(c *utt.Config) { c.Rows[2].Limit = 0 }, // [POLICY-TIER]
		"no expiry":                 func(c *utt.Config) { c.Rows[2].Audit.Expire = 0 },
		"an expiry of 1.5 s":        func(c *utt.Config) { c.Rows[2].Audit.Expire = 1500 * time.Millisecond },
		"a negative expiry":         func(c *utt.Config) { c.Rows[2].Audit.Expire = -time.Second },
		"delay where there is none": func(c *utt.Config) { c.Rows[2].Audit.Delay = time.Second },
		"no delay where it is due":  func(c *utt.Config) { c.Rows[3].Audit.Delay = 0 },
		"a negative delay":          func(c *utt.Config) { c.Rows[3].Audit.Delay = -time.Second },
		"delayed below audited":     func(c *utt.Config) { c.Rows[3].Limit = c.Rows[2].Limit - 1 },
		"a fee for nobody":          func(c *utt.Config) { c.Rows[1].Fee.Base = 1 },
		"a fee for no identifier":   func(c *utt.Config) { c.Rows[1].Fee.Base, c.FeeAccount = 1, notCanonical },
		"a fee that does not fit": func(c *utt.Config) {
			c.Rows[1].Fee, c.FeeAccount = utt.Fee{Base: 1, PerInput: 1 << 61}, utt.PIDOf(bob)
		},
		"no issuer":                func(c *utt.Config) { c.Issuer = nil },
		"a long issuer":            func(c *utt.Config) { c.Issuer = make([]byte, 33) },
		"no endorsers":             func(c *utt.Config) { c.Endorsers = nil },
		"an endorser twice":        func(c *utt.Config) { c.Endorsers = append(c.Endorsers, c.Endorsers[0]) },
		"an issuer of small order": func(c *utt.Config) { c.Issuer = make([]byte, 32) },
		"an endorser of small order": func(c *utt.Config) {
			c.Endorsers = append(c.Endorsers, append(ed25519.PublicKey{1}, make([]byte, 31)...))
		},
		"an issuer that is no point": func(c *utt.Config) { c.Issuer = ed25519.PublicKey(slices.Repeat([]byte{2}, 32)) },
		"a short endorser":           func(c *utt.Config) { c.Endorsers = []ed25519.PublicKey{key(1)[:31]} },
		"a prefix too many":          func(c *utt.Config) { c.Prefixes = []string{"a", "b"} },
		"prefixes of nothing":        func(c *utt.Config) { c.Prefixes = []string{""} },
		"a long prefix":              func(c *utt.Config) { c.Prefixes = []string{strings.Repeat("p", 65)} },
		"too many endorsers":         func(c *utt.Config) { c.Endorsers = make([]ed25519.PublicKey, utt.MaxEndorsers+1) },
		"no policy":                  func(c *utt.Config) { c.Policy = budget.Policy{} },
		"a policy of no epochs":      func(c *utt.Config) { c.Policy.EpochLength = 0 },
	} {
		c := sharedWorld().Config()
		change(&c)
		p, err := utt.NewParameters(c)
		require.ErrorIs(t, err, utt.ErrPolicy, name)
		require.Nil(t, p, name)
	}
}

// A wallet on another machine has nothing but the encodings of the parameters and of
// the proving keys, by their digests.
func TestCircuitsLoadProvingKeys(t *testing.T) {
	w := sharedWorld()
	c := w.Config()
	tax := utt.TaxKey()
	c.Circuits = append(c.Circuits, utt.Circuit{Key: tax.VerifyingKey()})
	c.Rows[1].Circuit, c.Rows[1].Fixed = 2, map[int]utt.PID{2: utt.PIDOf(bob)}
	founded, err := utt.NewParameters(c)
	require.NoError(t, err)
	files := make(map[[32]byte][]byte)
	for _, k := range append(slices.Clip(w.Keys), tax) {
		b, err := k.MarshalBinary()
		require.NoError(t, err)
		files[k.VerifyingKey().ProvingKeyDigest()] = b
	}

	p, err := utt.ParseParameters(utt.EncodingOf(founded))
	require.NoError(t, err)
	require.Equal(t, founded.Digest(), p.Digest())
	var keys []*rangeproof.ProvingKey
	for _, c := range p.Circuits() {
		circuit, err := c.Compile()
		require.NoError(t, err)
		key, err := rangeproof.ParseProvingKey(circuit, c.Key, files[c.Key.ProvingKeyDigest()])
		require.NoError(t, err)
		keys = append(keys, key)
	}
	_, err = wallet.New(p, alice, seedOf(alice), atStart(keys...))
	require.NoError(t, err)
	require.Equal(t, []string{"pays", "tax/2/1000"}, p.Circuits()[2].Key.Rules())
	require.Equal(t, []utt.Output{{Role: utt.Own}, {Role: utt.Own}}, p.OutputsFor(cash, utt.Self))
	require.Equal(t, []utt.Output{{Role: utt.Payee}, {Role: utt.Own}, {Role: utt.Fixed, Owner: utt.PIDOf(bob)}, {Role: utt.BudgetChange}},
		p.OutputsFor(cash, utt.Anonymous))
	require.Nil(t, p.OutputsFor("tulips", utt.Self))
	require.Equal(t, []utt.Output{{Role: utt.Payee}, {Role: utt.Own}, {Role: utt.Refund}},
		p.OutputsFor(cash, utt.Delayed))
	require.Empty(t, new(utt.Parameters).Circuits())
	require.Empty(t, (*utt.Parameters)(nil).Circuits())
}

// A circuit is compiled from its key, with what rules of third parties it names.
func TestCircuitsCompile(t *testing.T) {
	tax := utt.TaxKey()
	for name, c := range map[string]struct {
		circuit utt.Circuit
		want    error
	}{
		"as it is":            {utt.Circuit{Key: tax.VerifyingKey()}, nil},
		"a circuit of none":   {utt.Circuit{}, utt.ErrInvalid},
		"one of an empty key": {utt.Circuit{Key: new(rangeproof.VerifyingKey)}, utt.ErrPolicy},
	} {
		_, err := c.circuit.Compile(nil, rangeproof.Pays())
		require.ErrorIs(t, err, c.want, name)
	}
	key := setUp(t, 2, rangeproof.Pays(), tithe{})
	own := utt.Circuit{Key: key.VerifyingKey()}
	_, err := own.Compile()
	require.ErrorIs(t, err, utt.ErrNotFound)
	circuit, err := own.Compile(tithe{})
	require.NoError(t, err)
	require.Equal(t, key.CircuitID(), circuit.ID())
}

// tithe is a third party's rule: that a payment is a multiple of ten.
type tithe struct{}

func (tithe) Name() string { return "example.org/tithe" }

func (tithe) Constrain(api frontend.API, w rangeproof.Wires) error {
	api.ToBinary(api.Div(w.Out[0], 10), 64)
	return nil
}

func (tithe) Holds(v rangeproof.Values, _ rangeproof.Public) error {
	if v.Out[0]%10 != 0 {
		return errors.New("not a multiple of ten")
	}
	return nil
}

// Parameters show what they are made of, as copies.
func TestParametersShow(t *testing.T) {
	c := sharedWorld().Config()
	p := sharedWorld().Parameters
	require.Equal(t, c.Name, p.Name())
	require.Equal(t, c.Genesis, p.Genesis())
	require.Equal(t, c.Issuer, p.Issuer())
	require.Equal(t, c.Endorsers, p.Endorsers())
	require.Nil(t, p.Prefixes())
	p.Issuer()[0] ^= 1
	p.Endorsers()[0][0] ^= 1
	require.Equal(t, c.Issuer, p.Issuer())
	require.Equal(t, c.Endorsers, p.Endorsers())
}

// Who founds a ledger is told what is missing and what would do.
func TestParametersSayWhatIsMissing(t *testing.T) {
	for want, change := range map[string]func(*utt.Config){
		"no genesis: draw 32 random bytes":             func(c *utt.Config) { c.Genesis = [32]byte{} },
		"no coin key":                                  func(c *utt.Config) { c.CoinKey = nil },
		"no ledger key":                                func(c *utt.Config) { c.LedgerKey = nil },
		"credential key is for 4 attributes, not 2":    func(c *utt.Config) { c.CredentialKey = c.CoinKey },
		"0 assets, of 1 to 64":                         func(c *utt.Config) { c.Assets = nil },
		"0 circuits, of 1 to 16":                       func(c *utt.Config) { c.Circuits = nil },
		"issuer key of 0 bytes, of 32":                 func(c *utt.Config) { c.Issuer = nil },
		"0 endorsers, of 1 to 256":                     func(c *utt.Config) { c.Endorsers = nil },
		"endorser key of 5 bytes, of 32":               func(c *utt.Config) { c.Endorsers[0] = c.Endorsers[0][:5] },
		"no start":                                     func(c *utt.Config) { c.Policy.Start = time.Time{} },
		"0 classes, of 1 to 256":                       func(c *utt.Config) { c.Policy.Classes = nil },
		"1.5s, not a positive number of whole seconds": func(c *utt.Config) { c.Policy.EpochLength = 1500 * time.Millisecond },
	} {
		c := sharedWorld().Config()
		change(&c)
		_, err := utt.NewParameters(c)
		require.ErrorContains(t, err, want)
	}
	_, err := utt.ParseParameters(nil)
	require.EqualError(t, err, "utt: malformed encoding: parameters: 0 bytes where 1 are needed", "said once")
}

// With one x for two keys, what is signed for one purpose is half a forgery for the
// other.
func TestParametersRefuseKeysOfOneX(t *testing.T) {
	x := func(x curve.Scalar, attributes int) *sig.PublicKey {
		s := []curve.Scalar{x}
		for i := range attributes {
			s = append(s, curve.Uint64(uint64(100+i)))
		}
		return sig.NewSecretKey(s).Public()
	}
	five, six, seven := curve.Uint64(5), curve.Uint64(6), curve.Uint64(7)
	for want, s := range map[string][3]curve.Scalar{
		"":                                      {five, six, seven},
		"the coin key and the credential key":   {five, five, six},
		"the coin key and the ledger key":       {five, six, five},
		"the credential key and the ledger key": {five, six, six.Neg()},
	} {
		c := sharedWorld().Config()
		c.CoinKey, c.CredentialKey, c.LedgerKey = x(s[0], utt.CoinAttributes), x(s[1], utt.CredentialAttributes), x(s[2], utt.LedgerAttributes)
		_, err := utt.NewParameters(c)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, utt.ErrPolicy)
		require.ErrorContains(t, err, want+" have one X2")
	}
}

// All of a configuration is in the digest; name, genesis and keys in the network.
func TestParametersDigest(t *testing.T) {
	digests, networks := map[[32]byte]string{}, map[utt.NetworkID]string{}
	add := func(name string, change func(*utt.Config)) *utt.Parameters {
		c := sharedWorld().Config()
		change(&c)
		p, err := utt.NewParameters(c)
		require.NoError(t, err, name)
		require.Empty(t, digests[p.Digest()], name)
		digests[p.Digest()], networks[p.Network()] = name, name
		return p
	}
	lab := newLab().p
	p := add("as it is", func(*utt.Config) {})
	for name, change := range map[string]func(*utt.Config){
		"name":           func(c *utt.Config) { c.Name = "other" },
		"genesis":        func(c *utt.Config) { c.Genesis[31] ^= 1 },
		"coin key":       func(c *utt.Config) { c.CoinKey = lab.CoinKey() },
		"credential key": func(c *utt.Config) { c.CredentialKey = lab.CredentialKey() },
	} {
		require.NotEqual(t, p.Network(), add(name, change).Network(), name)
	}
	for name, change := range map[string]func(*utt.Config){
		"assets":       func(c *utt.Config) { c.Assets = append(c.Assets, "silver") },
		"their order":  func(c *utt.Config) { slices.Reverse(c.Assets) },
		"cases":        func(c *utt.Config) { c.Rows = c.Rows[:3] },
		"assets named": func(c *utt.Config) { c.Rows[0].Assets = []string{cash, gold} },
		"fixed":        func(c *utt.Config) { taxAll(c, bob) },
		"fixed to":     func(c *utt.Config) { taxAll(c, alice) },
		"fee":          func(c *utt.Config) { c.Rows[1].Fee, c.FeeAccount = utt.Fee{Base: 1}, utt.PIDOf(bob) },
		"a fee more":   func(c *utt.Config) { c.Rows[1].Fee, c.FeeAccount = utt.Fee{PerInput: 1}, utt.PIDOf(bob) },
		"a fee to":     func(c *utt.Config) { c.Rows[1].Fee, c.FeeAccount = utt.Fee{Base: 1}, utt.PIDOf(alice) },
		"start":        func(c *utt.Config) { c.Policy.Start = c.Policy.Start.Add(time.Second) },
		"epoch":        func(c *utt.Config) { c.Policy.EpochLength += time.Second },
		"classes":      func(c *utt.Config) { c.Policy.Classes[1]++ },
		"counters":     func(c *utt.Config) { c.Policy.Counters[0].Classes[1]++ },
		"limit":        func(c *utt.Config) { c.Rows[2].Limit++ },
		"reveals":      func(c *utt.Config) { c.Rows[2].Audit.Reveals = utt.RevealAmount },
		"delay":        func(c *utt.Config) { c.Rows[3].Audit.Delay += time.Second },
		"expiry":       func(c *utt.Config) { c.Rows[3].Audit.Expire += time.Second },
		"issuer":       func(c *utt.Config) { c.Issuer[31] ^= 0x80 },
		"prefixes":     func(c *utt.Config) { c.Prefixes = []string{"p"} },
		"end":          func(c *utt.Config) { c.Policy.End = c.Policy.Start.Add(time.Hour) },
		"endorsers":    func(c *utt.Config) { c.Endorsers[0][31] ^= 0x80 },
	} {
		require.Equal(t, p.Network(), add(name, change).Network(), "%s: the network's name is for life", name)
	}
	require.Len(t, networks, 5)
}

// taxAll taxes all payments, for somebody.
func taxAll(c *utt.Config, office string) {
	c.Circuits[1].Key = utt.TaxKey().VerifyingKey()
	for i := range c.Rows[1:] {
		c.Rows[1+i].Fixed = map[int]utt.PID{2: utt.PIDOf(office)}
	}
}

// Nothing that a caller holds leads into parameters.
func TestParametersAreImmutable(t *testing.T) {
	c := sharedWorld().Config()
	taxAll(&c, bob)
	c.Rows[1].Assets = []string{cash, gold}
	p, err := utt.NewParameters(c)
	require.NoError(t, err)
	want := utt.EncodingOf(p)
	other, err := newLab().p.CoinKey().MarshalBinary()
	require.NoError(t, err)

	c.Assets[0], c.Rows[1].Assets[0], c.Rows[1].Case = "x", "x", 9
	c.Rows[1].Fixed[2] = utt.PID{}
	c.Policy.Classes[0]++
	c.Policy.Counters[0].Classes[0]++
	c.Auditors.Approval = c.CoinKey
	c.Issuer[0]++
	c.Endorsers[0][0]++
	c.Endorsers[0] = nil
	p.Assets()[0] = "x"
	p.Policy().Classes[0]++
	p.Policy().Counters[0].Classes[0]++
	p.Auditors().Approval = c.CoinKey
	rows := p.Rows()
	rows[1].Assets[0], rows[1].Case, rows[1].Fixed[2] = "x", 9, utt.PID{}
	got := p.Circuits()
	tax, err := utt.TaxKey().VerifyingKey().MarshalBinary()
	require.NoError(t, err)
	require.NoError(t, got[0].Key.UnmarshalBinary(tax))
	p.Circuits()[0] = utt.Circuit{}
	require.NoError(t, c.CoinKey.UnmarshalBinary(other))
	require.NoError(t, p.CoinKey().UnmarshalBinary(other))
	utt.EncodingOf(p)[0] ^= 1

	require.Equal(t, want, utt.EncodingOf(p))
	again, err := utt.NewParameters(utt.ConfigOf(p))
	require.NoError(t, err)
	require.Equal(t, p.Digest(), again.Digest(), "what is encoded is what is used")
	require.Equal(t, want, utt.EncodingOf(again))
}
