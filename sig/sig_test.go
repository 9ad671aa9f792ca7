package sig_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/sig"
)

func generate(t testing.TB, seed string, attributes int) *sig.SecretKey {
	k, err := sig.GenerateKey(testrand.New(seed), attributes)
	require.NoError(t, err)
	return k
}

func attributes(n int) []sig.Attribute {
	m := make([]sig.Attribute, n)
	for i := range m {
		m[i] = sig.Uint64(uint64(100 + i))
	}
	return m
}

// issue signs a commitment to attributes(l) under a base of its own.
func issue(t testing.TB, k *sig.SecretKey, id string, hide ...int) (*sig.Signed, *sig.Opening) {
	c, o, err := sig.Commit(testrand.New(id), sig.NewBase("test", []byte(id)), attributes(k.Attributes()), hide...)
	require.NoError(t, err)
	require.True(t, c.Opens(o))
	s, err := k.Sign(c)
	require.NoError(t, err)
	return &sig.Signed{Commitment: c, Signature: s}, o
}

func subset(mask int) (hide []int) {
	for i := 0; mask>>i > 0; i++ {
		if mask>>i&1 == 1 {
			hide = append(hide, i)
		}
	}
	return hide
}

func TestEveryHiddenSetVerifies(t *testing.T) {
	for l := range 4 {
		k := generate(t, "key", l)
		var keys []*sig.PublicKey
		var list []*sig.Signed
		for issued := range 1 << l {
			signed, o := issue(t, k, fmt.Sprint(l, issued), subset(issued)...)
			require.NoError(t, k.Public().Verify(signed))
			for shown := range 1 << l {
				p, po, err := k.Public().Rerandomize(nil, signed, o, subset(shown)...)
				require.NoError(t, err)
				require.True(t, p.Commitment.Opens(po))
				require.False(t, p.Commitment.Opens(o) && l > 0 && shown > 0)
				for i, want := range attributes(l) {
					got, ok := p.Commitment.Public(i)
					require.Equal(t, shown>>i&1 == 0, ok)
					if ok {
						require.Equal(t, want, got)
					}
					opened, err := po.Attribute(i)
					require.NoError(t, err)
					require.Equal(t, want, opened)
				}
				again, ao, err := k.Public().Rerandomize(nil, p, po, subset(issued)...)
				require.NoError(t, err)
				require.True(t, again.Commitment.Opens(ao))
				keys, list = append(keys, k.Public(), k.Public()), append(list, p, again)
			}
		}
		for i, err := range sig.VerifyBatch(t.Context(), keys, list) {
			require.NoError(t, err, "item %d", i)
		}
	}
}

func TestSignIsDeterministic(t *testing.T) {
	k := generate(t, "key", 3)
	s, _ := issue(t, k, "1", 0)
	again, err := k.Sign(s.Commitment)
	require.NoError(t, err)
	require.True(t, again.Equal(s.Signature))
}

func TestSignBatchIsSign(t *testing.T) {
	k := generate(t, "key", 3)
	none, err := k.SignBatch(nil)
	require.NoError(t, err)
	require.Empty(t, none)
	var list []*sig.Commitment
	var want []*sig.Signature
	for i := range 8 {
		s, _ := issue(t, k, fmt.Sprint(i/2), subset(i)...) // bases in common
		list, want = append(list, s.Commitment), append(want, s.Signature)
	}
	got, err := k.SignBatch(list)
	require.NoError(t, err)
	require.Equal(t, want, got)
	other, _ := issue(t, generate(t, "two", 2), "2")
	for _, bad := range []*sig.Commitment{nil, new(sig.Commitment), other.Commitment} {
		got, err = k.SignBatch([]*sig.Commitment{list[0], bad})
		require.ErrorIs(t, err, sig.ErrArgument)
		require.Nil(t, got)
	}
}

