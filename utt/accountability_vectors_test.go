package utt_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
)

const accountabilityFile = "testdata/accountability.json"

// accountability is a ledger on which payments are held, and what becomes of them: one is
// approved, two are after a delay, one is vetoed, and one is never decided. A sealed warrant
// is for two of them, and the epoch's sum comes on record when it is over.
type accountability struct {
	Provenance string         `json:"provenance"`
	Parameters string         `json:"parameters"`
	Snapshot   string         `json:"snapshot"`
	Before     string         `json:"digest_before"`
	Blocks     []accountBlock `json:"blocks"`
	Digest     string         `json:"ledger_digest"`
	Proofs     []provenValue  `json:"proofs"` // of the payments, counted through all blocks
}

type accountBlock struct {
	Time       uint64   `json:"time"`
	Operations []string `json:"operations"`
	Records    []string `json:"records"` // without signatures
}

func newAccountability(t *testing.T) *accountability {
	w := sharedWorld()
	now, next := w.head.Time, w.Parameters.Policy().StartOf(2)
	l := w.fork(t)
	v := &accountability{
		Provenance: provenance, Parameters: hexOf(t, w.Parameters), Snapshot: hex.EncodeToString(w.snapshot), Before: fmt.Sprintf("%x", w.digest),
	}
	block := func(time uint64, ops ...utt.Operation) {
		b := accountBlock{Time: time, Operations: []string{}, Records: []string{}}
		for _, op := range ops {
			b.Operations = append(b.Operations, hex.EncodeToString(utt.RawOperation(op)))
		}
		for _, r := range execute(t, l, time, ops...) {
			require.True(t, r.Status.Accepted(), "%v", r.Rejection)
		}
		records, err := l.BlockRecords(l.Head().Height)
		require.NoError(t, err)
		for _, r := range records {
			b.Records = append(b.Records, hex.EncodeToString(r.AppendUnsigned(nil)))
		}
		v.Blocks = append(v.Blocks, b)
	}
	approved := w.HeldOf(utt.Audited, w.Mallory, w.Bob, 300, 120)
	delayed := []*utt.Transfer{w.HeldOf(utt.Delayed, w.Mallory, w.Bob, 200, 200), w.HeldOf(utt.Delayed, w.Mallory, w.Alice, 100, 1)}
	vetoed, silent := w.HeldOf(utt.Audited, w.Alice, w.Bob, 500, 499), w.HeldOf(utt.Audited, w.Bob, w.Alice, 50, 50)
	block(now, approved, delayed[0], delayed[1], vetoed, silent)
	block(now+1, w.Decide(utt.Approve, approved.ID(), 0, 1), w.Decide(utt.Approve, delayed[0].ID(), 1, 2),
		w.Decide(utt.Approve, delayed[1].ID(), 0, 3), w.Decide(utt.Veto, vetoed.ID(), 2, 3))
	terms := utt.WarrantTerms{Transfers: []utt.ID{approved.ID(), silent.ID()}, Components: utt.ComponentPayee | utt.ComponentAmount, Reason: "a vector"}
	warrant, opening, err := utt.NewWarrant(testrand.New("a warrant"), w.Parameters, w.WarrantKey, 0, terms, now+hour, true)
	require.NoError(t, err)
	block(now+2, warrant)
	block(now+hour, opening)
	block(now + day)
	block(next)
	v.Digest = fmt.Sprintf("%x", l.Digest())
	v.Proofs = v.proofs(t)
	return v
}

func (v *accountability) proofs(t *testing.T) []provenValue {
	p, err := utt.ParseParameters(unhex(t, v.Parameters))
	require.NoError(t, err)
	var operations []string
	for _, b := range v.Blocks {
		operations = append(operations, b.Operations...)
	}
	return provenOf(t, p, "accountability.json", operations)
}

// What was held is what it was: its bytes, and all that became of it.
func TestAccountabilityVectors(t *testing.T) {
	if *update {
		writeVectors(t, accountabilityFile, newAccountability(t))
	}
	var v accountability
	readVectors(t, accountabilityFile, &v)
	p, err := utt.ParseParameters(unhex(t, v.Parameters))
	require.NoError(t, err)
	l, err := ledger.Restore(p, new(store.Memory), bytes.NewReader(unhex(t, v.Snapshot)), [32]byte(unhex(t, v.Before)))
	require.NoError(t, err)
	statuses := map[utt.Status]int{}
	kinds := map[utt.Kind]int{}
	for _, b := range v.Blocks {
		var ops []utt.Operation
		for _, raw := range b.Operations {
			op, err := utt.ParseOperation(unhex(t, raw))
			require.NoError(t, err)
			require.Equal(t, raw, hex.EncodeToString(utt.RawOperation(op)))
			ops = append(ops, op)
		}
		for _, r := range execute(t, l, b.Time, ops...) {
			require.True(t, r.Status.Accepted(), "%v", r.Rejection)
		}
		records, err := l.BlockRecords(l.Head().Height)
		require.NoError(t, err)
		require.Len(t, records, len(b.Records))
		for i, r := range records {
			require.Equal(t, b.Records[i], hex.EncodeToString(r.AppendUnsigned(nil)))
			statuses[r.Status()]++
			kinds[r.Kind()]++
		}
	}
	require.Equal(t, v.Digest, fmt.Sprintf("%x", l.Digest()))
	require.Equal(t, map[utt.Status]int{utt.Held: 5, utt.Executed: 3 + 3, utt.Approved: 2, utt.Refunded: 2}, statuses)
	require.Equal(t, map[utt.Kind]int{utt.KindTransfer: 5, utt.KindSettlement: 2 + 3 + 2, utt.KindWarrant: 1, utt.KindWarrantOpening: 1, utt.KindSum: 1}, kinds)
	require.Len(t, v.Proofs, 5)
	require.Equal(t, v.Proofs, v.proofs(t))
}
