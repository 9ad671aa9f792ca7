package comet

import (
	"context"
	"errors"
	"flag"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// long has every validator killed at every point, which takes some minutes more.
var long = flag.Bool("long", false, "every validator at every crash point")

// A network of four, through what happens to networks.
func TestNetwork(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
	defer cancel()
	n := found(t, "--dealt", "--every", "20", "--decimals", "0", "--budget", "100000")
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
		require.LessOrEqual(t, took[len(took)-1], 3*time.Second)
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
	from.sync(ctx)
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
