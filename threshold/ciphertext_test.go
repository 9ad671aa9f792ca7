package threshold

import (
	"context"
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
	"github.com/utt-ecash/utt-go/sig"
)

// A sum opens to the sums, of limbs as of totals found by an interval.
func TestSumsOpen(t *testing.T) {
	c, keys, err := DealEncryption(testrand.New("sums"), 2, 3, 3)
	require.NoError(t, err)
	var all []*Ciphertext
	var totals [3]uint64
	for i := range uint64(10) {
		m := [3]uint64{1<<32 - 1 - i, i * i, 7}
		e, err := c.Key().Encrypt(testrand.New(fmt.Sprint("sum ", i)), sig.Uint64(m[0]), sig.Uint64(m[1]), sig.Uint64(m[2]))
		require.NoError(t, err)
		all = append(all, e)
		for k := range m {
			totals[k] += m[k]
		}
	}
	var sum *CiphertextSum
	for i, end := range []int{0, 1, 2, 10} { // one, two, none, many at once
		from := []int{0, 0, 1, 2}[i]
		sum, err = sum.Add(all[from:end]...)
		require.NoError(t, err)
		require.EqualValues(t, end, sum.Count())
	}
	together, err := new(CiphertextSum).Add(all...)
	require.NoError(t, err)
	require.True(t, sum.Ciphertext().Equal(together.Ciphertext()))

	q, err := NewRequest(newSubject(t, "sum", "batch 1"), sum.Ciphertext(), 0, 1, 2)
	require.NoError(t, err)
	var shares []*DecryptionShare
	for _, k := range keys[1:] {
		s, err := k.Decrypt(nil, q)
		require.NoError(t, err)
		shares = append(shares, s)
	}
	got, err := c.Open(q, shares)
	require.NoError(t, err)
	table, err := NewLogTable(SmallLogTable)
	require.NoError(t, err)
	bounds := [][2]uint64{{0, 10 << 32}, {totals[1] - 100, totals[1]}, {totals[2], totals[2]}}
	for k, p := range got {
		m, err := table.Find(t.Context(), p, bounds[k][0], bounds[k][1])
		require.NoError(t, err)
		require.Equal(t, totals[k], m)
	}
	require.NoError(t, c.VerifyOpening(q, shares, sig.Uint64(totals[0]), sig.Uint64(totals[1]), sig.Uint64(totals[2])))
	requireLabel(t, c.VerifyOpening(q, shares, sig.Uint64(totals[0]+1), sig.Uint64(totals[1]), sig.Uint64(totals[2])), "ENC-OPEN")
}

// cancelling are ciphertexts by one who knows k of both, whose sum has none.
func cancelling(t testing.TB, c *EncryptionCommittee) (*Ciphertext, *Ciphertext) {
	k := random(t, "cancelling")
	m := []curve.Scalar{curve.Uint64(1), curve.Uint64(2), curve.Uint64(3)}
	key := c.Key()
	return CiphertextOf(curve.SumsSecret(key.Encryption(k, m...))), CiphertextOf(curve.SumsSecret(key.Encryption(k.Neg(), m...)))
}

// With k and −k in a batch alone, nobody would give a share on the sum, and it would never
// be opened: the second one is refused.
func TestRejectsSumWithoutSecret(t *testing.T) {
	r := newRecord(t, 2, 4)
	first, second := cancelling(t, r.committee)
	sum, err := new(CiphertextSum).Add(first)
	require.NoError(t, err)
	_, err = sum.Add(second)
	requireLabel(t, err, "ENC-SUB")
	require.EqualValues(t, 1, sum.Count())
	_, err = sum.Add(r.ciphertext, second)
	require.NoError(t, err, "beside another's it hides what it did")

	for _, e := range [][]*Ciphertext{{nil}, {new(Ciphertext)}, {r.ciphertext, CiphertextOf(r.ciphertext.points[:3])}} {
		_, err = sum.Add(e...)
		require.ErrorIs(t, err, ErrArgument)
	}
	require.Nil(t, new(CiphertextSum).Ciphertext())
}

// taxed is a statement of an encrypted identity and of a total in − out − 5, and its witness.
func taxed(c *EncryptionCommittee, e *Ciphertext) *sigma.Statement {
	st := new(sigma.Statement)
	k := st.Var("k")
	e.RelateNonce(st, "E-0", k)
	e.Relate(st, "E-1", c.Key(), 0, k, st.Var("pid"))
	e.RelateSum(st, "E-2", c.Key(), 1, k, Sum{Plus: []sigma.Var{st.Var("in 1"), st.Var("in 2")}, Minus: []sigma.Var{st.Var("out")}, Public: curve.Uint64(5).Neg()})
	e.RelateSum(st, "E-3", c.Key(), 2, k, Sum{Public: curve.Uint64(9)})
	return st
}

