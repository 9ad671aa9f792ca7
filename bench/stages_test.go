package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/utt"
)

// claimsOf are claims for each of some things.
func claimsOf[T any](of []T, f func(*batch.Claims, T)) []*batch.Claims {
	claims := make([]*batch.Claims, len(of))
	for i := range of {
		claims[i] = new(batch.Claims)
		f(claims[i], of[i])
	}
	return claims
}

func verify(claims []*batch.Claims) error {
	return errors.Join(batch.Verify(context.Background(), claims)...)
}

// BenchmarkGroth16Floor is the proofs of balance alone, whatever else a payment
// shows: B from its bytes to a point of the subgroup, and the pairing equations.
// It uses one thread.
func BenchmarkGroth16Floor(b *testing.B) {
	const n = 256
	b.Run(fmt.Sprintf("batch=%d", n), func(b *testing.B) {
		w, ops := payments(b, n)
		u := newUnit(b, n/2)
		onOneThread(b)
		k := newKeys(b, w)
		proofs := make([]groth16Points, n)
		encoded := make([][]byte, n)
		for i, op := range ops {
			p := read(b, op)
			proofs[i] = points(&p.proof)
			encoded[i] = proofs[i].b.Append(nil)
		}
		var err error
		for b.Loop() {
			u.begin()
			claims := make([]*batch.Claims, n)
			for i := range claims {
				r := wire.NewReader(encoded[i])
				p := proofs[i]
				if p.b = curve.ReadG2(r); r.Close() != nil {
					b.Fatal(r.Err())
				}
				claims[i] = new(batch.Claims)
				claims[i].InG2("TX-G16", p.b)
				k.balance(claims[i], &p)
			}
			err = errors.Join(err, verify(claims))
			u.end()
		}
		u.reportRate(n)
		require.NoError(b, err)
		proofs[n/3].b = proofs[n/3+1].b
		wrong := claimsOf(proofs, func(c *batch.Claims, p groth16Points) { k.balance(c, &p) })
		for i, err := range batch.Verify(context.Background(), wrong) {
			require.Equal(b, i == n/3, err != nil, "%d: %v", i, err)
		}
	})
}

// BenchmarkVerifyBadPairings is claims of payments of which some fail in the pairings, which
// come last: all, a third, so that few sets are without one, and one of them. Nothing but
// the claims, stated again, is decided. times-good is by those without invalid ones.
func BenchmarkVerifyBadPairings(b *testing.B) {
	const n = 256
	for _, every := range []int{1, 3, n} {
		b.Run(fmt.Sprintf("batch=%d/bad=1of%d", n, every), func(b *testing.B) {
			w, ops := payments(b, n)
			k := newKeys(b, w)
			state := func(c *batch.Claims, p *payment) {
				p.inG1(c)
				g := points(&p.proof)
				c.InG2("TX-G16", g.b)
				p.relations(c, k.circuit)
				k.signatures(c, p)
				k.balance(c, &g)
			}
			taken, bad := make([]*payment, n), make([]*payment, n)
			for i, op := range ops {
				taken[i], bad[i] = read(b, op), read(b, op)
				if i%every == every/2 {
					last := &bad[i].budget.shown
					last.signature = last.signature.Add(last.base)
				}
			}
			good, claims := claimsOf(taken, state), claimsOf(bad, state)
			u := newUnit(b, 2*n)
			var asGood series
			var errs []error
			for b.Loop() {
				b.StopTimer()
				asGood.measure(u.k, func() { require.NoError(b, verify(good)) })
				u.begin()
				errs = batch.Verify(context.Background(), claims)
				u.end()
			}
			u.reportRate(n)
			b.ReportMetric(u.pu.best()/asGood.best(), "times-good")
			for i, err := range errs {
				require.Equal(b, i%every == every/2, err != nil, "%d", i)
			}
		})
	}
}

