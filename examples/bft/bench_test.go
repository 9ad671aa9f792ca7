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
)

// cpu is the processor time that the process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkBFT takes one block of payments through consensus, verification by every
// replica, execution, signing and combination. All replicas share the cores of one
// process, so that payments/s is what n replicas on one machine make, no network;
// cpu-ms is what one replica spends on one payment, and combine-ms that part of it
// which joins the shares of all, as each replica does here and one would suffice.
// Latency is from the start to f+1 replicas having the signatures, in wall time.
// overhead-% is what consensus, decoding and execution add to n times verification
// and signing, in processor time and without combine-ms.
func BenchmarkBFT(b *testing.B) {
	for _, faults := range []int{1, 2, 3} {
		for _, block := range []int{64, 256, 1024} {
			for _, fault := range []string{"none", "crashed", "equivocating"} {
				b.Run(fmt.Sprintf("n=%d/block=%d/fault=%s", 3*faults+1, block, fault), func(b *testing.B) {
					benchmark(b, faults, block, fault)
				})
			}
		}
	}
}

func benchmark(b *testing.B, faults, block int, fault string) {
	w := pool(b)
	require.NoError(b, w.Grow(context.Background(), block))
	var spent, alone, combined time.Duration
	var latencies []time.Duration
	replicas := 3*faults + 1
	if fault == "crashed" {
		replicas--
	}
	for b.Loop() {
		b.StopTimer()
		configs, err := w.Founding.Replicas(faults)
		require.NoError(b, err)
		for i := range configs {
			configs[i].Block = block
			configs[i].Observe = func(s Stage) func() {
				start := cpu()
				return func() {
					if s == StageCombine {
						combined += cpu() - start
					}
				}
			}
		}
		alone += verifyAndSign(b, w, configs[0], block)
		s := Schedule{Seed: uint64(len(latencies) + 1), Boot: 60, Items: w.Payments[:block], Limit: 1 << 40}
		s.Actions = submitAll(s.Items)
		switch fault { // of the first proposer's successor, so that rounds succeed
		case "crashed":
			s.Actions = append(s.Actions, Action{At: 55, Kind: ActionCrash, Node: second(w, configs)})
		case "equivocating":
			s.Byzantine = map[NodeID]Behaviour{second(w, configs): Twins}
		}
		m, err := NewSimulation(configs, s)
		require.NoError(b, err)
		for m.now < 60 && m.Next() {
		}
		b.StartTimer()
		start, before, seen := time.Now(), cpu(), time.Duration(0)
		for !m.done() && m.Next() {
			if seen == 0 && m.signed(faults+1) {
				seen = time.Since(start)
			}
		}
		spent += cpu() - before
		latencies = append(latencies, seen)
		b.StopTimer()
		require.True(b, m.done(), "%v", m.err)
		b.StartTimer()
	}
	slices.Sort(latencies)
	k := len(latencies)
	payments := float64(k * block)
	b.ReportMetric(payments/b.Elapsed().Seconds(), "payments/s")
	b.ReportMetric(ms(latencies[k/2]), "p50-ms")
	b.ReportMetric(ms(latencies[k*99/100]), "p99-ms")
	b.ReportMetric(ms(spent)/payments/float64(replicas), "cpu-ms")
	b.ReportMetric(100*(float64(spent-combined)/float64(replicas)/float64(alone)-1), "overhead-%")
	b.ReportMetric(ms(combined)/payments/float64(replicas), "combine-ms")
	b.ReportMetric(0, "ns/op")
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// second proposes the second block.
func second(w *Workload, c []Config) NodeID {
	return c[0].proposer(w.Founding.ledger.Head().Height+2, 0)
}

// signed reports whether so many honest replicas have signatures on a payment.
func (m *Simulation) signed(replicas int) bool {
	for _, e := range m.endpoints {
		if e.forger == nil && e.node.Height() > m.harness.founded {
			if _, ok := e.node.Signed(m.harness.founded + 1); ok {
				replicas--
			}
		}
	}
	return replicas <= 0
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
	ledger, err := utt.NewLedger(c.Parameters, store)
	require.NoError(b, err)
	signer, err := utt.NewSigner(ledger, c.Committees.Coin, c.Coin, utt.SignerState{})
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
