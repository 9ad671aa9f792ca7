package bench

import (
	"crypto/ed25519"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
)

// keyGeneration is a key for five attributes, that is six components, among 3f + 1 of whom
// 2f + 1 sign.
type keyGeneration struct {
	setup      *dkg.Setup
	identities []ed25519.PrivateKey
	secrets    []*dkg.Secret
}

func newKeyGeneration(tb testing.TB, f int) *keyGeneration {
	tb.Helper()
	k := new(keyGeneration)
	terms := &dkg.Terms{Purpose: "bench", Key: dkg.Signing(5), Threshold: 2*f + 1, Faults: f}
	for j := range 3*f + 1 {
		public, private, err := ed25519.GenerateKey(testrand.New(fmt.Sprint("bench identity ", j)))
		require.NoError(tb, err)
		k.identities, terms.Parties = append(k.identities, private), append(terms.Parties, public)
	}
	k.setup = &dkg.Setup{Terms: terms}
	for j, identity := range k.identities {
		s, err := dkg.NewSecret(testrand.New(fmt.Sprint("bench secret ", j)))
		require.NoError(tb, err)
		e, err := s.Enrol(terms, identity)
		require.NoError(tb, err)
		k.secrets, k.setup.Enrolments = append(k.secrets, s), append(k.setup.Enrolments, e)
	}
	return k
}

// join makes a session, and in it the participants with some indices.
func (k *keyGeneration) join(tb testing.TB, parties ...int) (*dkg.Session, []*dkg.Participant) {
	tb.Helper()
	s, err := dkg.NewSession(k.setup)
	require.NoError(tb, err)
	var all []*dkg.Participant
	for _, j := range parties {
		p, err := s.Join(k.identities[j], k.secrets[j])
		require.NoError(tb, err)
		all = append(all, p)
	}
	return s, all
}

// others are the messages of all parties but the first, by round.
func (k *keyGeneration) others(tb testing.TB) (rounds [][][]byte) {
	tb.Helper()
	var all []int
	for j := range k.identities {
		all = append(all, j)
	}
	s, parties := k.join(tb, all...)
	for s.Round() < dkg.Done {
		var round [][]byte
		for j, p := range parties {
			m, err := p.Message()
			require.NoError(tb, err)
			require.NoError(tb, s.Step(m))
			if j > 0 {
				round = append(round, m)
			}
		}
		rounds = append(rounds, round)
		s.EndRound()
	}
	return rounds
}

// take is all that the first party does, from the beginning of the session to its share.
func (k *keyGeneration) take(tb testing.TB, rounds [][][]byte) (*dkg.Outcome, *threshold.KeyShare) {
	s, own := k.join(tb, 0)
	for _, round := range rounds {
		m, err := own[0].Message()
		require.NoError(tb, err)
		require.NoError(tb, s.Step(m))
		for _, m := range round {
			require.NoError(tb, s.Step(m))
		}
		s.EndRound()
	}
	o, err := s.Outcome()
	require.NoError(tb, err)
	share, err := own[0].KeyShare()
	require.NoError(tb, err)
	return o, share
}

// BenchmarkKeyGeneration is one party's part in making a key without a dealer, in all
// rounds; cpu-s/party is its processor time, and bytes what all broadcast.
func BenchmarkKeyGeneration(b *testing.B) {
	for _, f := range []int{1, 2, 3} {
		b.Run(fmt.Sprintf("n=%d", 3*f+1), func(b *testing.B) {
			k := newKeyGeneration(b, f)
			rounds := k.others(b)
			bytes := 0
			for _, round := range rounds {
				for _, m := range round {
					bytes += len(m) * len(k.identities) / len(round)
				}
			}
			u := newUnit(b, 200)
			var outcome *dkg.Outcome
			var share *threshold.KeyShare
			var cpu []float64
			for b.Loop() {
				u.begin()
				stop := stopwatch()
				outcome, share = k.take(b, rounds)
				cpu = append(cpu, stop().cpu)
				u.end()
			}
			u.report(1)
			b.ReportMetric(median(cpu), "cpu-s/party")
			b.ReportMetric(float64(bytes), "bytes")
			require.NoError(b, outcome.Committee.VerifyKeyShare(share))
			require.Len(b, outcome.Members, 3*f+1)
		})
	}
}
