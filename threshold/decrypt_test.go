package threshold

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/sig"
)

// record is a committee for identities, limbs and so on, and what it is asked to open.
type record struct {
	committee  *EncryptionCommittee
	keys       []*EncryptionKeyShare
	subject    Subject
	ciphertext *Ciphertext
	request    *Request
	shares     []*DecryptionShare
}

var testNetwork = [32]byte{1, 2, 3}

func newSubject(t testing.TB, purpose string, parts ...string) Subject {
	t.Helper()
	var b [][]byte
	for _, p := range parts {
		b = append(b, []byte(p))
	}
	s, err := NewSubject(testNetwork, purpose, b...)
	require.NoError(t, err)
	return s
}

// numbers are what record encrypts: an identity, and limbs.
func numbers() []sig.Attribute {
	return []sig.Attribute{sig.Hash("test", []byte("alice")), sig.Uint64(1_000_007), sig.Uint64(3)}
}

func newRecord(t testing.TB, threshold, n int) *record {
	t.Helper()
	var r record
	var err error
	r.committee, r.keys, err = DealEncryption(testrand.New(fmt.Sprint("record/deal/", threshold, "/", n)), threshold, n, 3)
	require.NoError(t, err)
	r.ciphertext = r.encrypt(t, "1")
	r.subject = newSubject(t, "decide", "transfer 1")
	r.request = r.ask(t, r.subject, r.ciphertext, 1, 2)
	r.shares = r.decrypt(t, r.request)
	return &r
}

func (r *record) encrypt(t testing.TB, seed string) *Ciphertext {
	t.Helper()
	e, err := r.committee.Key().Encrypt(testrand.New("record/encrypt/"+seed), numbers()...)
	require.NoError(t, err)
	return e
}

func (r *record) ask(t testing.TB, s Subject, e *Ciphertext, components ...int) *Request {
	t.Helper()
	q, err := NewRequest(s, e, components...)
	require.NoError(t, err)
	return q
}

func (r *record) decrypt(t testing.TB, q *Request) []*DecryptionShare {
	t.Helper()
	shares := make([]*DecryptionShare, len(r.keys))
	for j, k := range r.keys {
		var err error
		shares[j], err = k.Decrypt(testrand.New(fmt.Sprint("record/share/", j)), q)
		require.NoError(t, err)
	}
	return shares
}

func plaintexts(m ...sig.Attribute) (p []Plaintext) {
	for _, v := range m {
		p = append(p, NewPlaintext(v))
	}
	return p
}

func requireLabel(t testing.TB, err error, label string) {
	t.Helper()
	require.ErrorIs(t, err, ErrInvalid)
	var e *batch.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, label, e.Label)
}

// Every choice of t parties, in any order, opens the same.
func TestOpen(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {2, 3}, {3, 5}} {
		r := newRecord(t, size[0], size[1])
		subsets(size[1], size[0], func(which []int) {
			shares := pick(r.shares, which)
			for range 2 {
				got, err := r.committee.Open(r.request, shares)
				require.NoError(t, err)
				require.Equal(t, plaintexts(numbers()[1:]...), got)
				shares[0], shares[len(shares)-1] = shares[len(shares)-1], shares[0]
			}
			require.NoError(t, r.committee.VerifyOpening(r.request, shares, numbers()[1:]...))
		})
		_, err := r.committee.Open(r.request, r.shares[:size[0]-1])
		require.ErrorIs(t, err, ErrTooFew)
		all := r.ask(t, r.subject, r.ciphertext, 0, 1, 2)
		got, err := r.committee.Open(all, r.decrypt(t, all))
		require.NoError(t, err)
		require.Equal(t, plaintexts(numbers()...), got)
	}
}

// What is decided for one subject, component or record opens nothing else.
func TestOpenResults(t *testing.T) {
	r := newRecord(t, 2, 3)
	second := r.ask(t, newSubject(t, "decide", "transfer 2"), r.encrypt(t, "2"), 0)
	shares := r.decrypt(t, second)
	swapped := []*DecryptionShare{r.shares[0], shares[1], shares[2], nil}
	results := r.committee.OpenResults(t.Context(), []*Request{r.request, second, second, nil, second},
		[][]*DecryptionShare{r.shares, swapped, shares[:1], shares})
	require.Equal(t, Decryption{Plaintexts: plaintexts(numbers()[1:]...)}, results[0])
	require.Equal(t, Decryption{Plaintexts: plaintexts(numbers()[0]), Culprits: []Index{1}}, results[1])
	require.ErrorIs(t, results[2].Err, ErrTooFew)
	require.ErrorIs(t, results[3].Err, ErrArgument)
	require.ErrorIs(t, results[4].Err, ErrTooFew, "no shares at all")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	results = r.committee.OpenResults(ctx, []*Request{r.request}, [][]*DecryptionShare{r.shares})
	require.ErrorIs(t, results[0].Err, context.Canceled)
	require.Empty(t, results[0].Culprits)
}

