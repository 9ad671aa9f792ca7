package rangeproof

import (
	"bytes"
	"context"
	"encoding"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/consensys/gnark-crypto/ecc"
	groth16 "github.com/consensys/gnark/backend/groth16/bls12-381"
	cs "github.com/consensys/gnark/constraint/bls12-381"
	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/frontend/cs/r1cs"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/testrand"
)

func encode(t testing.TB, m encoding.BinaryMarshaler) []byte {
	t.Helper()
	b, err := m.MarshalBinary()
	require.NoError(t, err)
	return b
}

func TestKeyRoundTrip(t *testing.T) {
	for _, k := range []*ProvingKey{payKey(), taxedKey(), totalKey(), tiersKey()} {
		v := k.VerifyingKey()
		var d VerifyingKey
		require.NoError(t, d.UnmarshalBinary(encode(t, v)))
		require.Equal(t, encode(t, v), encode(t, &d))
		require.Equal(t, v.Digest(), d.Digest())
		require.Equal(t, k.Circuit().ID(), d.CircuitID())
		require.Equal(t, k.Circuit().description, d.description)
		require.Equal(t, SingleParty, d.Origin())
		require.Equal(t, k.Digest(), d.ProvingKeyDigest())

		c, err := Compile(k.Circuit().Outputs(), k.Circuit().rules...)
		require.NoError(t, err)
		p, err := ParseProvingKey(c, &d, encode(t, k))
		require.NoError(t, err)
		require.Equal(t, encode(t, k), encode(t, p))
		require.Equal(t, k.groth16, p.groth16)
	}
	p := limitedPayment()
	loaded, err := ParseProvingKey(pay(), payKey().VerifyingKey(), encode(t, payKey()))
	require.NoError(t, err)
	require.NoError(t, prove(loaded, p.v, p.pub).claim())
}

func TestProofRoundTrip(t *testing.T) {
	p := limitedPayment()
	b := encode(t, &p.proof)
	require.Len(t, b, 1+ProofSize)
	var d Proof
	require.NoError(t, d.UnmarshalBinary(b))
	require.Equal(t, p.proof, d)
}

// reject demands that a decoder refuses b and leaves its receiver as it was.
func reject[T any, P interface {
	*T
	encoding.BinaryUnmarshaler
}](t *testing.T, receiver T, b []byte, want error) {
	t.Helper()
	before := receiver
	require.ErrorIs(t, P(&receiver).UnmarshalBinary(b), want)
	require.Equal(t, before, receiver)
}

func TestProofRejects(t *testing.T) {
	p := limitedPayment().proof
	good := encode(t, &p)
	identity := func(at, size int) []byte {
		b := slices.Clone(good)
		clear(b[at : at+size])
		b[at] = 0x40
		return b
	}
	for name, b := range map[string][]byte{
		"empty":      nil,
		"version":    append([]byte{2}, good[1:]...),
		"truncated":  good[:len(good)-1],
		"trailing":   append(slices.Clone(good), 0),
		"compressed": append([]byte{good[0], good[1] | 0x80}, good[2:]...),
		"A = 0":      identity(1, curve.G1Size),
		"B = 0":      identity(1+curve.G1Size, curve.G2Size),
		"C = 0":      identity(1+curve.G1Size+curve.G2Size, curve.G1Size),
		"D = 0":      identity(1+2*curve.G1Size+curve.G2Size, curve.G1Size),
		"off curve":  append(slices.Clone(good[:len(good)-1]), good[len(good)-1]^1),
	} {
		t.Run(name, func(t *testing.T) { reject[Proof](t, p, b, ErrMalformed) })
	}
}

// tampered is the encoding of the verifying key after an edit that finish would
// not have let pass.
func tampered(edit func(k *VerifyingKey)) []byte {
	k := *payKey().VerifyingKey()
	k.k = slices.Clone(k.k)
	edit(&k)
	return k.encode()
}

