package utt_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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
	c.Circuits[0].Cases = []utt.Case{utt.Self}
	c.Circuits = append(c.Circuits,
		utt.Circuit{Key: key, Assets: []string{gold}, Cases: []utt.Case{utt.Anonymous, utt.Audited}, Fixed: map[int]utt.PID{2: utt.PIDOf(bob)}},
		utt.Circuit{Key: key, Assets: []string{cash}, Cases: []utt.Case{utt.Anonymous}, Fixed: map[int]utt.PID{2: utt.PIDOf(alice), 1: utt.PIDOf(bob)}})
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
		"a circuit without cases":   func(c *utt.Config) { c.Circuits[0].Cases = nil },
		"an unknown case":           func(c *utt.Config) { c.Circuits[0].Cases = []utt.Case{utt.Self, utt.Anonymous, 9} },
		"a case twice":              func(c *utt.Config) { c.Circuits[0].Cases = []utt.Case{utt.Self, utt.Anonymous, utt.Self} },
		"no payments":               func(c *utt.Config) { c.Circuits[0].Cases = []utt.Case{utt.Self} },
		"nothing to oneself":        func(c *utt.Config) { c.Circuits[0].Cases = []utt.Case{utt.Anonymous} },
		"an unknown asset":          func(c *utt.Config) { c.Circuits[0].Assets = []string{cash, gold, "tulips"} },
		"an asset forgotten":        func(c *utt.Config) { c.Circuits[0].Assets = []string{cash} },
		"two circuits for a case": func(c *utt.Config) {
			c.Circuits = append(c.Circuits, utt.Circuit{Key: other, Cases: []utt.Case{utt.Anonymous}})
		},
		"the payee's output fixed": func(c *utt.Config) { c.Circuits[0].Fixed = map[int]utt.PID{0: utt.PIDOf(bob)} },
		"an output that is none":   func(c *utt.Config) { c.Circuits[0].Fixed = map[int]utt.PID{2: utt.PIDOf(bob)} },
		"a negative output":        func(c *utt.Config) { c.Circuits[0].Fixed = map[int]utt.PID{-1: utt.PIDOf(bob)} },
		"paid to no identifier":    func(c *utt.Config) { c.Circuits[0].Fixed = map[int]utt.PID{1: notCanonical} },
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
		"a nameless rule":            func(c *utt.Config) { c.Circuits[0].Rules = []string{""} },
		"a rule of a long name":      func(c *utt.Config) { c.Circuits[0].Rules = []string{strings.Repeat("r", 65)} },
		"a rule twice":               func(c *utt.Config) { c.Circuits[0].Rules = []string{"r", "s", "r"} },
		"too many rules":             func(c *utt.Config) { c.Circuits[0].Rules = strings.Split(strings.Repeat("r", 17), "") },
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
	c.Circuits[0].Cases = []utt.Case{utt.Self}
	c.Circuits = append(c.Circuits, utt.Circuit{Key: tax.VerifyingKey(), Cases: []utt.Case{utt.Anonymous},
		Fixed: map[int]utt.PID{2: utt.PIDOf(bob)}, Rules: tax.Circuit().Rules()})
	founded, err := utt.NewParameters(c)
	require.NoError(t, err)
	files := make(map[[32]byte][]byte)
	for _, k := range []*rangeproof.ProvingKey{w.Key, tax} {
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
	require.Equal(t, []string{"tax/2/1000"}, p.Circuits()[1].Rules)
	require.Equal(t, []utt.Output{{Role: utt.Own}, {Role: utt.Own}}, p.OutputsFor(cash, utt.Self))
	require.Equal(t, []utt.Output{{Role: utt.Payee}, {Role: utt.Own}, {Role: utt.Fixed, Owner: utt.PIDOf(bob)}, {Role: utt.BudgetChange}},
		p.OutputsFor(cash, utt.Anonymous))
	require.Nil(t, p.OutputsFor("tulips", utt.Self))
	require.Nil(t, p.OutputsFor(cash, utt.Audited))
	require.Empty(t, new(utt.Parameters).Circuits())
	require.Empty(t, (*utt.Parameters)(nil).Circuits())
}

// What parameters say of a circuit, its ID binds.
func TestCircuitsThatAreNotWhatTheySay(t *testing.T) {
	tax := utt.TaxKey()
	said := func(rules ...string) utt.Circuit {
		return utt.Circuit{Key: tax.VerifyingKey(), Cases: []utt.Case{utt.Self}, Rules: rules}
	}
	for name, c := range map[string]struct {
		circuit utt.Circuit
		known   []rangeproof.Rule
		want    error
	}{
		"as it is":            {said("tax/2/1000"), nil, nil},
		"rules given":         {said("tax/2/1000"), []rangeproof.Rule{nil, rangeproof.Tax(1, 5), rangeproof.Tax(2, 1000)}, nil},
		"no rules":            {said(), nil, utt.ErrPolicy},
		"another tax":         {said("tax/2/999"), nil, utt.ErrPolicy},
		"a rule too many":     {said("tax/2/1000", "tax/1/0"), nil, utt.ErrPolicy},
		"a tax on nothing":    {said("tax/3/1000"), nil, utt.ErrPolicy},
		"a rule nobody has":   {said("tax/2/1000", "tithe"), nil, utt.ErrNotFound},
		"a circuit of none":   {utt.Circuit{}, nil, utt.ErrInvalid},
		"one of an empty key": {utt.Circuit{Key: new(rangeproof.VerifyingKey)}, nil, utt.ErrPolicy},
	} {
		_, err := c.circuit.Compile(c.known...)
		require.ErrorIs(t, err, c.want, name)
	}
}

