//go:build uttbroken

package session_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/batch"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/session"
)

// What one check refuses is executed once it is taken out.
func TestBrokenLetsEveryCheatPass(t *testing.T) {
	for _, a := range cheats {
		if a.label == "SES-OPEN" {
			continue // there is nothing to execute it on
		}
		t.Run(a.label+"/"+a.name, func(t *testing.T) {
			c := newChain(t)
			op := a.op(c)
			a.refused(t, c, op)
			t.Cleanup(batch.Break(a.label))
			r := c.try(op)[0]
			require.Equal(t, utt.Executed, r.Status, "%v", r.Rejection)
		})
	}
}

// One party takes a key over.
func TestBrokenAdoptionByFew(t *testing.T) {
	t.Cleanup(batch.Break("RES-HEIGHT"))
	c := newChain(t)
	id, _ := c.made()
	c.block(must(utt.NewSessionAdoption(c.p, auditors[0], id, threshold.Generation{1})))
	require.Equal(t, threshold.Generation{1}, must(c.ledger.Holders("audit")).Generation)
}

// A node makes up records.
func TestBrokenFollow(t *testing.T) {
	c := newChain(t)
	id, _ := c.opened()
	certificate, records, _ := c.certified(utt.Frontier{}, 1)
	require.ErrorIs(t, must(session.NewLog(c.p)).Follow(certificate, nil), utt.ErrInvalid)
	for _, label := range []string{"CERT-1", "LOG-1", "LOG-SIG"} {
		t.Cleanup(batch.Break(label))
	}
	l := must(session.NewLog(c.p))
	require.NoError(t, l.Follow(certificate, nil))
	require.NotContains(t, l.Sessions(), id)
	require.NotEmpty(t, records)
}
