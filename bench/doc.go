// Package bench measures the library: go test -bench . ./bench.
//
// The payment measured is 2 coins and a budget coin into payment, change and
// budget change, each one distinct and freshly made. Beside the time every
// benchmark reports pu: its time per payment divided by that of one pairing
// (bls12381.Pair of one pair, one thread), measured in between in the same run,
// because machines drift. README.md has the results and what they mean.
package bench