// TestZeroAttributesAreBLS: S = x·H1(message).
func TestZeroAttributesAreBLS(t *testing.T) {
	k := generate(t, "bls", 0)
	s, o := issue(t, k, "message")
	require.NoError(t, k.Public().Verify(s))
	other, _ := issue(t, k, "other message")
	require.ErrorIs(t, k.Public().Verify(&sig.Signed{Commitment: other.Commitment, Signature: s.Signature}), sig.ErrInvalid)
	x := k.Scalars()[0]
	require.Equal(t, sig.NewBase("test", []byte("message")).Point().Mul(x), s.Signature.Point())
	p, _, err := k.Public().Rerandomize(nil, s, o)
	require.NoError(t, err)
	require.NoError(t, k.Public().Verify(p))
}

func TestVerifyBatchBlamesTheInvalid(t *testing.T) {
	a, b := generate(t, "a", 2), generate(t, "b", 3)
	var keys []*sig.PublicKey
	var list []*sig.Signed
	for i := range 8 {
		k := []*sig.SecretKey{a, b}[i%2]
		s, _ := issue(t, k, fmt.Sprint(i), 0)
		keys, list = append(keys, k.Public()), append(list, s)
	}
	list[2] = &sig.Signed{Commitment: list[2].Commitment, Signature: list[4].Signature}
	list[5] = nil
	keys[6] = b.Public()
	keys[7] = nil
	errs := sig.VerifyBatch(t.Context(), keys, list)
	for i, err := range errs {
		switch i {
		case 2, 5, 6, 7:
			require.ErrorIs(t, err, sig.ErrInvalid)
			require.ErrorContains(t, err, "[SIG-1]")
		default:
			require.NoError(t, err)
		}
	}
	require.Len(t, sig.VerifyBatch(t.Context(), keys, list[:1]), 1)
	errs = sig.VerifyBatch(t.Context(), keys[:1], list[:4])
	require.NoError(t, errs[0])
	for _, err := range errs[1:] {
		require.ErrorIs(t, err, sig.ErrInvalid)
	}
	require.Empty(t, sig.VerifyBatch(t.Context(), keys, nil))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range sig.VerifyBatch(ctx, keys[:2], list[:2]) {
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, sig.ErrInvalid, "not decided")
	}
}

// TestBatchDoesNotLetForgeriesCancel: PITFALLS, "against a draft", 1, with
// h'_1 = G and h'_2 = −G: the errors of two signatures sum to zero.
func TestBatchDoesNotLetForgeriesCancel(t *testing.T) {
	k := generate(t, "key", 2)
	p, _ := issue(t, k, "p", 0)
	q, _ := issue(t, k, "q", 0)
	d := curve.Generator()
	bad := []*sig.Signed{
		{Commitment: p.Commitment, Signature: sig.SignatureOf(p.Signature.Point().Add(d))},
		{Commitment: q.Commitment, Signature: sig.SignatureOf(q.Signature.Point().Sub(d))},
	}
	for _, err := range sig.VerifyBatch(t.Context(), []*sig.PublicKey{k.Public(), k.Public()}, bad) {
		require.ErrorIs(t, err, sig.ErrInvalid)
	}
	none := sig.SignatureOf(curve.G1{})
	bad = []*sig.Signed{
		{Commitment: sig.Assemble(d, sig.Public(sig.Uint64(1)), sig.Public(sig.Uint64(2))), Signature: none},
		{Commitment: sig.Assemble(d.Neg(), sig.Public(sig.Uint64(1)), sig.Public(sig.Uint64(2))), Signature: none},
	}
	for _, err := range sig.VerifyBatch(t.Context(), []*sig.PublicKey{k.Public(), k.Public()}, bad) {
		require.ErrorIs(t, err, sig.ErrInvalid)
	}
}

func TestWrongKeyIsRefused(t *testing.T) {
	k := generate(t, "key", 3)
	s, o := issue(t, k, "1", 0, 2)
	for name, other := range map[string]*sig.SecretKey{
		"another": generate(t, "other", 3), "fewer": generate(t, "key", 2), "more": generate(t, "key", 4), "none": generate(t, "key", 0),
	} {
		require.ErrorIs(t, other.Public().Verify(s), sig.ErrInvalid, name)
	}
	other := generate(t, "other", 3)
	p, _, err := other.Public().Rerandomize(nil, s, o, 0)
	require.NoError(t, err)
	require.ErrorIs(t, k.Public().Verify(p), sig.ErrInvalid)
	require.ErrorIs(t, other.Public().Verify(p), sig.ErrInvalid)
}

