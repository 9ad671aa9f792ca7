package sigma_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/internal/wire"
)

const tag dst.Tag = "UTT-V1/test/sigma"

var (
	g = curve.Generator()
	h = curve.HashToG1(tag, []byte("h"))
	k = curve.HashToG1(tag, []byte("k"))
)

// shape is a statement as data, so that tests can change every part of it.
type shape struct {
	variables []string
	relations []shapeRelation
}

type shapeRelation struct {
	label   string
	public  []curve.Term
	secrets []shapeSecret
}

type shapeSecret struct {
	name string
	base curve.G1
}

func (s shape) statement() *sigma.Statement {
	st := new(sigma.Statement)
	for _, name := range s.variables {
		st.Var(name)
	}
	for _, r := range s.relations {
		var secrets []sigma.Secret
		for _, x := range r.secrets {
			secrets = append(secrets, sigma.Secret{Var: st.Var(x.name), Base: x.base})
		}
		st.Relation(r.label, r.public, secrets...)
	}
	return st
}

func (s shape) clone() shape {
	c := shape{append([]string(nil), s.variables...), append([]shapeRelation(nil), s.relations...)}
	for i, r := range s.relations {
		c.relations[i].public = append([]curve.Term(nil), r.public...)
		c.relations[i].secrets = append([]shapeSecret(nil), r.secrets...)
	}
	return c
}

// example has two commitments to one value, a product with a sum of variables as
// in [NF-1], and a public side of two terms.
func example(t testing.TB, seed string) (shape, sigma.Witness) {
	rand := testrand.New(seed)
	w := sigma.Witness{}
	for _, name := range []string{"m", "r", "r'", "s"} {
		var err error
		w[name], err = curve.RandomNonZero(rand)
		require.NoError(t, err)
	}
	c := func(m, r string, base curve.G1) curve.G1 { return base.Mul(w[m]).Add(g.Mul(w[r])) }
	nf := k.Mul(w["s"].Add(w["m"]).Inverse())
	return shape{
		[]string{"m", "r", "r'", "s"},
		[]shapeRelation{
			{"A", sigma.Point(c("m", "r", h)), []shapeSecret{{"m", h}, {"r", g}}},
			{"B", sigma.Point(c("m", "r'", k)), []shapeSecret{{"m", k}, {"r'", g}}},
			{"C", sigma.Point(k), []shapeSecret{{"m", nf}, {"s", nf}}},
			{"D", []curve.Term{{Scalar: curve.Uint64(5), Point: h.Mul(w["s"])}, {Scalar: curve.Uint64(2), Point: g}},
				[]shapeSecret{{"s", h.Mul(curve.Uint64(5))}, {"one", g.Add(g)}}},
		},
	}, sigma.Witness{"m": w["m"], "r": w["r"], "r'": w["r'"], "s": w["s"], "one": curve.Uint64(1), "unused": curve.Uint64(9)}
}

func context(v string) *transcript.Transcript {
	t := transcript.New(tag)
	t.Append("context", []byte(v))
	return t
}

func verify(st *sigma.Statement, t *transcript.Transcript, p *sigma.Proof) error {
	var c batch.Claims
	st.Verify(&c, t, p)
	return batch.One(&c)
}

func clone(p *sigma.Proof) *sigma.Proof {
	return &sigma.Proof{
		Commitments: append([]curve.G1(nil), p.Commitments...),
		Responses:   append([]curve.Scalar(nil), p.Responses...),
	}
}

func prove(t testing.TB, sh shape, w sigma.Witness, ctx string) *sigma.Proof {
	p, err := sh.statement().Prove(nil, context(ctx), w)
	require.NoError(t, err)
	return p
}

