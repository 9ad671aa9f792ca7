package rangeproof

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func BenchmarkProve(b *testing.B) {
	for _, e := range []struct {
		name string
		p    payment
	}{{"J=2", limitedPayment()}, {"J=3,tax", taxedPayment()}, {"J=2,by-total", totalPayment()}, {"J=2,limited", tiersPayment()}} {
		b.Run(e.name, func(b *testing.B) {
			for b.Loop() {
				_, _, err := e.p.key.Prove(nil, e.p.v, e.p.pub)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(e.p.key.Circuit().Constraints()), "constraints")
		})
	}
}

func BenchmarkParseProvingKey(b *testing.B) {
	k := payKey()
	e := encode(b, k)
	for b.Loop() {
		_, err := ParseProvingKey(k.Circuit(), k.VerifyingKey(), e)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(len(e)), "bytes")
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		_, err := Compile(2)
		require.NoError(b, err)
	}
}

// BenchmarkContribute is a contribution to a ceremony for the usual circuit, and verifying
// one.
func BenchmarkContribute(b *testing.B) {
	c := NewCeremony(payKey().Circuit())
	for phase := 1; phase <= 2; phase++ {
		b.Run(fmt.Sprintf("phase=%d", phase), func(b *testing.B) {
			var contribution []byte
			for b.Loop() {
				contribution = must(c.Contribute())
			}
			b.ReportMetric(float64(len(contribution)), "bytes")
		})
		contribution := must(c.Contribute())
		b.Run(fmt.Sprintf("accept/phase=%d", phase), func(b *testing.B) {
			for b.Loop() {
				d := *c
				require.NoError(b, d.Accept(contribution))
			}
		})
		require.NoError(b, c.Accept(contribution))
		require.NoError(b, c.Seal(make([]byte, MinBeacon)))
	}
}
