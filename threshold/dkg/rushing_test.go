package dkg

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg/internal/secret"
)

// A rush is what party 4 deals, who speaks last: polynomials with which some components of
// its own share become 0, by what others have dealt it.
type rush struct {
	others   []*Participant // whose deals are in the key, besides its own
	weights  []curve.Scalar // of these, and then its own; nil for 1
	constant []curve.Scalar // the values of its polynomials at 0, of a resharing
	zero     []int          // components
	dealt    *secret.Polynomials
}

// at is what others' deals to a party come to, under their weights.
func (c *rush) at(w *world, p *Participant) []curve.Scalar {
	k, blinded := w.setup.Terms.Key.k, w.session.blinded()
	sums := make([]curve.Scalar, k.Components())
	for n, o := range c.others {
		d := readDeal(wire.NewReader(bodyOf(w, w.message(o))), k, len(w.parties), blinded)
		key := w.setup.Enrolments[p.index-1].key
		r := wire.NewReader(pad(d.r, key, mulSecret(p.decryptionKey(), d.r), w.session.id, o.dealer, p.index, d.boxes[p.index-1]))
		for i := range sums {
			sums[i] = sums[i].Add(c.weight(n).Mul(curve.ReadScalar(r)))
			if blinded {
				curve.ReadScalar(r)
			}
		}
		require.NoError(w.t, r.Close())
	}
	return sums
}

func (c *rush) weight(n int) curve.Scalar {
	if c.weights == nil {
		return curve.Uint64(1)
	}
	return c.weights[n]
}

// draw makes the polynomials.
func (c *rush) draw(w *world, p *Participant) {
	k, t := w.setup.Terms.Key.k, w.setup.Terms.Threshold
	n := uint32(0)
	next := func() curve.Scalar { n++; return p.secret.scalar(w.session.id, "rush", n) }
	others, x := c.at(w, p), curve.Uint64(uint64(p.index))
	var list []curve.Scalar
	for i := range others {
		f := make([]curve.Scalar, t)
		for m := range f {
			f[m] = next()
		}
		if c.constant != nil {
			f[0] = c.constant[i]
		}
		for _, z := range c.zero {
			if z != i {
				continue
			}
			value, power := curve.Scalar{}, curve.Uint64(1)
			for m := range f { // all but f[1]
				if m != 1 {
					value = value.Add(f[m].Mul(power))
				}
				power = power.Mul(x)
			}
			value = value.Add(others[i].Mul(c.weight(len(c.others)).Inverse()))
			f[1] = value.Neg().Mul(x.Inverse())
		}
		list = append(list, f...)
	}
	c.dealt = secret.Draw(k, t, func() curve.Scalar {
		if len(list) == 0 {
			return next() // blindings
		}
		s := list[0]
		list = list[1:]
		return s
	})
}

func (c *rush) deal(w *world, p *Participant) []byte {
	c.draw(w, p)
	rho := p.rho()
	d := &deal{r: mulSecret(rho, curve.Generator())}
	proveDeal(w, p, d, rho)
	if w.session.blinded() {
		d.pedersen = c.dealt.Pedersen()
	} else {
		d.feldman = c.dealt.Feldman()
	}
	for j := range w.parties {
		share := c.dealt.At(uint64(j + 1)).Append(nil)
		if !w.session.blinded() {
			share = unblinded(share)
		}
		key := w.setup.Enrolments[j].key
		d.boxes = append(d.boxes, pad(d.r, key, mulSecret(rho, key), w.session.id, p.dealer, NewIndex(j+1), share))
	}
	return w.signed(p, d.append(nil))
}

// unblinded is an encoded share without its blindings.
func unblinded(share []byte) (b []byte) {
	for i := 0; i < len(share); i += 2 * curve.ScalarSize {
		b = append(b, share[i:i+curve.ScalarSize]...)
	}
	return b
}

// cheat deals so, and does all else as it should.
func (c *rush) cheat(w *world, p *Participant, m []byte) ([]byte, bool) {
	switch w.session.Round() {
	case Deal:
		return c.deal(w, p), true
	case Open:
		return w.signed(p, c.dealt.Feldman().Append(nil)), true
	}
	return nil, false
}

