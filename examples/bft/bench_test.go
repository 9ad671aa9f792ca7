//go:build unix

package bft

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// cpu is the processor time that the process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkBFT takes payments, in full blocks one after the other, through consensus,
// verification by every replica, execution, signing and combination. All replicas
// share the cores of one process, so that payments/s is what n replicas on one
// machine make, without a network. Per payment and replica that runs (twins are two),
// in processor time: cpu-ms is everything, of which combine-ms joins shares and
// attach-ms verifies the signatures that another joined.
//
// overhead-% is what all of it takes beyond what no replica can do without, to verify
// and to sign, times the replicas that run: decoding, consensus, execution,
// combination and the garbage of them all.
//
// The latency of a payment is here that of its block: from when the first replica has
// decided the one before it to when t = f+1 honest replicas have its signatures, and say so
// by their shares of its certificate. p50-ms and p99-ms are wall time, in which a timeout
// takes none; p50-net-ms and p99-net-ms are the network's logical time, in which computing
// takes none. p50-certified-ms is that, to when half of the honest replicas serve the block
// with its certificate.
func BenchmarkBFT(b *testing.B) {
	for _, faults := range []int{1, 2, 3} {
		for _, block := range []int{64, 256, 1024} {
			for _, fault := range []string{"none", "crashed", "equivocating"} {
				b.Run(fmt.Sprintf("n=%d/block=%d/fault=%s", 3*faults+1, block, fault), func(b *testing.B) {
					benchmark(b, usual(faults), block, fault)
				})
			}
		}
	}
}

// BenchmarkThreshold is BenchmarkBFT with f+1 replicas that sign, of whom two sets may have
// no honest one in common, and with 2f+1, of whom all have. The latency is to when so many
// have the signatures, which is when there can be a certificate.
func BenchmarkThreshold(b *testing.B) {
	const block = 256
	for _, faults := range []int{1, 3} {
		for _, fault := range []string{"none", "crashed"} {
			for _, t := range []int{faults + 1, 2*faults + 1} {
				b.Run(fmt.Sprintf("n=%d/fault=%s/t=%d", 3*faults+1, fault, t), func(b *testing.B) {
					benchmark(b, size{faults, t}, block, fault)
				})
			}
		}
	}
}

// most payments that a run of BenchmarkBFT makes, in so many blocks as they fill.
const most = 1024

