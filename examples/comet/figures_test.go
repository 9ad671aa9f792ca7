package comet

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

var (
	figures  = flag.Bool("figures", false, "measure a network of four on this machine")
	payments = flag.Int("payments", 250, "how many payments at once")
)

// catching is a node that keeps what is handed in instead.
type catching struct {
	wallet.Node
	op utt.Operation
}

func (c *catching) Submit(_ context.Context, op utt.Operation) error {
	c.op = op
	return nil
}

// TestFigures prints the figures of README.md. All is on one machine: four validators, and
// who hands payments in.
func TestFigures(t *testing.T) {
	if !*figures {
		t.Skip("go test . -run TestFigures -figures -v measures")
	}
	t.Setenv("GOMAXPROCS", "1") // of a validator: four share what there is
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Minute)
	defer cancel()
	n := found(t, "--dealt", "--decimals", "0", "--budget", "100000", "--every", "0")
	n.reach(2, time.Minute, n.everybody()...)
	users := n.crowd(ctx, *payments)
	till := n.newUser("till", 1, 2).register(ctx)
	n.quiet()
	t.Logf("%s, %d cores, %s, load %.1f before; four validators and who pays on one machine", cpuName(), runtime.NumCPU(), runtime.Version(), load())

	n.atOnce(ctx, users)
	n.rate(ctx, users, till, 10)
	one := func() string {
		var latency []time.Duration
		for range 50 {
			latency = append(latency, n.pay(ctx, users[0], users[1], 1))
		}
		return spread(latency)
	}
	users[0].settle(ctx)
	users[1].settle(ctx)
	t.Logf("one payment at a time, from handed in until the payee has it: %s", one())
	if os.Getenv("COMET_SCREENSHOT") != "" {
		n.page(ctx, 0, "private payment")
	}

	begun := time.Now()
	n.kill(3)
	n.start(3)
	n.reach(n.height(), time.Minute, 3)
	t.Logf("one validator killed and started again: %v until it is where the others are", time.Since(begun).Round(10*time.Millisecond))
	n.kill(3)
	t.Logf("with one of four down: %s", one())
	n.start(3)
	n.reach(n.height(), time.Minute, 3)
	for i := range n.processes {
		n.kill(i)
	}
	begun = time.Now()
	for i := range n.processes {
		n.start(i)
	}
	for i := range n.processes {
		n.until(i)
	}
	up := time.Since(begun)
	n.pay(ctx, users[0], users[1], 1)
	t.Logf("all four killed and started again: %v until they answer, %v until the next payment is certified", up.Round(10*time.Millisecond), time.Since(begun).Round(10*time.Millisecond))
}

// made are payments, one of each user, that are not handed in.
func (n *network) made(ctx context.Context, users []*user, to func(i int) *user, memo func(i int) string) []utt.Operation {
	ops := make([]utt.Operation, len(users))
	each(len(users), func(i int) {
		u := users[i]
		u.sync(ctx)
		c := &catching{Node: u.node}
		_, err := u.Pay(ctx, c, to(i).Identity(), asset, 1, memo(i))
		require.NoError(n.t, err)
		ops[i] = c.op
	})
	return ops
}

