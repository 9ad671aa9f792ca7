package utt_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
)

// view is what an observer of a ledger sees that is not as good as random: of operations
// and records lengths and what they say, of the state the lengths of all keys and values, and
// the values of what has no randomness.
type view struct {
	Operations []int
	Records    []string
	State      []string
}

// viewOf is a ledger's, after some operations.
func viewOf(t testing.TB, l *ledger.Ledger, ops ...utt.Operation) (v view) {
	t.Helper()
	for _, op := range ops {
		v.Operations = append(v.Operations, len(utt.RawOperation(op)))
	}
	for r, err := range l.Records(t.Context(), utt.Cursor{Height: l.Head().Height}) {
		require.NoError(t, err)
		e, err := r.Entry(l.Parameters())
		require.NoError(t, err)
		seen := fmt.Sprint(r.Cursor(), r.Time(), r.Status(), e.Kind, e.PID, e.To, e.Asset, e.Amount, e.Case, e.Epoch, e.Fee, e.Cause, e.Due, e.Outputs, len(e.Nullifiers))
		v.Records = append(v.Records, fmt.Sprint(seen, len(r.AppendUnsigned(nil))))
	}
	b := snapshot(t, l)[1:]
	str := func() []byte {
		n := binary.BigEndian.Uint32(b)
		s := b[4 : 4+n]
		b = b[4+n:]
		return s
	}
	str() // the head
	for key := str(); len(key) > 0; key = str() {
		value := str()
		pair := fmt.Sprintf("%c %d %d", key[0], len(key), len(value))
		if bytes.IndexByte([]byte("csaixqljueo"), key[0]) >= 0 { // without randomness
			pair += fmt.Sprintf(" %x", value)
		}
		v.State = append(v.State, pair)
	}
	slices.Sort(v.State)
	return v
}

// Worlds in which others pay others other amounts look the same to whoever sees the ledger,
// in every case: audited payments too, while they are held, and whatever becomes of them.
func TestTwoWorldsLookAlike(t *testing.T) {
	plain, taxed := sharedWorld(), taxedWorld()
	for _, use := range []utt.Case{utt.Self, utt.Anonymous, utt.Audited, utt.Delayed} {
		for name, w := range map[string]*utt.World{"untaxed": &plain.World, "taxed": taxed} {
			if name == "taxed" && (use == utt.Self || use == utt.Delayed) {
				continue // not taxed there
			}
			t.Run(fmt.Sprint(use, " ", name), func(t *testing.T) {
				one := w.PaymentLike(w.Mallory, w.Bob, use, 100, 300)
				other := w.PaymentLike(w.Alice, w.Mallory, use, 7, 500)
				var views [2][]view
				for i, op := range []*utt.Transfer{one, other} {
					var l *ledger.Ledger
					if l = taxedLedger(t).Ledger; name != "taxed" {
						l = plain.fork(t)
					}
					see := func(time uint64, ops ...utt.Operation) {
						for _, r := range execute(t, l, time, ops...) {
							require.True(t, r.Status.Accepted(), "%v", r.Rejection)
						}
						views[i] = append(views[i], viewOf(t, l, ops...))
					}
					now := l.Head().Time
					see(now, op)
					require.NotEmpty(t, views[i][0].State)
					if use == utt.Audited || use == utt.Delayed {
						see(now, w.Decide(utt.Approve, op.ID(), 0, 1))
						see(now + hour)
					}
				}
				require.Equal(t, views[0], views[1])
			})
		}
	}
}

// Neither proof of a transfer shows anything: without coins, credential, keys or amounts, of
// random points, simulators make transfers of the same shape that satisfy every relation for
// a challenge that was chosen before; and the verifier, whose challenge comes after, accepts
// none.
func TestTransfersAreSimulated(t *testing.T) {
	plain, taxed := sharedWorld(), taxedWorld()
	for name, c := range map[string]struct {
		world *utt.World
		like  *utt.Transfer
	}{
		"self":              {&plain.World, plain.HonestSplit()},
		"burn":              {&plain.World, plain.HonestBurn()},
		"anonymous":         {&plain.World, plain.HonestPayment()},
		"audited":           {&plain.World, plain.HonestAudited(utt.Audited)},
		"delayed":           {&plain.World, plain.HonestAudited(utt.Delayed)},
		"taxed":             {taxed, taxed.HonestTaxed(utt.Anonymous)},
		"taxed and audited": {taxed, taxed.HonestTaxed(utt.Audited)},
	} {
		raw, holds, accepted := c.world.Simulated(c.like.Case(), c.like)
		require.True(t, holds, name)
		require.False(t, accepted, name)
		require.Len(t, raw, len(utt.RawOperation(c.like)), name)
		_, err := utt.ParseOperation(raw)
		require.NoError(t, err, name)
	}
}
