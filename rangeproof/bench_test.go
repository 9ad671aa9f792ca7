package rangeproof

import (
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
