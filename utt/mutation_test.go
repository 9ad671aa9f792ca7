package utt_test

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
)

// mutated is an operation whose mutants must all be refused.
type mutated struct {
	op, other utt.Operation
	before    []utt.Operation
}

func mutatedOperations() map[string]mutated {
	w := sharedWorld()
	named := func(name string) utt.Operation { return firstOf(name).Op }
	payment := w.HonestAudited(utt.Audited)
	return map[string]mutated{
		"payment":         {op: w.HonestPayment(), other: w.HonestPayment()},
		"split":           {op: w.SpendOf(200), other: w.HonestSplit()},
		"burn":            {op: w.BurnOf(30, 300), other: w.BurnOf(20, 200)},
		"mint":            {op: w.Mallory.Minted(3, cash, 10), other: w.Alice.Minted(1, cash, 20)},
		"public transfer": {op: w.Mallory.Public(3, bob, cash, 10), other: w.Alice.Public(1, mallory, cash, 20)},
		"issue":           {op: named("an issue replayed"), other: named("an issue to nobody")},
		"readdress":       {op: w.HonestReaddress(1), other: w.HonestReaddress(2)},
		"registration":    {op: w.CarolsRegistration(), other: w.RegistrationOf("dave@example.org")},
		"amendment": {op: utt.ForgeAmendment(w.Parameters, 1, 3, func(c *utt.Config) { c.Policy.Classes[0]++ }, 0, 2),
			other: utt.ForgeAmendment(w.Parameters, 2, 4, func(c *utt.Config) { c.Policy.Classes[1]++ }, 0, 1)},
		"suspension": {op: utt.ForgeSuspension(w.Parameters, 0, utt.PIDOf(bob), true, 0, 2),
			other: utt.ForgeSuspension(w.Parameters, 1, utt.PIDOf(alice), false, 0, 1)},
		"warrant":        {op: w.NamedWarrant(payment, 0), other: w.NamedWarrant(payment, 1), before: []utt.Operation{payment}},
		"sealed warrant": {op: w.SealedWarrant(payment, 0), other: w.SealedWarrant(payment, 1)},
		"opening":        {op: w.OpeningOf(payment), other: w.OpeningOf(w.HonestAudited(utt.Delayed)), before: []utt.Operation{payment, w.SealedWarrant(payment, 0)}},
		"void":           {op: utt.ForgeVoid(w.Parameters, 0, 0, 2), other: utt.ForgeVoid(w.Parameters, 1, 0, 1), before: []utt.Operation{w.OverdueWarrant(payment)}},
		// nobody signs a grant: a mutant is another's, or for another time, and is
		// refused only because that was granted before
		"grant": {op: w.GrantOf(w.Mallory, cash, 2), other: w.GrantOf(w.Alice, gold, 2), before: []utt.Operation{
			w.GrantOf(w.Mallory, gold, 2), w.GrantOf(w.Alice, cash, 2), w.GrantOf(w.Alice, gold, 2)}},
	}
}

