package comet

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

var (
	figures  = flag.Bool("figures", false, "measure a network of four on this machine")
	payments = flag.Int("payments", 100, "how many payments at once")
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
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Minute)
	defer cancel()
	n := found(t, "--dealt", "--decimals", "0", "--budget", "100000", "--every", "0")
	n.reach(2, time.Minute, n.everybody()...)
	users := n.crowd(ctx, *payments)
	n.quiet()

	t.Logf("%s, %d cores, %s; four validators and who pays on one machine", cpuName(), runtime.NumCPU(), runtime.Version())
	ops := make([]utt.Operation, len(users))
	for i, u := range users {
		u.sync(ctx)
		c := &catching{Node: u.node}
		_, err := u.Pay(ctx, c, users[(i+1)%len(users)].Identity(), asset, 1, "")
		require.NoError(t, err)
		ops[i] = c.op
	}
	n.quiet()
	before, used, sent := n.certified(ctx), n.cpu(), n.bytes("cometbft_p2p_message_send_bytes_total")
	shares := n.bytes("utt_sent_bytes_total")
	begun := time.Now()
	var group sync.WaitGroup
	for k := range 16 {
		group.Go(func() {
			for i := k; i < len(ops); i += 16 {
				if err := users[i].node.Submit(ctx, ops[i]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	until(t, 5*time.Minute, "all are certified", func() bool { return n.certified(ctx)-before >= uint64(len(ops)) })
	took := time.Since(begun)
	each := float64(len(ops))
	t.Logf("%d payments at once: %.1f payments/s, certified; CPU of a validator per payment: %.1f ms", len(ops), each/took.Seconds(), 1000*(n.cpu()-used).Seconds()/each/4)
	t.Logf("sent by a validator per payment: %.1f kB in all, %.1f kB of that shares, signatures and certificates; a payment has %d bytes",
		(n.bytes("cometbft_p2p_message_send_bytes_total")-sent)/each/4/1000, (n.bytes("utt_sent_bytes_total")-shares)/each/4/1000, size(t, ops[0]))

	for _, u := range users[:2] {
		u.settle(ctx)
	}
	var latency []time.Duration
	for range 50 {
		latency = append(latency, n.pay(ctx, users[0], users[1], 1))
	}
	t.Logf("one payment at a time, from handed in until the payee has it: %s", spread(latency))

	begun = time.Now()
	n.kill(3)
	n.start(3)
	n.reach(n.height(), time.Minute, 3)
	t.Logf("one validator killed and started again: %v until it is where the others are", time.Since(begun).Round(10*time.Millisecond))
	n.kill(3)
	latency = nil
	for range 50 {
		latency = append(latency, n.pay(ctx, users[0], users[1], 1))
	}
	t.Logf("with one of four down: %s", spread(latency))
	n.start(3)
	n.reach(n.height(), time.Minute, 3)
	for i := range n.processes {
		n.kill(i)
	}
	begun = time.Now()
	for i := range n.processes {
		n.start(i)
	}
	n.until(0)
	up := time.Since(begun)
	n.pay(ctx, users[0], users[1], 1)
	t.Logf("all four killed and started again: %v until they answer, %v until the next payment is certified", up.Round(10*time.Millisecond), time.Since(begun).Round(10*time.Millisecond))
}

// crowd are users who can pay, each once at a time.
func (n *network) crowd(ctx context.Context, count int) []*user {
	users := make([]*user, count)
	all := func(do func(i int)) {
		var group sync.WaitGroup
		for k := range 8 {
			group.Go(func() {
				for i := k; i < count; i += 8 {
					do(i)
				}
			})
		}
		group.Wait()
	}
	all(func(i int) { users[i] = n.newUser(fmt.Sprint("user ", i), i%4, (i+1)%4).register(ctx) })
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
	for _, p := range n.processes {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Process.Pid))
		require.NoError(n.t, err, "on Linux")
		_, rest, _ := strings.Cut(string(b), ") ")
		fields := strings.Fields(rest)
		for _, f := range fields[11:13] { // user and system, in hundredths of a second
			v, err := strconv.ParseInt(f, 10, 64)
			require.NoError(n.t, err)
			sum += time.Duration(v) * 10 * time.Millisecond
		}
	}
	return sum
}

// bytes is a metric of all validators together.
func (n *network) bytes(name string) (sum float64) {
	for i := range n.processes {
		h, err := home.Open(n.home(i))
		require.NoError(n.t, err)
		r, err := http.Get("http://" + h.Settings.Metrics + "/metrics")
		require.NoError(n.t, err)
		lines := bufio.NewScanner(r.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), name+"{") {
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

func size(t *testing.T, op utt.Operation) int {
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

func cpuName() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	_, name, _ := strings.Cut(string(b), "model name")
	name, _, _ = strings.Cut(name, "\n")
	return strings.Trim(name, "\t :")
}