// BenchmarkStages is where the time of a replica goes, in pu per payment, on one
// thread. verify is the stages of verification run as one, which is what they are
// measured against: their sum differs by what is not in any of them. pairing-sums
// and statement are the differences between two measurements.
func BenchmarkStages(b *testing.B) {
	const n, rounds = 256, 3
	b.Run(fmt.Sprintf("batch=%d", n), func(b *testing.B) {
		w, ops := payments(b, n)
		onOneThread(b)
		s := newStages(b, w, ops)
		var times [len(stages)]series
		for b.Loop() {
			for range rounds {
				r := newReplica(b, w)
				for i, stage := range stages {
					times[i].measure(n/16, func() {
						if err := stage.run(s, r); err != nil {
							b.Fatal(stage.name, err)
						}
					})
				}
			}
		}
		requireSigned(b, w, ops, s.shares)
		b.ReportMetric(0, "ns/op") // of no meaning
		pu := make(map[string]float64)
		for i, stage := range stages {
			pu[stage.name] = times[i].best() / n
		}
		pu["statement"] -= pu["hash-to-curve"]
		pu["pairing-sums"] -= pu["miller-final"]
		for name, v := range pu {
			b.ReportMetric(v, name+"-pu")
		}
		var sum float64
		for _, name := range []string{"hash-to-curve", "statement", "subgroup-g1", "subgroup-g2", "relations", "pairing-sums", "miller-final"} {
			sum += pu[name]
		}
		b.ReportMetric(sum/pu["verify"], "verify-covered")
	})
}

// staged is what the stages work on.
type staged struct {
	w                           *world
	raw                         [][]byte
	ops                         []utt.Operation
	seeds                       [][]byte
	outputs                     int
	g1, g2, relations, pairings []*batch.Claims
	fixed                       []curve.PairFixed
	pairs                       []curve.Pair

	verdicts *utt.Verdicts
	shares   []*utt.Share
}

func newStages(tb testing.TB, w *world, ops []utt.Operation) *staged {
	s := &staged{w: w, ops: ops, raw: encoded(tb, ops)}
	k := newKeys(tb, w)
	taken := make([]*payment, len(ops))
	for i, op := range ops {
		taken[i] = read(tb, op)
		s.seeds = append(s.seeds, taken[i].seed())
		s.outputs = len(taken[i].outputs)
	}
	inG2 := func(c *batch.Claims, p *payment) { c.InG2("TX-G16", points(&p.proof).b) }
	relations := func(c *batch.Claims, p *payment) { p.relations(c, k.circuit) }
	pairings := func(c *batch.Claims, p *payment) {
		k.signatures(c, p)
		g := points(&p.proof)
		k.balance(c, &g)
	}
	s.g1 = claimsOf(taken, func(c *batch.Claims, p *payment) { p.inG1(c) })
	s.g2 = claimsOf(taken, inG2)
	s.relations = claimsOf(taken, relations)
	s.pairings = claimsOf(taken, pairings)
	s.pair(k.count(), len(ops))
	return s
}

// pair makes as many arguments as the batch's pairing check has, of the same kind,
// whose product is 1 as well.
func (s *staged) pair(fixed, pairs int) {
	sum := curve.Uint64(0)
	for i := range fixed - 1 {
		p, q := curve.Uint64(uint64(1000+i)), curve.Uint64(uint64(3+i))
		sum = sum.Add(p.Mul(q))
		s.fixed = append(s.fixed, curve.PairFixed{P: curve.Generator().Mul(p), Q: curve.NewFixed(curve.Generator2().Mul(q))})
	}
	for i := range pairs {
		p, q := curve.Uint64(uint64(2000+i)), curve.Uint64(uint64(5000+i))
		sum = sum.Add(p.Mul(q))
		s.pairs = append(s.pairs, curve.Pair{P: curve.Generator().Mul(p), Q: curve.Generator2().Mul(q)})
	}
	s.fixed = append(s.fixed, curve.PairFixed{P: curve.Generator().Mul(sum).Neg(), Q: curve.FixedGenerator2})
}