// falseShares are those that party 1 may send for the request of a record, and what they
// are refused for.
func falseShares(t testing.TB, r *record) map[string]*DecryptionShare {
	another := func(q *Request, k *EncryptionKeyShare) *DecryptionShare {
		s, err := k.Decrypt(nil, q)
		require.NoError(t, err)
		return s
	}
	network, err := NewSubject([32]byte{9}, "decide", []byte("transfer 1"))
	require.NoError(t, err)
	_, resharing, err := DealEncryption(nil, 2, 4, 3)
	require.NoError(t, err)
	altered := func(f func(s *DecryptionShare)) *DecryptionShare {
		s := new(DecryptionShare)
		require.NoError(t, s.UnmarshalBinary(encode(t, r.shares[0])))
		f(s)
		return s
	}
	return map[string]*DecryptionShare{
		"of another record":     another(r.ask(t, r.subject, r.encrypt(t, "other"), 1, 2), r.keys[0]),
		"of another subject":    another(r.ask(t, newSubject(t, "decide", "transfer 2"), r.ciphertext, 1, 2), r.keys[0]),
		"of another purpose":    another(r.ask(t, newSubject(t, "warrant", "transfer 1"), r.ciphertext, 1, 2), r.keys[0]),
		"of another network":    another(r.ask(t, network, r.ciphertext, 1, 2), r.keys[0]),
		"of other components":   another(r.ask(t, r.subject, r.ciphertext, 0, 1), r.keys[0]),
		"of fewer components":   another(r.ask(t, r.subject, r.ciphertext, 1), r.keys[0]),
		"of more components":    another(r.ask(t, r.subject, r.ciphertext, 0, 1, 2), r.keys[0]),
		"of another party":      altered(func(s *DecryptionShare) { *s = *r.shares[1]; s.index = 1 }),
		"of another generation": another(r.request, resharing[0]),
		"of it, relabelled": altered(func(s *DecryptionShare) {
			*s = *another(r.request, resharing[0])
			s.generation = r.committee.generation
		}),
		"of a key of one's own":  another(r.request, EncryptionKeyShareOf(r.committee.generation, 1, r.keys[1].secrets)),
		"a wrong value":          altered(func(s *DecryptionShare) { s.points[1] = s.points[1].Add(curve.Generator()) }),
		"components exchanged":   altered(func(s *DecryptionShare) { s.points[0], s.points[1] = s.points[1], s.points[0] }),
		"negated":                altered(func(s *DecryptionShare) { s.points[0] = s.points[0].Neg() }),
		"off by order 3":         altered(func(s *DecryptionShare) { s.points[0] = s.points[0].Add(smallOrder(3)) }),
		"of order 11":            altered(func(s *DecryptionShare) { s.points[0] = smallOrder(11) }),
		"a commitment altered":   altered(func(s *DecryptionShare) { s.proof.Commitments[1] = s.proof.Commitments[0] }),
		"a response altered":     altered(func(s *DecryptionShare) { s.proof.Responses[0] = s.proof.Responses[1] }),
		"a response too many":    altered(func(s *DecryptionShare) { s.proof.Responses = append(s.proof.Responses, s.proof.Responses[0]) }),
		"a commitment too few":   altered(func(s *DecryptionShare) { s.proof.Commitments = s.proof.Commitments[:3] }),
		"with another's proof":   altered(func(s *DecryptionShare) { s.proof = r.shares[1].proof }),
		"with another's points":  altered(func(s *DecryptionShare) { s.points = r.shares[1].points }),
		"without a proof":        altered(func(s *DecryptionShare) { s.proof = nil }),
		"without a point":        altered(func(s *DecryptionShare) { s.points = nil }),
		"with chosen D (see it)": forgedWithoutD(t, r, r.request),
	}
}

