package utt

import (
	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/testrand"
)

// PayRepeating is a wallet's payment by a generator that repeats itself, with the
// commitments to its nonces and its presentations.
func (w *World) PayRepeating(memo string, v Amount) (op Operation, commitments, shown []curve.G1) {
	d := w.payDraft(w.Mallory, w.Bob, []Amount{v, 300 - v}, w.Mallory.coinOf(200), w.Mallory.coinOf(100))
	d.Memo = memo
	t, _, err := d.prove(testrand.New("repeated"), w.Parameters, w.Keys[1])
	must(0, err)
	for _, p := range []*presentation{&t.credential, &t.inputs[0].presentation, &t.inputs[1].presentation, &t.budget.presentation} {
		shown = append(append(shown, p.base, p.signature), p.points...)
	}
	return t, t.sigma.Commitments, shown
}

// PayTwice is a payment with one coin as two inputs: no wallet makes it.
func (w *World) PayTwice() error {
	coin := w.Mallory.coinOf(100)
	_, _, err := w.payDraft(w.Mallory, w.Bob, []Amount{120, 80}, coin, coin).prove(nil, w.Parameters, w.Keys[1])
	return err
}
