package bench

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/parallel"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/local"
)

// BenchmarkPairing is the unit: one pairing on one thread.
func BenchmarkPairing(b *testing.B) {
	for b.Loop() {
		pair()
	}
}

// BenchmarkPay makes a payment, as a wallet does.
func BenchmarkPay(b *testing.B) {
	w := newWorld(b, 8, 2, 0)
	u := newUnit(b, 40)
	var made []utt.Operation
	for b.Loop() {
		b.StopTimer()
		payer, payee := w.nextPayer(b)
		sink := &collector{Network: w.net}
		u.begin()
		if _, err := payer.Pay(context.Background(), sink, payee, asset, w.amount(), "bench"); err != nil {
			b.Fatal(err)
		}
		u.end()
		w.execute = append(w.execute, sink.ops...)
		made = append(made, sink.ops...)
	}
	u.report(1)
	requireValid(b, w, made, nil)
}

// requireValid demands that exactly the operations at some indices are invalid.
func requireValid(tb testing.TB, w *world, ops []utt.Operation, bad map[int]bool) {
	v, err := w.net.Parameters().Check(context.Background(), w.now(), ops)
	require.NoError(tb, err)
	for i, op := range ops {
		if bad[i] {
			require.ErrorIs(tb, v.Err(op), utt.ErrInvalid)
		} else {
			require.NoError(tb, v.Err(op))
		}
	}
}

// BenchmarkVerify is a batch of valid payments, decoded before.
func BenchmarkVerify(b *testing.B) {
	for _, n := range []int{1, 16, 64, 256, 1024} {
		b.Run(fmt.Sprintf("batch=%d", n), func(b *testing.B) {
			w, ops := payments(b, n)
			benchmarkVerify(b, w, ops, nil)
		})
	}
}

func benchmarkVerify(b *testing.B, w *world, ops []utt.Operation, bad map[int]bool) {
	u := newUnit(b, 2*len(ops))
	for b.Loop() {
		u.begin()
		if _, err := w.net.Parameters().Check(context.Background(), w.now(), ops); err != nil {
			b.Fatal(err)
		}
		u.end()
	}
	u.reportRate(len(ops))
	requireValid(b, w, ops, bad)
}

// BenchmarkVerifyBad is a batch with invalid payments in it, one, some or all, which are
// found and leave the others valid; and one of payments as long as they may be, all of which
// are invalid. times-good is its time by that of the same batch without them, both measured
// in turn.
func BenchmarkVerifyBad(b *testing.B) {
	const n = 256
	for _, count := range []int{1, 16, n} {
		b.Run(fmt.Sprintf("batch=%d/bad=%d", n, count), func(b *testing.B) {
			w, good := payments(b, n)
			benchmarkVerifyBad(b, w, good, count)
		})
	}
	b.Run(fmt.Sprintf("inputs=%d/batch=%d/bad=%d", utt.MaxInputs, n, n), func(b *testing.B) {
		w := grown(b, 0)
		var good []utt.Operation
		for len(good) < n {
			good = append(good, w.payAll(b, coinValue*(utt.MaxInputs-1)+1)...)
		}
		benchmarkVerifyBad(b, w, good, n)
	})
}

func benchmarkVerifyBad(b *testing.B, w *world, good []utt.Operation, count int) {
	n := len(good)
	ops, bad := append([]utt.Operation(nil), good...), make(map[int]bool)
	for k := range count {
		i := k*n/count + (7*k+100)%(n/count) // anywhere in its part of the batch
		ops[i], bad[i] = spoil(b, ops[i]), true
	}
	check := func(ops []utt.Operation) {
		if _, err := w.net.Parameters().Check(context.Background(), w.now(), ops); err != nil {
			b.Fatal(err)
		}
	}
	u := newUnit(b, 2*n)
	var asGood series
	for b.Loop() {
		b.StopTimer()
		asGood.measure(u.k, func() { check(good) })
		u.begin()
		check(ops)
		u.end()
	}
	u.reportRate(n)
	b.ReportMetric(u.pu.best()/asGood.best(), "times-good")
	requireValid(b, w, good, nil)
	requireValid(b, w, ops, bad)
}

// spoil changes the last response of a payment's proof.
func spoil(tb testing.TB, op utt.Operation) utt.Operation {
	raw, err := op.AppendBinary(nil)
	require.NoError(tb, err)
	raw[len(raw)-1] ^= 1
	bad, err := utt.ParseOperation(raw)
	require.NoError(tb, err)
	return bad
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
		u := newUnit(b, len(ops))
		var shares []*utt.Share
		for b.Loop() {
			u.begin()
			if shares, err = r.signer.SignBlock(context.Background(), height); err != nil {
				b.Fatal(err)
			}
			u.end()
		}
		u.reportRate(len(ops))
		requireSigned(b, w, ops, shares)
	})
}