func TestCompleteness(t *testing.T) {
	for _, seed := range []string{"1", "2", "3"} {
		sh, w := example(t, seed)
		require.NoError(t, sh.statement().Check(w))
		p := prove(t, sh, w, "")
		require.NoError(t, verify(sh.statement(), context(""), p))
	}
	// values at the edges, and no relation at all
	for _, m := range []curve.Scalar{{}, curve.Uint64(1), curve.Uint64(1).Neg()} {
		sh := shape{nil, []shapeRelation{{"A", sigma.Point(h.Mul(m)), []shapeSecret{{"m", h}}}}}
		require.NoError(t, verify(sh.statement(), context(""), prove(t, sh, sigma.Witness{"m": m}, "")))
	}
	empty := shape{}
	require.NoError(t, verify(empty.statement(), context(""), prove(t, empty, nil, "")))
}

func TestVariablesAreSharedByName(t *testing.T) {
	st := new(sigma.Statement)
	a := st.Var("a")
	require.Equal(t, a, st.Var("a"))
	require.NotEqual(t, a, st.Var("b"))
	st.Relation("A", sigma.Point(g), sigma.Secret{Var: a, Base: g})
	relations, variables := st.Size()
	require.Equal(t, 1, relations)
	require.Equal(t, 2, variables)
}

func TestWrongWitness(t *testing.T) {
	sh, w := example(t, "wrong witness")
	labels := map[string]string{"m": "A", "r": "A", "r'": "B", "s": "C", "one": "D"} // the first that fails
	for name, label := range labels {
		bad := sigma.Witness{}
		for n, v := range w {
			bad[n] = v
		}
		bad[name] = bad[name].Add(curve.Uint64(1))
		err := sh.statement().Check(bad)
		require.ErrorIs(t, err, sigma.ErrWitness)
		require.ErrorContains(t, err, "["+label+"]")
		require.Error(t, verify(sh.statement(), context(""), prove(t, sh, bad, "")), name)

		delete(bad, name)
		require.ErrorIs(t, sh.statement().Check(bad), sigma.ErrWitness)
		_, err = sh.statement().Prove(nil, context(""), bad)
		require.ErrorIs(t, err, sigma.ErrWitness)
	}
	stop := errors.New("stop")
	_, err := sh.statement().Prove(testrand.Failing(31, stop), context(""), w)
	require.ErrorIs(t, err, stop)
}

// TestSharedVariablesMustAgree: two commitments to different values, each opened
// honestly, do not pass for two to one value.
func TestSharedVariablesMustAgree(t *testing.T) {
	sh, w := example(t, "shared")
	sh.relations = sh.relations[:2]
	sh.variables = nil
	sh.relations[1].public = sigma.Point(k.Mul(w["m"].Add(curve.Uint64(1))).Add(g.Mul(w["r'"])))
	apart := sh.clone()
	apart.relations[1].secrets[0].name = "m2"
	w["m2"] = w["m"].Add(curve.Uint64(1))
	p := prove(t, apart, w, "")
	require.NoError(t, verify(apart.statement(), context(""), p))
	require.ErrorContains(t, verify(sh.statement(), context(""), p), "SIGMA")
	p.Responses = p.Responses[:3]
	require.Error(t, verify(sh.statement(), context(""), p))
	require.Error(t, verify(sh.statement(), context(""), prove(t, sh, w, "")))
}

func TestEveryPartOfAProofIsNeeded(t *testing.T) {
	sh, w := example(t, "proof")
	p := prove(t, sh, w, "")
	other := prove(t, sh, w, "")
	require.NoError(t, verify(sh.statement(), context(""), other))
	reject := func(name string, q *sigma.Proof) {
		t.Helper()
		require.Error(t, verify(sh.statement(), context(""), q), name)
	}
	for i := range p.Commitments {
		for name, v := range map[string]curve.G1{
			"plus G": p.Commitments[i].Add(g), "identity": {}, "negated": p.Commitments[i].Neg(),
			"neighbour's": p.Commitments[(i+1)%len(p.Commitments)], "another proof's": other.Commitments[i],
			"plus order 3": p.Commitments[i].Add(curve.FromG1Affine(testrand.SmallOrder(3))),
		} {
			q := clone(p)
			q.Commitments[i] = v
			reject(name, q)
		}
	}
	for i := range p.Responses {
		for name, v := range map[string]curve.Scalar{
			"plus 1": p.Responses[i].Add(curve.Uint64(1)), "zero": {}, "negated": p.Responses[i].Neg(),
			"neighbour's": p.Responses[(i+1)%len(p.Responses)], "another proof's": other.Responses[i],
		} {
			q := clone(p)
			q.Responses[i] = v
			reject(name, q)
		}
	}
	for name, q := range map[string]*sigma.Proof{
		"nil": nil, "empty": {},
		"commitment missing": {Commitments: p.Commitments[1:], Responses: p.Responses},
		"response missing":   {Commitments: p.Commitments, Responses: p.Responses[1:]},
		"commitment more":    {Commitments: append(clone(p).Commitments, g), Responses: p.Responses},
		"response more":      {Commitments: p.Commitments, Responses: append(clone(p).Responses, curve.Scalar{})},
	} {
		reject(name, q)
		require.ErrorContains(t, verify(sh.statement(), context(""), q), "[SIGMA]")
	}
	require.NoError(t, verify(sh.statement(), context(""), p))
}

