package comet

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	cmthttp "github.com/cometbft/cometbft/rpc/client/http"
	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/examples/comet/node"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/conformance"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// long has every validator killed at every point, which takes some minutes more.
var long = flag.Bool("long", false, "every validator at every crash point")

// A network of four, through what happens to networks.
func TestNetwork(t *testing.T) {
	within := 9 * time.Minute
	if *long {
		within = 30 * time.Minute
	}
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	n := found(t, "--dealt", "--every", "20", "--retain", "300", "--decimals", "0", "--budget", "100000")
	alice, bob, carol := n.newUser("alice", 0), n.newUser("bob", 1), n.newUser("carol", 2)
	users := []*user{alice, bob, carol}
	for _, u := range users {
		u.register(ctx)
	}
	n.issue(ctx, 1000, users...)
	check := func() {
		n.t.Helper()
		n.reach(n.height(), 60*time.Second, n.everybody()...)
		n.sums(ctx, users...)
		n.agree(n.everybody()...)
	}
	part := func(name string, test func(t *testing.T)) {
		t.Run(name, func(t *testing.T) {
			n.t = t
			test(t)
			check()
		})
		n.t = t
		if t.Failed() {
			t.FailNow()
		}
	}

	part("a validator is a node, as wallets want it", func(t *testing.T) {
		conformance.Node(t, conformance.Subject{Node: n.client(1), Parameters: n.parameters, Happen: func(ctx context.Context) error {
			op, err := utt.NewIssue(n.parameters, n.issuer, n.nonce, alice.PID(), asset, 1)
			if err != nil {
				return err
			}
			n.nonce++
			n.issued++
			return n.client(1).Submit(ctx, op)
		}})
	})

	part("payments between wallets at different validators", func(t *testing.T) {
		h, err := alice.Pay(ctx, alice.node, "bob", asset, 30, "for bob")
		alice.try(ctx, h, err)
		h, err = bob.Pay(ctx, bob.node, "carol", asset, 20, "for carol")
		bob.try(ctx, h, err)
		until(t, 30*time.Second, "all have what they were paid", func() bool {
			bob.sync(ctx)
			carol.sync(ctx)
			return bob.Balance(asset).Spendable == 1010 && carol.Balance(asset).Spendable == 1020
		})
		require.Equal(t, "for bob", bob.Received()[0].Memo)
	})

	part("a double spend handed to two validators", func(t *testing.T) {
		a, b := n.userOf("alice", alice.seed, 0), n.userOf("alice", alice.seed, 1)
		a.sync(ctx)
		b.sync(ctx)
		to := []string{"bob", "carol"}
		handles, errs := make([]wallet.Handle, 2), make([]error, 2)
		done := make(chan int)
		for k, u := range []*user{a, b} {
			go func() {
				handles[k], errs[k] = u.Pay(ctx, u.node, to[k], asset, 40, "twice")
				done <- k
			}()
		}
		<-done
		<-done
		executed, spent := 0, 0
		for k, u := range []*user{a, b} {
			var no *utt.Rejection
			if errors.As(errs[k], &no) { // the other was executed before this one came
				require.Equal(t, utt.CodeSpent, no.Code)
				spent++
				continue
			}
			require.NoError(t, errs[k])
			until(t, 30*time.Second, "a receipt", func() bool {
				r, err := u.node.Receipt(ctx, handles[k].Digest)
				if err != nil {
					return false
				}
				switch err := r.Err(); {
				case err == nil:
					executed++
				case errors.As(err, &no) && no.Code == utt.CodeSpent:
					spent++
				default:
					t.Fatal(err)
				}
				return true
			})
		}
		require.Equal(t, []int{1, 1}, []int{executed, spent})
		for k := range handles { // what an explorer shows of both
			if errs[k] != nil {
				continue
			}
			out, err := exec.CommandContext(ctx, n.uttd, "export", "--dir", n.folder, "--receipt", handles[k].Digest.String()).CombinedOutput()
			require.NoError(t, err, string(out))
			require.Regexp(t, `"status":"executed"|"code":"spent"`, string(out))
		}
	})

	part("one of four is down", func(t *testing.T) {
		n.kill(3)
		const payments = 20
		var took []time.Duration
		for range payments {
			from, to := alice, bob
			if len(took)%2 == 1 {
				from, to = bob, alice
			}
			took = append(took, n.pay(ctx, from, to, 1))
		}
		slices.Sort(took)
		t.Logf("from handed in to certified: median %v, most %v", took[len(took)/2], took[len(took)-1])
		// where others have far more work for the machine than it does, all of it takes longer
		busy := max(1, load()/float64(4*runtime.NumCPU()))
		require.LessOrEqual(t, took[len(took)-1].Seconds(), 3*busy)
		n.start(3)
		n.reach(n.height(), 60*time.Second, 3)
	})

	part("all four killed between commit and shares", func(t *testing.T) {
		for i := range n.processes {
			n.kill(i)
			n.start(i, "UTTD_CRASH=committed")
		}
		n.reach(n.height()+1, 60*time.Second, n.everybody()...)
		h, err := alice.Pay(ctx, alice.node, "bob", asset, 5, "unsigned")
		for i := range n.processes {
			n.ended(i, 60*time.Second)
		}
		for i := range n.processes {
			n.start(i)
		}
		alice.try(ctx, h, err)
	})

	part("killed at every point of the engine", func(t *testing.T) {
		victims := func(point int) []int { return []int{point % 4} }
		if *long {
			victims = func(int) []int { return n.everybody() }
		}
		for point := range crashPoints {
			for _, i := range victims(point) {
				n.kill(i)
				n.start(i, fmt.Sprint("FAIL_TEST_INDEX=", point))
				alice.node = n.client((i+1)%4, (i+2)%4, (i+3)%4)
				h, err := alice.Pay(ctx, alice.node, "bob", asset, 1, "")
				alice.try(ctx, h, err)
				n.ended(i, 60*time.Second)
				n.start(i)
				n.reach(n.height(), 60*time.Second, i)
			}
		}
		alice.node = n.client(0)
	})

	part("one that sends bad shares is blamed", func(t *testing.T) {
		n.kill(1)
		n.startBinary(binary(t, "uttd", "uttlie"), 1)
		liar := n.until(1).Party
		until(t, 2*time.Minute, "the others blame the liar and nobody else", func() bool {
			n.pay(ctx, alice, carol, 1)
			blamed := 0
			for _, i := range []int{0, 2, 3} {
				s, err := n.status(i)
				require.NoError(t, err)
				for _, b := range s.Blamed {
					require.Contains(t, b, fmt.Sprintf("coin key, party %d,", liar))
					blamed++
				}
			}
			return blamed > 0
		})
		n.kill(1)
		n.start(1)
		n.reach(n.height(), 60*time.Second, 1)
	})

	part("10 000 malformed requests", func(t *testing.T) {
		const requests = 10_000
		begun := time.Now()
		answered := hostile(t, ctx, n.info.Nodes[2], requests)
		t.Logf("%d of %d answered in %v", answered, requests, time.Since(begun).Round(time.Millisecond))
		require.GreaterOrEqual(t, answered, int64(requests*99/100))
		if runtime.GOOS == "linux" {
			t.Logf("memory of the validator: %d MB at most", n.memory(2)/1_000_000)
			require.Less(t, n.memory(2), int64(1<<30))
		}
		_, err := n.status(2)
		require.NoError(t, err)
		n.pay(ctx, bob, carol, 1)
	})

	part("a validator that has lost its disk", func(t *testing.T) {
		n.kill(2)
		require.NoError(t, os.RemoveAll(filepath.Join(n.home(2), "data")))
		out, err := exec.Command(n.uttd, "sync", "--dir", n.folder, "--home", n.home(2)).CombinedOutput()
		require.NoError(t, err, string(out))
		n.pay(ctx, alice, bob, 1)
		n.start(2)
		begun := time.Now()
		n.reach(n.height(), 2*time.Minute, 2)
		t.Logf("the state is there after %v", time.Since(begun).Round(time.Millisecond))
		s, err := n.status(2)
		require.NoError(t, err)
		until(t, time.Minute, "it is asked for a vote, and stays away", func() bool {
			s, err = n.status(2)
			return err == nil && s.VotesFrom > 0
		})
		for { // it refuses where it may have voted
			seen, err := n.seen(0)
			require.NoError(t, err)
			if int64(seen.Height) > s.VotesFrom+2 {
				break
			}
			if int64(seen.Height) < s.VotesFrom {
				for _, v := range seen.Validators {
					require.Equal(t, v.Name != "node3", v.Up, "%s at block %d", v.Name, seen.Height)
				}
			}
			time.Sleep(100 * time.Millisecond)
		}
		until(t, time.Minute, "it votes again", func() bool {
			seen, err := n.seen(0)
			return err == nil && !slices.ContainsFunc(seen.Validators, func(v node.Validator) bool { return !v.Up })
		})
		carol.node = n.client(2, 0)
		n.pay(ctx, bob, alice, 1)
	})

	part("one replaces another by resharing, under load", func(t *testing.T) {
		run := func(args ...string) {
			t.Helper()
			out, err := exec.CommandContext(ctx, n.uttd, append(args, "--dir", n.folder)...).CombinedOutput()
			require.NoError(t, err, string(out))
		}
		run("join", "--name", "node5", "--port", fmt.Sprint(n.port+16))
		n.info.Nodes = append(n.info.Nodes, fmt.Sprint("http://127.0.0.1:", n.port+18))
		n.processes = append(n.processes, nil)
		n.start(4)
		until(t, time.Minute, "it follows, and serves what others have certified", func() bool {
			s, err := n.status(4)
			return err == nil && s.Height+3 >= n.height() && s.Published+5 >= s.Height && s.Party == 0
		})
		carol.node = n.client(0)
		carol.sync(ctx) // the newcomer may have no records below its snapshot
		carol.node = n.client(4)
		n.pay(ctx, bob, carol, 1)
		carol.node = n.client(0)
		stop, paid := make(chan struct{}), make(chan int)
		go func() {
			count := 0
			defer func() { paid <- count }()
			for {
				select {
				case <-stop:
					return
				default:
				}
				h, err := alice.Pay(ctx, alice.node, "bob", asset, 1, "under load")
				if err == nil {
					err = alice.Await(ctx, alice.node, h)
				}
				if err != nil {
					t.Error(err)
					<-stop
					return
				}
				count++
			}
		}()
		run("replace", "--out", "node3", "--in", "node5")
		until(t, time.Minute, "it is a party, and certifies", func() bool {
			s, err := n.status(4)
			return err == nil && s.Party == 3 && s.Published+5 >= s.Height
		})
		close(stop)
		count := <-paid
		t.Logf("%d payments meanwhile", count)
		require.Positive(t, count)
		carol.sync(ctx) // the newcomer has what was published from its snapshot on
		n.kill(2)
		n.gone[2] = true
		until(t, time.Minute, "the validators are the new ones, and up", func() bool {
			seen, err := n.seen(0)
			return err == nil && len(seen.Validators) == 4 && !slices.ContainsFunc(seen.Validators, func(v node.Validator) bool { return !v.Up || v.Name == "node3" })
		})
		carol.node = n.client(4)
		n.pay(ctx, bob, carol, 1)
	})

	part("one that loses its disk after the resharing", func(t *testing.T) {
		n.kill(1)
		require.NoError(t, os.RemoveAll(filepath.Join(n.home(1), "data")))
		out, err := exec.Command(n.uttd, "sync", "--dir", n.folder, "--home", n.home(1)).CombinedOutput()
		require.NoError(t, err, string(out))
		n.start(1)
		bob.node = n.client(0)
		n.pay(ctx, alice, bob, 1)
		n.reach(n.height(), 2*time.Minute, 1)
		bob.node = n.client(1, 0) // which has no records below its snapshot, so that the other serves them
		n.pay(ctx, bob, carol, 1)
	})

	part("old blocks are gone", func(t *testing.T) {
		c, err := cmthttp.New(n.info.RPC[0], "/websocket")
		require.NoError(t, err)
		until(t, 3*time.Minute, "more blocks than are kept", func() bool { return n.height() > 320 })
		s, err := c.Status(ctx)
		require.NoError(t, err)
		require.Greater(t, s.SyncInfo.EarliestBlockHeight, int64(1))
		require.LessOrEqual(t, s.SyncInfo.LatestBlockHeight-s.SyncInfo.EarliestBlockHeight, int64(300+45), "but for what the last snapshots need")
	})
}

