package sig

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/testrand"
)

// mutation changes one field of a Signed; other is a valid one under the same key.
type mutation func(s, other *Signed)

func points(get func(*Signed) *curve.G1) map[string]mutation {
	return map[string]mutation{
		"plus G":       func(s, _ *Signed) { *get(s) = get(s).Add(curve.Generator()) },
		"hashed":       func(s, _ *Signed) { *get(s) = NewBase("mutation", nil).Point() },
		"identity":     func(s, _ *Signed) { *get(s) = curve.G1{} },
		"negated":      func(s, _ *Signed) { *get(s) = get(s).Neg() },
		"neighbour's":  func(s, o *Signed) { *get(s) = *get(o) },
		"plus order 3": func(s, _ *Signed) { *get(s) = get(s).Add(curve.FromG1Affine(testrand.SmallOrder(3))) },
		"order 11":     func(s, _ *Signed) { *get(s) = curve.FromG1Affine(testrand.SmallOrder(11)) },
	}
}

// mutations has an entry for every field that there is, found by reflection. Part 0
// is hidden, part 1 public.
var mutations = map[string]map[string]mutation{
	"Signed.Commitment": {
		"neighbour's": func(s, o *Signed) { s.Commitment = o.Commitment },
		"nil":         func(s, _ *Signed) { s.Commitment = nil },
	},
	"Signed.Signature": {
		"neighbour's": func(s, o *Signed) { s.Signature = o.Signature },
		"nil":         func(s, _ *Signed) { s.Signature = nil },
	},
	"Signature.s":     points(func(s *Signed) *curve.G1 { return &s.Signature.s }),
	"Commitment.base": points(func(s *Signed) *curve.G1 { return &s.Commitment.base }),
	"Commitment.parts": {
		"none":      func(s, _ *Signed) { s.Commitment.parts = nil },
		"one less":  func(s, _ *Signed) { s.Commitment.parts = s.Commitment.parts[:1] },
		"one more":  func(s, _ *Signed) { s.Commitment.parts = append(s.Commitment.parts, Public(Uint64(0))) },
		"exchanged": func(s, _ *Signed) { p := s.Commitment.parts; p[0], p[1] = p[1], p[0] },
		"twice":     func(s, _ *Signed) { s.Commitment.parts[1] = s.Commitment.parts[0] },
	},
	"Part.hidden": {
		"revealed":               func(s, _ *Signed) { s.Commitment.parts[0].hidden = false },
		"revealed as it is":      func(s, _ *Signed) { s.Commitment.parts[0] = Public(Uint64(10)) },
		"hidden without a point": func(s, _ *Signed) { s.Commitment.parts[1].hidden = true },
	},
	"Part.point": points(func(s *Signed) *curve.G1 { return &s.Commitment.parts[0].point }),
	"Part.value": {
		"plus 1": func(s, _ *Signed) { s.Commitment.parts[1].value = Uint64(12) },
		"zero":   func(s, _ *Signed) { s.Commitment.parts[1].value = Attribute{} },
		"negated": func(s, _ *Signed) {
			s.Commitment.parts[1].value = fromScalar(s.Commitment.parts[1].value.Scalar().Neg())
		},
		"neighbour's": func(s, o *Signed) { s.Commitment.parts[1].value = o.Commitment.parts[1].value },
	},
}

// fieldsOf lists the fields of the package's own types within typ.
func fieldsOf(typ reflect.Type) (names []string) {
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || typ.PkgPath() != reflect.TypeFor[Signed]().PkgPath() {
		return nil
	}
	for i := range typ.NumField() {
		names = append(names, typ.Name()+"."+typ.Field(i).Name)
		names = append(names, fieldsOf(typ.Field(i).Type)...)
	}
	return names
}

func deepCopy(s *Signed) *Signed {
	c := *s.Commitment
	c.parts = append([]Part(nil), c.parts...)
	return &Signed{&c, &Signature{s.Signature.s}}
}

func TestEveryFieldOfASignedIsVerified(t *testing.T) {
	k, err := GenerateKey(testrand.New("key"), 2)
	require.NoError(t, err)
	issue := func(id string, m ...Attribute) (*Signed, *Opening) {
		c, o, err := Commit(testrand.New(id), NewBase("mutation", []byte(id)), m, 0)
		require.NoError(t, err)
		s, err := k.Sign(c)
		require.NoError(t, err)
		return &Signed{c, s}, o
	}
	issued, o := issue("a", Uint64(10), Uint64(11))
	other, oo := issue("b", Uint64(20), Uint64(21))
	shown, _, err := k.Public().Rerandomize(nil, issued, o, 0)
	require.NoError(t, err)
	otherShown, _, err := k.Public().Rerandomize(nil, other, oo, 0)
	require.NoError(t, err)

	fields := fieldsOf(reflect.TypeFor[Signed]())
	require.ElementsMatch(t, []string{
		"Signed.Commitment", "Commitment.base", "Commitment.parts", "Part.hidden", "Part.point", "Part.value",
		"Signed.Signature", "Signature.s",
	}, fields)
	for _, pair := range [][2]*Signed{{issued, other}, {shown, otherShown}} {
		require.NoError(t, k.Public().Verify(pair[0]))
		for _, field := range fields {
			require.NotEmpty(t, mutations[field], "no mutation of %s", field)
			for name, mutate := range mutations[field] {
				s := deepCopy(pair[0])
				mutate(s, deepCopy(pair[1]))
				require.NotEqual(t, pair[0], s, "%s %s", field, name)
				err := k.Public().Verify(s)
				require.ErrorIs(t, err, ErrInvalid, "%s %s", field, name)
				require.ErrorContains(t, err, "[SIG-1]", "%s %s", field, name)
				errs := VerifyBatch(t.Context(), []*PublicKey{k.Public(), k.Public(), k.Public()}, []*Signed{pair[0], s, pair[1]})
				require.Equal(t, []bool{false, true, false}, []bool{errs[0] != nil, errs[1] != nil, errs[2] != nil}, "%s %s", field, name)
			}
		}
		require.NoError(t, k.Public().Verify(pair[0]))
	}
}