// atOnce hands in a payment of each user at once, and prints how many a second there are, and
// what a validator does for one.
func (n *network) atOnce(ctx context.Context, users []*user) {
	n.t.Helper()
	const (
		enough  = 6 * time.Second // of a profile
		settles = 3 * time.Second // what was done before
		all     = 1000            // payments at least: a profile has a sample each 10 ms
		bound   = 1.4             // of what the ledger's own stages take, against verifying and signing and nothing else
	)
	rounds := max(2, (all+len(users)-1)/len(users))
	total := float64(rounds * len(users))
	var took, used time.Duration
	var sent, shares, batches float64
	var ops []utt.Operation
	var records []*utt.Record // of ops
	stages := make(map[string]time.Duration)
	time.Sleep(settles)
	for stage, d := range n.profile(ctx, time.Duration(rounds)*enough)() { // what blocks take without payments
		stages[stage] -= d
	}
	for range rounds {
		ops = n.made(ctx, users, func(i int) *user { return users[(i+1)%len(users)] }, func(int) string { return "" })
		n.quiet()
		batches -= n.metric(`utt_stage_seconds_count{stage="admit"`)
		before, wasSent, wasShares := n.certified(ctx), n.bytes("cometbft_p2p_message_send_bytes_total"), n.bytes("utt_sent_bytes_total")
		from := users[0].Checkpoint().Next()
		profiles := n.profile(ctx, enough)
		wasUsed := n.cpu()
		begun := time.Now()
		var group sync.WaitGroup
		for i := range ops {
			group.Go(func() {
				if err := users[i].node.Submit(ctx, ops[i]); err != nil {
					n.t.Error(err)
				}
			})
		}
		group.Wait()
		until(n.t, 5*time.Minute, "all are certified", func() bool { return n.certified(ctx)-before >= uint64(len(ops)) })
		round := time.Since(begun)
		took += round
		used += n.cpu() - wasUsed
		sent += n.bytes("cometbft_p2p_message_send_bytes_total") - wasSent
		shares += n.bytes("utt_sent_bytes_total") - wasShares
		batches += n.metric(`utt_stage_seconds_count{stage="admit"`)
		if round > enough {
			n.t.Logf("some of the payments are not in the profiles, which end after %v", enough)
		}
		for stage, d := range profiles() {
			stages[stage] += d
		}
		records = n.signed(ctx, from)
		each(len(users), func(i int) { users[i].settle(ctx) })
	}
	per := func(d time.Duration) float64 { return 1000 * d.Seconds() / total / float64(len(n.processes)) }
	n.t.Logf("%d times %d payments at once: %.1f payments/s, certified; CPU of a validator per payment: %.2f ms", rounds, len(users), total/took.Seconds(), per(used))
	n.t.Logf("admitted %.1f at once at the mean", total*float64(len(n.processes))/batches)
	n.t.Logf("sent by a validator per payment: %.1f kB in all, %.1f kB of that shares, signatures and certificates; a payment has %d bytes",
		sent/total/4/1000, shares/total/4/1000, size(n.t, ops[0]))

	var most int64
	for i := range n.processes {
		most = max(most, n.memory(i))
	}
	n.t.Logf("memory of a validator: %d MB at most", most/1_000_000)

	var text strings.Builder
	var own, sum time.Duration
	for _, stage := range slices.Sorted(maps.Keys(stages)) {
		sum += stages[stage]
		fmt.Fprintf(&text, "\n  %-40s %5.2f ms", stage, per(stages[stage]))
		if !strings.HasPrefix(stage, beside) {
			own += stages[stage]
		}
	}
	n.t.Logf("by profiles, more than as long without payments: %.2f ms%s", per(sum), text.String())
	// What a validator's wallets hand in is verified before others are told of it: two batches at least.
	n.t.Logf("the ledger's own stages take %.2f ms; to verify and sign, in processes that do nothing else:", per(own))
	for _, processes := range []int{len(n.processes), 1} {
		twice, sign := n.verified(processes, records, ops[:len(ops)/4], ops[len(ops)/4:])
		once, _ := n.verified(processes, records, ops)
		ratio := per(own) / (twice + sign)
		n.t.Logf("  %d at once: to sign %.2f ms; to verify in two batches, a quarter and the rest, %.2f ms: a ratio of %.2f; in one batch %.2f ms: of %.2f",
			processes, sign, twice, ratio, once, per(own)/(once+sign))
		if processes > 1 && ratio > bound {
			n.t.Errorf("the ratio is above its bound of %.1f", bound)
		}
	}
}

// signed are the certified records from a place on that have outputs.
func (n *network) signed(ctx context.Context, from utt.Cursor) (records []*utt.Record) {
	for r, err := range n.client(0).Records(ctx, from) {
		require.NoError(n.t, err)
		if len(r.Commitments(n.parameters)) > 0 {
			records = append(records, r)
		}
	}
	return records
}

