package curve

import (
	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/utt-ecash/utt-go/internal/ifma"
)

// horner is Σ_i 2^(wi)·P_ki for every k, with w = secretWindow and P_ki = rows[k][i][0].
func horner(sums []bls12381.G1Jac, rows [][][]bls12381.G1Affine) {
	for len(sums) > 0 {
		n := min(len(sums), ifma.Lanes)
		if lanes && n >= fewChains {
			hornerInLanes(sums[:n], rows[:n])
		} else {
			for k := range n {
				sums[k] = hornerScalar(rows[k])
			}
		}
		sums, rows = sums[n:], rows[n:]
	}
}

// fewChains is from how many on chains of doublings take less time in lanes.
const fewChains = 3

func hornerScalar(row [][]bls12381.G1Affine) (sum bls12381.G1Jac) {
	for i := len(row) - 1; i >= 0; i-- {
		for range secretWindow {
			double(&sum)
		}
		sum.AddMixed(&row[i][0])
	}
	return sum
}

// hornerInLanes is horner for at most eight. A sum in which the identity occurs, or two
// points that the formulas do not add, is left to hornerScalar.
func hornerInLanes(sums []bls12381.G1Jac, rows [][][]bls12381.G1Affine) {
	longest := 0
	for _, row := range rows {
		longest = max(longest, len(row))
	}
	p := new(ifma.Points)
	var start ifma.Points
	var exceptions uint8
	for i := longest - 1; i >= 0; i-- {
		var from [ifma.Lanes]*bls12381.G1Affine
		var begin uint8 // the lanes whose sums begin here; what they held before is lost
		for l := range from {
			row := rows[l%len(rows)]
			from[l] = &g1Generator
			if i < len(row) {
				if from[l] = &row[i][0]; from[l].IsInfinity() {
					from[l], exceptions = &g1Generator, exceptions|1<<l
				}
			}
			if i == len(row)-1 {
				begin |= 1 << l
			}
		}
		start.Load(&from)
		if i < longest-1 {
			p.DoubleTimes(secretWindow)
			p.AddMixed(&start.X, &start.Y)
		}
		if begin != 0 {
			p.X.Blend(begin, &start.X, &p.X)
			p.Y.Blend(begin, &start.Y, &p.Y)
			p.Z.Blend(begin, &start.Z, &p.Z)
		}
	}
	exceptions |= p.Z.Zeros()
	storeSome(sums, p)
	for k := range sums {
		if exceptions>>k&1 != 0 || len(rows[k]) == 0 {
			sums[k] = hornerScalar(rows[k])
		}
	}
}
