package threshold

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/sig"
)

func TestDealRefuses(t *testing.T) {
	for _, c := range []struct{ t, n, l int }{
		{0, 1, 1}, {-1, 3, 1}, {3, 2, 1}, {5, 4, 1}, {1, 0, 1}, {1, MaxParties + 1, 1}, {2, 4, -1}, {2, 4, sig.MaxAttributes + 1},
	} {
		_, _, err := Deal(nil, c.t, c.n, c.l)
		require.ErrorIs(t, err, ErrArgument, "%v", c)
	}
	_, _, err := Deal(nil, 5, 4, 1)
	require.ErrorContains(t, err, "5 of 4 parties: need 1 ≤ t ≤ n ≤ 1024")
	stop := errors.New("stop")
	_, _, err = Deal(io.MultiReader(io.LimitReader(testrand.New("a"), 100), testrand.Failing(0, stop)), 2, 4, 2)
	require.ErrorIs(t, err, stop)
}

// TestARepeatingReaderIsRefused: at the dealer, and, of the group's key, on load.
func TestARepeatingReaderIsRefused(t *testing.T) {
	for _, c := range []struct{ t, n, l int }{{2, 4, 4}, {1, 1, 1}, {2, 4, 0}} {
		_, _, err := Deal(testrand.Constant(3), c.t, c.n, c.l)
		require.ErrorIs(t, err, ErrArgument)
		require.ErrorContains(t, err, "repeats itself")
	}
	x := []curve.Scalar{curve.Uint64(3), curve.Uint64(4)}
	polynomials := [][]curve.Scalar{x, x}
	var parties []partyKey
	for j := range Index(4) {
		parties = append(parties, newPartyKey(sig.NewSecretKey(valuesAt(polynomials, j+1)).Public().Points()))
	}
	c, err := newCommittee(2, sig.NewSecretKey(valuesAt(polynomials, 0)).Public(), parties)
	require.NoError(t, err)
	b, err := c.MarshalBinary()
	require.NoError(t, err)
	require.ErrorContains(t, new(Committee).UnmarshalBinary(b), "[SIG-KEY] X2 = ±Y2_1")
}

func TestDealIsDeterministicInItsReader(t *testing.T) {
	a, keys, err := Deal(testrand.New("a"), 2, 4, 2)
	require.NoError(t, err)
	again, same, err := Deal(testrand.New("a"), 2, 4, 2)
	require.NoError(t, err)
	require.Equal(t, a.Generation(), again.Generation())
	require.Equal(t, keys[3].key.Scalars(), same[3].key.Scalars())
	other, _, err := Deal(testrand.New("b"), 2, 4, 2)
	require.NoError(t, err)
	require.NotEqual(t, a.Generation(), other.Generation())
}

func TestCommitteeAccessors(t *testing.T) {
	s := newScene(t, 2, 4, 3)
	require.Equal(t, 2, s.committee.Threshold())
	require.Equal(t, 4, s.committee.Parties())
	require.Equal(t, 3, s.committee.Attributes())
	require.True(t, dealerKey(s.keys[1:3]).Public().Equal(s.committee.Group()))
	for j, k := range s.keys {
		require.Equal(t, Index(j+1), k.Index())
		require.Equal(t, s.committee.Generation(), k.Generation())
		public, err := s.committee.PartyKey(k.Index())
		require.NoError(t, err)
		require.True(t, public.Equal(k.key.Public()))
		require.NoError(t, s.committee.VerifyKeyShare(k))
		require.Equal(t, k.Index(), s.shares[j].Index())
		require.Equal(t, k.Generation(), s.shares[j].Generation())
	}
	for _, j := range []Index{0, 5} {
		_, err := s.committee.PartyKey(j)
		require.ErrorIs(t, err, ErrIndex)
	}
}