func firstOf(name string) *utt.Cheat {
	for _, c := range cheats() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Whatever field of an operation is changed, and however, it is refused: as an
// encoding, by the check, or by the ledger; with a typed error; and the ledger is
// as if it had never been there.
func TestEveryFieldIsBound(t *testing.T) {
	w := sharedWorld()
	for name, m := range mutatedOperations() {
		t.Run(name, func(t *testing.T) {
			mutants := utt.MutateOperation(m.op, m.other)
			require.Greater(t, len(mutants), 20)
			block, names := parse(t, m.before...), make([]string, len(m.before))
			for _, mutant := range mutants {
				op, err := utt.ParseOperation(mutant.Raw)
				if err != nil {
					require.ErrorIs(t, err, utt.ErrMalformed, mutant)
					continue
				}
				require.Equal(t, mutant.Raw, utt.RawOperation(op))
				block, names = append(block, op), append(names, mutant.String())
			}
			honest := parse(t, m.op)
			l, twin := w.fork(t), w.fork(t)
			receipts, alone := executeAlone(t, l, append(block, honest...))
			execute(t, twin, 0, slices.Concat(block[:len(m.before)], honest)...)
			for i, r := range receipts[:len(block)] {
				if i < len(m.before) {
					require.True(t, r.Status.Accepted(), "%v", r.Rejection)
					continue
				}
				require.Equal(t, utt.Rejected, r.Status, names[i])
				require.NotEmpty(t, r.Rejection.Label)
				require.Error(t, r.Rejection.Unwrap())
			}
			require.Equal(t, utt.Executed, receipts[len(receipts)-1].Status, "%v", receipts[len(receipts)-1].Rejection)
			require.Equal(t, twin.Digest(), l.Digest())
			agreeOnBatches(t, alone, block)
		})
	}
}

// The same of what a payment that is taxed by total has besides, and of a collection.
func TestEveryFieldOfATaxIsBound(t *testing.T) {
	w := taxedWorld()
	paid, other := w.HonestTaxed(utt.Anonymous), w.HonestTaxed(utt.Anonymous)
	now, next := w.Parameters.Policy().StartOf(1), w.Parameters.Policy().StartOf(2)
	batch, another := w.BatchOf(0, paid), w.BatchOf(0, other)
	for name, m := range map[string]struct {
		op, other utt.Operation
		at        uint64
	}{
		"taxed":         {paid, other, now},
		"taxed audited": {w.HonestTaxed(utt.Audited), w.HeldTaxed(), now},
		"collection":    {opened(t, w, batch), opened(t, w, another), next},
	} {
		t.Run(name, func(t *testing.T) {
			var block []utt.Operation
			var names []string
			for _, mutant := range utt.MutateOperation(m.op, m.other) {
				op, err := utt.ParseOperation(mutant.Raw)
				if err != nil {
					require.ErrorIs(t, err, utt.ErrMalformed, mutant)
					continue
				}
				require.Equal(t, mutant.Raw, utt.RawOperation(op))
				block, names = append(block, op), append(names, mutant.String())
			}
			require.Greater(t, len(block), 60)
			block = append(block, parse(t, m.op)...)
			l, twin := taxedLedger(t), taxedLedger(t)
			if m.at == next {
				for _, at := range []*trusting{l, twin} {
					requireExecuted(t, execute(t, at.Ledger, now, paid))
				}
			}
			v := w.Parameters.CheckAlone(context.Background(), m.at, block)
			receipts, err := l.Execute(&utt.Block{Height: l.Head().Height + 1, Time: m.at, Ops: block}, v)
			require.NoError(t, err)
			execute(t, twin.Ledger, m.at, m.op)
			for i, r := range receipts[:len(names)] {
				require.Equal(t, utt.Rejected, r.Status, names[i])
			}
			require.True(t, receipts[len(names)].Status.Accepted(), "%v", receipts[len(names)].Rejection)
			require.Equal(t, twin.Digest(), l.Digest())
		})
	}
}

// executeAlone executes a block of operations that were checked one by one.
func executeAlone(t *testing.T, l *ledger.Ledger, ops []utt.Operation) ([]utt.Receipt, *utt.Verdicts) {
	t.Helper()
	head := l.Head()
	v := l.Parameters().CheckAlone(context.Background(), head.Time, ops)
	receipts, err := l.Execute(&utt.Block{Height: head.Height + 1, Time: head.Time, Ops: ops}, v)
	require.NoError(t, err)
	return receipts, v
}

// agreeOnBatches checks that operations get the verdict that they got alone in batches
// too, of one of them among valid ones to many: every operation is in one.
func agreeOnBatches(t *testing.T, alone *utt.Verdicts, ops []utt.Operation) {
	t.Helper()
	w := sharedWorld()
	random := rand.New(rand.NewPCG(1, uint64(len(ops))))
	ops = slices.Clone(ops)
	shuffle(random, ops)
	for len(ops) > 0 {
		n := min(1+random.IntN(48), len(ops))
		some := append(slices.Repeat([]utt.Operation{w.honest}, 1+random.IntN(2)), ops[:n]...)
		ops = ops[n:]
		shuffle(random, some)
		batch, err := w.Parameters.Check(context.Background(), w.head.Time, some)
		require.NoError(t, err)
		for _, op := range some {
			if op == w.honest {
				require.NoError(t, batch.Err(op))
			} else {
				require.Equal(t, alone.Err(op), batch.Err(op))
			}
		}
	}
}

// A flip of any byte of an encoded transfer is refused: all bytes of the header, and
// of the rest every 37th.
func TestEveryByteIsBound(t *testing.T) {
	w := sharedWorld()
	raw := utt.RawOperation(w.HonestPayment())
	const header = 2 + 3*32 + 1 + 4 + 4 + 8
	var flipped []utt.Operation
	for i := range raw {
		if i >= header && i%37 != 0 {
			continue
		}
		b := slices.Clone(raw)
		b[i] ^= 1 << (i % 8)
		op, err := utt.ParseOperation(b)
		if err != nil {
			require.ErrorIs(t, err, utt.ErrMalformed)
			continue
		}
		flipped = append(flipped, op)
	}
	require.Greater(t, len(flipped), 100)
	receipts, alone := executeAlone(t, w.fork(t), flipped)
	for i, r := range receipts {
		require.Equal(t, utt.Rejected, r.Status, "operation %d", i)
		require.Contains(t, []utt.Code{utt.CodeInvalid, utt.CodePolicy, utt.CodeEpoch}, r.Rejection.Code)
	}
	agreeOnBatches(t, alone, flipped)
}

// Whatever field of a record is changed, and however, and whether it concerns the
// wallet or not, the wallet refuses it, and is as it was.
func TestEveryFieldOfARecordIsBound(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	for _, op := range []utt.Operation{w.HonestPayment(), w.BurnOf(30, 300), w.HonestSplit()} {
		require.NoError(t, w.net.Submit(ctx, op))
	}
	wallet := restore(t, w.net, bob)
	refused := 0
	var last *utt.Record
	for r, err := range w.net.Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		c, err := w.net.Certificate(ctx, r.Cursor().Height)
		require.NoError(t, err)
		before := stateOf(wallet)
		for _, m := range utt.Mutate(r, cmp.Or(last, r)) {
			d := new(utt.Record)
			if err := d.UnmarshalBinary(m.Raw); err != nil {
				require.ErrorIs(t, err, utt.ErrMalformed, m)
				continue
			}
			again, err := d.MarshalBinary()
			require.NoError(t, err)
			require.Equal(t, m.Raw, again, m)
			require.ErrorIs(t, takeIn(ctx, wallet, c, d), utt.ErrInvalid, m)
			require.Equal(t, before, stateOf(wallet), m)
			refused++
		}
		require.NoError(t, takeIn(ctx, wallet, c, r))
		last = r
	}
	require.Greater(t, refused, 1500)
}

