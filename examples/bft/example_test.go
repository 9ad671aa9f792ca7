package bft_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/utt-ecash/utt-go/examples/bft"
)

// Four replicas decide three payments, two of which spend the same coins, while
// one replica crashes.
func Example() {
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	ctx := context.Background()
	w, err := bft.NewWorkload(ctx)
	check(err)
	check(w.Grow(ctx, 3))
	check(w.Cheat(ctx, 1))
	replicas, err := w.Founding.Replicas(1)
	check(err)
	s := bft.Schedule{
		Seed: 1, Boot: 60, Limit: 60_000,
		Items: []*bft.Item{w.Payments[0], w.Payments[1], w.Doubles[0]},
		Actions: []bft.Action{
			{Kind: bft.ActionSubmit, Item: 0},
			{Kind: bft.ActionSubmit, Item: 1},
			{Kind: bft.ActionSubmit, Item: 2},
			{At: 70, Kind: bft.ActionCrash, Node: 3},
		},
	}
	m, err := bft.NewSimulation(replicas, s)
	check(err)
	check(m.Run())
	for _, line := range m.Trace() {
		fmt.Println(strings.TrimSpace(line))
	}
	// Output:
	// 70  node 3 crashes
	// 164  block 1 of node 1, round 0: #0 executed, #2 rejected (spent), #1 executed
}
