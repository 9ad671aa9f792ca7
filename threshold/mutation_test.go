package threshold

import (
	"errors"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/sig"
)

// requireTHR1 demands that an error blames the equation of a share.
func requireTHR1(t testing.TB, err error) {
	t.Helper()
	require.ErrorIs(t, err, ErrInvalid)
	var e *batch.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "THR-1", e.Label)
}

func TestRejectsTHR1(t *testing.T) {
	s := newScene(t, 2, 4, 3)
	for j := range s.shares {
		require.NoError(t, s.committee.VerifyShare(s.message, s.shares[j]))
		requireTHR1(t, s.committee.VerifyShare(s.message, forged(s.shares[j])))
		requireTHR1(t, s.committee.VerifyShare(newMessage(t, "2", 3), s.shares[j]))
	}
}

type mutation struct {
	name   string
	mutate func(t testing.TB, s *scene, share *SignatureShare)
}

// mutations of every field of a share: a new field without an entry fails the test.
var mutations = map[string][]mutation{
	"generation": {
		{"zero", func(_ testing.TB, _ *scene, share *SignatureShare) { share.generation = Generation{} }},
		{"a bit", func(_ testing.TB, _ *scene, share *SignatureShare) { share.generation[0] ^= 1 }},
		{"of another sharing", func(t testing.TB, _ *scene, share *SignatureShare) {
			c, _, err := Deal(nil, 2, 4, 2)
			require.NoError(t, err)
			share.generation = c.generation
		}},
	},
	"index": {
		{"zero", func(_ testing.TB, _ *scene, share *SignatureShare) { share.index = 0 }},
		{"neighbour's", func(_ testing.TB, _ *scene, share *SignatureShare) { share.index++ }},
		{"last", func(_ testing.TB, s *scene, share *SignatureShare) { share.index = Index(len(s.keys)) }},
		{"above n", func(_ testing.TB, s *scene, share *SignatureShare) { share.index = Index(len(s.keys) + 1) }},
		{"largest", func(_ testing.TB, _ *scene, share *SignatureShare) { share.index = ^Index(0) }},
	},
	"s": {
		{"neighbour's", func(_ testing.TB, s *scene, share *SignatureShare) { share.s = s.shares[share.index].s }},
		{"identity", func(_ testing.TB, _ *scene, share *SignatureShare) { share.s = curve.G1{} }},
		{"negated", func(_ testing.TB, _ *scene, share *SignatureShare) { share.s = share.s.Neg() }},
		{"generator", func(_ testing.TB, _ *scene, share *SignatureShare) { share.s = curve.Generator() }},
		{"the base", func(_ testing.TB, s *scene, share *SignatureShare) { share.s = s.message.Base() }},
		{"on another message", func(t testing.TB, s *scene, share *SignatureShare) {
			share.s = s.sign(t, newMessage(t, "2", 2))[share.index-1].s
		}},
		{"off the subgroup", func(_ testing.TB, _ *scene, share *SignatureShare) { share.s = share.s.Add(smallOrder(10177)) }},
		{"of small order", func(_ testing.TB, _ *scene, share *SignatureShare) { share.s = smallOrder(11) }},
	},
}

func TestMutationsOfASignatureShare(t *testing.T) {
	s := newScene(t, 2, 4, 2)
	fields := reflect.TypeFor[SignatureShare]()
	require.Equal(t, fields.NumField(), len(mutations))
	for i := range fields.NumField() {
		field := fields.Field(i).Name
		require.NotEmpty(t, mutations[field], "field %s has no mutation", field)
		for _, m := range mutations[field] {
			t.Run(field+"/"+m.name, func(t *testing.T) {
				share := *s.shares[0]
				m.mutate(t, s, &share)
				require.False(t, share.Equal(s.shares[0]), "nothing was changed")
				require.Error(t, s.committee.VerifyShare(s.message, &share))
				_, err := s.committee.Combine(s.message, []*SignatureShare{&share, s.shares[2]})
				require.Error(t, err)

				// with enough good shares, either the mutant is an error at once or the
				// signature is the right one
				got, err := s.committee.Combine(s.message, []*SignatureShare{&share, s.shares[2], s.shares[3]})
				if err == nil {
					s.verify(t, s.message, got)
					return
				}
				require.True(t, errors.Is(err, ErrGeneration) || errors.Is(err, ErrIndex), "%v", err)
			})
		}
	}
}

// A share signs what the commitment says, hidden or public: changing any part of
// it makes the signature invalid.
func TestMutationsOfTheMessage(t *testing.T) {
	s := newScene(t, 2, 4, 2)
	value, public := s.message.Public(0)
	require.True(t, public)
	base, hidden := s.message.Base(), s.message.Point(1)
	for name, m := range map[string]*sig.Commitment{
		"base":       sig.Assemble(base.Neg(), sig.Public(value), sig.Hidden(hidden)),
		"public":     sig.Assemble(base, sig.Public(sig.Uint64(1)), sig.Hidden(hidden)),
		"hidden":     sig.Assemble(base, sig.Public(value), sig.Hidden(hidden.Neg())),
		"exchanged":  sig.Assemble(base, sig.Hidden(hidden), sig.Public(value)),
		"all public": sig.Assemble(base, sig.Public(value), sig.Public(value)),
	} {
		t.Run(name, func(t *testing.T) {
			requireTHR1(t, s.committee.VerifyShare(m, s.shares[0]))
			_, err := s.committee.Combine(m, s.shares)
			requireCulprits(t, err, 1, 2, 3, 4)
		})
	}
}