// Whatever field of a certificate, or of a replica's share of it, is changed, and
// however, it is refused, or left out so that too few remain.
func TestEveryFieldOfACertificateIsBound(t *testing.T) {
	ctx := context.Background()
	net := newNetwork(t)
	join(t, net, alice, 10)
	c, err := net.Certificate(ctx, 2)
	require.NoError(t, err)
	other, err := net.Certificate(ctx, 1)
	require.NoError(t, err)
	for _, m := range utt.Mutate(c, other) {
		d := new(utt.Certificate)
		if err := d.UnmarshalBinary(m.Raw); err != nil {
			require.ErrorIs(t, err, utt.ErrMalformed, m)
			continue
		}
		require.ErrorIs(t, net.Parameters().VerifyCertificate(d), utt.ErrInvalid, m)
	}

	n := newCertifying(t)
	first, second := n.certify(t)
	_, err = n.committees.Certify(n.p, first[:2])
	require.NoError(t, err)
	for _, m := range utt.Mutate(first[0], second[0]) {
		d := new(utt.CertificateShare)
		if err := d.UnmarshalBinary(m.Raw); err != nil {
			require.ErrorIs(t, err, utt.ErrMalformed, m)
			continue
		}
		_, err := n.committees.Certify(n.p, []*utt.CertificateShare{d, first[1]})
		require.ErrorIs(t, err, threshold.ErrTooFew, m)
		made, err := n.committees.Certify(n.p, []*utt.CertificateShare{d, first[1], first[2]})
		require.NoError(t, err, m)
		require.Equal(t, first[1].Checkpoint, made.Checkpoint, m)
	}
}

// Whatever field of a replica's signature shares is changed, and however, they are
// refused or left out, so that too few remain; and the others' are good without.
func TestEveryFieldOfAShareIsBound(t *testing.T) {
	ctx := context.Background()
	s := newSigning(t)
	_, err := s.committees.Combine(ctx, s.p, s.records, []*utt.Share{s.shares[0], s.shares[1]})
	require.NoError(t, err)
	for _, m := range utt.Mutate(s.shares[0], s.other) {
		d := new(utt.Share)
		if err := d.UnmarshalBinary(m.Raw); err != nil {
			require.ErrorIs(t, err, utt.ErrMalformed, m)
			continue
		}
		again, err := d.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, m.Raw, again, m)
		_, err = s.committees.Combine(ctx, s.p, s.records, []*utt.Share{d, s.shares[1]})
		if m.How == "with the last twice" {
			require.NoError(t, err, "a share of an output that is not there is left out")
			continue
		}
		require.ErrorIs(t, err, threshold.ErrTooFew, m)
		_, err = s.committees.Combine(ctx, s.p, s.records, []*utt.Share{d, s.shares[1], s.shares[2]})
		require.NoError(t, err, m)
	}
}