// Every false share is named, and t honest others suffice.
func TestRejectsENCSHARE(t *testing.T) {
	require.Equal(t, 4, reflect.TypeFor[DecryptionShare]().NumField(), "falseShares must have mutants of every field")
	r := newRecord(t, 2, 4)
	for name, bad := range falseShares(t, r) {
		t.Run(name, func(t *testing.T) {
			err := r.committee.VerifyShare(r.request, bad)
			require.True(t, errors.Is(err, ErrInvalid) || errors.Is(err, ErrGeneration), "%v", err)
			if errors.Is(err, ErrInvalid) && name != "a response too many" && name != "a commitment too few" && name != "without a proof" {
				requireLabel(t, err, "ENC-SHARE")
			}
			got := r.committee.OpenResults(t.Context(), []*Request{r.request}, [][]*DecryptionShare{{r.shares[3], bad, r.shares[1]}})[0]
			require.Equal(t, Decryption{Plaintexts: plaintexts(numbers()[1:]...), Culprits: []Index{1}}, got)

			_, err = r.committee.Open(r.request, []*DecryptionShare{bad, r.shares[1]})
			require.ErrorIs(t, err, ErrTooFew)
			require.ErrorContains(t, err, "[ENC-SHARE] invalid from party 1")
			requireCulprits(t, err, 1)
			require.Error(t, r.committee.VerifyOpening(r.request, []*DecryptionShare{bad, r.shares[1]}, numbers()[1:]...))

			// who has a valid share as well is not blamed for what others say is his
			got = r.committee.OpenResults(t.Context(), []*Request{r.request}, [][]*DecryptionShare{{bad, r.shares[0], r.shares[1]}})[0]
			require.Equal(t, Decryption{Plaintexts: plaintexts(numbers()[1:]...)}, got)
		})
	}
	require.ErrorIs(t, r.committee.VerifyShare(r.request, nil), ErrArgument)
	for _, j := range []Index{0, 5, ^Index(0)} {
		s := *r.shares[0]
		s.index = j
		require.ErrorIs(t, r.committee.VerifyShare(r.request, &s), ErrIndex)
		got, err := r.committee.Open(r.request, []*DecryptionShare{&s, r.shares[2], r.shares[1]})
		require.NoError(t, err)
		require.Equal(t, plaintexts(numbers()[1:]...), got)
	}
	_, err := r.committee.Open(r.request, []*DecryptionShare{r.shares[1], r.shares[1]})
	require.ErrorIs(t, err, ErrTooFew, "one party twice")
}

// forgedWithoutD is party 1's share with a point of its choice, which passes where the
// challenge covers all but the D: A_2 is any point, and D = (z·E_0 − A_2)/c.
func forgedWithoutD(t testing.TB, r *record, q *Request) *DecryptionShare {
	t.Helper()
	n := len(q.components)
	keys, points := make([]curve.G1, n), make([]curve.G1, n)
	p := new(sigma.Proof)
	var nonces []curve.Scalar
	for i, c := range q.components {
		keys[i] = r.committee.keys[1][c]
		nonces = append(nonces, random(t, fmt.Sprint("forged nonce ", i)))
		p.Commitments = append(p.Commitments, curve.Generator().Mul(nonces[i]), curve.Generator().Mul(random(t, fmt.Sprint("forged ", i))))
	}
	challenge := challengeWithoutD(q, r.committee.generation, keys, p)
	for i, c := range q.components {
		z := nonces[i].Add(challenge.Mul(r.keys[0].secrets[c]))
		p.Responses = append(p.Responses, z)
		points[i] = q.ciphertext.points[0].Mul(z).Sub(p.Commitments[2*i+1]).Mul(challenge.Inverse())
	}
	return DecryptionShareOf(r.committee.generation, 1, points, p)
}

// challengeWithoutD is that of a verifier who lets a D be anything.
func challengeWithoutD(q *Request, g Generation, keys []curve.G1, p *sigma.Proof) curve.Scalar {
	tr := q.transcript(g, 1)
	tr.AppendPoints("statement without D", append(keys[:len(keys):len(keys)], q.ciphertext.points[0])...)
	tr.AppendPoints("commitments", p.Commitments...)
	return tr.Challenge("sigma")
}