func TestEveryPartOfTheStatementIsBound(t *testing.T) {
	sh, w := example(t, "statement")
	p := prove(t, sh, w, "")
	reject := func(name string, change func(*shape)) {
		t.Helper()
		bad := sh.clone()
		change(&bad)
		require.Error(t, verify(bad.statement(), context(""), p), name)
	}
	next := map[string]string{"m": "r", "r": "r'", "r'": "s", "s": "m", "one": "m"}
	for i, r := range sh.relations {
		reject("label", func(s *shape) { s.relations[i].label += "x" })
		reject("neighbour's label", func(s *shape) { s.relations[i].label = sh.relations[(i+1)%4].label })
		reject("no secrets", func(s *shape) { s.relations[i].secrets = nil })
		reject("no public", func(s *shape) { s.relations[i].public = nil })
		reject("public more", func(s *shape) { s.relations[i].public = append(s.relations[i].public, curve.Term{Point: g}) })
		for j := range r.public {
			reject("point", func(s *shape) { s.relations[i].public[j].Point = r.public[j].Point.Add(g) })
			reject("negated", func(s *shape) { s.relations[i].public[j].Point = r.public[j].Point.Neg() })
			reject("identity", func(s *shape) { s.relations[i].public[j].Point = curve.G1{} })
			reject("scalar", func(s *shape) { s.relations[i].public[j].Scalar = curve.Uint64(77) })
			reject("the same product", func(s *shape) { // equal as an equation, not as a statement
				s.relations[i].public[j] = curve.Term{Scalar: r.public[j].Scalar.Neg(), Point: r.public[j].Point.Neg()}
			})
		}
		for j := range r.secrets {
			reject("base", func(s *shape) { s.relations[i].secrets[j].base = r.secrets[j].base.Add(h) })
			reject("variable", func(s *shape) { s.relations[i].secrets[j].name = next[r.secrets[j].name] })
		}
	}
	reject("relation more", func(s *shape) { s.relations = append(s.relations, shapeRelation{label: "E"}) })
	reject("relation less", func(s *shape) { s.relations = s.relations[:3] })
	reject("relations exchanged", func(s *shape) { s.relations[0], s.relations[1] = s.relations[1], s.relations[0] })
	reject("variable more", func(s *shape) { s.variables = append(s.variables, "more") })
	reject("variables exchanged", func(s *shape) { s.variables[0], s.variables[1] = s.variables[1], s.variables[0] })
	require.NoError(t, verify(sh.statement(), context(""), p))

	// a scalar that changes no equation: only the challenge tells
	sh.relations[0].public = append(sh.relations[0].public, curve.Term{Scalar: curve.Uint64(1)})
	p = prove(t, sh, w, "")
	require.NoError(t, verify(sh.statement(), context(""), p))
	reject("scalar of the identity", func(s *shape) { s.relations[0].public[1].Scalar = curve.Uint64(2) })
}