func TestVerifyingKeyRejects(t *testing.T) {
	v := payKey().VerifyingKey()
	good := encode(t, v)
	outputsAt := 2
	set := func(at int, value byte) []byte {
		b := slices.Clone(good)
		b[at] = value
		return b
	}
	off := curve.FromG1Affine(testrand.OffSubgroup(3))
	s := slotsOf(2)
	for name, e := range map[string]struct {
		b    []byte
		want error
	}{
		"empty":         {nil, ErrMalformed},
		"version":       {set(0, 1), ErrMalformed},
		"origin":        {set(1, 3), ErrKey},
		"no outputs":    {set(outputsAt, 0), ErrMalformed},
		"255 outputs":   {set(outputsAt, 255), ErrMalformed},
		"17 rules":      {tampered(func(k *VerifyingKey) { k.description.rules = make([]string, maxRules+1) }), ErrMalformed},
		"a long rule":   {tampered(func(k *VerifyingKey) { k.description.rules = []string{strings.Repeat("a", maxRuleName+1)} }), ErrMalformed},
		"no name":       {tampered(func(k *VerifyingKey) { k.description.rules = []string{""} }), ErrKey},
		"a rule twice":  {tampered(func(k *VerifyingKey) { k.description.rules = []string{"pays", "pays"} }), ErrKey},
		"no such tax":   {tampered(func(k *VerifyingKey) { k.description.rules = []string{"tax/2/250"} }), ErrKey},
		"no such rule":  {tampered(func(k *VerifyingKey) { k.description.rules = []string{"tax-by-total/20000"} }), ErrKey},
		"not our rule":  {tampered(func(k *VerifyingKey) { k.description.rules = []string{"pays/5"} }), ErrKey},
		"two Bounders":  {tampered(func(k *VerifyingKey) { k.description.rules = []string{"tax/1/250", "tax-by-total/250"} }), ErrKey},
		"one K more":    {v.k[1].Append(slices.Clone(good)), ErrMalformed},
		"one K less":    {good[:len(good)-curve.G1Size], ErrMalformed},
		"J = 3":         {set(outputsAt, 3), ErrMalformed},
		"J = 1":         {set(outputsAt, 1), ErrMalformed},
		"trailing":      {append(slices.Clone(good), 0), ErrMalformed},
		"α = 0":         {tampered(func(k *VerifyingKey) { k.alpha = curve.G1{} }), ErrMalformed},
		"β = 0":         {tampered(func(k *VerifyingKey) { k.beta = curve.NewFixed(curve.G2{}) }), ErrMalformed},
		"γ = 0":         {tampered(func(k *VerifyingKey) { k.gamma = curve.NewFixed(curve.G2{}) }), ErrMalformed},
		"δ = 0":         {tampered(func(k *VerifyingKey) { k.delta = curve.NewFixed(curve.G2{}) }), ErrMalformed},
		"γ = δ":         {tampered(func(k *VerifyingKey) { k.gamma = k.delta }), ErrKey},
		"K_in = 0":      {tampered(func(k *VerifyingKey) { k.k[1+s.inSum] = curve.G1{} }), ErrMalformed},
		"K_ρ = 0":       {tampered(func(k *VerifyingKey) { k.k[1+s.rho] = curve.G1{} }), ErrMalformed},
		"K_limit = 0":   {tampered(func(k *VerifyingKey) { k.k[1+s.limit] = curve.G1{} }), ErrMalformed},
		"α off":         {tampered(func(k *VerifyingKey) { k.alpha = off }), ErrKey},
		"K_ρ off":       {tampered(func(k *VerifyingKey) { k.k[1+s.rho] = off }), ErrKey},
		"K_0 off curve": {set(len(good)-1, good[len(good)-1]^1), ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) { reject[VerifyingKey](t, *v, e.b, e.want) })
	}
}

// loose constrains all inputs but one, which occurs in a sum where it cancels.
type loose struct {
	Slots []frontend.Variable `gnark:",public"`
	free  int
}

func (c *loose) Define(api frontend.API) error {
	for i, x := range c.Slots {
		if i == c.free {
			x = api.Sub(api.Add(x, c.Slots[(i+1)%len(c.Slots)], 1), x)
		}
		api.Mul(x, x)
	}
	return nil
}

// TestUnconstrainedSlotRefused: gnark compiles such a circuit and sets it up, with K = 0
// for the input. Any value would do, and for ρ D would hide nothing.
func TestUnconstrainedSlotRefused(t *testing.T) {
	s := slotsOf(2)
	for free := range s.count() {
		compiled, err := frontend.Compile(ecc.BLS12_381.ScalarField(), r1cs.NewBuilder,
			&loose{make([]frontend.Variable, s.count()), free})
		require.NoError(t, err)
		c := &Circuit{description: description{outputs: 2}, r1cs: compiled.(*cs.R1CS)}
		require.NoError(t, c.check())
		var slot *SlotError
		require.ErrorAs(t, c.constrained("", nil), &slot, "when it is compiled")
		require.Equal(t, &SlotError{Slot: s.name(free)}, slot)
		_, _, err = SetupSingleParty(context.Background(), c)
		require.ErrorIs(t, err, ErrKey)
		require.ErrorContains(t, err, fmt.Sprintf("K_%d is 0", free+1))
		require.ErrorAs(t, err, &slot)
		require.Equal(t, s.name(free), slot.Slot)
	}
}

func TestSetupRefusesAnotherShape(t *testing.T) {
	var pk groth16.ProvingKey
	var vk groth16.VerifyingKey
	require.NoError(t, groth16.Setup(pay().r1cs, &pk, &vk))
	_, _, err := newKeys(taxed(), &pk, &vk, SingleParty)
	require.ErrorIs(t, err, ErrKey)
	_, _, err = newKeys(pay(), &pk, &vk, 0)
	require.ErrorIs(t, err, ErrKey)
}

func TestSetupCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, err := SetupSingleParty(ctx, pay())
	require.ErrorIs(t, err, context.Canceled)
}