// The broken variant: where the challenge covers everything but D, a share of a party that
// knows its key has any D, and a record opens to anything.
func TestSharesNotAbsorbedAreFree(t *testing.T) {
	r := newRecord(t, 2, 4)
	s := forgedWithoutD(t, r, r.request)
	var keys []curve.G1
	for _, c := range r.request.components {
		keys = append(keys, r.committee.keys[1][c])
	}
	c := challengeWithoutD(r.request, r.committee.generation, keys, s.proof)
	for i := range keys {
		z := s.proof.Responses[i]
		require.Equal(t, curve.Generator().Mul(z), s.proof.Commitments[2*i].Add(keys[i].Mul(c)))
		require.Equal(t, r.ciphertext.points[0].Mul(z), s.proof.Commitments[2*i+1].Add(s.points[i].Mul(c)))
		require.NotEqual(t, r.shares[0].points[i], s.points[i])
	}
	requireLabel(t, r.committee.VerifyShare(r.request, s), "ENC-SHARE")
}

// A relation does not see what a D has off the subgroup; the check of membership does. With
// the relations alone, D + T would pass and the plaintext would be none.
func TestShareOffTheSubgroup(t *testing.T) {
	r := newRecord(t, 2, 4)
	for _, order := range testrand.SmallOrders {
		// the prover's, so that the challenge fits
		bad := shareOff(t, r, smallOrder(order))
		relations := func() *batch.Claims {
			c := new(batch.Claims)
			r.request.decryptionStatement([]curve.G1{r.committee.keys[1][1], r.committee.keys[1][2]}, bad.points).
				Verify(c, r.request.transcript(bad.generation, 1), bad.proof)
			return c
		}
		for range 5 {
			require.NoError(t, batch.One(relations()), "order %d", order)
			require.ErrorContains(t, r.committee.VerifyShare(r.request, bad), "[ENC-SHARE] a point is not in the subgroup")
		}
		opened := curve.MSMs(openingTerms(r.request, []*DecryptionShare{bad, r.shares[1]}))
		require.NotEqual(t, NewPlaintext(numbers()[1]).p, opened[0])
		got := r.committee.OpenResults(t.Context(), []*Request{r.request}, [][]*DecryptionShare{{bad, r.shares[1], r.shares[2]}})[0]
		require.Equal(t, Decryption{Plaintexts: plaintexts(numbers()[1:]...), Culprits: []Index{1}}, got)
	}
}

// shareOff is a share of party 1 with T added to its first point, proven as if it were one.
func shareOff(t testing.TB, r *record, low curve.G1) *DecryptionShare {
	t.Helper()
	w := sigma.Witness{}
	var keys []curve.G1
	for _, c := range r.request.components {
		w[secretName(c)] = r.keys[0].secrets[c]
		keys = append(keys, r.committee.keys[1][c])
	}
	points := append([]curve.G1{r.shares[0].points[0].Add(low)}, r.shares[0].points[1:]...)
	proof, err := r.request.decryptionStatement(keys, points).Prove(nil, r.request.transcript(r.committee.generation, 1), w)
	require.NoError(t, err)
	return DecryptionShareOf(r.committee.generation, 1, points, proof)
}

// subgroupForgeries are ciphertexts that [ENC-SUB] refuses.
func subgroupForgeries(r *record) map[string]*Ciphertext {
	e0, e := r.ciphertext.points[0], r.ciphertext.points[1:]
	m := map[string]*Ciphertext{
		"E_0 is 0":         ciphertextOf(curve.G1{}, e...),
		"an E off":         ciphertextOf(e0, e[0], e[1].Add(smallOrder(3)), e[2]),
		"an unasked E off": ciphertextOf(e0, e[0].Add(smallOrder(11)), e[1], e[2]),
	}
	for _, order := range testrand.SmallOrders {
		m[fmt.Sprintf("E_0 plus order %d", order)] = ciphertextOf(e0.Add(smallOrder(order)), e...)
		m[fmt.Sprintf("E_0 of order %d", order)] = ciphertextOf(smallOrder(order), e...)
	}
	return m
}

func TestRejectsENCSUB(t *testing.T) {
	r := newRecord(t, 2, 4)
	for name, e := range subgroupForgeries(r) {
		_, err := NewRequest(r.subject, e, 1, 2)
		requireLabel(t, err, "ENC-SUB")
		var claims batch.Claims
		e.Claim(&claims)
		require.ErrorContains(t, batch.One(&claims), "[ENC-SUB]", name)
	}
	var claims batch.Claims
	r.ciphertext.Claim(&claims)
	require.NoError(t, batch.One(&claims))
}

