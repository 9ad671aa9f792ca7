package audit_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/audit"
)

// BenchmarkDecide is all that two auditors do for a payment: share, open, judge, vote,
// combine, with their messages; the time of both.
func BenchmarkDecide(b *testing.B) {
	for _, payments := range []int{1, 8} {
		b.Run(fmt.Sprintf("payments=%d", payments), func(b *testing.B) {
			coins := make([]utt.Amount, payments)
			for i := range coins {
				coins[i] = 1 << 35
			}
			net, a, _ := newNetwork(b, utt.RevealAll, coins...)
			for range payments {
				hold(b, net, a, utt.Audited, 1<<34+7)
			}
			c := newCrew(b, net, approve)
			for b.Loop() {
				b.StopTimer()
				for j := range 2 {
					c.all[j] = c.make(j)
					require.NoError(b, c.all[j].Sync(b.Context(), net))
				}
				b.StartTimer()
				var made []*utt.Decision
				for range 2 {
					for j := range 2 {
						messages, decisions, err := c.all[j].Work(b.Context())
						if err != nil {
							b.Fatal(err)
						}
						made = append(made, decisions...)
						deliver(b, c, messages)
					}
				}
				if len(made) < payments {
					b.Fatal("undecided")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*payments*2), "ms/payment/auditor")
		})
	}
}

func deliver(b *testing.B, c *crew, messages []audit.Message) {
	for _, m := range messages {
		if m.To <= 2 {
			if err := c.all[m.To-1].Receive(m.Bytes); err != nil {
				b.Fatal(err)
			}
		}
	}
}
