package utt_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

// A verdict holds for the operation's bytes, the parameters and the epoch. Known ones
// spare the verification: here they say of a valid operation that it is not, as none does.
func TestKnownVerdictsAreReused(t *testing.T) {
	ctx := context.Background()
	w := sharedWorld()
	p, now := w.Parameters, w.head.Time
	other := w.enrolled(t, "carol@example.org", 0)
	ops := []utt.Operation{w.honest, other, w.honest}
	known := check(t, p, now, w.honest).Refusing(w.honest)
	require.ErrorIs(t, known.Err(w.honest), utt.ErrConflict)

	v, err := p.Check(ctx, now, ops, nil, check(t, p, now), known)
	require.NoError(t, err)
	require.ErrorIs(t, v.Err(w.honest), utt.ErrConflict, "taken over")
	require.NoError(t, v.Err(other), "verified")
	require.NoError(t, v.For(p, now))

	policy := p.Policy()
	for name, c := range map[string]struct {
		p     *utt.Parameters
		time  uint64
		known *utt.Verdicts
	}{
		"in another epoch":       {p, policy.StartOf(2), known},
		"under other parameters": {otherWorld(t), now, known},
		"on another's word":      {p, now, known.Trusted()},
		"of none":                {p, now, new(utt.Verdicts)},
	} {
		v, err := c.p.Check(ctx, c.time, ops, c.known)
		require.NoError(t, err)
		require.NotErrorIs(t, v.Err(w.honest), utt.ErrConflict, name)
	}
}

// What Trust yields is no verdict for Check: it has verified no proof.
func TestTrustedVerdictsAreVerified(t *testing.T) {
	w := sharedWorld()
	p, now := w.Parameters, w.head.Time
	stolen := w.Stolen()
	trusted, err := p.Trust(now, []utt.Operation{stolen})
	require.NoError(t, err)
	require.NoError(t, trusted.Err(stolen))
	for _, known := range []*utt.Verdicts{trusted, check(t, p, now).Join(trusted), trusted.Join(check(t, p, now))} {
		v, err := p.Check(context.Background(), now, []utt.Operation{stolen}, known)
		require.NoError(t, err)
		require.ErrorIs(t, v.Err(stolen), utt.ErrInvalid)
	}
	verified := check(t, p, now, stolen)
	require.ErrorIs(t, trusted.Join(verified).Err(stolen), utt.ErrInvalid)
	require.ErrorIs(t, verified.Join(trusted).Err(stolen), utt.ErrInvalid)
}

func TestJoinVerdicts(t *testing.T) {
	w := sharedWorld()
	p, now := w.Parameters, w.head.Time
	policy := p.Policy()
	one, other := w.honest, w.enrolled(t, "carol@example.org", 0)
	a, b := check(t, p, now, one), check(t, p, now, other)
	for _, v := range []*utt.Verdicts{a.Join(b), b.Join(a, nil), check(t, p, now).Join(a, b)} {
		require.NoError(t, v.Err(one))
		require.NoError(t, v.Err(other))
		require.NoError(t, v.For(p, now))
	}
	require.ErrorIs(t, a.Err(other), utt.ErrNotFound, "verdicts do not change")
	later, elsewhere := check(t, p, policy.StartOf(2), other), check(t, otherWorld(t), now, other)
	require.ErrorIs(t, a.Join(later, elsewhere).Err(other), utt.ErrNotFound)
	require.Nil(t, (*utt.Verdicts)(nil).Join(a))
	require.ErrorIs(t, new(utt.Verdicts).Join(a).Err(one), utt.ErrNotFound)
	require.NoError(t, a.Join().Err(one))
}