func taxedWitness(t testing.TB) (sigma.Witness, []curve.Scalar) {
	w := sigma.Witness{"k": random(t, "k"), "pid": random(t, "pid"), "in 1": curve.Uint64(70), "in 2": curve.Uint64(40), "out": curve.Uint64(100)}
	return w, []curve.Scalar{w["pid"], curve.Uint64(5), curve.Uint64(9)}
}

func verifyTaxed(c *EncryptionCommittee, e *Ciphertext, p *sigma.Proof) error {
	var claims batch.Claims
	e.Claim(&claims)
	taxed(c, e).Verify(&claims, transcript.New(dst.TransferProof), p)
	return batch.One(&claims)
}

// The relations hold for what Sums makes, the draft of a proof has their shape, and a
// ciphertext of another number fails by its label.
func TestRelate(t *testing.T) {
	c, _, err := DealEncryption(testrand.New("relate"), 2, 3, 3)
	require.NoError(t, err)
	w, m := taxedWitness(t)

	draft := taxed(c, CiphertextOf(make([]curve.G1, 4)))
	sums := c.Key().Encryption(w["k"], m...)
	nonces, commitments, err := draft.Commit(nil, transcript.New(dst.TransferProof), w)
	require.NoError(t, err)
	points := curve.SumsSecret(append(sums, commitments...))
	e := CiphertextOf(points[:4])
	require.NoError(t, taxed(c, e).Check(w))
	require.NoError(t, verifyTaxed(c, e, taxed(c, e).Respond(transcript.New(dst.TransferProof), nonces, points[4:])))

	for i, label := range []string{"E-0", "E-1", "E-2", "E-3"} {
		k, of := w["k"], append([]curve.Scalar(nil), m...)
		if i == 0 {
			k = k.Add(curve.Uint64(1))
		} else {
			of[i-1] = of[i-1].Add(curve.Uint64(1))
		}
		points := curve.SumsSecret(c.Key().Encryption(k, of...))
		lie := CiphertextOf(points)
		require.ErrorContains(t, taxed(c, lie).Check(w), "["+label+"]")
		p, err := taxed(c, lie).Prove(nil, transcript.New(dst.TransferProof), w)
		require.NoError(t, err)
		require.ErrorContains(t, verifyTaxed(c, lie, p), "["+label+"]")
	}
	require.Nil(t, c.Key().Encryption(w["k"], m[:2]...))
	require.Nil(t, new(EncryptionKey).Encryption(w["k"]))
}

// A victim's ciphertext, as it is, blinded anew or shifted, is of no use in a proof of
// whoever does not know k.
func TestRejectsCopiedCiphertext(t *testing.T) {
	c, _, err := DealEncryption(testrand.New("relate"), 2, 3, 3)
	require.NoError(t, err)
	w, m := taxedWitness(t)
	points := curve.SumsSecret(c.Key().Encryption(w["k"], m...))
	own := sigma.Witness{"k": random(t, "own"), "pid": w["pid"], "in 1": w["in 1"], "in 2": w["in 2"], "out": w["out"]}
	blinded := curve.SumsSecret(c.Key().Encryption(own["k"], make([]curve.Scalar, 3)...))
	for i := range blinded {
		blinded[i] = blinded[i].Add(points[i])
	}
	shifted := append([]curve.G1(nil), points...)
	shifted[1] = shifted[1].Add(curve.Generator())
	for name, p := range map[string][]curve.G1{"as it is": points, "blinded": blinded, "shifted": shifted} {
		e := CiphertextOf(p)
		proof, err := taxed(c, e).Prove(nil, transcript.New(dst.TransferProof), own)
		require.NoError(t, err)
		require.ErrorContains(t, verifyTaxed(c, e, proof), "[E-0]", name)
	}
}

func TestLogTable(t *testing.T) {
	table, err := NewLogTable(SmallLogTable)
	require.NoError(t, err)
	p := func(m uint64) Plaintext { return NewPlaintext(sig.Uint64(m)) }
	got, err := table.Amount(t.Context(), p(12345), p(7))
	require.NoError(t, err)
	require.Equal(t, uint64(7<<32+12345), got)
	got, err = table.Find(t.Context(), p(1<<44), 1<<44-1000, 1<<44)
	require.NoError(t, err)
	require.Equal(t, uint64(1<<44), got)

	for _, bounds := range [][2]uint64{{0, 999}, {1001, 5000}} {
		_, err = table.Find(t.Context(), p(1000), bounds[0], bounds[1])
		require.ErrorIs(t, err, ErrRange)
	}
	_, err = table.Amount(t.Context(), Plaintext{p(1).p.Neg()}, p(7))
	require.ErrorIs(t, err, ErrRange)
	_, err = table.Amount(t.Context(), p(7), Plaintext{p(1).p.Neg()})
	require.ErrorIs(t, err, ErrRange)
	_, err = table.Find(t.Context(), p(1), 2, 1)
	require.ErrorIs(t, err, ErrArgument)
	_, err = table.Find(t.Context(), p(1), 0, MaxInterval+1)
	require.ErrorIs(t, err, ErrArgument)
	for _, bits := range []int{-1, 0, 7, 25, 1 << 30} {
		_, err = NewLogTable(bits)
		require.ErrorIs(t, err, ErrArgument)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = table.Find(ctx, Plaintext{p(1).p.Neg()}, 0, MaxInterval)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, "redacted", fmt.Sprint(p(5)))
	require.NotEqual(t, p(5).Bytes(), p(6).Bytes())
}

