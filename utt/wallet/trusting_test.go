package wallet

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// several is a node that counts how often it is told to turn to another.
type several struct {
	Node
	left int
}

func (n *several) Answering() func(error) { return func(error) { n.left++ } }

// A node is left if it is at fault: not if it fails, or its network does, and not if it
// shows what t replicas have certified.
func TestWhichNodesAreLeft(t *testing.T) {
	for _, c := range []struct {
		err  error
		left int
	}{
		{nil, 0}, {errors.New("no network"), 0}, {&NodeError{Fault: Forked}, 0},
		{&NodeError{Fault: Behind}, 1}, {&NodeError{Fault: Foreign}, 1}, {fmt.Errorf("sync: %w", broken("a lie")), 1},
	} {
		n := new(several)
		require.Equal(t, c.err, trusting(n, func() error { return c.err }))
		require.Equal(t, c.left, n.left, "%v", c.err)
		require.Equal(t, c.err, trusting(new(counts), func() error { return c.err }))
	}
}