func TestContextIsBound(t *testing.T) {
	sh, w := example(t, "context")
	p := prove(t, sh, w, "here")
	require.NoError(t, verify(sh.statement(), context("here"), p))
	require.Error(t, verify(sh.statement(), context("there"), p))
	require.Error(t, verify(sh.statement(), transcript.New(tag), p))
	require.Error(t, verify(sh.statement(), transcript.New(tag+"x"), p))
	after := context("here")
	after.Append("more", nil)
	require.Error(t, verify(sh.statement(), after, p))
	// the proof itself enters the transcript: what follows depends on it
	a, b := context("here"), context("here")
	var claims batch.Claims
	sh.statement().Verify(&claims, a, p)
	q := clone(p)
	q.Commitments[0] = g
	sh.statement().Verify(&claims, b, q)
	require.NotEqual(t, a.State(), b.State())
}

// TestExtractor: special soundness. Two accepting transcripts with the same
// commitments give the witness.
func TestExtractor(t *testing.T) {
	sh, w := example(t, "extractor")
	st := sh.statement()
	nonces, err := st.Nonces(nil, context(""), w)
	require.NoError(t, err)
	p, c, err := st.ProveWithNonces(context("first"), w, nonces, nil)
	require.NoError(t, err)
	q, d, err := st.ProveWithNonces(context("second"), w, nonces, nil)
	require.NoError(t, err)
	require.NoError(t, verify(st, context("first"), p))
	require.NoError(t, verify(st, context("second"), q))
	require.Equal(t, p.Commitments, q.Commitments)
	require.NotEqual(t, c, d)
	extracted := sigma.Witness{}
	for _, name := range []string{"m", "r", "r'", "s", "one"} {
		v := st.Var(name)
		extracted[name] = p.Responses[v].Sub(q.Responses[v]).Mul(c.Sub(d).Inverse())
		require.Equal(t, w[name], extracted[name], name)
	}
	require.NoError(t, st.Check(extracted))
}

// TestSimulator: zero knowledge. For a challenge given first, transcripts come
// from random responses, without a witness; a real proof is what the simulator
// makes of its responses.
func TestSimulator(t *testing.T) {
	sh, w := example(t, "simulator")
	st := sh.statement()
	rand := testrand.New("responses")
	for range 5 {
		c, err := curve.RandomScalar(rand)
		require.NoError(t, err)
		responses := make([]curve.Scalar, 5)
		for i := range responses {
			responses[i], err = curve.RandomScalar(rand)
			require.NoError(t, err)
		}
		p := st.Simulate(c, responses)
		require.True(t, st.Holds(p, c))
		require.False(t, st.Holds(p, c.Add(curve.Uint64(1))))
		require.Error(t, verify(st, context(""), p), "the challenge is not the verifier's")
	}
	nonces, err := st.Nonces(rand, context(""), w)
	require.NoError(t, err)
	p, c, err := st.ProveWithNonces(context(""), w, nonces, nil)
	require.NoError(t, err)
	require.Equal(t, p, st.Simulate(c, p.Responses))
}

func TestNoncesAreHedged(t *testing.T) {
	sh, w := example(t, "hedged")
	nonces := func(sh shape, b byte, ctx string, w sigma.Witness) []curve.Scalar {
		n, err := sh.statement().Nonces(testrand.Constant(b), context(ctx), w)
		require.NoError(t, err)
		return n
	}
	want := nonces(sh, 0, "", w)
	require.Equal(t, want, nonces(sh, 0, "", w))
	otherWitness := sigma.Witness{}
	for n, v := range w {
		otherWitness[n] = v
	}
	otherWitness["one"] = curve.Uint64(2)
	otherStatement := sh.clone()
	otherStatement.relations[3].label = "E"
	seen := map[curve.Scalar]bool{}
	for _, list := range [][]curve.Scalar{
		want, nonces(sh, 1, "", w), nonces(sh, 0, "x", w), nonces(sh, 0, "", otherWitness), nonces(otherStatement, 0, "", w),
	} {
		for _, n := range list {
			require.False(t, n.IsZero())
			require.False(t, seen[n], "a nonce twice")
			seen[n] = true
		}
	}
	require.Len(t, seen, 5*5)

	bytes := func(rand byte) []byte {
		p, err := sh.statement().Prove(testrand.Constant(rand), context(""), w)
		require.NoError(t, err)
		require.NoError(t, verify(sh.statement(), context(""), p))
		return p.Append(nil)
	}
	require.Equal(t, bytes(0), bytes(0))
	require.NotEqual(t, bytes(0), bytes(1))

	fixed, err := sh.statement().Nonces(testrand.Constant(0), context(""), w)
	require.NoError(t, err)
	p, _, err := sh.statement().ProveWithNonces(context(""), w, fixed, nil)
	require.NoError(t, err)
	require.Equal(t, bytes(0), p.Append(nil), "the hook of these tests does what Prove does")
}

