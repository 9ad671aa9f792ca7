package curve

import (
	"slices"

	"github.com/utt-ecash/utt-go/internal/parallel"
)

// Parts is a list of terms in parts, as several goroutines make one.
type Parts [][]Term

// all are the terms in one part.
func (p Parts) all() []Term {
	if len(p) == 1 {
		return p[0]
	}
	return slices.Concat(p...)
}

// piece is some terms of a sum.
type piece struct {
	sum    int
	terms  []Term
	size   size
	digits []int16 // in buckets: see recode
}

// at are the digits at a position.
func (p *piece) at(position int) []int16 {
	n := len(p.terms)
	return p.digits[position*n : (position+1)*n]
}

// piecesAtOnce is how many terms a piece has at most, and how many are worth a goroutine.
const piecesAtOnce = 1 << 10

// cut divides sums into pieces, and these into tasks.
func cut(sums []Parts) (tasks [][]piece) {
	total := 0
	for _, parts := range sums {
		for _, terms := range parts {
			total += len(terms)
		}
	}
	most := total / parallel.Tasks(total/piecesAtOnce)
	size := most
	for i, parts := range sums {
		for _, terms := range parts {
			for some := range slices.Chunk(terms, piecesAtOnce) {
				if size >= most {
					tasks, size = append(tasks, nil), 0
				}
				t := &tasks[len(tasks)-1]
				*t = append(*t, piece{sum: i, terms: some})
				size += len(some)
			}
		}
	}
	return tasks
}
