package utt_test

import (
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
)

const authorityFile = "testdata/authority.json"

// authorised are an amendment, a suspension and what lifts it, on the ledger of chain.json
// after its first operation.
type authorised struct {
	Provenance string               `json:"provenance"`
	Operations []authorityOperation `json:"operations"`
	Version    string               `json:"version_digest"` // that the amendment made
	Ledger     string               `json:"ledger_digest"`
}

type authorityOperation struct {
	Encoding string `json:"encoding"`
	Digest   string `json:"digest"`
	Message  string `json:"message"` // that is signed
	Record   string `json:"record"`
}

// authorise makes them: nothing in it is random.
func authorise(t testing.TB, c *chain) *authorised {
	t.Helper()
	p, err := utt.ParseParameters(unhex(t, c.Parameters))
	require.NoError(t, err)
	l, err := ledger.New(p, new(store.Memory))
	require.NoError(t, err)
	op, err := utt.ParseOperation(unhex(t, c.Operations[0].Encoding))
	require.NoError(t, err)
	requireExecuted(t, execute(t, l, c.Time, op))
	v := &authorised{Provenance: provenance + "; the seeds of the authority's keys are the pids of \"authority a\", \"authority b\" and \"authority c\""}
	for i, op := range []utt.Operation{
		utt.ForgeAmendment(p, 1, 3, func(c *utt.Config) { c.Policy.Classes[0], c.Assets = 50, append(c.Assets, "silver") }, 0, 2),
		utt.ForgeSuspension(p, 0, utt.PIDOf(alice), true, 0, 1, 2),
		utt.ForgeSuspension(p, 1, utt.PIDOf(alice), false, 1, 2),
	} {
		requireExecuted(t, execute(t, l, c.Time, parse(t, op)...))
		v.Operations = append(v.Operations, authorityOperation{
			Encoding: hex.EncodeToString(utt.RawOperation(op)), Digest: op.Digest().String(),
			Message: hex.EncodeToString(utt.AuthorityMessage(p, op)), Record: hexOf(t, records(t, l, uint64(i+2))[0]),
		})
	}
	v.Version = fmt.Sprintf("%x", l.Parameters().Newest().Digest())
	v.Ledger = fmt.Sprintf("%x", l.Digest())
	return v
}

func TestAuthorityVectors(t *testing.T) {
	var c chain
	readVectors(t, chainFile, &c)
	got := authorise(t, &c)
	if *update {
		writeVectors(t, authorityFile, got)
	}
	var want authorised
	readVectors(t, authorityFile, &want)
	require.Equal(t, want, *got)
	for _, o := range want.Operations {
		r := new(utt.Record)
		require.NoError(t, r.UnmarshalBinary(unhex(t, o.Record)))
		require.Equal(t, o.Record, hexOf(t, r))
	}
}