// crashPoints are the points at which CometBFT can be made to die: those of its own votes and
// of a block, and of some blocks that it takes from others before.
const crashPoints = 15

// Payments go on while an epoch ends, and the next begins.
func TestEpochEnds(t *testing.T) {
	t.Parallel() // once TestNetwork, which takes times, is over
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	n := found(t, "--dealt", "--decimals", "0", "--budget", "1000", "--epoch", "15s")
	alice, bob := n.newUser("alice", 0).register(ctx), n.newUser("bob", 1).register(ctx)
	n.issue(ctx, 1000, alice, bob)
	first, paid, over := n.until(0).Epoch, 0, 0
	for n.until(0).Epoch < first+3 {
		alice.sync(ctx)
		alice.budget(ctx)
		h, err := alice.Pay(ctx, alice.node, "bob", asset, 1, "")
		if err == nil {
			bounded, cancel := context.WithTimeout(ctx, 40*time.Second)
			err = alice.Await(bounded, alice.node, h)
			cancel()
		}
		switch {
		case err == nil:
			paid++
		case errors.Is(err, utt.ErrPolicy), errors.Is(err, utt.ErrConflict), errors.Is(err, utt.ErrInsufficient): // its epoch was over
			over++
			alice.settle(ctx)
		default:
			t.Fatal(err)
		}
	}
	t.Logf("%d payments in three epochs, %d of an epoch that was over", paid, over)
	require.Positive(t, paid)
	n.reach(n.height(), time.Minute, n.everybody()...)
	n.sums(ctx, alice, bob)
	n.agree(n.everybody()...)
	require.Len(t, bob.Received(), paid)
}

