package curve

import "testing"

// BenchmarkSumsSecret is 32 sums of three points, as shares of signatures are.
func BenchmarkSumsSecret(b *testing.B) {
	points := HashManyToG1("UTT-V1/test/many", make([][]byte, 96))
	for i := range points {
		points[i] = points[i].Mul(Uint64(uint64(i + 1)))
	}
	scalars := random(b, "secret sums", 3)
	sums := make([][]Term, 32)
	for i := range sums {
		for k, s := range scalars {
			sums[i] = append(sums[i], Term{s, points[3*i+k]})
		}
	}
	for b.Loop() {
		SumsSecret(sums)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(sums)), "ns/sum")
}
