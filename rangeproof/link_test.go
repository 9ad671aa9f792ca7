package rangeproof

import (
	"context"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/internal/transcript"
)

func setup(c *Circuit) *ProvingKey {
	k, _, err := SetupSingleParty(context.Background(), c)
	if err != nil {
		panic(err)
	}
	return k
}

var (
	payKey   = sync.OnceValue(func() *ProvingKey { return setup(pay()) })
	otherKey = sync.OnceValue(func() *ProvingKey { return setup(pay()) })
	taxedKey = sync.OnceValue(func() *ProvingKey { return setup(taxed()) })
	totalKey = sync.OnceValue(func() *ProvingKey { return setup(total()) })
	tiersKey = sync.OnceValue(func() *ProvingKey { return setup(tiers()) })
)

// payment is a proof with all that its verification takes.
type payment struct {
	key     *ProvingKey
	v       Values
	pub     Public
	proof   Proof
	opening *Opening
}

var (
	budgetedPayment = sync.OnceValue(func() payment {
		return prove(payKey(), Values{In: []Amount{60, 50}, Out: []Amount{70, 30}, BudgetIn: 100, BudgetOut: 30}, Public{PublicOut: 10, Budgeted: true})
	})
	limitedPayment = sync.OnceValue(func() payment {
		return prove(payKey(), Values{In: []Amount{60, 50}, Out: []Amount{70, 30}}, Public{PublicOut: 10, Limit: 70})
	})
	taxedPayment = sync.OnceValue(func() payment {
		return prove(taxedKey(), Values{In: []Amount{6000}, Out: []Amount{4000, 1900, 100}}, Public{Limit: 4000})
	})
	totalPayment = sync.OnceValue(func() payment {
		return prove(totalKey(), Values{In: []Amount{6000, 1}, Out: []Amount{4001, 1899}, BudgetIn: 5000, BudgetOut: 999, Due: 101}, Public{Budgeted: true})
	})
	tiersPayment = sync.OnceValue(func() payment {
		return prove(tiersKey(), Values{In: []Amount{60, 50}, Out: []Amount{70, 30}, BudgetIn: 100, BudgetOut: 30}, Public{PublicOut: 10, Budgeted: true, Limit: 70})
	})
)

func prove(k *ProvingKey, v Values, pub Public) payment {
	p, o, err := k.Prove(nil, v, pub)
	if err != nil {
		panic(err)
	}
	return payment{k, v, pub, *p, o}
}

func (p payment) claim() error {
	var claims batch.Claims
	p.key.VerifyingKey().Claim(&claims, &p.proof, p.pub)
	return batch.One(&claims)
}

// link is the Σ statement and its witness.
func (p payment) link() (*sigma.Statement, sigma.Witness) {
	st, w := new(sigma.Statement), sigma.Witness{}
	secret := func(name string, s curve.Scalar) sigma.Var {
		w[name] = s
		return st.Var(name)
	}
	amounts := func(name string, a []Amount) (vars []sigma.Var) {
		for i := range a {
			vars = append(vars, secret(fmt.Sprint(name, i), curve.Uint64(uint64(a[i]))))
		}
		return vars
	}
	in, out := amounts("in", p.v.In), amounts("out", p.v.Out)
	var budget *BudgetVars
	if p.pub.Budgeted {
		b := amounts("budget", []Amount{p.v.BudgetIn, p.v.BudgetOut})
		budget = &BudgetVars{b[0], b[1]}
	}
	p.key.VerifyingKey().Link(st, p.proof.Commitment(), in, out, budget,
		secret("lo", p.opening.Lo()), secret("hi", p.opening.Hi()), secret("rho", p.opening.Rho()))
	return st, w
}

// linked makes the Σ proof for one payment and verifies it for another statement.
func linked(t *testing.T, st *sigma.Statement, w sigma.Witness, verified *sigma.Statement) error {
	t.Helper()
	proof, err := st.Prove(nil, transcript.New(dst.TransferProof), w)
	require.NoError(t, err)
	var claims batch.Claims
	verified.Verify(&claims, transcript.New(dst.TransferProof), proof)
	return batch.One(&claims)
}

func payments() map[string]payment {
	return map[string]payment{"budgeted": budgetedPayment(), "limited": limitedPayment(), "taxed": taxedPayment(),
		"by total": totalPayment(), "tiers": tiersPayment()}
}

func TestCompleteness(t *testing.T) {
	for name, p := range payments() {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, p.claim())
			st, w := p.link()
			require.NoError(t, st.Check(w))
			require.NoError(t, linked(t, st, w, st))
			require.NoError(t, p.key.VerifyingKey().VerifyOpened(&p.proof, p.opening, p.pub))
		})
	}
}