// TestSmallOrderInACommitmentIsNoCoin: PITFALLS, "against a draft", 2. The verdict
// on a commitment with a part off the subgroup is the same every time.
func TestSmallOrderInACommitmentIsNoCoin(t *testing.T) {
	runs := 600
	if testing.Short() {
		runs = 60
	}
	m := curve.Uint64(5)
	sh := shape{nil, []shapeRelation{{"A", sigma.Point(h.Mul(m)), []shapeSecret{{"m", h}}}}}
	w := sigma.Witness{"m": m}
	claims := func(ctx string, p *sigma.Proof) *batch.Claims {
		c := new(batch.Claims)
		sh.statement().Verify(c, context(ctx), p)
		return c
	}
	good := claims("good", prove(t, sh, w, "good"))
	for _, order := range testrand.SmallOrders {
		low := curve.FromG1Affine(testrand.SmallOrder(order))
		p, _, err := sh.statement().ProveWithNonces(context(""), w, []curve.Scalar{curve.Uint64(3)}, map[int]curve.G1{0: low})
		require.NoError(t, err)
		require.False(t, p.Commitments[0].InSubgroup())
		shifted := claims("", p)
		wrong := clone(p)
		wrong.Responses[0] = wrong.Responses[0].Add(curve.Uint64(1))
		invalid := claims("", wrong)
		for range runs {
			require.NoError(t, batch.One(shifted), "order %d", order)
			require.Equal(t, []error{nil, nil}, batch.Verify(t.Context(), []*batch.Claims{good, shifted}), "order %d", order)
		}
		for range runs / 20 {
			require.Error(t, batch.One(invalid), "order %d", order)
			errs := batch.Verify(t.Context(), []*batch.Claims{shifted, invalid, good})
			require.NoError(t, errs[0], "order %d", order)
			require.Error(t, errs[1], "order %d", order)
			require.NoError(t, errs[2], "order %d", order)
		}
	}
}

func TestBatch(t *testing.T) {
	var items []*batch.Claims
	for i, seed := range []string{"a", "b", "c", "d", "e"} {
		sh, w := example(t, seed)
		p := prove(t, sh, w, seed)
		if i == 3 {
			p.Responses[0], p.Responses[1] = p.Responses[1], p.Responses[0]
		}
		items = append(items, new(batch.Claims))
		sh.statement().Verify(items[i], context(seed), p)
	}
	for i, err := range batch.Verify(t.Context(), items) {
		require.Equal(t, i == 3, err != nil)
	}
}

func TestRead(t *testing.T) {
	sh, w := example(t, "read")
	p := prove(t, sh, w, "")
	p.Commitments[1] = curve.G1{}
	p.Commitments[2] = curve.FromG1Affine(testrand.SmallOrder(3))
	b := p.Append([]byte{7})
	r := wire.NewReader(b[1:])
	require.Equal(t, p, sigma.Read(r, 5))
	require.NoError(t, r.Close())
	for max := range 5 {
		r = wire.NewReader(b[1:])
		sigma.Read(r, max)
		require.ErrorIs(t, r.Close(), wire.ErrMalformed)
	}
	for n := range len(b) - 1 {
		r = wire.NewReader(b[1 : 1+n])
		sigma.Read(r, 5)
		require.ErrorIs(t, r.Close(), wire.ErrMalformed)
	}
	r = wire.NewReader(append(b[1:], 0))
	sigma.Read(r, 5)
	require.ErrorIs(t, r.Close(), wire.ErrMalformed)
}