// rate hands payments to one payee in, so many a second, and prints how long each took until the
// payee's wallet, which takes in every record and waits for the next, had it.
func (n *network) rate(ctx context.Context, users []*user, till *user, perSecond int) {
	n.t.Helper()
	ops := n.made(ctx, users, func(int) *user { return till }, func(i int) string { return fmt.Sprint(i) })
	till.sync(ctx)
	n.quiet()
	at, came := make([]time.Time, len(ops)), make([]time.Time, len(ops))
	polling := make(chan struct{})
	go func() {
		defer close(polling)
		seen := till.Items()
		for left := len(ops); left > 0 && ctx.Err() == nil; {
			bounded, cancel := context.WithTimeout(ctx, 10*time.Second)
			_ = till.node.Wait(bounded, till.Checkpoint().Next())
			cancel()
			_ = till.Sync(ctx, till.node)
			for it, err := range till.History(seen) {
				if err != nil {
					break
				}
				seen++
				if i, err := strconv.Atoi(it.Memo); err == nil {
					came[i] = time.Now()
					left--
				}
			}
		}
	}()
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	var group sync.WaitGroup
	used, begun := n.cpu(), time.Now()
	for i, op := range ops {
		<-tick.C
		at[i] = time.Now()
		group.Go(func() {
			if err := users[i].node.Submit(ctx, op); err != nil {
				n.t.Error(err)
			}
		})
	}
	group.Wait()
	<-polling
	busy := (n.cpu() - used).Seconds() / time.Since(begun).Seconds() / float64(len(n.processes))
	var latency []time.Duration
	for i := range ops {
		latency = append(latency, came[i].Sub(at[i]))
	}
	n.t.Logf("%d payments a second, from handed in until a wallet that takes in every record has it: %s; a validator takes %.0f %% of a core", perSecond, spread(latency), 100*busy)
	for _, u := range users {
		u.settle(ctx)
	}
}

// crowd are users who can pay, each once at a time.
func (n *network) crowd(ctx context.Context, count int) []*user {
	users := make([]*user, count)
	each(count, func(i int) { users[i] = n.newUser(fmt.Sprint("user ", i), i%4, (i+1)%4).register(ctx) })
	n.issue(ctx, 1000, users...)
	return users
}

// quiet waits until nothing is to be done.
func (n *network) quiet() {
	n.t.Helper()
	until(n.t, time.Minute, "nothing waits", func() bool {
		s, err := n.status(0)
		return err == nil && s.Waiting == 0
	})
	n.reach(n.height(), time.Minute, n.everybody()...)
}

// certified is how many records are.
func (n *network) certified(ctx context.Context) uint64 {
	c, err := n.client(0).Certificate(ctx, 1<<62)
	require.NoError(n.t, err)
	return c.Records
}

// cpu is what the validators have used.
func (n *network) cpu() (sum time.Duration) {
	for i := range n.processes {
		sum += n.cpuOf(i)
	}
	return sum
}

// cpuOf is what a validator has used.
func (n *network) cpuOf(i int) (sum time.Duration) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n.processes[i].Process.Pid))
	require.NoError(n.t, err, "on Linux")
	_, rest, _ := strings.Cut(string(b), ") ")
	fields := strings.Fields(rest)
	for _, f := range fields[11:13] { // user and system, in hundredths of a second
		v, err := strconv.ParseInt(f, 10, 64)
		require.NoError(n.t, err)
		sum += time.Duration(v) * 10 * time.Millisecond
	}
	return sum
}

// beside is what begins the names of what is not the ledger's own work.
const beside = "besides: "