// What [ENC-SUB] is for: who encrypted knows k, and a share of E_0 + T, by a multiplication
// that is right on the whole curve, tells a modulo the order of T.
func TestSmallOrderTellsTheKeyModuloIt(t *testing.T) {
	r := newRecord(t, 2, 4)
	k, err := curve.RandomNonZero(nil)
	require.NoError(t, err)
	a := r.keys[0].secrets[0]
	for _, order := range testrand.SmallOrders[:3] {
		low := smallOrder(order)
		e0 := curve.Generator().Mul(k).Add(low)
		share := curve.MSM([]curve.Term{{Scalar: a, Point: e0}})
		rest := share.Sub(r.committee.keys[1][0].Mul(k))
		residue := int64(0)
		for p := (curve.G1{}); p != rest; p = p.Add(low) {
			residue++
		}
		b := a.Bytes()
		require.Equal(t, new(big.Int).Mod(new(big.Int).SetBytes(b[:]), big.NewInt(order)).Int64(), residue, "order %d", order)
		_, err := NewRequest(r.subject, ciphertextOf(e0, r.ciphertext.points[1:]...), 0)
		requireLabel(t, err, "ENC-SUB")
	}
}

// falseOpenings are what VerifyOpening refuses, by label.
func TestRejectsENCOPEN(t *testing.T) {
	r := newRecord(t, 2, 4)
	m := numbers()[1:]
	good := r.shares[:2]
	require.NoError(t, r.committee.VerifyOpening(r.request, good, m...))
	for name, f := range falseOpenings(r) {
		requireLabel(t, f(), "ENC-OPEN")
		require.NotEmpty(t, name)
	}
	other, _, err := DealEncryption(nil, 2, 4, 3)
	require.NoError(t, err)
	requireLabel(t, other.VerifyOpening(r.request, good, m...), "ENC-SHARE")
	require.ErrorIs(t, r.committee.VerifyOpening(nil, good, m...), ErrArgument)
	var claims batch.Claims
	r.committee.ClaimOpening(&claims, nil, good, []curve.Scalar{m[0].Scalar(), m[1].Scalar()})
	require.ErrorContains(t, batch.One(&claims), "[ENC-OPEN]")
	claims = batch.Claims{}
	r.committee.ClaimOpening(&claims, r.request, good, []curve.Scalar{m[0].Scalar(), m[1].Scalar()})
	require.NoError(t, batch.One(&claims))
}

// falseOpenings verify openings that are none.
func falseOpenings(r *record) map[string]func() error {
	m := numbers()[1:]
	verify := func(s []*DecryptionShare, m ...sig.Attribute) func() error {
		return func() error { return r.committee.VerifyOpening(r.request, s, m...) }
	}
	return map[string]func() error{
		"one more":               verify(r.shares[:2], sig.Uint64(1_000_008), m[1]),
		"one less":               verify(r.shares[:2], m[0], sig.Uint64(2)),
		"exchanged":              verify(r.shares[:2], m[1], m[0]),
		"t − 1 shares":           verify(r.shares[:1], m...),
		"t + 1 shares":           verify(r.shares[:3], m...),
		"one share twice":        verify([]*DecryptionShare{r.shares[0], r.shares[0]}, m...),
		"a plaintext too few":    verify(r.shares[:2], m[0]),
		"a plaintext too many":   verify(r.shares[:2], m[0], m[1], m[1]),
		"a plaintext off by r/2": verify(r.shares[:2], sig.Hash("test", nil), m[1]),
	}
}

// t − 1 shares say nothing: with them every plaintext is as likely, since for each there is
// a last share that opens to it.
func TestFewerSharesFitEveryPlaintext(t *testing.T) {
	r := newRecord(t, 3, 5)
	lambda := lagrange(0, []Index{1, 2, 3})
	for _, m := range []uint64{0, 1, 1 << 40} {
		d := r.ciphertext.points[2].Sub(curve.Generator().Mul(curve.Uint64(m)))
		for k, s := range r.shares[:2] {
			d = d.Sub(s.points[0].Mul(lambda[k]))
		}
		last := DecryptionShareOf(r.committee.generation, 3, []curve.G1{d.Mul(lambda[2].Inverse()), r.shares[2].points[1]}, r.shares[2].proof)
		got := curve.MSMs(openingTerms(r.request, []*DecryptionShare{r.shares[0], r.shares[1], last}))
		require.Equal(t, curve.Generator().Mul(curve.Uint64(m)), got[0])
	}
}