func TestWrongOpeningMakesAnInvalidPresentation(t *testing.T) {
	k := generate(t, "key", 3)
	s, o := issue(t, k, "1", 0, 2)
	one := curve.Uint64(1)
	for i := range 3 {
		for name, change := range map[string]func(m, r curve.Scalar) (curve.Scalar, curve.Scalar){
			"attribute": func(m, r curve.Scalar) (curve.Scalar, curve.Scalar) { return m.Add(one), r },
			"blinding":  func(m, r curve.Scalar) (curve.Scalar, curve.Scalar) { return m, r.Add(one) },
			"both":      func(m, r curve.Scalar) (curve.Scalar, curve.Scalar) { return m.Add(one), r.Sub(one) },
			"none":      func(curve.Scalar, curve.Scalar) (m, r curve.Scalar) { return m, r },
		} {
			m, r := attributes(3), make([]curve.Scalar, 3)
			for j := range r {
				var v curve.Scalar
				v, r[j] = o.Values(j)
				if j == i {
					v, r[j] = change(v, r[j])
				}
				m[j] = attr.FromScalar(v)
			}
			wrong := sig.NewOpening(m, r)
			require.False(t, s.Commitment.Opens(wrong))
			for shown := range 8 {
				p, _, err := k.Public().Rerandomize(nil, s, wrong, subset(shown)...)
				require.NoError(t, err)
				require.ErrorIs(t, k.Public().Verify(p), sig.ErrInvalid, "%s %d shown %d", name, i, shown)
			}
		}
	}
}

