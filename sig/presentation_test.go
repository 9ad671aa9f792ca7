package sig_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/sig"
)

// TestPresentationIsRerandomize: in two steps or one, the same randomness gives the same
// presentation, and a proof that is made beside it holds.
func TestPresentationIsRerandomize(t *testing.T) {
	k, err := sig.GenerateKey(nil, 3)
	require.NoError(t, err)
	c, o, err := sig.Commit(nil, sig.NewBase("presentation", nil), []sig.Attribute{sig.Uint64(7), sig.Uint64(8), sig.Uint64(9)}, 0, 1)
	require.NoError(t, err)
	s, err := k.Sign(c)
	require.NoError(t, err)
	signed := &sig.Signed{Commitment: c, Signature: s}

	want, wantOpening, err := k.Public().Rerandomize(testrand.New("show"), signed, o, 0, 1)
	require.NoError(t, err)
	p, err := k.Public().Present(testrand.New("show"), signed, o, 0, 1)
	require.NoError(t, err)
	require.Equal(t, "redacted", fmt.Sprintf("%+v", p))
	require.Equal(t, wantOpening, p.Opening())
	require.Nil(t, p.Finish(nil))

	states := map[[32]byte]bool{}
	bound := func(p *sig.Presentation) {
		tr := transcript.New(dst.TransferProof)
		p.Bind(tr)
		require.False(t, states[tr.State()], "something is not bound")
		states[tr.State()] = true
	}
	bound(p)
	present := func(seed string, s *sig.Signed, o *sig.Opening) *sig.Presentation {
		p, err := k.Public().Present(testrand.New(seed), s, o, 0, 1)
		require.NoError(t, err)
		return p
	}
	bound(present("other", signed, o))
	bound(present("show", &sig.Signed{Commitment: c, Signature: sig.SignatureOf(curve.Generator())}, o))
	bound(present("show", &sig.Signed{Commitment: sig.Assemble(curve.Generator(), sig.Hidden(c.Point(0)), sig.Hidden(c.Point(1)), sig.Public(sig.Uint64(9))), Signature: s}, o))
	for i := range 3 {
		m := []sig.Attribute{sig.Uint64(7), sig.Uint64(8), sig.Uint64(9)}
		_, r0 := o.Values(0)
		_, r1 := o.Values(1)
		r := []curve.Scalar{r0, r1, {}}
		m[i] = sig.Uint64(1)
		bound(present("show", signed, sig.NewOpening(m, r)))
		m[i] = sig.Uint64(uint64(7 + i))
		r[i] = curve.Uint64(1)
		bound(present("show", signed, sig.NewOpening(m, r)))
	}

	state := func(st *sigma.Statement, c *sig.Commitment) {
		m, r := st.Var("m"), st.Var("r")
		c.Relate(st, "A", 0, r, m)
	}
	draft := new(sigma.Statement)
	state(draft, p.Draft())
	p.Scale(draft)
	m, r := p.Opening().Values(0)
	tr := transcript.New(dst.TransferProof)
	p.Bind(tr)
	nonces, commitments, err := draft.Commit(nil, tr, sigma.Witness{"m": m, "r": r})
	require.NoError(t, err)
	points := curve.SumsSecret(append(p.Sums(), commitments...))
	n := len(p.Sums())
	shown := p.Finish(points[:n])
	require.True(t, want.Commitment.Equal(shown.Commitment))
	require.Equal(t, want.Signature, shown.Signature)
	require.NoError(t, k.Public().Verify(shown))
	st := new(sigma.Statement)
	state(st, shown.Commitment)
	proof := st.Respond(transcript.New(dst.TransferProof), nonces, points[n:])
	var claims batch.Claims
	st.Verify(&claims, transcript.New(dst.TransferProof), proof)
	require.NoError(t, batch.One(&claims))
}