func TestProvingKeyRejects(t *testing.T) {
	k, v := payKey(), payKey().VerifyingKey()
	good := encode(t, k)
	flipped := slices.Clone(good)
	flipped[len(flipped)/2] ^= 1
	for name, parse := range map[string]func() (*ProvingKey, error){
		"another circuit":       func() (*ProvingKey, error) { return ParseProvingKey(taxed(), v, good) },
		"another verifying key": func() (*ProvingKey, error) { return ParseProvingKey(pay(), otherKey().VerifyingKey(), good) },
		"no circuit":            func() (*ProvingKey, error) { return ParseProvingKey(nil, v, good) },
		"zero verifying key":    func() (*ProvingKey, error) { return ParseProvingKey(pay(), new(VerifyingKey), good) },
		"empty":                 func() (*ProvingKey, error) { return ParseProvingKey(pay(), v, nil) },
		"truncated":             func() (*ProvingKey, error) { return ParseProvingKey(pay(), v, good[:len(good)-1]) },
		"trailing":              func() (*ProvingKey, error) { return ParseProvingKey(pay(), v, append(slices.Clone(good), 0)) },
		"a bit flipped":         func() (*ProvingKey, error) { return ParseProvingKey(pay(), v, flipped) },
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse()
			require.ErrorIs(t, err, ErrKey)
		})
	}
	_, err := ParseProvingKey(pay(), nil, good)
	require.ErrorContains(t, err, "no verifying key")
	_, err = ParseProvingKey(nil, v, good)
	require.ErrorContains(t, err, "no circuit")
}

// TestProvingKeyDecoder is the decoder behind the digest.
func TestProvingKeyDecoder(t *testing.T) {
	good := encode(t, payKey())
	off := curve.FromG1Affine(testrand.OffSubgroup(3)).Append(nil)
	header := 1 + 32
	for name, e := range map[string]struct {
		b    []byte
		want error
	}{
		"empty":     {nil, ErrMalformed},
		"version":   {append([]byte{0}, good[1:]...), ErrMalformed},
		"truncated": {good[:len(good)-1], ErrMalformed},
		"trailing":  {append(slices.Clone(good), 0), ErrMalformed},
		"circuit":   {append([]byte{version, good[1] ^ 1}, good[2:]...), ErrMalformed},
		"δ off":     {slices.Concat(good[:header+2*curve.G1Size], off, good[header+3*curve.G1Size:]), ErrKey},
		"δ = 0":     {slices.Concat(good[:header+2*curve.G1Size], curve.G1{}.Append(nil), good[header+3*curve.G1Size:]), ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, (&ProvingKey{circuit: pay()}).decode(e.b), e.want)
		})
	}
}

func TestOpeningStaysSecret(t *testing.T) {
	for _, v := range []any{limitedPayment().opening, limitedPayment().v} {
		b, err := json.Marshal(v)
		require.NoError(t, err)
		require.Equal(t, `"redacted"`, string(b))
	}
}

// FuzzDecode: whatever a decoder accepts, it encodes to the same bytes. The first
// byte selects the decoder.
func FuzzDecode(f *testing.F) {
	p := limitedPayment()
	f.Add(append([]byte{0}, encode(f, &p.proof)...))
	f.Add(append([]byte{1}, encode(f, payKey().VerifyingKey())...))
	f.Add(append([]byte{2}, encode(f, payKey())...))
	for phase := range 2 {
		f.Add(append([]byte{byte(3 + phase)}, published().contributions[phase][0]...))
	}
	f.Add([]byte{0, version})
	f.Add([]byte{1, version, 1})
	ceremonies := []*Ceremony{start(1), start(2)}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		kind, b := b[0]%5, b[1:]
		var again []byte
		switch kind {
		case 0:
			var p Proof
			if p.UnmarshalBinary(b) != nil {
				return
			}
			var claims batch.Claims
			payKey().VerifyingKey().Claim(&claims, &p, Public{})
			_ = batch.One(&claims)
			again = encode(t, &p)
		case 1:
			var k VerifyingKey
			if k.UnmarshalBinary(b) != nil {
				return
			}
			again = encode(t, &k)
		case 2:
			k := &ProvingKey{circuit: pay()}
			if k.decode(b) != nil {
				return
			}
			again = k.encode()
		default:
			c := ceremonies[kind-3]
			next, err := c.read(b)
			if err != nil {
				return
			}
			again = append(c.header(), body(next)...)
		}
		require.True(t, bytes.Equal(b, again))
	})
}

// A key that says something else of its circuit is of another circuit.
func TestKeysCannotLieAboutTheirCircuit(t *testing.T) {
	good := totalKey()
	for name, rules := range map[string][]string{
		"pays":         {"tax-by-total/250"},
		"no tax":       {"pays"},
		"another rate": {"pays", "tax-by-total/251"},
		"limited":      {"pays", "tax-by-total/250", "limited"},
		"order":        {"tax-by-total/250", "pays"},
	} {
		t.Run(name, func(t *testing.T) {
			k := *good.VerifyingKey()
			k.description.rules = rules
			var lie VerifyingKey
			require.NoError(t, lie.UnmarshalBinary(k.encode()))
			require.Equal(t, rules, lie.Rules())
			require.NotEqual(t, good.CircuitID(), lie.CircuitID())
			_, err := ParseProvingKey(total(), &lie, encode(t, good))
			require.ErrorIs(t, err, ErrKey)
		})
	}
}