// BenchmarkReplica is a replica's whole work on a block: decode, verify, execute,
// sign. pairing-speedup is that of independent pairings, on as many cores, over one.
func BenchmarkReplica(b *testing.B) {
	for _, n := range []int{1, 16, 64, 256, 1024} {
		b.Run(fmt.Sprintf("batch=%d", n), func(b *testing.B) {
			w, ops := payments(b, n)
			raw := encoded(b, ops)
			u := newUnit(b, 3*n)
			var shares []*utt.Share
			var speedup []float64
			for b.Loop() {
				b.StopTimer()
				r := newReplica(b, w)
				speedup = append(speedup, pairingsOnAll(runtime.GOMAXPROCS(0), u.k)/pairingsOnAll(1, u.k))
				u.begin()
				shares = r.work(b, raw)
				u.end()
			}
			u.reportRate(n)
			b.ReportMetric(median(speedup), "pairing-speedup")
			requireSigned(b, w, ops, shares)
		})
	}
}

// BenchmarkReplicaAhead is a replica's whole work on some blocks, of which it checks each
// while it executes and signs the one before. It is per payment, like BenchmarkReplica.
func BenchmarkReplicaAhead(b *testing.B) {
	const blocks = 4
	for _, n := range []int{256, 1024} {
		b.Run(fmt.Sprintf("batch=%d", n), func(b *testing.B) {
			w, ops := payments(b, n)
			raw := encoded(b, ops)
			u := newUnit(b, blocks*3*n)
			var shares []*utt.Share
			for b.Loop() {
				b.StopTimer()
				var replicas []*party // the same payments are in every block: each has a ledger
				for range blocks {
					replicas = append(replicas, newReplica(b, w))
				}
				u.begin()
				shares = workAhead(b, replicas, raw)
				u.end()
			}
			u.reportRate(blocks * n)
			requireSigned(b, w, ops, shares)
		})
	}
}

// BenchmarkScaling is a replica's whole work on a block, by cores, against one core, and
// against what independent pairings gain in the same run: "scaling" is 1 where work gains
// as much as they do. From the speedup follows the serial share, by Amdahl.
func BenchmarkScaling(b *testing.B) {
	const rounds, k = 5, 100
	for _, n := range []int{256, 1024} {
		for cores := 2; cores <= runtime.NumCPU(); cores *= 2 {
			b.Run(fmt.Sprintf("batch=%d/cores=%d", n, cores), func(b *testing.B) {
				w, ops := payments(b, n)
				raw := encoded(b, ops)
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
				var shares []*utt.Share
				// both rates on some cores, the pairings around the work
				rates := func(cores int) (payments, pairings float64) {
					runtime.GOMAXPROCS(cores)
					r := newReplica(b, w)
					before := pairingsOnAll(cores, k)
					stop := stopwatch()
					shares = r.work(b, raw)
					payments = float64(n) / stop().wall
					after := pairingsOnAll(cores, k)
					return payments, 2 / (1/before + 1/after)
				}
				var most, work, pairing, scaling []float64
				for b.Loop() {
					for range rounds {
						one, onePairing := rates(1)
						many, manyPairing := rates(cores)
						most, work = append(most, many), append(work, many/one)
						pairing = append(pairing, manyPairing/onePairing)
						scaling = append(scaling, many/one/(manyPairing/onePairing))
					}
				}
				b.ReportMetric(median(most), "tx/s")
				b.ReportMetric(median(work), "work-speedup")
				b.ReportMetric(median(pairing), "pairing-speedup")
				b.ReportMetric(median(scaling), "scaling")
				requireSigned(b, w, ops, shares)
			})
		}
	}
}

// BenchmarkSerial computes what cores would make of a replica's work on a block, on a machine
// that need not have them: its loops run task after task on one goroutine, timed by the
// processor time of the process, and each task is assigned to one of so many cores.
// serial-percent is the part of the work outside of loops, amdahl-speedup what follows from
// it alone, tasks-speedup what follows also from the sizes of tasks and from what there is
// more to do with more of them. Neither knows of the garbage collector, which is off, nor of
// caches, clocks and memory that cores share.
func BenchmarkSerial(b *testing.B) {
	const rounds = 3
	if processorTime() == 0 {
		b.Skip("processor time is not known here")
	}
	for _, n := range []int{256, 1024} {
		for _, cores := range []int{4, 16} {
			b.Run(fmt.Sprintf("batch=%d/cores=%d", n, cores), func(b *testing.B) {
				w, ops := payments(b, n)
				raw := encoded(b, ops)
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
				var shares []*utt.Share
				on := func(cores int) parallel.Measured {
					runtime.GOMAXPROCS(cores)
					r := newReplica(b, w)
					runtime.GC()
					defer debug.SetGCPercent(debug.SetGCPercent(-1))
					return parallel.Measure(processorTime, func() { shares = r.work(b, raw) })
				}
				var serial, amdahl, tasks []float64
				for b.Loop() {
					for range rounds {
						one, many := on(1), on(cores)
						s := many.Serial.Seconds() / one.Total.Seconds()
						serial = append(serial, 100*s)
						amdahl = append(amdahl, 1/(s+(1-s)/float64(cores)))
						tasks = append(tasks, one.Total.Seconds()/many.Computed.Seconds())
					}
				}
				b.ReportMetric(0, "ns/op") // of no meaning
				b.ReportMetric(median(serial), "serial-percent")
				b.ReportMetric(median(amdahl), "amdahl-speedup")
				b.ReportMetric(median(tasks), "tasks-speedup")
				requireSigned(b, w, ops, shares)
			})
		}
	}
}