var stages = [...]struct {
	name string
	run  func(*staged, *party) error
}{
	{"decode", func(s *staged, _ *party) error {
		_, errs := utt.ParseOperations(s.raw)
		return errors.Join(errs...)
	}},
	{"hash-to-curve", func(s *staged, _ *party) error {
		const atOnce = 32 // as in package utt
		for seeds := range slices.Chunk(s.seeds, atOnce) {
			bases(seeds, s.outputs)
		}
		return nil
	}},
	// states all claims and decides none
	{"statement", func(s *staged, r *party) (err error) {
		_, err = r.w.net.Parameters().Trust(r.w.now(), s.ops)
		return err
	}},
	{"subgroup-g1", func(s *staged, _ *party) error { return verify(s.g1) }},
	{"subgroup-g2", func(s *staged, _ *party) error { return verify(s.g2) }},
	{"relations", func(s *staged, _ *party) error { return verify(s.relations) }},
	{"pairing-sums", func(s *staged, _ *party) error { return verify(s.pairings) }},
	{"miller-final", func(s *staged, _ *party) error {
		if !curve.PairingCheck(s.fixed, s.pairs) {
			return errors.New("the product is not 1")
		}
		return nil
	}},
	{"verify", func(s *staged, r *party) (err error) {
		s.verdicts, err = r.w.net.Parameters().Check(context.Background(), r.w.now(), s.ops)
		return err
	}},
	{"execute", func(s *staged, r *party) error {
		receipts, err := r.ledger.Execute(&utt.Block{Height: 1, Time: r.w.now(), Ops: s.ops}, s.verdicts)
		for _, x := range receipts {
			if x.Rejection != nil {
				return x.Rejection
			}
		}
		return err
	}},
	{"sign", func(s *staged, r *party) (err error) {
		s.shares, err = r.signer.SignBlock(context.Background(), 1)
		return err
	}},
}

// parts are those of a payment, as BenchmarkSize names them. The header has what is
// public of the payment besides.
var parts = []string{"header", "credential", "inputs", "outputs", "notes", "clues", "groth16", "sigma"}

// BenchmarkSize is the size of a payment on the wire, and of its parts.
func BenchmarkSize(b *testing.B) {
	_, ops := payments(b, 1)
	p := read(b, ops[0])
	for b.Loop() {
		_, _ = ops[0].AppendBinary(nil)
	}
	b.ReportMetric(float64(p.total), "tx-bytes")
	for _, name := range parts {
		b.ReportMetric(float64(p.size[name]), name+"-bytes")
	}
}

// TestPaymentSize adds the parts up from the lengths of points and scalars.
func TestPaymentSize(t *testing.T) {
	w := newWorld(t, 2, 2, 0)
	w.round(t)
	p := read(t, w.ops[0])
	const (
		point, scalar = curve.G1Size, curve.ScalarSize
		count         = 2                               // a number of elements
		coin          = (1 + 3 + 1 + 1) * point         // h, C_pid, C_sn, C_val, S, nullifier
		payeeNote     = 4 + 1120 + 8 + 32 + 1 + 64 + 16 // length, X-Wing, value, seed, memo, tag
		ownNote       = 4 + 24 + 8 + 32 + 16            // length, nonce, value, seed, tag
		relations     = 2 + 3*4 + 3*2 + 1               // credential, coins, outputs, D
		variables     = 2 + 2 + 3*(2+3) + 1 + 2 + 3*2 + 1 + 3
	)
	want := map[string]int{
		"header":     2 + 3*32 + 1 + 4 + len(asset) + 8 + 8 + 1, // and the burn of 0 and no tax
		"credential": (1 + 2 + 1) * point,
		"inputs":     count + 2*coin + 1 + coin,
		"outputs":    count + 3*2*point,
		"notes":      payeeNote + 2*ownNote,
		"clues":      count + 32 + 16,
		"groth16":    rangeproof.ProofSize,
		"sigma":      count + relations*point + count + variables*scalar,
	}
	require.Equal(t, want, p.size)
	sum := 0
	for _, name := range parts {
		sum += want[name]
	}
	require.Equal(t, sum, p.total)
	require.LessOrEqual(t, p.total, 7850)
}

// TestStages runs each stage once: what payments are taken apart to is what package utt verifies.
func TestStages(t *testing.T) {
	w, ops := payments(t, 2)
	s, r := newStages(t, w, ops), newReplica(t, w)
	for _, stage := range stages {
		require.NoError(t, stage.run(s, r), stage.name)
	}
	requireSigned(t, w, ops, s.shares)
}