// settle waits until nothing is pending.
func (u *user) settle(ctx context.Context) {
	u.n.t.Helper()
	until(u.n.t, time.Minute, "nothing is pending", func() bool {
		u.sync(ctx)
		return len(u.Pending()) == 0
	})
}

// timed is a node that takes the time of what is handed in.
type timed struct {
	wallet.Node
	at time.Time
}

func (n *timed) Submit(ctx context.Context, op utt.Operation) error {
	n.at = time.Now()
	return n.Node.Submit(ctx, op)
}

// pay makes a payment, and says how long it took from when it was handed in until the payee
// had it, certified.
func (n *network) pay(ctx context.Context, from, to *user, v utt.Amount) time.Duration {
	n.t.Helper()
	from.settle(ctx)
	to.sync(ctx)
	had := len(to.Received())
	at := &timed{Node: from.node}
	_, err := from.Pay(ctx, at, to.Identity(), asset, v, "")
	require.NoError(n.t, err)
	for len(to.Received()) == had {
		bounded, cancel := context.WithTimeout(ctx, time.Second)
		_ = to.node.Wait(bounded, to.Checkpoint().Next())
		cancel()
		to.sync(ctx)
		if time.Since(at.at) > time.Minute {
			n.t.Fatal("a payment did not come within a minute")
		}
	}
	return time.Since(at.at)
}
