package replica_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// One sends whatever it has seen, of whom and whenever, garbled or not, to whom it likes,
// and what it signs is in its own name; the others are stopped and opened again. All of
// them publish all, and blame nobody else.
func TestAnyMessageAtAnyTime(t *testing.T) {
	for seed := range uint64(rounds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			c := newCluster(t, 300+seed)
			liar := int(seed % n)
			var seen []*replica.Message
			c.forge = func(from, to int, m *replica.Message) *replica.Message {
				seen = append(seen, m)
				if from == liar && c.rng.IntN(3) > 0 {
					return nil
				}
				return m
			}
			sign := func(at utt.Checkpoint) *threshold.SignatureShare {
				return must(c.f.ledger[liar].Sign(at.Commitment(c.f.p.Network())))
			}
			attack := func() {
				if len(seen) == 0 {
					return
				}
				m := seen[c.rng.IntN(len(seen))]
				if c.rng.IntN(2) == 0 {
					m = m.Garbled(c.rng.Uint64())
				}
				if c.rng.IntN(2) == 0 {
					m = m.Certifying(sign)
				}
				b, err := m.MarshalBinary()
				require.NoError(t, err)
				d := new(replica.Message)
				if d.UnmarshalBinary(b) != nil {
					return
				}
				to := c.rng.IntN(n)
				if err := c.replicas[to].Receive(c.replicas[liar].Party(), d); err != nil {
					require.ErrorIs(t, err, utt.ErrInvalid)
				}
			}
			for b := range 6 {
				if b%3 == 2 {
					c.decide()
				} else {
					c.decide(c.register()...)
				}
				for range 60 {
					i := c.rng.IntN(n)
					switch c.rng.IntN(20) {
					case 0:
						c.replicas[i], c.inboxes[i] = nil, nil
						c.open(i)
					case 1:
						c.replicas[i].Overdue(ever)
					case 2, 3, 4, 5, 6:
						c.work(i)
					case 7, 8, 9, 10, 11, 12:
						attack()
					default:
						c.deliver(i)
					}
				}
			}
			c.forge = func(from, _ int, m *replica.Message) *replica.Message {
				if from == liar {
					return nil
				}
				return m
			}
			c.settle()
			for range 2 {
				c.overdue()
				c.settle()
			}
			for i, r := range c.replicas {
				if i == liar {
					continue
				}
				require.EqualValues(t, len(c.blocks), c.publishedAt(i), "replica %d, liar %d", i, liar)
				for _, b := range r.Blamed() {
					require.EqualValues(t, liar+1, b.Index, "replica %d blames %+v", i, b)
				}
			}
			c.forge = nil // it repents
			c.overdue()
			c.settle()
			c.requireAllPublished()
		})
	}
}

// rounds is how many orders are tried.
const rounds = 8