func TestArguments(t *testing.T) {
	k := generate(t, "key", 3)
	public := k.Public()
	s, o := issue(t, k, "1", 0)
	h := sig.NewBase("test", nil)
	two, twoOpening := issue(t, generate(t, "two", 2), "2")
	var none *sig.PublicKey
	for name, call := range map[string]func() error{
		"negative key":        func() error { _, err := sig.GenerateKey(nil, -1); return err },
		"large key":           func() error { _, err := sig.GenerateKey(nil, sig.MaxAttributes+1); return err },
		"too many":            func() error { _, _, err := sig.Commit(nil, h, attributes(sig.MaxAttributes+1)); return err },
		"hide −1":             func() error { _, _, err := sig.Commit(nil, h, attributes(3), -1); return err },
		"hide 3 of 3":         func() error { _, _, err := sig.Commit(nil, h, attributes(3), 3); return err },
		"hide twice":          func() error { _, _, err := sig.Commit(nil, h, attributes(3), 1, 1); return err },
		"zero base":           func() error { _, _, err := sig.Commit(nil, sig.Base{}, attributes(3), 1); return err },
		"sign nil":            func() error { _, err := k.Sign(nil); return err },
		"sign empty":          func() error { _, err := k.Sign(new(sig.Commitment)); return err },
		"sign fewer":          func() error { _, err := k.Sign(two.Commitment); return err },
		"sign with empty key": func() error { _, err := new(sig.SecretKey).Sign(sig.Assemble(h.Point())); return err },
		"sign identity":       func() error { _, err := k.Sign(sig.Assemble(curve.G1{}, make([]sig.Part, 3)...)); return err },
		"show nil":            func() error { _, _, err := public.Rerandomize(nil, nil, o); return err },
		"show empty":          func() error { _, _, err := public.Rerandomize(nil, &sig.Signed{}, o); return err },
		"show no signature": func() error {
			_, _, err := public.Rerandomize(nil, &sig.Signed{Commitment: s.Commitment}, o)
			return err
		},
		"show no commitment": func() error { _, _, err := public.Rerandomize(nil, &sig.Signed{Signature: s.Signature}, o); return err },
		"show no opening":    func() error { _, _, err := public.Rerandomize(nil, s, nil); return err },
		"show empty opening": func() error { _, _, err := public.Rerandomize(nil, s, new(sig.Opening)); return err },
		"show with nil key":  func() error { _, _, err := none.Rerandomize(nil, s, o); return err },
		"show fewer":         func() error { _, _, err := public.Rerandomize(nil, two, twoOpening); return err },
		"show other opening": func() error { _, _, err := public.Rerandomize(nil, s, twoOpening); return err },
		"show hide 3":        func() error { _, _, err := public.Rerandomize(nil, s, o, 3); return err },
		"show hide twice":    func() error { _, _, err := public.Rerandomize(nil, s, o, 0, 0); return err },
		"opening −1":         func() error { _, err := o.Attribute(-1); return err },
		"opening 3":          func() error { _, err := o.Attribute(3); return err },
		"encode nothing":     func() error { _, err := (*sig.Signed)(nil).MarshalBinary(); return err },
		"encode half":        func() error { _, err := (&sig.Signed{Commitment: s.Commitment}).MarshalBinary(); return err },
		"encode empty key":   func() error { _, err := new(sig.PublicKey).MarshalBinary(); return err },
	} {
		require.ErrorIs(t, call(), sig.ErrArgument, name)
	}
	for name, v := range map[string]struct {
		k *sig.PublicKey
		s *sig.Signed
	}{
		"nil": {public, nil}, "empty": {public, &sig.Signed{}},
		"no commitment": {public, &sig.Signed{Signature: s.Signature}},
		"no signature":  {public, &sig.Signed{Commitment: s.Commitment}},
		"zero values":   {public, &sig.Signed{Commitment: new(sig.Commitment), Signature: new(sig.Signature)}},
		"nil key":       {nil, s},
		"empty key":     {new(sig.PublicKey), s},
		"empty key, BLS": {new(sig.PublicKey), // e(h, 0) = e(0, G2g) would hold
			&sig.Signed{Commitment: sig.Assemble(h.Point()), Signature: new(sig.Signature)}},
	} {
		require.ErrorIs(t, v.k.Verify(v.s), sig.ErrInvalid, name)
		require.ErrorIs(t, sig.VerifyBatch(t.Context(), []*sig.PublicKey{v.k}, []*sig.Signed{v.s})[0], sig.ErrInvalid, name)
	}
	_, ok := s.Commitment.Public(-1)
	require.False(t, ok)
	_, ok = s.Commitment.Public(3)
	require.False(t, ok)
	_, ok = s.Commitment.Public(0)
	require.False(t, ok)
	require.Equal(t, 3, s.Commitment.Attributes())
}

func TestOpens(t *testing.T) {
	k := generate(t, "key", 3)
	s, o := issue(t, k, "1", 0)
	_, other := issue(t, k, "2", 0)
	require.True(t, s.Commitment.Opens(o))
	require.False(t, s.Commitment.Opens(nil))
	require.False(t, s.Commitment.Opens(new(sig.Opening)))
	require.False(t, s.Commitment.Opens(other))
	require.False(t, s.Commitment.Opens(sig.NewOpening(attributes(3), nil)))
	require.False(t, (*sig.Commitment)(nil).Opens(o))
	public, po := issue(t, k, "3")
	require.True(t, public.Commitment.Opens(po))
	require.True(t, public.Commitment.Opens(sig.NewOpening(attributes(3), nil)))
	require.False(t, public.Commitment.Opens(o), "a public attribute has no blinding")
}