func TestEveryFieldOfAPublicKeyIsChecked(t *testing.T) {
	secret, err := GenerateKey(testrand.New("key"), 2)
	require.NoError(t, err)
	other, err := GenerateKey(testrand.New("other"), 2)
	require.NoError(t, err)
	k, o := secret.Public(), other.Public()
	low := curve.FromG1Affine(testrand.SmallOrder(3))
	off2 := curve.FromG2Affine(testrand.OffSubgroup2())
	minusOne := curve.Uint64(1).Neg()
	type change func(x2 *curve.G2, y2 []curve.G2, y1 []curve.G1)
	all := map[string]map[string]change{
		"x2": {
			"identity":         func(x2 *curve.G2, _ []curve.G2, _ []curve.G1) { *x2 = curve.G2{} },
			"off the subgroup": func(x2 *curve.G2, _ []curve.G2, _ []curve.G1) { *x2 = x2.Add(off2) },
			"Y2_1":             func(x2 *curve.G2, y2 []curve.G2, _ []curve.G1) { *x2 = y2[0] },
			"opposite of Y2_2": func(x2 *curve.G2, y2 []curve.G2, _ []curve.G1) { *x2 = y2[1].Mul(minusOne) },
		},
		"y2": {
			"identity":         func(_ *curve.G2, y2 []curve.G2, _ []curve.G1) { y2[0] = curve.G2{} },
			"neighbour's":      func(_ *curve.G2, y2 []curve.G2, _ []curve.G1) { y2[0] = o.y2[0].G2() },
			"negated":          func(_ *curve.G2, y2 []curve.G2, _ []curve.G1) { y2[1] = y2[1].Mul(minusOne) },
			"exchanged":        func(_ *curve.G2, y2 []curve.G2, _ []curve.G1) { y2[0], y2[1] = y2[1], y2[0] },
			"off the subgroup": func(_ *curve.G2, y2 []curve.G2, _ []curve.G1) { y2[1] = y2[1].Add(off2) },
			"errors that cancel": func(_ *curve.G2, y2 []curve.G2, _ []curve.G1) {
				y2[0], y2[1] = y2[0].Add(curve.Generator2()), y2[1].Add(curve.Generator2().Mul(minusOne))
			},
		},
		"y1": {
			"identity":     func(_ *curve.G2, _ []curve.G2, y1 []curve.G1) { y1[0] = curve.G1{} },
			"neighbour's":  func(_ *curve.G2, _ []curve.G2, y1 []curve.G1) { y1[0] = o.y1[0] },
			"negated":      func(_ *curve.G2, _ []curve.G2, y1 []curve.G1) { y1[1] = y1[1].Neg() },
			"exchanged":    func(_ *curve.G2, _ []curve.G2, y1 []curve.G1) { y1[0], y1[1] = y1[1], y1[0] },
			"plus order 3": func(_ *curve.G2, _ []curve.G2, y1 []curve.G1) { y1[1] = y1[1].Add(low) },
			"errors that cancel": func(_ *curve.G2, _ []curve.G2, y1 []curve.G1) {
				y1[0], y1[1] = y1[0].Add(curve.Generator()), y1[1].Sub(curve.Generator())
			},
		},
	}
	typ := reflect.TypeFor[PublicKey]()
	for i := range typ.NumField() {
		field := typ.Field(i).Name
		if field == "folded" {
			continue // derived, not encoded: TestFold
		}
		require.NotEmpty(t, all[field], "no mutation of %s", field)
		for name, mutate := range all[field] {
			x2, y2, y1 := k.Points()
			mutate(&x2, y2, y1)
			b, err := NewPublicKey(x2, y2, y1).MarshalBinary()
			require.NoError(t, err)
			loaded := *o
			err = loaded.UnmarshalBinary(b)
			if name == "identity" {
				require.ErrorIs(t, err, ErrMalformed, "%s %s", field, name)
			} else {
				require.ErrorIs(t, err, ErrInvalid, "%s %s", field, name)
				require.ErrorContains(t, err, "[SIG-KEY]", "%s %s", field, name)
			}
			require.True(t, loaded.Equal(o), "the receiver is as it was")
		}
	}
	// another X2 makes another key, as consistent as the first: nothing verifies under it
	_, y2, y1 := k.Points()
	b, err := NewPublicKey(o.x2.G2(), y2, y1).MarshalBinary()
	require.NoError(t, err)
	var mixed PublicKey
	require.NoError(t, mixed.UnmarshalBinary(b))
	c, _, err := Commit(nil, NewBase("mutation", nil), []Attribute{Uint64(1), Uint64(2)}, 0)
	require.NoError(t, err)
	s, err := secret.Sign(c)
	require.NoError(t, err)
	require.NoError(t, k.Verify(&Signed{c, s}))
	require.ErrorIs(t, mixed.Verify(&Signed{c, s}), ErrInvalid)
	require.False(t, k.Equal(&mixed))
}