// FuzzRead: an accepted proof encodes to the bytes that it was read from.
func FuzzRead(f *testing.F) {
	sh, w := example(f, "fuzz")
	f.Add(prove(f, sh, w, "").Append(nil))
	f.Add((&sigma.Proof{Commitments: []curve.G1{{}}}).Append(nil))
	f.Add([]byte{255, 255, 0, 0})
	f.Add([]byte{0, 0, 255, 255})
	f.Fuzz(func(t *testing.T, in []byte) {
		r := wire.NewReader(in)
		p := sigma.Read(r, 8)
		require.LessOrEqual(t, len(p.Commitments), 8)
		require.LessOrEqual(t, len(p.Responses), 8)
		if r.Close() == nil {
			require.Equal(t, in, p.Append(nil))
		}
	})
}

// TestCommitAndRespond: a proof in two halves, of a statement whose bases are multiples not
// computed when the nonces are drawn, and whose public sides are missing.
func TestCommitAndRespond(t *testing.T) {
	sh, w := example(t, "halves")
	u := curve.Uint64(77)
	complete := sh.clone()
	for k, r := range complete.relations {
		for i, x := range r.secrets {
			if x.base == h {
				complete.relations[k].secrets[i].base = h.Mul(u)
			}
		}
		if k == 0 {
			complete.relations[k].public = sigma.Point(h.Mul(u.Mul(w["m"])).Add(g.Mul(w["r"])))
		}
	}
	require.NoError(t, complete.statement().Check(w))
	draft := sh.clone()
	for k := range draft.relations {
		draft.relations[k].public = nil
	}
	st := draft.statement()
	st.Scale(h, u)
	n, sums, err := st.Commit(nil, context("draft"), w)
	require.NoError(t, err)
	require.Equal(t, "redacted", fmt.Sprint(*n))
	points := curve.SumsSecret(sums)
	p := complete.statement().Respond(context(""), n, points)
	require.NoError(t, verify(complete.statement(), context(""), p))
	require.Error(t, verify(sh.statement(), context(""), p))
	require.Panics(t, func() { complete.statement().Respond(context("again"), n, points) }, "two answers show the witness")

	n, _, err = st.Commit(nil, context("draft"), w)
	require.NoError(t, err)
	fewer := complete.clone()
	fewer.variables = append(fewer.variables, "more")
	require.Panics(t, func() { fewer.statement().Respond(context(""), n, points) })
	require.Panics(t, func() { complete.statement().Respond(context(""), n, points[1:]) })
	_, _, err = st.Commit(nil, context("draft"), sigma.Witness{"m": w["m"]})
	require.ErrorIs(t, err, sigma.ErrWitness)
	_, _, err = st.Commit(testrand.Failing(0, errors.New("stop")), context("draft"), w)
	require.ErrorContains(t, err, "stop")
}

// TestNoncesOfDraftsAreHedged: with a generator that repeats itself, the commitments to
// nonces repeat only if the draft, its factors, the witness and the transcript do.
func TestNoncesOfDraftsAreHedged(t *testing.T) {
	sh, w := example(t, "hedged draft")
	commitments := func(u uint64, ctx string, w sigma.Witness) curve.G1 {
		st := sh.statement()
		st.Scale(h, curve.Uint64(u))
		_, sums, err := st.Commit(testrand.Constant(0), context(ctx), w)
		require.NoError(t, err)
		return curve.SumsSecret(sums)[1] // no base of it is scaled
	}
	other := sigma.Witness{}
	for n, v := range w {
		other[n] = v
	}
	other["one"] = curve.Uint64(2)
	require.Equal(t, commitments(5, "", w), commitments(5, "", w))
	seen := map[curve.G1]bool{}
	for _, a := range []curve.G1{commitments(5, "", w), commitments(6, "", w), commitments(5, "x", w), commitments(5, "", other)} {
		require.False(t, seen[a])
		seen[a] = true
	}
}