func TestVerifyKeyShareRefuses(t *testing.T) {
	s := newScene(t, 2, 4, 2)
	other, keys, err := Deal(nil, 2, 4, 2)
	require.NoError(t, err)
	require.ErrorIs(t, other.VerifyKeyShare(s.keys[0]), ErrGeneration)
	require.ErrorIs(t, s.committee.VerifyKeyShare(nil), ErrArgument)
	require.ErrorIs(t, s.committee.VerifyKeyShare(new(KeyShare)), ErrArgument)
	g := s.committee.generation
	require.ErrorIs(t, s.committee.VerifyKeyShare(&KeyShare{g, 1, keys[0].key}), ErrInvalid)
	require.ErrorIs(t, s.committee.VerifyKeyShare(&KeyShare{g, 2, s.keys[0].key}), ErrInvalid)
	require.ErrorIs(t, s.committee.VerifyKeyShare(&KeyShare{g, 5, s.keys[0].key}), ErrIndex)
	short, err := sig.GenerateKey(nil, 1)
	require.NoError(t, err)
	require.ErrorIs(t, s.committee.VerifyKeyShare(&KeyShare{g, 1, short}), ErrInvalid)
}

func TestKeySharePrintsAsRedacted(t *testing.T) {
	s := newScene(t, 2, 4, 2)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		require.Equal(t, "redacted", fmt.Sprintf(verb, s.keys[0]))
	}
	b, err := json.Marshal(s.keys[0])
	require.NoError(t, err)
	require.JSONEq(t, `"redacted"`, string(b))
}

// The committee that is decoded does what the dealt one does.
func TestCommitteeEncoding(t *testing.T) {
	for _, c := range []struct{ t, n, l int }{{1, 1, 0}, {1, 2, 1}, {2, 4, 3}, {3, 9, 2}} {
		s := newScene(t, c.t, c.n, c.l)
		b, err := s.committee.MarshalBinary()
		require.NoError(t, err)
		var d Committee
		require.NoError(t, d.UnmarshalBinary(b))
		require.Equal(t, s.committee.Generation(), d.Generation())
		again, err := d.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, b, again)
		require.NoError(t, d.VerifyKeyShare(s.keys[0]))
		require.NoError(t, d.VerifyShare(s.message, s.shares[c.n-1]))
		got, err := d.Combine(s.message, s.shares)
		require.NoError(t, err)
		s.verify(t, s.message, got)
	}
}

// committeeMutations make a committee that is no sharing of its group's key, of
// consistent or of inconsistent keys.
var committeeMutations = map[string]func(c *Committee){
	"x of one party": func(c *Committee) { c.parties[2].x2 = c.parties[2].x2.Add(curve.Generator2()) },
	"x of the group": func(c *Committee) {
		x2, y2, y1 := c.group.Points()
		c.group = sig.NewPublicKey(x2.Add(curve.Generator2()), y2, y1)
	},
	"y of one party, consistently": func(c *Committee) {
		p := &c.parties[0]
		p.y2[1], p.y1[1] = p.y2[1].Add(curve.Generator2()), p.y1[1].Add(curve.Generator())
	},
	"y of the group, consistently": func(c *Committee) {
		x2, y2, y1 := c.group.Points()
		y2[0], y1[0] = y2[0].Add(curve.Generator2()), y1[0].Add(curve.Generator())
		c.group = sig.NewPublicKey(x2, y2, y1)
	},
	"y in G2 alone":         func(c *Committee) { c.parties[3].y2[0] = c.parties[3].y2[0].Add(curve.Generator2()) },
	"y in G1 alone":         func(c *Committee) { c.parties[3].y1[0] = c.parties[3].y1[0].Add(curve.Generator()) },
	"y in G1 off subgroup":  func(c *Committee) { c.parties[1].y1[0] = c.parties[1].y1[0].Add(smallOrder(3)) },
	"parties exchanged":     func(c *Committee) { c.parties[0], c.parties[1] = c.parties[1], c.parties[0] },
	"attributes exchanged":  func(c *Committee) { p := &c.parties[0]; p.y1[0], p.y1[1] = p.y1[1], p.y1[0] },
	"one party's key twice": func(c *Committee) { c.parties[2] = c.parties[3] },
	"threshold lower":       func(c *Committee) { c.t = 1 },
	"first party missing":   func(c *Committee) { c.parties = c.parties[1:] },
}

