package sig_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/sig"
)

func scalar(v uint64) curve.Scalar { return curve.Uint64(v) }

// vacuous is a signature on anything under a base of small order, by nobody.
func vacuous(order int64) *sig.Signed {
	low := curve.FromG1Affine(testrand.SmallOrder(order))
	return &sig.Signed{
		Commitment: sig.Assemble(low, sig.Hidden(low.Neg()), sig.Public(sig.Uint64(1_000_000))),
		Signature:  sig.SignatureOf(low.Add(low)),
	}
}

// TestBaseOfSmallOrderIsRefused: with it [SIG-1] says nothing.
func TestBaseOfSmallOrderIsRefused(t *testing.T) {
	k := generate(t, "key", 2)
	for _, order := range testrand.SmallOrders {
		forged := vacuous(order)
		low := forged.Commitment.Base()
		// the equation alone holds under any key
		x2, y2, _ := k.Public().Points()
		require.True(t, curve.PairingCheck([]curve.PairFixed{
			{P: low, Q: curve.NewFixed(x2)}, {P: forged.Commitment.Point(0), Q: curve.NewFixed(y2[0])},
			{P: forged.Signature.Point().Neg(), Q: curve.FixedGenerator2},
		}, nil))
		good, _ := issue(t, k, "good", 0)
		for _, s := range []*sig.Signed{
			forged,
			{Commitment: forged.Commitment, Signature: good.Signature},
			{Commitment: forged.Commitment, Signature: new(sig.Signature)},
			{Commitment: sig.Assemble(low, sig.Public(sig.Uint64(1)), sig.Public(sig.Uint64(2))), Signature: new(sig.Signature)},
			{Commitment: sig.Assemble(good.Commitment.Base().Add(low), sig.Hidden(good.Commitment.Point(0)), sig.Public(sig.Uint64(101))), Signature: good.Signature},
		} {
			require.ErrorContains(t, k.Public().Verify(s), "[SIG-1] a point is not in the subgroup", "order %d", order)
			var shown batch.Claims
			s.ClaimShown(&shown, "SIG-1", k.Public())
			require.ErrorContains(t, batch.One(&shown), "[SIG-1] a point is not in the subgroup", "order %d", order)
			b, err := s.Commitment.MarshalBinary()
			require.NoError(t, err)
			require.ErrorIs(t, new(sig.Commitment).UnmarshalBinary(b), sig.ErrMalformed)
		}
	}
	identity := sig.Assemble(curve.G1{}, sig.Public(sig.Uint64(1)), sig.Public(sig.Uint64(2)))
	require.ErrorContains(t, k.Public().Verify(&sig.Signed{Commitment: identity, Signature: new(sig.Signature)}), "[SIG-1] the base is the identity")
}

// TestKeysOfABrokenGeneratorAreRefused: with x = ±y_i anybody forges, with y_i = ±y_j
// a signature holds for other attributes. Such keys are neither made nor loaded.
func TestKeysOfABrokenGeneratorAreRefused(t *testing.T) {
	x, y, z := scalar(5), scalar(6), scalar(7)
	load := func(s ...curve.Scalar) (*sig.PublicKey, error) {
		k := sig.NewSecretKey(s).Public()
		return k, new(sig.PublicKey).UnmarshalBinary(encode(t, k))
	}
	_, err := load(x, y, z)
	require.NoError(t, err)
	for want, s := range map[string][]curve.Scalar{
		"X2 = ±Y2_1":   {x, x, y},
		"X2 = ±Y2_2":   {x, y, x.Neg()},
		"Y2_1 = ±Y2_2": {x, y, y},
		"Y2_1 = ±Y2_3": {x, y, z, y.Neg()},
	} {
		_, err := load(s...)
		require.ErrorIs(t, err, sig.ErrInvalid)
		require.ErrorContains(t, err, "[SIG-KEY] "+want)
	}

	// x = y_1: a coin of anybody's making, from the public key alone
	k, err := load(x, x, y)
	require.Error(t, err)
	_, _, y1 := k.Points()
	h, m := curve.Generator().Mul(scalar(99)), []uint64{11, 1 << 63}
	s := y1[0].Mul(scalar(99))
	for i := range m {
		s = s.Add(y1[i].Mul(scalar(99).Mul(scalar(m[i]))))
	}
	forged := sig.Assemble(h, sig.Public(sig.Uint64(m[0])), sig.Public(sig.Uint64(m[1])))
	require.NoError(t, k.Verify(&sig.Signed{Commitment: forged, Signature: sig.SignatureOf(s)}))

	for _, b := range []byte{1, 0x5a, 0xff} {
		_, err = sig.GenerateKey(testrand.Constant(b), 4)
		require.ErrorIs(t, err, sig.ErrArgument)
		require.ErrorContains(t, err, "repeats itself")
		_, err = sig.GenerateKey(testrand.Constant(b), 0)
		require.NoError(t, err, "one scalar repeats nothing")
	}
}