// A dealer who speaks last makes its own share 0. That is its own harm: the session ends as
// any other, nobody is blamed, the committee is encoded and decoded by all, signs without
// that party, finds a false share in its name, and is reshared.
func TestZeroShareOfADealerWhoSpeaksLast(t *testing.T) {
	for name, zero := range map[string][]int{"x": {0}, "y": {1}, "all": {0, 1}} {
		t.Run(name, func(t *testing.T) {
			w := generate(t, 77, Signing(1), 3, 1, 4)
			c := &rush{others: w.parties[:3], zero: zero}
			w.run(map[int]cheat{4: c.cheat})
			o := w.outcome()
			require.Empty(t, o.Blames)
			requireZero(t, o.Committee.Points(4), zero)
			shares := w.shares(1, 2, 3)
			requireSigns(t, o.Committee, shares)
			requireBlames(t, o.Committee, shares, 4)

			next := reshare(t, o, names(4), shares, 3, 1, names(4))
			var again Setup
			require.NoError(t, again.UnmarshalBinary(encode(t, next.setup)))
			require.Len(t, next.run(nil).outcome().Members, 4)
			requireSigns(t, next.outcome().Committee, next.shares(1, 2, 3, 4))
		})
	}
}

// requireZero demands that some components of a party's key are 0, and these only.
func requireZero(t *testing.T, p threshold.Points, zero []int) {
	t.Helper()
	got := []int{}
	if p.X2.IsIdentity() {
		got = append(got, 0)
	}
	for i, y := range p.Y1 {
		require.Equal(t, y.IsIdentity(), p.Y2[i].IsIdentity())
		if y.IsIdentity() {
			got = append(got, 1+i)
		}
	}
	require.Equal(t, zero, got)
}

// requireBlames demands that a false share of a party is found, and does not keep t good
// ones from a signature.
func requireBlames(t *testing.T, c *threshold.Committee, good []*threshold.KeyShare, j threshold.Index) {
	t.Helper()
	m := newMessage(t, c.Attributes())
	var shares []*threshold.SignatureShare
	for _, k := range good {
		s, err := k.Sign(m)
		require.NoError(t, err)
		shares = append(shares, s)
	}
	bad := threshold.ShareOf(c.Generation(), j, shares[0].Point())
	_, err := c.Combine(m, append(shares[:c.Threshold()-1:c.Threshold()-1], bad))
	var blame *threshold.BlameError
	require.ErrorAs(t, err, &blame)
	require.Equal(t, []threshold.Index{j}, blame.Culprits)
	s, err := c.Combine(m, append([]*threshold.SignatureShare{bad}, shares...))
	require.NoError(t, err)
	require.NoError(t, c.Group().Verify(&sig.Signed{Commitment: m, Signature: s}))
}

func TestZeroShareOfADealerWhoSpeaksLastWhenResharing(t *testing.T) {
	first, old := oldCommittee(t)
	w := reshare(t, first, names(4), old, 3, 1, names(4))
	c := &rush{others: w.dealers[:2], zero: []int{0, 1}, constant: old[3].Key().Scalars(),
		weights: threshold.Lagrange([]threshold.Index{1, 2, 4})}
	w.run(map[int]cheat{3: silent(Deal)(nil), 4: c.cheat})
	o := w.outcome()
	require.Equal(t, []Blame{{Dealer: 3, Detail: "deal: silent"}}, o.Blames)
	requireZero(t, o.Committee.Points(4), []int{0, 1})
	require.True(t, o.Committee.Group().Equal(first.Committee.Group()))
	shares := w.shares(1, 2, 3)
	requireSigns(t, o.Committee, shares)
	requireBlames(t, o.Committee, shares, 4)
	next := reshare(t, o, names(4), shares, 3, 1, names(4)).run(nil)
	requireSigns(t, next.outcome().Committee, next.shares(1, 2, 3, 4))
}

func TestZeroShareOfEncryptionKeys(t *testing.T) {
	w := generate(t, 79, Encryption(2), 2, 1, 4)
	c := &rush{others: w.parties[:3], zero: []int{1}}
	w.run(map[int]cheat{4: c.cheat})
	o := w.outcome()
	require.Empty(t, o.Blames)
	require.True(t, o.Encryption.Keys(4)[1].IsIdentity())
	requireDecrypts(t, w, []int{1, 2, 3})

	terms := terms(80, Encryption(2), 2, 1, names(4))
	terms.Old = o.Old()
	next := begin(t, terms, names(4), names(4), nil)
	require.NoError(t, new(Setup).UnmarshalBinary(encode(t, next.setup)))
	for i, p := range w.parties[:3] {
		k, err := p.EncryptionKeyShare()
		require.NoError(t, err)
		require.NoError(t, next.dealers[i].DealsEncryption(o.Old(), k))
	}
	requireDecrypts(t, next.run(nil), []int{1, 2, 3, 4})
}
