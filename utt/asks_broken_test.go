//go:build uttbroken

package utt_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt/store"
)

// Without [ASK-SAME] a wallet that returns asks from where it was before, and nobody else: who
// saw that, knows it again.
func TestBrokenQuestionsNameTheWallet(t *testing.T) {
	n := newTown(t)
	b, d := n.open(t, bob), n.open(t, dora)
	sync1(t, n.net, b, d)
	for range 2 {
		require.NoError(t, n.net.Advance(context.Background(), 3*time.Hour))
		n.pay(t, 5)
		sync1(t, n.net, b)
	}
	n.pay(t, 5)
	same := func() bool {
		return len(askedBy(t, n.net, n.open(t, bob))) == len(askedBy(t, n.net, n.open(t, dora)))
	}
	takeOut(t, "ASK-SAME")
	require.False(t, same())
}

// Without [ASK-FIRST] the pauses inside a Sync are longer for who is paid.
func TestBrokenPausesTell(t *testing.T) {
	n := crowded(t, 40)
	takeOut(t, "ASK-FIRST")
	most := 0.0
	for range 3 { // others may use the machine
		most = max(most, separation(t, n, 24))
		if most > pausesTell {
			return
		}
	}
	require.Greater(t, most, float64(pausesTell))
}

// Without [ASK-FIXED] a light wallet asks for what concerns it, and for nothing else.
func TestBrokenLightWalletAsksForItsPayments(t *testing.T) {
	net := newNetwork(t)
	a := joinLight(t, net, alice, 500)
	joinLight(t, net, bob)
	b, d := light(t, net, bob, new(store.Memory)), light(t, net, alice, new(store.Memory))
	caughtUp(t, net, b)
	caughtUp(t, net, d)
	takeOut(t, "ASK-FIXED")
	crowd(t, net, 100)
	require.Empty(t, askedLight(t, net, b).numbers)
	sync1(t, net, a)
	done(t, a, net)(a.Pay(context.Background(), net, bob, cash, 5, ""))
	require.Len(t, askedLight(t, net, b).numbers, 1)
}