func TestSubjectsAreInjective(t *testing.T) {
	seen := map[Subject]string{}
	for _, purpose := range []string{"a", "ab", "abc"} {
		for _, parts := range [][]string{{"a"}, {"", "a"}, {"a", ""}, {"bc"}, {"b", "c"}, {"c"}, {"bca"}, {"\x00\x00\x00\x01a"}, {""}, {"", ""}} {
			s := newSubject(t, purpose, parts...)
			require.Empty(t, seen[s], "%s %q", purpose, parts)
			seen[s] = fmt.Sprint(purpose, parts)
		}
	}
	other, err := NewSubject([32]byte{1, 2, 4}, "a", []byte("a"))
	require.NoError(t, err)
	require.Empty(t, seen[other])
	for name, f := range map[string]func() (Subject, error){
		"no network":      func() (Subject, error) { return NewSubject([32]byte{}, "a", []byte("a")) },
		"no purpose":      func() (Subject, error) { return NewSubject(testNetwork, "", []byte("a")) },
		"a long purpose":  func() (Subject, error) { return NewSubject(testNetwork, string(make([]byte, 65)), []byte("a")) },
		"no part":         func() (Subject, error) { return NewSubject(testNetwork, "a") },
		"a part too long": func() (Subject, error) { return NewSubject(testNetwork, "a", make([]byte, 1025)) },
	} {
		_, err := f()
		require.ErrorIs(t, err, ErrArgument, name)
	}
}

