package nullifier_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/attr"
	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/sigma"
	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/nullifier"
)

const (
	labelRelation = "NF-1"
	labelSubgroup = "NF-1-SUBGROUP"
)

// spend is a nullifier with a proof that it is that of the key and the serial
// number committed to: the shape that a transfer gives it.
type spend struct {
	key, serial curve.G1 // Pedersen commitments
	n           nullifier.Nullifier
	proof       *sigma.Proof
}

func bases() (curve.G1, curve.G1) {
	return attr.NewBase(dst.Base, []byte("test")).Point(), curve.Generator()
}

func (s *spend) statement() *sigma.Statement {
	h, g := bases()
	st := new(sigma.Statement)
	key, serial := st.Var("s"), st.Var("sn")
	st.Relation("KEY", sigma.Point(s.key), sigma.Secret{Var: key, Base: h}, sigma.Secret{Var: st.Var("r"), Base: g})
	st.Relation("SERIAL", sigma.Point(s.serial), sigma.Secret{Var: serial, Base: h}, sigma.Secret{Var: st.Var("q"), Base: g})
	s.n.Relate(st, labelRelation, key, serial)
	return st
}

func (s *spend) transcript() *transcript.Transcript {
	t := transcript.New(dst.TransferProof)
	t.Append("nullifier", s.n.Append(nil))
	return t
}

func (s *spend) verify() error {
	claims := new(batch.Claims)
	s.n.Claim(claims, labelSubgroup)
	s.statement().Verify(claims, s.transcript(), s.proof)
	return batch.One(claims)
}

// witness is what a spender claims to have committed to.
type witness struct{ key, serial attr.Attribute }

// newSpend commits to c and proves n with the witness w, whether or not that is
// true: Prove checks nothing.
func newSpend(t testing.TB, c, w witness, n nullifier.Nullifier) *spend {
	t.Helper()
	h, g := bases()
	r, q := random(t, "r").Scalar(), random(t, "q").Scalar()
	commit := func(a attr.Attribute, r curve.Scalar) curve.G1 {
		return curve.MSM([]curve.Term{{Scalar: a.Scalar(), Point: h}, {Scalar: r, Point: g}})
	}
	s := &spend{key: commit(c.key, r), serial: commit(c.serial, q), n: n}
	var err error
	s.proof, err = s.statement().Prove(testrand.New("nonces"), s.transcript(), sigma.Witness{
		"s": w.key.Scalar(), "sn": w.serial.Scalar(), "r": r, "q": q})
	require.NoError(t, err)
	return s
}

func coin(t testing.TB) witness { return witness{random(t, "key"), random(t, "serial")} }

func requireLabel(t testing.TB, label string, err error) {
	t.Helper()
	var e *batch.Error
	require.True(t, errors.As(err, &e), "%v", err)
	require.Equal(t, label, e.Label)
}

func TestSpendVerifies(t *testing.T) {
	c := coin(t)
	require.NoError(t, newSpend(t, c, c, derive(t, c.key, c.serial)).verify())
}

func TestRejectsNF1(t *testing.T) {
	c := coin(t)
	right := point(t, derive(t, c.key, c.serial))
	for name, n := range map[string]nullifier.Nullifier{
		"wrong key":        derive(t, random(t, "another"), c.serial),
		"wrong serial":     derive(t, c.key, random(t, "another")),
		"negated":          at(t, right.Neg()),
		"doubled":          at(t, right.Add(right)),
		"the generator N":  derive(t, attr.Uint64(1), attr.Uint64(0)),
		"random nullifier": at(t, curve.HashToG1(dst.Base, []byte("random"))),
	} {
		t.Run(name, func(t *testing.T) {
			requireLabel(t, "NF-1", newSpend(t, c, c, n).verify())
		})
	}
}

// The relation holds for another key or serial number, but those are not the ones
// committed to.
func TestRejectsAnotherWitness(t *testing.T) {
	c := coin(t)
	other := witness{random(t, "another"), c.serial}
	requireLabel(t, "KEY", newSpend(t, c, other, derive(t, other.key, other.serial)).verify())

	other = witness{c.key, random(t, "another")}
	requireLabel(t, "SERIAL", newSpend(t, c, other, derive(t, other.key, other.serial)).verify())

	// a sum may be split in many ways, of which one was committed to
	one := attr.Uint64(1).Scalar()
	other = witness{attr.FromScalar(c.key.Scalar().Add(one)), attr.FromScalar(c.serial.Scalar().Sub(one))}
	requireLabel(t, "KEY", newSpend(t, c, other, derive(t, c.key, c.serial)).verify())
}

// A proof is of one nullifier: it does not pass to another.
func TestRejectsExchangedNullifier(t *testing.T) {
	c := coin(t)
	s := newSpend(t, c, c, derive(t, c.key, c.serial))
	s.n = at(t, point(t, s.n).Neg())
	require.Error(t, s.verify())
}

func TestRejectsTheZeroNullifier(t *testing.T) {
	c := coin(t)
	s := newSpend(t, c, c, nullifier.Nullifier{})
	requireLabel(t, labelSubgroup, s.verify())
}

// The double spend that the subgroup check stops: a coin's nullifier plus a point
// of small order differs from it, has a key of its own, and satisfies the relation
// once the cofactor is cleared.
func TestRejectsDoubleSpendBySmallOrder(t *testing.T) {
	c := coin(t)
	honest := derive(t, c.key, c.serial)
	for _, order := range testrand.SmallOrders {
		second := at(t, point(t, honest).Add(smallOrder(order)))
		require.NotEqual(t, honest, second)
		require.NotEqual(t, honest.Key(), second.Key())

		s := newSpend(t, c, c, second)
		claims := new(batch.Claims)
		s.statement().Verify(claims, s.transcript(), s.proof)
		require.NoError(t, batch.One(claims), "the relation alone must not tell, or this test shows nothing")

		requireLabel(t, labelSubgroup, s.verify())
	}
}
