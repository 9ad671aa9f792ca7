//go:build uttbroken

package nullifier_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
)

// With a check taken out, the forgery that it stops is accepted.

func TestBrokenRelation(t *testing.T) {
	c := coin(t)
	s := newSpend(t, c, c, derive(t, c.key, random(t, "another")))
	requireLabel(t, labelRelation, s.verify())
	defer batch.Break(labelRelation)()
	require.NoError(t, s.verify())
}

func TestBrokenSubgroup(t *testing.T) {
	c := coin(t)
	s := newSpend(t, c, c, at(t, point(t, derive(t, c.key, c.serial)).Add(smallOrder(3))))
	requireLabel(t, labelSubgroup, s.verify())
	defer batch.Break(labelSubgroup)()
	require.NoError(t, s.verify())
}
