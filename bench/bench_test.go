package bench

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
)

func BenchmarkPairing(b *testing.B) {
	for b.Loop() {
		pair()
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, n := range []int{1, 16, 64, 256, 1024} {
		b.Run(fmt.Sprintf("batch=%d", n), func(b *testing.B) {
			w, ops := payments(b, n)
			u := newUnit(b)
			var v *utt.Verdicts
			for b.Loop() {
				u.sample(1 + n/16)
				var err error
				if v, err = w.net.Parameters().Check(context.Background(), w.now(), ops); err != nil {
					b.Fatal(err)
				}
			}
			u.report(n)
			for _, op := range ops {
				require.NoError(b, v.Err(op))
			}
		})
	}
}

// BenchmarkVerifyBad is a batch with invalid payments in it, which are found and
// leave the others valid.
func BenchmarkVerifyBad(b *testing.B) {
	const n = 256
	for _, bad := range []int{1, 16} {
		b.Run(fmt.Sprintf("batch=%d/bad=%d", n, bad), func(b *testing.B) {
			w, good := payments(b, n)
			ops := append([]utt.Operation(nil), good...)
			for k := range bad {
				i := k * n / bad
				ops[i] = spoil(b, ops[i])
			}
			u := newUnit(b)
			var v *utt.Verdicts
			for b.Loop() {
				u.sample(1 + n/16)
				var err error
				if v, err = w.net.Parameters().Check(context.Background(), w.now(), ops); err != nil {
					b.Fatal(err)
				}
			}
			u.report(n)
			for i, op := range ops {
				if i%(n/bad) == 0 {
					require.ErrorIs(b, v.Err(op), utt.ErrInvalid)
				} else {
					require.NoError(b, v.Err(op))
				}
			}
		})
	}
}

// spoil changes the last response of a payment's proof.
func spoil(b *testing.B, op utt.Operation) utt.Operation {
	raw, err := op.AppendBinary(nil)
	require.NoError(b, err)
	raw[len(raw)-1] ^= 1
	bad, err := utt.ParseOperation(raw)
	require.NoError(b, err)
	return bad
}

// BenchmarkPay makes a payment, as a wallet does.
func BenchmarkPay(b *testing.B) {
	w := newWorld(b, ring)
	u := newUnit(b)
	for b.Loop() {
		u.sample(4)
		b.StopTimer()
		payer, payee := w.nextPayer(b)
		sink := &collector{Network: w.net}
		b.StartTimer()
		if _, err := payer.Pay(context.Background(), sink, payee, asset, w.amount(), "bench"); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		w.execute = append(w.execute, sink.ops...)
		b.StartTimer()
	}
	u.report(1)
}

// BenchmarkSign is one replica's shares on a payment's three outputs, per payment
// of a block.
func BenchmarkSign(b *testing.B) {
	b.Run("outputs=3", func(b *testing.B) {
		w, ops := payments(b, ring)
		r := newReplica(b, w)
		v, err := w.net.Parameters().Check(context.Background(), w.now(), ops)
		require.NoError(b, err)
		height := r.execute(b, ops, v)
		u := newUnit(b)
		for b.Loop() {
			u.sample(8)
			shares, err := r.signer.SignBlock(context.Background(), height)
			if err != nil || len(shares) != len(ops) {
				b.Fatal(err, len(shares))
			}
		}
		u.report(len(ops))
	})
}

// BenchmarkReplica is a replica's whole work on a block: decode, verify, execute,
// sign.
func BenchmarkReplica(b *testing.B) {
	for _, n := range []int{256, 1024} {
		b.Run(fmt.Sprintf("batch=%d", n), func(b *testing.B) {
			w, ops := payments(b, n)
			raw := make([][]byte, n)
			for i, op := range ops {
				raw[i], _ = op.AppendBinary(nil)
			}
			u := newUnit(b)
			for b.Loop() {
				u.sample(16)
				b.StopTimer()
				r := newReplica(b, w)
				b.StartTimer()
				parsed, errs := utt.ParseOperations(raw)
				if err := errors.Join(errs...); err != nil {
					b.Fatal(err)
				}
				v, err := w.net.Parameters().Check(context.Background(), w.now(), parsed)
				if err != nil {
					b.Fatal(err)
				}
				height := r.execute(b, parsed, v)
				if shares, err := r.signer.SignBlock(context.Background(), height); err != nil || len(shares) != n {
					b.Fatal(err, len(shares))
				}
			}
			u.report(n)
		})
	}
}

// BenchmarkClaim is a payee's wallet taking in one payment: decrypt, check,
// verify. BenchmarkClaimBatch takes in 64, per payment.
func BenchmarkClaim(b *testing.B)      { benchmarkClaim(b, 1) }
func BenchmarkClaimBatch(b *testing.B) { benchmarkClaim(b, 64) }

func benchmarkClaim(b *testing.B, n int) {
	s := newStream(b, n)
	u := newUnit(b)
	for b.Loop() {
		u.sample(1 + n/16)
		b.StopTimer()
		payee := s.wallet(b, "payee")
		b.StartTimer()
		if err := payee.Sync(context.Background(), s.after); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		require.Len(b, payee.Received(), n)
		b.StartTimer()
	}
	u.report(n)
}

// BenchmarkScanMiss is a wallet that looks at payments which do not concern it,
// per output.
func BenchmarkScanMiss(b *testing.B) {
	const n = 64
	s := newStream(b, n)
	u := newUnit(b)
	for b.Loop() {
		u.sample(4)
		b.StopTimer()
		stranger := s.wallet(b, "stranger")
		b.StartTimer()
		if err := stranger.Sync(context.Background(), s.after); err != nil {
			b.Fatal(err)
		}
	}
	u.report(3 * n)
}

func BenchmarkSize(b *testing.B) {
	_, ops := payments(b, 1)
	raw, err := ops[0].AppendBinary(nil)
	require.NoError(b, err)
	for b.Loop() {
		_, _ = ops[0].AppendBinary(nil)
	}
	b.ReportMetric(float64(len(raw)), "tx-bytes")
}
