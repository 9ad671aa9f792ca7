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

const taxFile = "testdata/taxes.json"

// totals are a ledger that taxes by total, to which a payment in each taxed case is made, an
// approval, and in the next epoch the collection.
type totals struct {
	Provenance string        `json:"provenance"`
	Parameters string        `json:"parameters"`
	Blocks     []taxedBlock  `json:"blocks"`
	Batch      string        `json:"batch"` // its value in the state, once it is closed
	Snapshot   string        `json:"snapshot"`
	Digest     string        `json:"ledger_digest"`
	Proofs     []provenValue `json:"proofs"` // of the operations, counted through all blocks
}

type taxedBlock struct {
	Time       uint64   `json:"time"`
	Operations []string `json:"operations"`
}

func newTaxVectors(t *testing.T) *totals {
	w := taxedWorld()
	now, next := w.Parameters.Policy().StartOf(1), w.Parameters.Policy().StartOf(2)
	paid, held := w.HonestTaxed(utt.Anonymous), w.HeldTaxed()
	v := &totals{Provenance: provenance, Parameters: hexOf(t, w.Parameters)}
	l := taxedLedger(t)
	block := func(time uint64, ops ...utt.Operation) {
		b := taxedBlock{time, []string{}}
		for _, op := range ops {
			b.Operations = append(b.Operations, hex.EncodeToString(utt.RawOperation(op)))
		}
		v.Blocks = append(v.Blocks, b)
		for _, r := range execute(t, l.Ledger, time, ops...) {
			require.True(t, r.Status.Accepted(), "%v", r.Rejection)
		}
	}
	block(now, paid, held)
	block(now+1, w.Decide(utt.Approve, held.ID(), 0, 1))
	block(next)
	b, err := l.TaxBatch(cash, 0)
	require.NoError(t, err)
	v.Batch = hexOf(t, b)
	block(next, opened(t, w, b))
	v.Digest = fmt.Sprintf("%x", l.Digest())
	v.Snapshot = hex.EncodeToString(snapshot(t, l.Ledger))
	v.Proofs = v.proofs(t)
	return v
}

func (v *totals) proofs(t *testing.T) []provenValue {
	p, err := utt.ParseParameters(unhex(t, v.Parameters))
	require.NoError(t, err)
	var operations []string
	for _, b := range v.Blocks {
		operations = append(operations, b.Operations...)
	}
	return provenOf(t, p, "taxes.json", operations)
}

// A ledger that taxes by total is what it was.
func TestTaxVectors(t *testing.T) {
	if *update {
		writeVectors(t, taxFile, newTaxVectors(t))
	}
	var v totals
	readVectors(t, taxFile, &v)
	p, err := utt.ParseParameters(unhex(t, v.Parameters))
	require.NoError(t, err)
	require.Equal(t, v.Parameters, hexOf(t, p))
	l, err := ledger.New(p, new(store.Memory))
	require.NoError(t, err)
	kinds := make(map[utt.Kind]bool)
	for _, b := range v.Blocks {
		var ops []utt.Operation
		for _, raw := range b.Operations {
			op, err := utt.ParseOperation(unhex(t, raw))
			require.NoError(t, err)
			require.Equal(t, raw, hex.EncodeToString(utt.Encode(op)))
			kinds[utt.Kind(utt.RawOperation(op)[1])] = true
			ops = append(ops, op)
		}
		for _, r := range execute(t, l, b.Time, ops...) {
			require.True(t, r.Status.Accepted(), "%v", r.Rejection)
		}
		if len(ops) == 0 {
			batch, err := l.TaxBatch(cash, 0)
			require.NoError(t, err)
			require.Equal(t, v.Batch, hexOf(t, batch))
		}
	}
	require.Len(t, kinds, 3)
	require.Equal(t, v.Digest, fmt.Sprintf("%x", l.Digest()))
	require.Equal(t, v.Snapshot, hex.EncodeToString(snapshot(t, l)))
	require.Equal(t, v.Proofs, v.proofs(t))
	balance, err := l.Balance(utt.PIDOf(bob), cash)
	require.NoError(t, err)
	require.Equal(t, utt.Amount(20), balance)
}