func TestRequestsRefuse(t *testing.T) {
	r := newRecord(t, 2, 4)
	for _, components := range [][]int{nil, {-1}, {3}, {1, 1}, {2, 1}, {0, 1, 2, 3}} {
		_, err := NewRequest(r.subject, r.ciphertext, components...)
		require.ErrorIs(t, err, ErrArgument, components)
	}
	_, err := NewRequest(Subject{}, r.ciphertext, 1)
	require.ErrorIs(t, err, ErrArgument)
	_, err = NewRequest(r.subject, nil, 1)
	require.ErrorIs(t, err, ErrArgument)
	own := []int{0, 2}
	q := r.ask(t, r.subject, r.ciphertext, own...)
	own[0] = 1
	require.Equal(t, []int{0, 2}, q.Components())
	q.Components()[0] = 1
	require.Equal(t, []int{0, 2}, q.Components())
	require.Equal(t, r.subject, q.Subject())
	require.True(t, q.Ciphertext().Equal(r.ciphertext))

	fewer, keys, err := DealEncryption(nil, 1, 1, 2)
	require.NoError(t, err)
	_, err = keys[0].Decrypt(nil, q)
	require.ErrorIs(t, err, ErrArgument, "keys for two components")
	_, err = fewer.Open(q, nil)
	require.ErrorIs(t, err, ErrArgument)
	_, err = fewer.Key().Encrypt(nil, numbers()...)
	require.ErrorIs(t, err, ErrArgument)
	_, err = fewer.Key().Encrypt(testrand.Failing(0, io.ErrUnexpectedEOF), numbers()[:2]...)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	_, err = r.keys[0].Decrypt(testrand.Failing(0, io.ErrUnexpectedEOF), q)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

// With a generator that repeats itself, nonces still do not: two proofs tell no key.
func TestNoncesAreHedged(t *testing.T) {
	r := newRecord(t, 2, 4)
	seen := map[curve.G1]bool{}
	for _, q := range []*Request{
		r.request, r.ask(t, r.subject, r.encrypt(t, "2"), 1, 2), r.ask(t, newSubject(t, "decide", "2"), r.ciphertext, 1, 2),
		r.ask(t, r.subject, r.ciphertext, 1), r.ask(t, r.subject, r.ciphertext, 0, 1),
	} {
		for _, k := range r.keys {
			s, err := k.Decrypt(testrand.Constant(7), q)
			require.NoError(t, err)
			require.NoError(t, r.committee.VerifyShare(q, s))
			for i := 0; i < len(s.proof.Commitments); i += 2 {
				require.False(t, seen[s.proof.Commitments[i]])
				seen[s.proof.Commitments[i]] = true
			}
		}
	}
}

// A key of another purpose, up to sign, is refused.
func TestRejectsKeysOfTwoPurposes(t *testing.T) {
	audit, _ := encryptionKeys(t, 2, 4, 3)
	a, err := EncryptionCommitteeOf(2, audit)
	require.NoError(t, err)
	b, _, err := DealEncryption(testrand.New("tax"), 2, 4, 3)
	require.NoError(t, err)
	require.NoError(t, a.Key().Distinct(b.Key()))
	require.True(t, !a.Key().Equal(b.Key()) && a.Key().Equal(a.Key()) && !a.Key().Equal(nil))
	for _, c := range sharedKeys(t, audit) {
		requireLabel(t, a.Key().Distinct(c.Key()), "ENC-KEY")
		requireLabel(t, c.Key().Distinct(a.Key()), "ENC-KEY")
		require.NoError(t, c.Key().Distinct(b.Key()))
	}
	require.ErrorIs(t, a.Key().Distinct(nil), ErrArgument)
}

// sharedKeys are committees that have a key of another one.
func sharedKeys(t testing.TB, keys [][]curve.G1) map[string]*EncryptionCommittee {
	of := func(f func(p []curve.G1) []curve.G1) *EncryptionCommittee {
		var k [][]curve.G1
		for j := range keys {
			k = append(k, f(keys[j]))
		}
		c, err := EncryptionCommitteeOf(2, k)
		require.NoError(t, err)
		return c
	}
	return map[string]*EncryptionCommittee{
		"the same":      of(func(p []curve.G1) []curve.G1 { return p }),
		"one component": of(func(p []curve.G1) []curve.G1 { return p[2:] }),
		"opposite":      of(func(p []curve.G1) []curve.G1 { return []curve.G1{p[1].Neg()} }),
	}
}

// Nothing of these keys is in G2, by type.
func TestEncryptionKeysHaveNoG2(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var visit func(reflect.Type)
	visit = func(v reflect.Type) {
		if seen[v] {
			return
		}
		seen[v] = true
		require.NotEqual(t, reflect.TypeFor[curve.G2](), v)
		require.NotEqual(t, reflect.TypeFor[curve.Fixed](), v)
		require.NotEqual(t, reflect.TypeFor[sig.SecretKey](), v)
		require.NotEqual(t, reflect.TypeFor[sig.PublicKey](), v)
		switch v.Kind() {
		case reflect.Struct:
			if v == reflect.TypeFor[batch.Claims]() {
				return // may claim anything; no key is in them
			}
			for i := range v.NumField() {
				visit(v.Field(i).Type)
			}
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			visit(v.Elem())
		case reflect.Func:
			for i := range v.NumIn() {
				visit(v.In(i))
			}
			for i := range v.NumOut() {
				visit(v.Out(i))
			}
		}
		for m := range v.Methods() {
			if v.PkgPath() == reflect.TypeFor[Ciphertext]().PkgPath() || v.Kind() == reflect.Pointer && v.Elem().PkgPath() == reflect.TypeFor[Ciphertext]().PkgPath() {
				visit(m.Type)
			}
		}
	}
	for _, v := range []reflect.Type{reflect.TypeFor[*EncryptionCommittee](), reflect.TypeFor[*EncryptionKey](), reflect.TypeFor[*EncryptionKeyShare](), reflect.TypeFor[*Ciphertext](),
		reflect.TypeFor[*CiphertextSum](), reflect.TypeFor[*Request](), reflect.TypeFor[*DecryptionShare](), reflect.TypeFor[Plaintext]()} {
		visit(v)
	}
	require.True(t, seen[reflect.TypeFor[curve.Scalar]()] && seen[reflect.TypeFor[*sigma.Statement]()], "the search must get there")
}

// ciphertextOf is CiphertextOf in parts.
func ciphertextOf(e0 curve.G1, e ...curve.G1) *Ciphertext {
	return CiphertextOf(append([]curve.G1{e0}, e...))
}

func TestReadCiphertext(t *testing.T) {
	r := newRecord(t, 2, 4)
	b := r.ciphertext.Append(nil)
	require.Len(t, b, 4*curve.G1Size)
	reader := wire.NewReader(b)
	require.True(t, r.ciphertext.Equal(ReadCiphertext(reader, 3)))
	require.NoError(t, reader.Close())
	for _, n := range []int{0, -1, 2, 4, MaxComponents + 1} {
		reader := wire.NewReader(b)
		ReadCiphertext(reader, n)
		require.Error(t, reader.Close(), n)
	}
}

// values are in the order of decoders, from Ciphertext on.
func (r *record) values(t testing.TB) []codec {
	sum, err := new(CiphertextSum).Add(r.ciphertext, r.encrypt(t, "2"))
	require.NoError(t, err)
	return []codec{r.ciphertext, sum, r.shares[0], r.committee.Key()}
}

func TestDecryptionEncodings(t *testing.T) {
	r := newRecord(t, 2, 4)
	for i, v := range r.values(t) {
		b := encode(t, v)
		d := decoders[5+i]
		appended, err := v.AppendBinary([]byte("prefix"))
		require.NoError(t, err)
		require.Equal(t, "prefix"+string(b), string(appended))
		got := d.make()
		require.NoError(t, got.UnmarshalBinary(b))
		require.Equal(t, v, got)
		bad := map[string][]byte{"empty": {}, "cut": b[:len(b)-1], "more": append(b[:len(b):len(b)], 0), "version": append([]byte{2}, b[1:]...)}
		set := func(name string, offset int, v ...byte) {
			c := append([]byte(nil), b...)
			copy(c[offset:], v)
			bad[name] = c
		}
		identity := curve.G1{}.Append(nil)
		switch v.(type) {
		case *Ciphertext:
			set("no component", 1, 0, 0)
			set("a component more", 1, 0, 4)
			set("too many", 1, 0, 17)
			set("E_0 is 0", 3, identity...)
			set("E_1 is 0", 3+curve.G1Size, identity...)
			set("off the curve", len(b)-1, b[len(b)-1]^1)
		case *CiphertextSum:
			set("none, with points", 1, make([]byte, 8)...)
			set("no component", 9, 0, 0)
			set("E_0 is 0", 11, identity...)
		case *EncryptionKey:
			set("no key", 1, 0, 0)
			set("too many keys", 1, 0, 17)
			set("a key is 0", 3, identity...)
		case *DecryptionShare:
			set("index 0", 33, 0, 0)
			set("index above the largest", 33, 4, 1)
			set("no component", 35, 0, 0)
			set("a component more", 35, 0, 3)
			set("D is 0", 37, identity...)
			set("a commitment more", 37+2*curve.G1Size, 0, 5)
			set("response not reduced", len(b)-32, 0xff)
		}
		for name, c := range bad {
			require.ErrorIs(t, got.UnmarshalBinary(c), ErrMalformed, "%s: %s", d.name, name)
			require.Equal(t, v, got)
		}
	}
	var none, decoded CiphertextSum
	require.NoError(t, decoded.UnmarshalBinary(encode(t, &none)))
	require.Zero(t, decoded.Count())
	_, err := new(Ciphertext).MarshalBinary()
	require.ErrorIs(t, err, ErrArgument)
	_, err = DecryptionShareOf(Generation{}, 1, r.shares[0].points, nil).MarshalBinary()
	require.ErrorIs(t, err, ErrArgument)
	for name, p := range map[string]curve.G1{"of small order": smallOrder(3), "G": curve.Generator(), "−G": curve.Generator().Neg(),
		"the next": r.committee.keys[0][1], "its negative": r.committee.keys[0][1].Neg()} {
		b := p.Append(encode(t, r.committee.Key())[:3])
		b = append(b, encode(t, r.committee.Key())[len(b):]...)
		got := new(EncryptionKey)
		requireLabel(t, got.UnmarshalBinary(b), "ENC-KEY")
		require.Zero(t, got.Components(), name)
	}
	require.True(t, r.shares[0].Equal(r.shares[0]) && !r.shares[0].Equal(r.shares[1]) && !r.shares[0].Equal(nil))
	require.True(t, !r.ciphertext.Equal(nil) && !r.ciphertext.Equal(r.encrypt(t, "2")))
}

func TestDealEncryption(t *testing.T) {
	r := newRecord(t, 2, 4)
	for _, k := range r.keys {
		require.NoError(t, r.committee.VerifyKeyShare(k))
	}
	for _, b := range []byte{0, 7} {
		_, _, err := DealEncryption(testrand.Constant(b), 2, 4, 2)
		require.Error(t, err, "a broken generator")
	}
	for _, size := range [][3]int{{0, 1, 1}, {2, 1, 1}, {1, 1, 0}, {1, 1, MaxComponents + 1}} {
		_, _, err := DealEncryption(nil, size[0], size[1], size[2])
		require.ErrorIs(t, err, ErrArgument)
	}
}
