package utt_test

import (
	"testing"
)

// Every cheat is refused by the check that it is against, and by its label.
func TestRejectsEveryCheat(t *testing.T) {
	w := sharedWorld()
	for _, c := range cheats() {
		t.Run(c.Label+"/"+c.Name, func(t *testing.T) { w.requireRefused(t, c) })
	}
}
