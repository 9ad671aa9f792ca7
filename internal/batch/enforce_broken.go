//go:build uttbroken

package batch

import "sync"

// This file never ships: it is compiled only with the tag uttbroken, under which
// a test takes one labelled check out and demands that the forgery which the
// check stops is then accepted.

var broken sync.Map

func enforced(label string) bool {
	_, off := broken.Load(label)
	return !off
}

// Break takes the checks with a label out until the returned function is called.
func Break(label string) (restore func()) {
	broken.Store(label, true)
	return func() { broken.Delete(label) }
}