// A sum that others add to may lose its randomness, and find it again; it reads back then.
func TestPlus(t *testing.T) {
	c, _, err := DealEncryption(testrand.New("plus"), 2, 3, 2)
	require.NoError(t, err)
	one, err := c.Key().Encrypt(testrand.New("one"), sig.Uint64(5), sig.Uint64(7))
	require.NoError(t, err)
	two, err := c.Key().Encrypt(testrand.New("two"), sig.Uint64(1), sig.Uint64(2))
	require.NoError(t, err)
	points := make([]curve.G1, 3)
	for i, p := range one.Points() {
		points[i] = p.Neg()
	}
	opposed := CiphertextOf(points)
	sum, err := new(CiphertextSum).Add(one, two)
	require.NoError(t, err)
	var none *Ciphertext
	require.True(t, none.Plus(one).Plus(two).Equal(sum.Ciphertext()))
	nothing := one.Plus(opposed)
	require.True(t, one.Secret())
	require.False(t, nothing.Secret())
	require.False(t, none.Secret())
	require.True(t, nothing.Plus(two).Equal(two))
	read, ok := nothing.Plus(CiphertextOf([]curve.G1{{}, curve.Generator(), curve.Generator()})).Plain(1)
	require.True(t, ok)
	require.Equal(t, NewPlaintext(sig.Uint64(1)), read)
	_, ok = one.Plain(1)
	require.False(t, ok)
	_, ok = nothing.Plain(2)
	require.False(t, ok)
	_, err = new(CiphertextSum).Add(one, opposed)
	require.ErrorIs(t, err, ErrInvalid)

	for _, e := range []*Ciphertext{one, nothing} {
		r := wire.NewReader(e.Append(nil))
		require.True(t, ReadSum(r, 2).Equal(e))
		require.NoError(t, r.Close())
	}
	r := wire.NewReader(nothing.Append(nil))
	ReadCiphertext(r, 2)
	require.Error(t, r.Close())
	require.Equal(t, one, one.Plus(new(Ciphertext)), "of another number of components nothing is added")
}

// Of what is added, also where E_0 cancels in between, some components are opened.
func TestOnly(t *testing.T) {
	c, keys, err := DealEncryption(nil, 2, 3, 4)
	require.NoError(t, err)
	encrypt := func(low uint64) *Ciphertext {
		e, err := c.Key().Encrypt(nil, sig.Uint64(7), sig.Uint64(8), sig.Uint64(low), sig.Uint64(1))
		require.NoError(t, err)
		return e.Only(2, 3)
	}
	one := encrypt(5)
	require.True(t, one.points[1].IsIdentity() && one.points[2].IsIdentity())
	opposite := new(Ciphertext)
	for _, p := range one.points {
		opposite.points = append(opposite.points, p.Neg())
	}
	s, err := NewSubject([32]byte{1}, "sum", []byte{1})
	require.NoError(t, err)
	_, err = NewRequest(s, one.Plus(opposite), 2, 3)
	require.ErrorIs(t, err, ErrInvalid, "[ENC-SUB]")
	sum := one.Plus(opposite).Plus(encrypt(30)).Plus(encrypt(12))
	b := sum.AppendOnly(nil, 2, 3)
	require.Len(t, b, 3*curve.G1Size)
	r := wire.NewReader(b)
	require.True(t, sum.Equal(ReadSum(r, 4, 2, 3)))
	require.NoError(t, r.Close())
	request, err := NewRequest(s, sum, 2, 3)
	require.NoError(t, err)
	var shares []*DecryptionShare
	for _, k := range keys[1:] {
		share, err := k.Decrypt(nil, request)
		require.NoError(t, err)
		shares = append(shares, share)
	}
	m, err := c.Open(request, shares)
	require.NoError(t, err)
	require.Equal(t, []Plaintext{NewPlaintext(sig.Uint64(42)), NewPlaintext(sig.Uint64(2))}, m)
}