// encodeMutant encodes a changed copy of a committee.
func encodeMutant(t testing.TB, c *Committee, mutate func(*Committee)) []byte {
	t.Helper()
	b, err := c.MarshalBinary()
	require.NoError(t, err)
	var d Committee
	require.NoError(t, d.UnmarshalBinary(b))
	mutate(&d)
	b, err = d.MarshalBinary()
	require.NoError(t, err)
	return b
}

func TestRejectsTHRKEY(t *testing.T) {
	s := newScene(t, 2, 4, 2)
	for name, mutate := range committeeMutations {
		t.Run(name, func(t *testing.T) {
			got := *s.committee
			err := got.UnmarshalBinary(encodeMutant(t, s.committee, mutate))
			require.ErrorIs(t, err, ErrInvalid)
			var e *batch.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, "THR-KEY", e.Label)
			require.Equal(t, s.committee.generation, got.generation, "the receiver is as before")
		})
	}
}

// A higher threshold than that of the polynomials cannot be told from the keys:
// those of degree t − 1 are among those of degree t. It is another committee, and
// its parties sign all the same.
func TestHigherThresholdIsAnotherGeneration(t *testing.T) {
	s := newScene(t, 2, 5, 1)
	var d Committee
	require.NoError(t, d.UnmarshalBinary(encodeMutant(t, s.committee, func(c *Committee) { c.t = 3 })))
	require.NotEqual(t, s.committee.generation, d.generation)
	_, err := d.Combine(s.message, s.shares)
	require.ErrorIs(t, err, ErrGeneration)
}

func TestRejectsSizesOnLoad(t *testing.T) {
	s := newScene(t, 2, 4, 1)
	for name, mutate := range map[string]func(*Committee){
		"t is 0":           func(c *Committee) { c.t = 0 },
		"t above n":        func(c *Committee) { c.t = 5 },
		"nobody":           func(c *Committee) { c.parties = nil },
		"too many parties": func(c *Committee) { c.parties = make([]partyKey, MaxParties+1) },
	} {
		t.Run(name, func(t *testing.T) {
			b := encodeMutant(t, s.committee, mutate)
			require.ErrorIs(t, new(Committee).UnmarshalBinary(b), ErrMalformed)
		})
	}
}

// The coefficients against the textbook formula over big integers.
func TestLagrange(t *testing.T) {
	r, ok := new(big.Int).SetString("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001", 16)
	require.True(t, ok)
	for _, at := range [][]Index{{1}, {2}, {1, 2}, {2, 1}, {1, 3, 4}, {7, 5, 3, 1024}, {9, 1, 8, 2, 7}} {
		for _, x := range []Index{0, 1, 6} {
			got := lagrange(x, at)
			for k, j := range at {
				want := big.NewInt(1)
				for _, i := range at {
					if i != j {
						want.Mul(want, big.NewInt(int64(x)-int64(i)))
						den := big.NewInt(int64(j) - int64(i))
						want.Mul(want, den.ModInverse(den.Mod(den, r), r))
						want.Mod(want, r)
					}
				}
				b := got[k].Bytes()
				require.Zero(t, want.Cmp(new(big.Int).SetBytes(b[:])), "%v at %d", at, x)
			}
		}
	}
}

// The dual word is orthogonal to polynomials of degree t − 1 and to nothing else.
func TestDualWord(t *testing.T) {
	for _, c := range []struct{ t, n int }{{1, 1}, {1, 2}, {2, 3}, {2, 4}, {3, 5}, {5, 20}} {
		for degree := range c.n + 1 {
			w, err := dualWord(c.t, c.n)
			require.NoError(t, err)
			require.Len(t, w, c.n+1)
			f := make([]curve.Scalar, degree+1)
			for i := range f {
				f[i] = random(t, fmt.Sprint(c.t, "/", c.n, "/", degree, "/", i))
			}
			var sum curve.Scalar
			for j := range w {
				sum = sum.Add(w[j].Mul(evaluate(f, Index(j))))
			}
			require.Equal(t, degree < c.t, sum.IsZero(), "%d of %d, degree %d", c.t, c.n, degree)
		}
	}
}
