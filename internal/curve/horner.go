package curve

import (
	"sync"

	bls12381 "github.com/consensys/gnark-crypto/ecc/bls12-381"

	"github.com/utt-ecash/utt-go/internal/ifma"
)

// horner is Σ_i 2^(window·i)·P_ki for every k, with P_ki = rows[k][i][0], or nothing where
// rows[k][i] is empty.
func horner(sums []bls12381.G1Jac, rows [][][]bls12381.G1Affine, window int) {
	for len(sums) > 0 {
		n := min(len(sums), ifma.Lanes)
		if lanes && n >= fewChains {
			hornerInLanes(sums[:n], rows[:n], window)
		} else {
			for k := range n {
				sums[k] = hornerScalar(rows[k], window)
			}
		}
		sums, rows = sums[n:], rows[n:]
	}
}

// fewChains is from how many on chains of doublings take less time in lanes.
const fewChains = 3

func hornerScalar(row [][]bls12381.G1Affine, window int) (sum bls12381.G1Jac) {
	started := false
	for i := len(row) - 1; i >= 0; i-- {
		if started {
			for range window {
				double(&sum)
			}
		}
		if len(row[i]) > 0 {
			sum.AddMixed(&row[i][0])
			started = true
		}
	}
	return sum
}

// hornerWork is what hornerInLanes computes with.
type hornerWork struct{ p, before, next ifma.Points }

var hornerPool = sync.Pool{New: func() any { return new(hornerWork) }}

// giveBack lets others have it, cleared: what it held may be secret.
func (w *hornerWork) giveBack() {
	*w = hornerWork{}
	hornerPool.Put(w)
}

// hornerInLanes is horner for at most eight. A sum in which the identity occurs, or two
// points that the formulas do not add, is left to hornerScalar.
func hornerInLanes(sums []bls12381.G1Jac, rows [][][]bls12381.G1Affine, window int) {
	longest := 0
	for _, row := range rows {
		longest = max(longest, len(row))
	}
	// p is garbage in a lane whose sum has not begun, and lost when it does
	work := hornerPool.Get().(*hornerWork)
	defer work.giveBack()
	p, next := &work.p, &work.next
	next.Z = ifma.One
	var begun, exceptions uint8
	doublings := 0
	for i := longest - 1; i >= 0; i-- {
		if begun != 0 {
			doublings += window
		}
		var from [ifma.Lanes]*bls12381.G1Affine
		var here uint8
		for l := range from {
			row := rows[l%len(rows)]
			from[l] = &g1Generator
			if i >= len(row) || len(row[i]) == 0 {
				continue
			}
			here |= 1 << l
			if from[l] = &row[i][0]; from[l].IsInfinity() {
				from[l], exceptions = &g1Generator, exceptions|1<<l
			}
		}
		if here == 0 {
			continue
		}
		if begun != 0 {
			ifma.LoadToAdd(&next.X, &next.Y, &from)
			p.DoubleTimes(doublings)
			if begun != here {
				work.before = *p
			}
			p.AddMixed(&next.X, &next.Y)
			p.Blend(here|^begun, p, &work.before)
			doublings = 0
		}
		if here&^begun != 0 {
			ifma.LoadAffine(&next.X, &next.Y, &from)
			p.Blend(here&^begun, next, p)
			begun |= here
		}
	}
	if doublings > 0 {
		p.DoubleTimes(doublings)
	}
	exceptions |= p.Z.Zeros()
	storeSome(sums, p)
	for k := range sums {
		if exceptions>>k&1 != 0 {
			sums[k] = hornerScalar(rows[k], window)
		}
	}
}