func TestEqual(t *testing.T) {
	k := generate(t, "key", 2)
	a, _ := issue(t, k, "a", 0)
	same, _ := issue(t, k, "a", 0)
	require.True(t, a.Commitment.Equal(same.Commitment))
	require.True(t, a.Signature.Equal(same.Signature))
	require.True(t, k.Public().Equal(generate(t, "key", 2).Public()))
	b, _ := issue(t, k, "b", 0)
	shown, _ := issue(t, k, "a", 1)
	for _, o := range []*sig.Signed{b, shown, {}, {Commitment: new(sig.Commitment), Signature: new(sig.Signature)}} {
		require.False(t, a.Commitment.Equal(o.Commitment))
		require.False(t, o.Commitment.Equal(a.Commitment))
		require.False(t, a.Signature.Equal(o.Signature))
		require.False(t, o.Signature.Equal(a.Signature))
	}
	x2, y2, y1 := k.Public().Points()
	exchanged := []curve.G1{y1[1], y1[0]}
	for _, o := range []*sig.PublicKey{
		nil, generate(t, "other", 2).Public(), generate(t, "key", 3).Public(), generate(t, "key", 1).Public(),
		sig.NewPublicKey(x2, y2, exchanged), sig.NewPublicKey(y2[0], y2, y1),
	} {
		require.False(t, k.Public().Equal(o))
		require.False(t, o.Equal(k.Public()))
	}
	require.True(t, (*sig.PublicKey)(nil).Equal(nil))
	require.True(t, k.Public().Equal(sig.NewPublicKey(x2, y2, y1)))
}

func TestRandomness(t *testing.T) {
	stop := errors.New("stop")
	k := generate(t, "key", 2)
	s, o := issue(t, k, "1", 0)
	calls := map[string]func(io.Reader) ([]byte, error){
		"generate": func(r io.Reader) ([]byte, error) {
			k, err := sig.GenerateKey(r, 2)
			if err != nil {
				return nil, err
			}
			return k.MarshalBinary()
		},
		"commit": func(r io.Reader) ([]byte, error) {
			c, _, err := sig.Commit(r, sig.NewBase("test", nil), attributes(3), 0, 1, 2)
			if err != nil {
				return nil, err
			}
			return c.MarshalBinary()
		},
		"rerandomize": func(r io.Reader) ([]byte, error) {
			p, _, err := k.Public().Rerandomize(r, s, o, 0, 1)
			if err != nil {
				return nil, err
			}
			return p.MarshalBinary()
		},
	}
	for name, call := range calls {
		a, err := call(testrand.New("seed"))
		require.NoError(t, err, name)
		b, err := call(testrand.New("seed"))
		require.NoError(t, err, name)
		require.Equal(t, a, b, "%s: the same seed gives the same bytes", name)
		b, err = call(testrand.New("another"))
		require.NoError(t, err, name)
		require.NotEqual(t, a, b, name)
		a, err = call(nil)
		require.NoError(t, err, name)
		b, err = call(nil)
		require.NoError(t, err, name)
		require.NotEqual(t, a, b, name)
		for n := 0; n < 3*64; n += 32 {
			_, err = call(testrand.Failing(n, stop))
			require.Error(t, err, "%s with %d bytes", name, n)
		}
		_, err = call(testrand.Constant(0)) // a zero key, blinding or u
		require.Error(t, err, name)
	}
}

func TestSecretsPrintAsRedacted(t *testing.T) {
	k := generate(t, "key", 2)
	_, o := issue(t, k, "1", 0)
	m := sig.Uint64(123456789)
	for _, v := range []any{k, *k, o, *o, m, &m} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
			require.Equal(t, "redacted", fmt.Sprintf(verb, v), "%T %s", v, verb)
		}
		b, err := json.Marshal(v)
		require.NoError(t, err)
		require.Equal(t, `"redacted"`, string(b), "%T", v)
		b, err = json.Marshal(map[string]any{"field": v})
		require.NoError(t, err)
		require.Equal(t, `{"field":"redacted"}`, string(b), "%T", v)
	}
}

func TestPurposesAreApart(t *testing.T) {
	require.NotEqual(t, sig.Hash("a", []byte("bc")), sig.Hash("ab", []byte("c")))
	require.NotEqual(t, sig.NewBase("a", []byte("bc")), sig.NewBase("ab", []byte("c")))
	require.Equal(t, sig.Hash("a", []byte("b")), sig.Hash("a", []byte("b")))
	require.NotEqual(t, sig.Hash("a", nil), sig.Hash("b", nil))
}