// BenchmarkClaim is a payee's wallet taking in one payment: decrypt, check,
// verify. BenchmarkClaimBatch takes in 64, per payment. The certificate was verified
// before, in another wallet of the process: BenchmarkCertificate.
func BenchmarkClaim(b *testing.B)      { benchmarkClaim(b, 1) }
func BenchmarkClaimBatch(b *testing.B) { benchmarkClaim(b, 64) }

func benchmarkClaim(b *testing.B, n int) {
	s := streamOf(b, n)
	u := newUnit(b, 2*n)
	for b.Loop() {
		b.StopTimer()
		payee, after := s.wallet(b, "payee"), s.after.decoded(b)
		u.begin()
		if err := payee.Sync(context.Background(), after); err != nil {
			b.Fatal(err)
		}
		u.end()
		b.StopTimer()
		require.Len(b, payee.Received(), n)
		require.EqualValues(b, n, payee.Balance(asset).Spendable)
		b.StartTimer()
	}
	u.report(n)
}

// BenchmarkCertificate verifies one that the process has not verified before: what the
// first wallet of a process that syncs has to do besides.
func BenchmarkCertificate(b *testing.B) {
	const many = 64 // more than are remembered
	ctx := context.Background()
	net, err := local.New(ctx, local.Config{})
	require.NoError(b, err)
	var certificates []*utt.Certificate
	for range many {
		require.NoError(b, net.Advance(ctx, time.Second))
		c, err := net.Certificate(ctx, math.MaxUint64)
		require.NoError(b, err)
		certificates = append(certificates, c)
	}
	u := newUnit(b, many)
	for b.Loop() {
		u.begin()
		for _, c := range certificates {
			if err := net.Parameters().VerifyCertificate(c); err != nil {
				b.Fatal(err)
			}
		}
		u.end()
	}
	u.report(many)
}

// BenchmarkScanMiss is a wallet that looks at payments which do not concern it,
// per output.
func BenchmarkScanMiss(b *testing.B) {
	const n = 64
	s := streamOf(b, n)
	u := newUnit(b, n/2)
	for b.Loop() {
		b.StopTimer()
		stranger, after := s.wallet(b, "stranger"), s.after.decoded(b)
		u.begin()
		if err := stranger.Sync(context.Background(), after); err != nil {
			b.Fatal(err)
		}
		u.end()
		b.StopTimer()
		require.Empty(b, stranger.Received())
		b.StartTimer()
	}
	u.report(3 * n)
}

// BenchmarkGrowth verifies batches of 64 payments of more inputs and outputs.
// create-pu is what making one takes, tx-bytes its size.
func BenchmarkGrowth(b *testing.B) {
	for _, g := range []struct {
		inputs, outputs int
		tax             uint16 // which has an output of its own
	}{{1, 3, 0}, {2, 3, 0}, {4, 3, 0}, {8, 3, 0}, {2, 4, 1000}} {
		b.Run(fmt.Sprintf("inputs=%d/outputs=%d/batch=%d", g.inputs, g.outputs, ring), func(b *testing.B) {
			w := grown(b, g.tax)
			w.restore(b)
			amount := utt.Amount(coinValue * g.inputs * 10 / 11) // leaves the tax of a tenth
			var create series
			var ops []utt.Operation
			for i, u := range w.users {
				sink := &collector{Network: w.net}
				create.measure(4, func() {
					if _, err := u.Pay(context.Background(), sink, name((i+1)%ring), asset, amount, "bench"); err != nil {
						b.Fatal(err)
					}
				})
				ops = append(ops, sink.ops...)
			}
			p := read(b, ops[0])
			require.Len(b, p.inputs, g.inputs)
			require.Len(b, p.outputs, g.outputs)
			benchmarkVerify(b, w, ops, nil)
			b.ReportMetric(create.best(), "create-pu")
			b.ReportMetric(float64(p.total), "tx-bytes")
		})
	}
}

var growth = make(map[uint16]*world)

// grown is a world whose users have as many coins as a payment may take.
func grown(tb testing.TB, tax uint16) *world {
	worldMu.Lock()
	defer worldMu.Unlock()
	if growth[tax] == nil {
		growth[tax] = newWorld(tb, ring, utt.MaxInputs, tax)
	}
	return growth[tax]
}