// Parameters that say nothing of rules and prefixes have the encoding that they had, and
// no other.
func TestParametersVersions(t *testing.T) {
	plain := utt.EncodingOf(sharedWorld().Parameters)
	require.Equal(t, byte(1), plain[0])
	c := sharedWorld().Config()
	c.Prefixes = []string{}
	p, err := utt.NewParameters(c)
	require.NoError(t, err)
	require.Equal(t, plain, utt.EncodingOf(p))

	c = sharedWorld().Config()
	c.Circuits[0].Rules = []string{"a rule"}
	p, err = utt.NewParameters(c)
	require.NoError(t, err)
	named := utt.EncodingOf(p)
	require.Equal(t, byte(2), named[0])
	require.Len(t, named, len(plain)+2+4+len("a rule")+2)
	q, err := utt.ParseParameters(named)
	require.NoError(t, err)
	require.Equal(t, p.Digest(), q.Digest())
	require.NotEqual(t, sharedWorld().Parameters.Digest(), q.Digest())
	require.Equal(t, []string{"a rule"}, q.Circuits()[0].Rules)
	for cut := len(named) - 1; cut > len(named)-80; cut-- {
		_, err := utt.ParseParameters(named[:cut])
		require.ErrorIs(t, err, utt.ErrMalformed)
	}
	at := bytes.Index(named, []byte("\x00\x01\x00\x00\x00\x06a rule"))
	require.Positive(t, at)
	empty := slices.Concat(named[:at], []byte{0, 0}, named[at+12:])
	_, err = utt.ParseParameters(empty)
	require.ErrorIs(t, err, utt.ErrMalformed, "the second version without a name")
	_, err = utt.ParseParameters(append([]byte{1}, named[1:]...))
	require.ErrorIs(t, err, utt.ErrMalformed)
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
		"cases":        func(c *utt.Config) { c.Circuits[0].Cases = append(c.Circuits[0].Cases, utt.Audited) },
		"assets named": func(c *utt.Config) { c.Circuits[0].Assets = []string{cash, gold} },
		"fixed":        func(c *utt.Config) { c.Circuits[0].Fixed = map[int]utt.PID{1: utt.PIDOf(bob)} },
		"fixed to":     func(c *utt.Config) { c.Circuits[0].Fixed = map[int]utt.PID{1: utt.PIDOf(alice)} },
		"circuit":      func(c *utt.Config) { c.Circuits[0].Key = utt.TaxKey().VerifyingKey() },
		"start":        func(c *utt.Config) { c.Policy.Start = c.Policy.Start.Add(time.Second) },
		"epoch":        func(c *utt.Config) { c.Policy.EpochLength += time.Second },
		"classes":      func(c *utt.Config) { c.Policy.Classes[1]++ },
		"audited":      func(c *utt.Config) { c.Policy.Audited.Limit++ },
		"delayed":      func(c *utt.Config) { c.Policy.Delayed.Delay += time.Second },
		"issuer":       func(c *utt.Config) { c.Issuer[31] ^= 0x80 },
		"rules":        func(c *utt.Config) { c.Circuits[0].Rules = []string{"r"} },
		"other rules":  func(c *utt.Config) { c.Circuits[0].Rules = []string{"s"} },
		"prefixes":     func(c *utt.Config) { c.Prefixes = []string{"p"} },
		"end":          func(c *utt.Config) { c.Policy.End = c.Policy.Start.Add(time.Hour) },
		"endorsers":    func(c *utt.Config) { c.Endorsers[0][31] ^= 0x80 },
	} {
		require.Equal(t, p.Network(), add(name, change).Network(), "%s: the network's name is for life", name)
	}
	require.Len(t, networks, 5)
}

// Nothing that a caller holds leads into parameters.
func TestParametersAreImmutable(t *testing.T) {
	c := sharedWorld().Config()
	c.Circuits[0].Assets = []string{cash, gold}
	c.Circuits[0].Fixed = map[int]utt.PID{1: utt.PIDOf(bob)}
	p, err := utt.NewParameters(c)
	require.NoError(t, err)
	want := utt.EncodingOf(p)
	other, err := newLab().p.CoinKey().MarshalBinary()
	require.NoError(t, err)

	c.Assets[0], c.Circuits[0].Assets[0], c.Circuits[0].Cases[0] = "x", "x", 9
	c.Circuits[0].Fixed[1] = utt.PID{}
	c.Policy.Classes[0]++
	c.Issuer[0]++
	c.Endorsers[0][0]++
	c.Endorsers[0] = nil
	p.Assets()[0] = "x"
	p.Policy().Classes[0]++
	got := p.Circuits()
	got[0].Assets[0], got[0].Cases[0], got[0].Fixed[1] = "x", 9, utt.PID{}
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