// TestShownPointsOffTheSubgroupNeverDecide: where ClaimShown leaves a point's
// membership open, the verdict is the same every time, alone and among others.
func TestShownPointsOffTheSubgroupNeverDecide(t *testing.T) {
	k := generate(t, "key", 2)
	good, _ := issue(t, k, "good", 0)
	claims := func(s *sig.Signed) *batch.Claims {
		c := new(batch.Claims)
		s.ClaimShown(c, "SIG-1", k.Public())
		return c
	}
	for _, order := range testrand.SmallOrders {
		low := curve.FromG1Affine(testrand.SmallOrder(order))
		c, s := good.Commitment, good.Signature.Point()
		hidden := func(p curve.G1) *sig.Commitment {
			return sig.Assemble(c.Base(), sig.Hidden(p), sig.Public(sig.Uint64(101)))
		}
		accepted := []*sig.Signed{
			{Commitment: c, Signature: sig.SignatureOf(s.Add(low))},
			{Commitment: hidden(c.Point(0).Add(low)), Signature: good.Signature},
			{Commitment: hidden(c.Point(0).Add(low)), Signature: sig.SignatureOf(s.Sub(low))},
		}
		rejected := []*sig.Signed{
			{Commitment: c, Signature: sig.SignatureOf(low)},
			{Commitment: hidden(low), Signature: good.Signature},
			{Commitment: hidden(c.Point(0).Add(low).Add(curve.Generator())), Signature: good.Signature},
		}
		for range 10 {
			for i := range accepted {
				require.NoError(t, batch.One(claims(accepted[i])), "order %d, %d", order, i)
				require.Error(t, batch.One(claims(rejected[i])), "order %d, %d", order, i)
				errs := batch.Verify(t.Context(), []*batch.Claims{claims(good), claims(accepted[i]), claims(rejected[i])})
				require.NoError(t, errs[0])
				require.NoError(t, errs[1])
				require.Error(t, errs[2])
				require.ErrorIs(t, k.Public().Verify(accepted[i]), sig.ErrInvalid, "Claim and Verify demand the subgroup")
			}
		}
	}
}

// TestClaimHashed demands the subgroup of S alone: the caller answers for the rest.
func TestClaimHashed(t *testing.T) {
	k := generate(t, "key", 2)
	good, _ := issue(t, k, "good", 0)
	low := curve.FromG1Affine(testrand.SmallOrder(3))
	verify := func(c *sig.Commitment, s curve.G1) error {
		claims := new(batch.Claims)
		(&sig.Signed{Commitment: c, Signature: sig.SignatureOf(s)}).ClaimHashed(claims, "LABEL", k.Public())
		return batch.One(claims)
	}
	s := good.Signature.Point()
	shifted := sig.Assemble(good.Commitment.Base(), sig.Hidden(good.Commitment.Point(0).Add(low)), sig.Public(sig.Uint64(101)))
	wrong := sig.Assemble(good.Commitment.Base(), sig.Hidden(good.Commitment.Point(0)), sig.Public(sig.Uint64(102)))
	require.NoError(t, verify(good.Commitment, s))
	require.NoError(t, verify(shifted, s))
	require.ErrorContains(t, verify(good.Commitment, s.Add(low)), "[LABEL] a point is not in the subgroup")
	require.ErrorContains(t, verify(good.Commitment, s.Neg()), "[LABEL]")
	require.ErrorContains(t, verify(wrong, s), "[LABEL]")
	require.ErrorContains(t, verify(sig.Assemble(curve.G1{}, sig.Public(sig.Uint64(1)), sig.Public(sig.Uint64(2))), s), "[LABEL]")
	require.ErrorContains(t, verify(nil, s), "[LABEL]")
}