// profile begins profiles of all validators, for a time. What it returns waits for them and
// says what the stages took, of all together. Samples miss some of what a process uses, and are
// taken for as much as it used in all.
func (n *network) profile(ctx context.Context, during time.Duration) func() map[string]time.Duration {
	all, used := make([]*profile.Profile, len(n.processes)), make([]time.Duration, len(n.processes))
	var group sync.WaitGroup
	for i := range n.processes {
		group.Go(func() {
			url := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", n.profiles(i), int(during.Seconds()))
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
			if err != nil {
				n.t.Error(err)
				return
			}
			was := n.cpuOf(i)
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				n.t.Error(err)
				return
			}
			used[i] = n.cpuOf(i) - was
			defer func() { _ = answer.Body.Close() }()
			if all[i], err = profile.Parse(answer.Body); err != nil {
				n.t.Error(err)
			}
		})
	}
	return func() map[string]time.Duration {
		group.Wait()
		stages := make(map[string]time.Duration)
		for i, p := range all {
			require.NotNil(n.t, p)
			var sampled time.Duration
			for _, s := range p.Sample {
				sampled += time.Duration(s.Value[1])
			}
			for _, s := range p.Sample {
				stages[stageOf(s)] += time.Duration(float64(s.Value[1]) * float64(used[i]) / float64(sampled))
			}
		}
		return stages
	}
}

// stageOf says what a sample of a profile belongs to: by its label, or else by the package
// that is nearest to what it does.
func stageOf(s *profile.Sample) string {
	if stage := s.Label["stage"]; len(stage) > 0 {
		return stage[0]
	}
	for _, l := range s.Location {
		for _, line := range l.Line {
			for _, of := range []struct{ name, is string }{
				{"utt.ParseOperation", "parse"}, {"runtime.gcBgMarkWorker", "garbage"}, {"utt-go/utt/replica", "replica"},
				{"cometbft/consensus", beside + "consensus"}, {"cometbft/internal/consensus", beside + "consensus"}, {"cometbft/p2p", beside + "p2p"},
				{"cometbft/mempool", beside + "gossip"}, {"net/http", beside + "HTTP"},
			} {
				if !strings.Contains(line.Function.Name, of.name) {
					continue
				}
				if of.is == "replica" {
					return of.is + ": " + within(s, of.name)
				}
				return of.is
			}
		}
	}
	return beside + "other"
}

// within is what a package is at: the method that the one that was called first has called.
func within(s *profile.Sample, pkg string) (name string) {
	deep := 0
	for _, l := range slices.Backward(s.Location) {
		for _, line := range slices.Backward(l.Line) {
			if _, method, ok := strings.Cut(line.Function.Name, pkg); ok && deep < 2 {
				name, deep = strings.TrimLeft(method, ".(*"), deep+1
			}
		}
	}
	return name
}

// bytes is a metric of all validators together.
func (n *network) bytes(name string) (sum float64) { return n.metric(name + "{") }

// metric is a metric of all validators together, by how its lines begin.
func (n *network) metric(name string) (sum float64) {
	for i := range n.processes {
		r, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/metrics", n.port+portsOfNode*i+3))
		require.NoError(n.t, err)
		lines := bufio.NewScanner(r.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), name) {
				fields := strings.Fields(lines.Text())
				v, err := strconv.ParseFloat(fields[len(fields)-1], 64)
				require.NoError(n.t, err)
				sum += v
			}
		}
		_ = r.Body.Close()
	}
	return sum
}

func size(t testing.TB, op utt.Operation) int {
	b, err := op.AppendBinary(nil)
	require.NoError(t, err)
	return len(b)
}

func spread(all []time.Duration) string {
	slices.Sort(all)
	at := func(q float64) time.Duration {
		return all[min(len(all)-1, int(q*float64(len(all))))].Round(time.Millisecond)
	}
	return fmt.Sprintf("median %v, p90 %v, p99 %v of %d", at(0.5), at(0.9), at(0.99), len(all))
}

// load is how much work the machine had of late, in processes that run or would.
func load() (l float64) {
	b, err := os.ReadFile("/proc/loadavg")
	if err == nil {
		_, _ = fmt.Sscan(string(b), &l)
	}
	return l
}

func cpuName() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	_, name, _ := strings.Cut(string(b), "model name")
	name, _, _ = strings.Cut(name, "\n")
	return strings.Trim(name, "\t :")
}