func benchmark(b *testing.B, z size, block int, fault string) {
	w := pool(b)
	require.NoError(b, w.Grow(context.Background(), most))
	var spent, alone time.Duration
	in := make(map[Stage]time.Duration)
	var wall, logical, certified []time.Duration // of blocks
	runs, replicas := 0, 3*z.faults+1
	for b.Loop() {
		b.StopTimer()
		configs, err := w.Founding.ReplicasOf(z.faults, z.threshold)
		require.NoError(b, err)
		for i := range configs {
			configs[i].Block = block
			configs[i].Observe = func(s Stage) func() {
				start := cpu()
				return func() { in[s] += cpu() - start }
			}
		}
		runs++
		alone += verifyAndSign(b, w, configs[0], block) * most / time.Duration(block)
		s := Schedule{Seed: uint64(runs), Boot: 60, Items: w.Payments[:most], Limit: 1 << 40}
		s.Actions = submitAll(s.Items)
		first := w.Founding.ledger.Head().Height + 1
		faulty := configs[0].proposer(first+1, 0)
		switch fault {
		case "crashed":
			s.Actions = append(s.Actions, Action{At: 55, Kind: ActionCrash, Node: faulty})
		case "equivocating":
			s.Byzantine = map[NodeID]Behaviour{faulty: Twins}
		}
		m, err := NewSimulation(configs, s)
		require.NoError(b, err)
		b.StartTimer()
		l := &latencies{m: m, first: first, blocks: most / block, replicas: z.threshold}
		before := cpu()
		for !m.done() && m.Next() {
			l.watch()
		}
		spent += cpu() - before
		b.StopTimer()
		require.True(b, m.done(), "%v", m.err)
		require.Len(b, l.wall, most/block)
		require.Len(b, l.certified, most/block)
		wall, logical, certified = append(wall, l.wall...), append(logical, l.logical...), append(certified, l.certified...)
		if replicas = len(m.endpoints); fault == "crashed" {
			replicas--
		}
		b.StartTimer()
	}
	slices.Sort(wall)
	slices.Sort(logical)
	slices.Sort(certified)
	k := len(wall)
	payments := float64(runs * most)
	each := func(d time.Duration) float64 { return ms(d) / payments / float64(replicas) }
	b.ReportMetric(payments/b.Elapsed().Seconds(), "payments/s")
	b.ReportMetric(ms(wall[k/2]), "p50-ms")
	b.ReportMetric(ms(wall[k*99/100]), "p99-ms")
	b.ReportMetric(ms(logical[k/2]), "p50-net-ms")
	b.ReportMetric(ms(logical[k*99/100]), "p99-net-ms")
	b.ReportMetric(ms(certified[k/2]), "p50-certified-ms")
	b.ReportMetric(float64(k), "blocks")
	b.ReportMetric(each(spent), "cpu-ms")
	b.ReportMetric(each(in[StageCombine]), "combine-ms")
	b.ReportMetric(each(in[StageAttach]), "attach-ms")
	b.ReportMetric(100*(float64(spent)/float64(replicas)/float64(alone)-1), "overhead-%")
	b.ReportMetric(0, "ns/op")
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// latencies watches a simulation for blocks to be decided and signed.
type latencies struct {
	m             *Simulation
	first         uint64 // height
	blocks        int
	replicas      int // with signatures
	begun         []moment
	wall, logical []time.Duration
	certified     []time.Duration // logical
}

type moment struct {
	wall    time.Time
	logical uint64
}

func (l *latencies) watch() {
	now := moment{time.Now(), l.m.now}
	for k := len(l.begun); k < l.blocks && (k == 0 && l.m.now >= l.m.s.Boot || k > 0 && l.m.harness.highest >= l.first+uint64(k)-1); k++ {
		l.begun = append(l.begun, now)
	}
	for k := len(l.wall); k < len(l.begun) && l.signed(l.first+uint64(k)) >= l.replicas; k++ {
		l.wall = append(l.wall, now.wall.Sub(l.begun[k].wall))
		l.logical = append(l.logical, time.Duration(now.logical-l.begun[k].logical)*time.Millisecond)
	}
	for k := len(l.certified); k < len(l.begun) && l.served(l.first+uint64(k)); k++ {
		l.certified = append(l.certified, time.Duration(now.logical-l.begun[k].logical)*time.Millisecond)
	}
}

// served reports whether half of the honest replicas serve a block.
func (l *latencies) served(height uint64) bool {
	have, of := 0, 0
	for _, e := range l.m.endpoints {
		if e.forger != nil || e.down {
			continue
		}
		of++
		if e.node.Published() >= height {
			have++
		}
	}
	return 2*have > of
}

// signed counts the honest replicas that have signatures on a block.
func (l *latencies) signed(height uint64) (have int) {
	for _, e := range l.m.endpoints {
		if e.forger == nil && !e.down && (e.signed >= height || e.node.Published() >= height) {
			have++
		}
	}
	return have
}

// verifyAndSign is what one replica cannot do without, in processor time.
func verifyAndSign(b *testing.B, w *Workload, c Config, block int) time.Duration {
	ctx := context.Background()
	ops := make([]utt.Operation, block)
	for i := range ops {
		var err error
		ops[i], err = utt.ParseOperation(w.Payments[i].Raw)
		require.NoError(b, err)
	}
	store, err := copyStore(c.Store)
	require.NoError(b, err)
	ledger, err := ledger.New(c.Parameters, store)
	require.NoError(b, err)
	signer, err := replica.NewSigner(ledger, c.Committees.Coin, c.Coin, replica.SignerState{})
	require.NoError(b, err)
	head := ledger.Head()
	start := cpu()
	v, err := c.Parameters.Check(ctx, head.Time, ops)
	used := cpu() - start
	require.NoError(b, err)
	_, err = ledger.Execute(&utt.Block{Height: head.Height + 1, Time: head.Time, Ops: ops}, v)
	require.NoError(b, err)
	start = cpu()
	_, err = signer.SignBlock(ctx, head.Height+1)
	require.NoError(b, err)
	return used + cpu() - start
}

// BenchmarkPropose is what one proposal takes, of 63 valid operations and invalid ones
// behind them, in processor time and in proofs verified.
func BenchmarkPropose(b *testing.B) {
	const block = 64
	w := pool(b)
	require.NoError(b, w.Grow(context.Background(), block))
	for _, invalid := range []int{0, 40} {
		b.Run(fmt.Sprintf("valid=63/invalid=%d", invalid), func(b *testing.B) {
			var bad [][]byte
			for _, i := range w.Splits[:invalid] {
				raw := slices.Clone(i.Raw)
				raw[len(raw)-1] ^= 1
				bad = append(bad, raw)
			}
			var spent time.Duration
			verified, runs := 0, 0
			for b.Loop() {
				b.StopTimer()
				p := newProposer(b, w, block)
				p.submit(raws(w.Payments[:block-1]...)...)
				p.submit(bad...)
				before := cpu()
				b.StartTimer()
				ops := p.proposed()
				b.StopTimer()
				spent += cpu() - before
				require.Len(b, ops, block-1)
				verified, runs = verified+p.verified, runs+1
				b.StartTimer()
			}
			b.ReportMetric(ms(spent)/float64(runs), "cpu-ms/block")
			b.ReportMetric(float64(verified)/float64(runs), "proofs/block")
			b.ReportMetric(0, "ns/op")
		})
	}
}
