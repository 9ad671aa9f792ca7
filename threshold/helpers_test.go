package threshold

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/sig"
)

// scene is a committee, its key shares, a commitment with a public and, from two
// attributes on, a hidden attribute, and every party's share of a signature on it.
type scene struct {
	committee *Committee
	keys      []*KeyShare
	message   *sig.Commitment
	shares    []*SignatureShare
}

func newScene(t testing.TB, threshold, n, attributes int) *scene {
	t.Helper()
	var s scene
	var err error
	s.committee, s.keys, err = Deal(testrand.New(fmt.Sprint("threshold/deal/", threshold, "/", n)), threshold, n, attributes)
	require.NoError(t, err)
	s.message = newMessage(t, "1", attributes)
	s.shares = s.sign(t, s.message)
	return &s
}

func newMessage(t testing.TB, id string, attributes int) *sig.Commitment {
	t.Helper()
	m := make([]sig.Attribute, attributes)
	var hide []int
	for i := range m {
		m[i] = sig.Hash("threshold test", fmt.Append(nil, id, "/", i))
		if i > 0 {
			hide = append(hide, i)
		}
	}
	c, _, err := sig.Commit(testrand.New("threshold/commit/"+id), sig.NewBase("threshold test", []byte(id)), m, hide...)
	require.NoError(t, err)
	return c
}

func (s *scene) sign(t testing.TB, m *sig.Commitment) []*SignatureShare {
	t.Helper()
	shares := make([]*SignatureShare, len(s.keys))
	for j, k := range s.keys {
		var err error
		shares[j], err = k.Sign(m)
		require.NoError(t, err)
	}
	return shares
}

func (s *scene) verify(t testing.TB, m *sig.Commitment, signature *sig.Signature) {
	t.Helper()
	require.NotNil(t, signature)
	require.NoError(t, s.committee.Group().Verify(&sig.Signed{Commitment: m, Signature: signature}))
}

// dealerKey is the undivided key, from t key shares.
func dealerKey(shares []*KeyShare) *sig.SecretKey {
	at := make([]Index, len(shares))
	for k := range shares {
		at[k] = shares[k].index
	}
	lambda := lagrange(0, at)
	secret := make([]curve.Scalar, 1+shares[0].key.Attributes())
	for k, share := range shares {
		for i, x := range share.key.Scalars() {
			secret[i] = secret[i].Add(lambda[k].Mul(x))
		}
	}
	return sig.NewSecretKey(secret)
}

// forged is s with another valid point, as a party without its key would send.
func forged(s *SignatureShare) *SignatureShare {
	return ShareOf(s.generation, s.index, s.s.Add(curve.Generator()))
}

// subsets calls f with every choice of k of 0 … n − 1.
func subsets(n, k int, f func([]int)) {
	var rec func(from int, chosen []int)
	rec = func(from int, chosen []int) {
		if len(chosen) == k {
			f(chosen)
			return
		}
		for i := from; i < n; i++ {
			rec(i+1, append(chosen[:len(chosen):len(chosen)], i))
		}
	}
	rec(0, nil)
}

func pick[T any](all []T, which []int) []T {
	s := make([]T, len(which))
	for k, i := range which {
		s[k] = all[i]
	}
	return s
}

func random(t testing.TB, seed string) curve.Scalar {
	t.Helper()
	s, err := curve.RandomNonZero(testrand.New(seed))
	require.NoError(t, err)
	return s
}

func smallOrder(order int64) curve.G1 { return curve.FromG1Affine(testrand.SmallOrder(order)) }