func TestProveRefuses(t *testing.T) {
	k := payKey()
	for name, e := range map[string]struct {
		v    Values
		pub  Public
		want error
		text string
	}{
		"BAL-1":             {Values{In: []Amount{1}, Out: []Amount{1, 1}}, Public{Limit: 9}, ErrUnsatisfied, "[BAL-1]"},
		"BAL-3":             {Values{In: []Amount{2}, Out: []Amount{1, 1}, BudgetIn: 5, BudgetOut: 5}, Public{Budgeted: true}, ErrUnsatisfied, "[BAL-3]"},
		"BAL-4":             {Values{In: []Amount{2}, Out: []Amount{1, 1}}, Public{}, ErrUnsatisfied, "[BAL-4]"},
		"outputs":           {Values{In: []Amount{2}, Out: []Amount{2}}, Public{Limit: 9}, ErrArgument, "outputs"},
		"budget unbudgeted": {Values{In: []Amount{2}, Out: []Amount{1, 1}, BudgetIn: 1}, Public{Limit: 9}, ErrArgument, "budget"},
	} {
		t.Run(name, func(t *testing.T) {
			p, o, err := k.Prove(nil, e.v, e.pub)
			require.ErrorIs(t, err, e.want)
			require.ErrorContains(t, err, e.text)
			require.Nil(t, p)
			require.Nil(t, o)
		})
	}
	_, _, err := k.Prove(testrand.Failing(3, io.ErrUnexpectedEOF), limitedPayment().v, limitedPayment().pub)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

// TestEveryPublicInputIsBound verifies each proof for other public inputs. With a
// mistyped tag of gnark's they would be secret inputs, and any would do.
func TestEveryPublicInputIsBound(t *testing.T) {
	for name, p := range payments() {
		for field, edit := range map[string]func(*Public){
			"public out": func(q *Public) { q.PublicOut++ },
			"budgeted":   func(q *Public) { q.Budgeted = !q.Budgeted },
			"limit":      func(q *Public) { q.Limit++ },
		} {
			t.Run(name+"/"+field, func(t *testing.T) {
				edit(&p.pub)
				err := p.claim()
				var e *batch.Error
				require.ErrorAs(t, err, &e)
				require.Equal(t, "TX-G16", e.Label)
				require.ErrorIs(t, p.key.VerifyingKey().VerifyOpened(&p.proof, p.opening, p.pub), ErrInvalid)
			})
		}
	}
}

// TestEveryPartIsBound replaces each point by the identity, its negation, another
// point and one off the subgroup. What C and D hold off it nobody sees: they are as
// good as without.
func TestEveryPartIsBound(t *testing.T) {
	p, other := limitedPayment(), prove(payKey(), Values{In: []Amount{3}, Out: []Amount{2, 1}}, Public{Limit: 2})
	small := curve.FromG1Affine(testrand.SmallOrder(3))
	g1 := func(at func(*Proof) *curve.G1) map[string]func(*Proof) {
		return map[string]func(*Proof){
			"identity":   func(q *Proof) { *at(q) = curve.G1{} },
			"negation":   func(q *Proof) { *at(q) = at(q).Neg() },
			"another":    func(q *Proof) { *at(q) = *at(&other.proof) },
			"off":        func(q *Proof) { *at(q) = at(q).Add(small) },
			"small":      func(q *Proof) { *at(q) = small },
			"neighbour":  func(q *Proof) { *at(q) = at(q).Add(curve.Generator()) },
			"other slot": func(q *Proof) { q.a, q.c, q.d = q.c, q.d, q.a },
		}
	}
	for part, edits := range map[string]map[string]func(*Proof){
		"A": g1(func(q *Proof) *curve.G1 { return &q.a }),
		"C": g1(func(q *Proof) *curve.G1 { return &q.c }),
		"D": g1(func(q *Proof) *curve.G1 { return &q.d }),
		"B": {
			"identity":  func(q *Proof) { q.b = curve.G2{} },
			"another":   func(q *Proof) { q.b = other.proof.b },
			"neighbour": func(q *Proof) { q.b = q.b.Add(curve.Generator2()) },
		},
	} {
		for name, edit := range edits {
			q := p
			edit(&q.proof)
			if name == "off" && part != "A" {
				require.NoError(t, q.claim(), "%s: %s", part, name)
				require.Equal(t, part == "C", q.key.VerifyingKey().VerifyOpened(&q.proof, q.opening, q.pub) == nil)
				continue
			}
			require.Error(t, q.claim(), "%s: %s", part, name)
		}
	}
}

// TestMalleable shows why proof bytes never identify anything.
func TestMalleable(t *testing.T) {
	p := limitedPayment()
	two := curve.Uint64(2)
	p.proof.a, p.proof.b = p.proof.a.Mul(two), p.proof.b.Mul(two.Inverse())
	require.NotEqual(t, limitedPayment().proof, p.proof)
	require.NoError(t, p.claim())
}

// TestNothingWithoutTheLink makes "proofs" from the key alone, for amounts nobody
// has: the pairing equation accepts them, so the Σ proof must not be left out.
func TestNothingWithoutTheLink(t *testing.T) {
	k := payKey().VerifyingKey()
	pub := Public{PublicOut: maxAmount, Limit: 1}
	s := slotsOf(2)
	d := k.k[0]
	for i, x := range pub.scalars() {
		d = d.Add(k.k[1+s.publicOut+i].Mul(x))
	}
	three := curve.Uint64(3)
	p := payment{key: payKey(), pub: pub, proof: Proof{
		a: k.alpha, b: k.beta.G2().Add(k.delta.G2().Mul(three)), c: k.alpha.Mul(three), d: d.Neg(),
	}}
	require.NoError(t, p.claim())
	for _, o := range []*Opening{limitedPayment().opening, budgetedPayment().opening, {}, nil} {
		require.ErrorIs(t, k.VerifyOpened(&p.proof, o, pub), ErrInvalid)
	}
}

func TestKeysAreNotInterchangeable(t *testing.T) {
	p := limitedPayment()
	p.key = otherKey()
	require.Error(t, p.claim(), "another setup of the same circuit")
	p.key = taxedKey()
	require.Error(t, p.claim(), "another circuit")
	require.ErrorIs(t, p.key.VerifyingKey().VerifyOpened(&p.proof, p.opening, p.pub), ErrInvalid)
}

func TestClaimWithoutKeyOrProof(t *testing.T) {
	var claims batch.Claims
	payKey().VerifyingKey().Claim(&claims, nil, Public{})
	require.Error(t, batch.One(&claims))
	claims = batch.Claims{}
	new(VerifyingKey).Claim(&claims, new(Proof), Public{})
	require.Error(t, batch.One(&claims), "the zero key must accept nothing")
}

// TestLink changes every variable of [TX-D], one by one.
func TestLink(t *testing.T) {
	for name, p := range payments() {
		st, w := p.link()
		for v := range w {
			t.Run(name+"/"+v, func(t *testing.T) {
				lie := sigma.Witness{}
				for n, s := range w {
					lie[n] = s
				}
				lie[v] = lie[v].Add(curve.Uint64(1))
				require.ErrorIs(t, st.Check(lie), sigma.ErrWitness)
				err := linked(t, st, lie, st)
				var e *batch.Error
				require.ErrorAs(t, err, &e)
				require.Equal(t, "TX-D", e.Label)
			})
		}
	}
}

// TestLinkBudget: what is left out of the link is zero in D.
func TestLinkBudget(t *testing.T) {
	p := budgetedPayment()
	p.pub.Budgeted = false
	st, w := p.link()
	require.ErrorIs(t, st.Check(w), sigma.ErrWitness, "D holds a budget that the statement leaves out")
	q := limitedPayment()
	q.pub.Budgeted = true
	st, w = q.link()
	require.NoError(t, st.Check(w), "absent is zero")
	w["budget0"] = curve.Uint64(1)
	require.ErrorIs(t, st.Check(w), sigma.ErrWitness)
}

func TestLinkOutputs(t *testing.T) {
	require.Panics(t, func() {
		payKey().VerifyingKey().Link(new(sigma.Statement), limitedPayment().proof.d, nil, make([]sigma.Var, 1), nil, 0, 0, 0)
	}, "an output left out would be unbound")
}

// TestHiding: D is another point in every proof of the same values, and all of it
// is determined by ρ.
func TestHiding(t *testing.T) {
	p := limitedPayment()
	q := prove(p.key, p.v, p.pub)
	require.NotEqual(t, p.proof.d, q.proof.d)
	require.NotEqual(t, p.proof.a, q.proof.a)
	a, oa, err := p.key.Prove(testrand.New("seed"), p.v, p.pub)
	require.NoError(t, err)
	b, ob, err := p.key.Prove(testrand.New("seed"), p.v, p.pub)
	require.NoError(t, err)
	require.Equal(t, a.d, b.d)
	require.True(t, oa.Rho().Equal(ob.Rho()))
	require.NotEqual(t, a.a, b.a, "gnark draws r and s itself")
}

// TestBatch: invalid proofs among valid ones of two circuits are told apart.
func TestBatch(t *testing.T) {
	var items []*batch.Claims
	var bad []bool
	for i := range 12 {
		p := []payment{budgetedPayment(), limitedPayment(), totalPayment()}[i%3]
		if i == 4 || i == 9 {
			p.pub.PublicOut++
		}
		c := new(batch.Claims)
		p.key.VerifyingKey().Claim(c, &p.proof, p.pub)
		items, bad = append(items, c), append(bad, i == 4 || i == 9)
	}
	for i, err := range batch.Verify(context.Background(), items) {
		require.Equal(t, bad[i], err != nil, "item %d", i)
	}
}

// TestConcurrentProofs: keys are immutable.
func TestConcurrentProofs(t *testing.T) {
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() {
			v := Values{In: []Amount{Amount(i), 9}, Out: []Amount{Amount(i), 9}}
			p, o, err := payKey().Prove(nil, v, Public{Limit: 5})
			if err == nil {
				err = payKey().VerifyingKey().VerifyOpened(p, o, Public{Limit: 5})
			}
			errs[i] = err
		})
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
}

func TestSecretsPrintRedacted(t *testing.T) {
	p := limitedPayment()
	for _, v := range []any{p.v, p.opening} {
		for _, f := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
			require.Equal(t, "redacted", fmt.Sprintf(f, v))
		}
	}
}