// TestClaimOpening: the opening and no other opens a commitment, up to points of
// small order.
func TestClaimOpening(t *testing.T) {
	m := []sig.Attribute{sig.Uint64(1), sig.Uint64(2), sig.Uint64(3), sig.Uint64(4)}
	r := []curve.Scalar{scalar(5), {}, scalar(6), {}}
	base := sig.NewBase("test", []byte("opening")).Point()
	c, err := sig.CommitOpening(base, sig.NewOpening(m, r), 0, 2)
	require.NoError(t, err)
	verify := func(c *sig.Commitment, m []sig.Attribute, r []curve.Scalar) error {
		claims := new(batch.Claims)
		c.ClaimOpening(claims, "LABEL", sig.NewOpening(m, r))
		return batch.One(claims)
	}
	require.NoError(t, verify(c, m, r))
	for i := range m {
		other := slices.Clone(m)
		other[i] = sig.Uint64(9)
		require.ErrorContains(t, verify(c, other, r), "[LABEL]", "attribute %d", i)
		blinded := slices.Clone(r)
		blinded[i] = blinded[i].Add(scalar(1))
		require.ErrorContains(t, verify(c, m, blinded), "[LABEL]", "blinding %d", i)
	}
	// errors that cancel under equal weights
	swapped := []curve.Scalar{scalar(6), {}, scalar(5), {}}
	require.ErrorContains(t, verify(c, m, swapped), "[LABEL]")
	require.ErrorContains(t, verify(c, m[:3], r[:3]), "[LABEL]")
	claims := new(batch.Claims)
	c.ClaimOpening(claims, "LABEL", nil)
	require.ErrorContains(t, batch.One(claims), "[LABEL]")

	parts := func(p curve.G1) *sig.Commitment {
		return sig.Assemble(base, sig.Hidden(p), sig.Public(m[1]), sig.Hidden(c.Point(2)), sig.Public(m[3]))
	}
	require.NoError(t, verify(parts(c.Point(0)), m, r))
	require.NoError(t, verify(parts(c.Point(0).Add(curve.FromG1Affine(testrand.SmallOrder(3)))), m, r), "no check sees it")
	require.ErrorContains(t, verify(parts(c.Point(0).Add(curve.Generator())), m, r), "[LABEL]")
	public := sig.Assemble(base, sig.Public(m[0]))
	require.NoError(t, verify(public, m[:1], nil))
	require.ErrorContains(t, verify(public, m[1:2], nil), "[LABEL]")
}

// onBase signs one public attribute under a base that need not be a hash.
func onBase(t *testing.T, k *sig.SecretKey, base curve.G1, m uint64) *sig.Signed {
	c := sig.Assemble(base, sig.Public(sig.Uint64(m)))
	s, err := k.Sign(c)
	require.NoError(t, err)
	return &sig.Signed{Commitment: c, Signature: s}
}

// TestCombinationsOfSignaturesForgeOnlyOffHashedBases: whoever knows how bases
// relate makes a signature on any m as the affine combination of two. On hashed
// bases the same computation gives nothing.
func TestCombinationsOfSignaturesForgeOnlyOffHashedBases(t *testing.T) {
	k := generate(t, "key", 1)
	const m1, m2, m3 = 10, 13, 1000
	// α·m1 + (1−α)·m2 = m3
	alpha := scalar(m3).Sub(scalar(m2)).Mul(scalar(m1).Sub(scalar(m2)).Inverse())
	beta := scalar(1).Sub(alpha)
	forge := func(s1, s2 *sig.Signed, a1, a2, a3 curve.Scalar, target curve.G1) *sig.Signed {
		s := s1.Signature.Point().Mul(alpha.Mul(a1.Inverse())).Add(s2.Signature.Point().Mul(beta.Mul(a2.Inverse()))).Mul(a3)
		return &sig.Signed{Commitment: sig.Assemble(target, sig.Public(sig.Uint64(m3))), Signature: sig.SignatureOf(s)}
	}
	a := []curve.Scalar{scalar(3), scalar(5), scalar(7)}
	g := curve.Generator()
	known := forge(onBase(t, k, g.Mul(a[0]), m1), onBase(t, k, g.Mul(a[1]), m2), a[0], a[1], a[2], g.Mul(a[2]))
	require.NoError(t, k.Public().Verify(known), "bases with known discrete logarithms forge")

	h := func(id string) curve.G1 { return sig.NewBase("coin", []byte(id)).Point() }
	s1, s2 := onBase(t, k, h("1"), m1), onBase(t, k, h("2"), m2)
	one := scalar(1)
	for name, target := range map[string]curve.G1{
		"a third base":    h("3"),
		"the first":       h("1"),
		"the second":      h("2"),
		"the combination": h("1").Mul(alpha).Add(h("2").Mul(beta)),
	} {
		require.ErrorIs(t, k.Public().Verify(forge(s1, s2, one, one, one, target)), sig.ErrInvalid, name)
		require.ErrorIs(t, k.Public().Verify(forge(s1, s2, a[0], a[1], a[2], target)), sig.ErrInvalid, name)
	}
}

// TestTwoMessagesUnderOneBaseForgeAThird is why each base carries at most one.
func TestTwoMessagesUnderOneBaseForgeAThird(t *testing.T) {
	k := generate(t, "key", 1)
	h := sig.NewBase("coin", []byte("1")).Point()
	s1, s2 := onBase(t, k, h, 10), onBase(t, k, h, 13)
	yh := s2.Signature.Point().Sub(s1.Signature.Point()).Mul(scalar(3).Inverse())
	forged := &sig.Signed{
		Commitment: sig.Assemble(h, sig.Public(sig.Uint64(1_000_000))),
		Signature:  sig.SignatureOf(s1.Signature.Point().Add(yh.Mul(scalar(1_000_000 - 10)))),
	}
	require.NoError(t, k.Public().Verify(forged))
}
