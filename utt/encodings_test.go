package utt_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/testrand"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

const encodingsFile = "testdata/encodings.json"

// encodings are those of what replicas send each other and keep, by name.
func encodings(t testing.TB, c *chain) map[string][]string {
	var ops []utt.Operation
	for _, o := range c.Operations[:6] {
		op, err := utt.ParseOperation(unhex(t, o.Encoding))
		require.NoError(t, err)
		ops = append(ops, op)
	}
	random := testrand.New("committees")
	deal := func(attributes int) *threshold.Committee {
		k, _, err := threshold.Deal(random, 2, 3, attributes)
		require.NoError(t, err)
		return k
	}
	one := someShare(t)
	shares := func(outputs ...int) *utt.BlockShares {
		var of []*utt.Share
		for i, n := range outputs {
			of = append(of, &utt.Share{Record: utt.Cursor{Height: 7, Index: uint32(2 * i)}, Outputs: slices.Repeat(one, n)})
		}
		b, err := utt.JoinShares(of)
		require.NoError(t, err)
		return b
	}
	certificate := new(utt.Certificate)
	require.NoError(t, certificate.UnmarshalBinary(unhex(t, c.Operations[4].Certificate)))
	var records []*utt.Record
	for _, o := range c.Operations[:7] {
		r := new(utt.Record)
		require.NoError(t, r.UnmarshalBinary(unhex(t, o.Record)))
		records = append(records, r)
	}
	at, err := utt.Frontier{}.Extend(records)
	require.NoError(t, err)
	at.Height, at.Time = 7, c.Time
	credentials, leaf := new(utt.Certificate), utt.CredentialLeaf{}
	require.NoError(t, credentials.UnmarshalBinary(unhex(t, c.Operations[2].CredentialCertificate)))
	require.NoError(t, leaf.UnmarshalBinary(unhex(t, c.Operations[2].Credentials)))
	signed, err := utt.Frontier{}.ExtendCredentials(context.Background(), 7, []utt.CredentialLeaf{leaf})
	require.NoError(t, err)
	signed.Height, signed.Time = 7, c.Time
	rejected := func(code utt.Code, label, detail string) utt.Receipt {
		return utt.Receipt{Op: ops[0].Digest(), ID: ops[0].ID(), Status: utt.Rejected,
			Rejection: &utt.Rejection{Code: code, Label: label, Op: ops[0].Digest(), Detail: detail}}
	}
	all := make(map[string][]string)
	for name, values := range map[string][]encoding.BinaryMarshaler{
		"block": {&utt.Block{}, &utt.Block{Height: 1, Time: c.Time, Ops: ops[:1]},
			&utt.Block{Height: 1 << 40, Time: c.Time + 1, Ops: ops}},
		"block shares": {shares(1), shares(2, 1, 3)},
		"committees":   {&utt.Committees{Coin: deal(utt.CoinAttributes), Credential: deal(utt.CredentialAttributes), Ledger: deal(utt.LedgerAttributes)}},
		"receipt": {
			utt.Receipt{Op: ops[1].Digest(), ID: ops[1].ID(), Status: utt.Executed},
			utt.Receipt{Op: ops[1].Digest(), ID: ops[1].ID(), Status: utt.Held},
			rejected(utt.CodeInvalid, "TX-G16", "the proof does not hold"),
			rejected(utt.CodeRepeated, "", strings.Repeat("x", 1<<10)),
		},
		"checkpoint":     {utt.Checkpoint{}, certificate.Checkpoint, credentials.Checkpoint},
		"frontier":       {utt.Frontier{}, at, signed},
		"credential":     {leaf},
		"cursor":         {utt.Cursor{}, utt.Cursor{Height: 1 << 40, Index: 3}},
		"mandate":        {mandateOf(t, c)},
		"watch question": {watchQuestionOf(t, c)},
		"watch answer":   {&utt.WatchAnswer{}, &utt.WatchAnswer{Since: utt.Cursor{Height: 3}, Places: []utt.Cursor{{Height: 4, Index: 2}, {Height: 1 << 40, Index: 9}}, Next: utt.Cursor{Height: 1<<40 + 1}}},
		"section":        chainSections(t, c),
		"schedule":       {utt.Schedule{Height: 1 << 40, Time: c.Time, Blocks: 20, Seconds: 600}},
		"holders":        {utt.Holders{Purpose: "audit", Generation: [32]byte{1}, Faults: 1, Parties: []ed25519.PublicKey{make([]byte, 32), bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)}}},
	} {
		for _, v := range values {
			all[name] = append(all[name], hexOf(t, v))
		}
	}
	return all
}

// chainSections are the only one of the chain, under its last certificate, and the last one of a
// ledger that has the chain's records three times.
func chainSections(t testing.TB, c *chain) []encoding.BinaryMarshaler {
	records := onRecord()[:len(c.Operations)]
	last := new(utt.Certificate)
	require.NoError(t, last.UnmarshalBinary(unhex(t, c.Operations[len(c.Operations)-1].Certificate)))
	only, err := utt.NewSection(0, last.Records, records, new(utt.Inclusion).Nodes(t, records))
	require.NoError(t, err)
	_, err = only.Open(last, 0, summariesOf(t, records))
	require.NoError(t, err)
	thrice := madeUp{records: slices.Repeat(records, 3)}
	return []encoding.BinaryMarshaler{only, thrice.section(t, 2, 33)}
}

// mandateOf is alice's on the chain.
func mandateOf(t testing.TB, c *chain) *utt.Mandate {
	k, d := watchedKeys(t, c)
	m, err := k.Mandate(d, 1<<33)
	require.NoError(t, err)
	return m
}

// watchQuestionOf is alice's on the chain.
func watchQuestionOf(t testing.TB, c *chain) *utt.WatchQuestion {
	k, d := watchedKeys(t, c)
	q, err := k.WatchQuestion(d, utt.Cursor{Height: 7, Index: 3}, time.Unix(1_700_000_000, 0))
	require.NoError(t, err)
	return q
}

// watchedKeys are alice's on the chain, with the scan key there.
func watchedKeys(t testing.TB, c *chain) (*utt.Keys, utt.ScanKey) {
	p, err := utt.ParseParameters(unhex(t, c.Parameters))
	require.NoError(t, err)
	k, err := utt.DeriveKeys(p, utt.PIDOf(alice), unhex(t, c.Users[0].Seed))
	require.NoError(t, err)
	scan, err := utt.NewScanSecret(chainScan)
	require.NoError(t, err)
	return k, scan.ScanKey()
}

func TestEncodingVectors(t *testing.T) {
	var c chain
	readVectors(t, chainFile, &c)
	got := encodings(t, &c)
	if *update {
		writeVectors(t, encodingsFile, got)
	}
	var want map[string][]string
	readVectors(t, encodingsFile, &want)
	require.Equal(t, want, got)
}

// An output's share takes 48 bytes, whatever else there is in the block.
func TestBlockSharesAreShort(t *testing.T) {
	one := someShare(t)
	for _, n := range []int{1, 10} {
		b, err := utt.JoinShares([]*utt.Share{{Record: utt.Cursor{Height: 1}, Outputs: slices.Repeat(one, n)}})
		require.NoError(t, err)
		require.Len(t, unhex(t, hexOf(t, b)), 1+8+32+2+4+48*n)
	}
}

// What a signer yields for a block goes through one message and comes out the same.
func TestBlockSharesSplit(t *testing.T) {
	n := newCertifying(t)
	p := n.ledger.Parameters()
	split := 0
	for _, height := range []uint64{1, 2} {
		records := records(t, n.ledger, height)
		for _, k := range slices.Concat(n.coin, n.credential) {
			of := n.shares(t, n.ledger, height, k)
			if len(of) == 0 {
				continue
			}
			split++
			b, err := utt.JoinShares(of)
			require.NoError(t, err)
			d := new(utt.BlockShares)
			require.NoError(t, d.UnmarshalBinary(unhex(t, hexOf(t, b))))
			require.Equal(t, b, d)
			require.Equal(t, height, d.Height())
			require.Equal(t, k.Index(), d.Party())
			require.Equal(t, k.Generation(), d.Generation())
			got, err := n.committees.Split(p, records, d)
			require.NoError(t, err)
			require.Equal(t, of, got)
			for j, s := range got {
				at := slices.IndexFunc(records, func(r *utt.Record) bool { return r.Cursor() == s.Record })
				require.NoError(t, n.committees.Expects(p, records[at], s, k.Index()), j)
			}

			other := n.committees
			other.Coin, other.Credential = other.Ledger, other.Ledger
			for name, err := range map[string]error{
				"no records":      second(n.committees.Split(p, nil, d)),
				"too few":         second(n.committees.Split(p, slices.DeleteFunc(slices.Clone(records), func(r *utt.Record) bool { return r.Cursor() == got[0].Record }), d)),
				"twice":           second(n.committees.Split(p, append(slices.Clone(records), records...), d)),
				"another block's": second(n.committees.Split(p, append(slices.Clone(records), records[0].At(utt.Cursor{Height: 9})), d)),
				"a nil record":    second(n.committees.Split(p, []*utt.Record{nil}, d)),
				"other keys":      second(other.Split(p, records, d)),
				"no committees":   second((*utt.Committees)(nil).Split(p, records, d)),
				"empty ones":      second(new(utt.Committees).Split(p, records, d)),
				"no shares":       second(n.committees.Split(p, records, nil)),
				"no parameters":   second(n.committees.Split(nil, records, d)),
			} {
				require.ErrorIs(t, err, utt.ErrInvalid, name)
			}
		}
	}
	require.Equal(t, 2*len(n.coin), split, "credentials in one block, coins in the other")
}

func TestJoinSharesRefuses(t *testing.T) {
	n := newCertifying(t)
	one, two := n.shares(t, n.ledger, 2, n.coin[0])[0], n.shares(t, n.ledger, 2, n.coin[1])[0]
	at := func(height uint64, index uint32, s *utt.Share) *utt.Share {
		return &utt.Share{Record: utt.Cursor{Height: height, Index: index}, Outputs: s.Outputs}
	}
	for name, shares := range map[string][]*utt.Share{
		"none":              nil,
		"nil":               {nil},
		"of two parties":    {at(2, 0, one), at(2, 1, two)},
		"of two blocks":     {at(2, 0, one), at(3, 1, one)},
		"out of order":      {at(2, 1, one), at(2, 0, one)},
		"twice":             {at(2, 1, one), at(2, 1, one)},
		"of no output":      {at(2, 0, one), {Record: utt.Cursor{Height: 2, Index: 1}}},
		"with a nil share":  {{Outputs: []*threshold.SignatureShare{nil}}},
		"with an empty one": {{Outputs: []*threshold.SignatureShare{new(threshold.SignatureShare)}}},
	} {
		_, err := utt.JoinShares(shares)
		require.ErrorIs(t, err, utt.ErrInvalid, name)
	}
}

func TestReceiptsThatHaveNoEncoding(t *testing.T) {
	op := utt.Digest{1}
	for name, r := range map[string]utt.Receipt{
		"empty":                     {},
		"of an unknown status":      {Status: 4},
		"rejected without a reason": {Status: utt.Rejected},
		"executed with one":         {Status: utt.Executed, Rejection: &utt.Rejection{Code: 1}},
		"of another operation":      {Op: op, Status: utt.Rejected, Rejection: &utt.Rejection{Code: 1}},
		"without a code":            {Op: op, Status: utt.Rejected, Rejection: &utt.Rejection{Op: op}},
		"with a long label":         {Op: op, Status: utt.Rejected, Rejection: &utt.Rejection{Code: 1, Op: op, Label: strings.Repeat("A", 65)}},
		"with a long detail":        {Op: op, Status: utt.Rejected, Rejection: &utt.Rejection{Code: 1, Op: op, Detail: strings.Repeat("A", 1025)}},
	} {
		_, err := r.MarshalBinary()
		require.ErrorIs(t, err, utt.ErrInvalid, name)
	}
}

// Every receipt that a ledger writes has an encoding, with its reason.
func TestReceiptsOfEveryCheat(t *testing.T) {
	w := sharedWorld()
	for _, c := range cheats() {
		l, _, _ := w.ledgers(t, c)
		receipts := execute(t, l, c.Time, append(slices.Clone(c.Before), c.Op)...)
		for _, r := range receipts {
			var d utt.Receipt
			require.NoError(t, d.UnmarshalBinary(unhex(t, hexOf(t, r))))
			require.Equal(t, r, d, c.Name)
		}
	}
}

// Names print whole, and parse back, by themselves and in JSON.
func TestNamesAreText(t *testing.T) {
	type names struct {
		Digest  utt.Digest
		ID      utt.ID
		Network utt.NetworkID
		PID     utt.PID
		Of      map[utt.PID]utt.Status
		Kind    utt.Kind
		Role    utt.Role
		Case    utt.Case
		Code    utt.Code
	}
	v := names{utt.Digest{1}, utt.ID{2}, utt.NetworkID{3}, utt.PIDOf(alice), map[utt.PID]utt.Status{utt.PIDOf(bob): utt.Rejected},
		utt.KindPublicTransfer, utt.BudgetChange, utt.Anonymous, utt.CodeRepeated}
	b, err := json.Marshal(v)
	require.NoError(t, err)
	require.Contains(t, string(b), `"Kind":"public transfer","Role":"budget change","Case":"anonymous","Code":"executed before"`)
	require.Contains(t, string(b), `"ID":"02`+strings.Repeat("0", 62)+`"`)
	var d names
	require.NoError(t, json.Unmarshal(b, &d))
	require.Equal(t, v, d)
	require.Equal(t, fmt.Sprintf("%x", [32]byte(v.PID)), v.PID.String())

	for name, into := range map[string]encoding.TextUnmarshaler{
		"digest": new(utt.Digest), "id": new(utt.ID), "network": new(utt.NetworkID), "pid": new(utt.PID),
		"kind": new(utt.Kind), "role": new(utt.Role), "case": new(utt.Case), "status": new(utt.Status), "code": new(utt.Code),
		"verb": new(utt.Verb), "cause": new(utt.Cause), "reveals": new(utt.Reveals),
		"components": new(utt.Components), "sum": new(utt.SumKind), "violation": new(utt.Violation),
	} {
		for _, text := range []string{"", "0", strings.Repeat("0", 63), strings.Repeat("0", 65), strings.Repeat("g", 64), "kind 9", strings.Repeat("x", 1<<16)} {
			err := into.UnmarshalText([]byte(text))
			require.ErrorIs(t, err, utt.ErrMalformed, "%s %.70q", name, text)
			require.Less(t, len(err.Error()), 200)
		}
	}
	require.ErrorIs(t, new(utt.PID).UnmarshalText([]byte(strings.Repeat("f", 64))), utt.ErrMalformed, "not canonical")
	for _, v := range []encoding.TextMarshaler{utt.Kind(0), utt.Role(0), utt.Case(9), utt.Status(0), utt.Code(0), utt.Verb(0), utt.Cause(0), utt.Reveals(0), utt.Components(8), utt.SumKind(0), utt.Violation(0)} {
		_, err := v.MarshalText()
		require.ErrorIs(t, err, utt.ErrInvalid)
	}
}

// An explorer shows records as JSON, in which all is text that others can read.
func TestRecordsAreJSON(t *testing.T) {
	var c chain
	readVectors(t, chainFile, &c)
	p, err := utt.ParseParameters(unhex(t, c.Parameters))
	require.NoError(t, err)
	for _, o := range c.Operations {
		r := new(utt.Record)
		require.NoError(t, r.UnmarshalBinary(unhex(t, o.Record)))
		var record, entry map[string]any
		b, err := json.Marshal(r)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(b, &record))
		require.Equal(t, r.Kind().String(), record["kind"])
		require.Equal(t, r.ID().String(), record["id"])
		require.Equal(t, "executed", record["status"])
		e, err := r.Entry(p)
		require.NoError(t, err)
		if b, err = json.Marshal(e); err != nil {
			t.Fatal(err)
		}
		require.NoError(t, json.Unmarshal(b, &entry))
		require.Equal(t, r.Kind().String(), entry["kind"])
		if e.Member == nil { // which is shown and not read back
			var back utt.Entry
			require.NoError(t, json.Unmarshal(b, &back))
			require.Equal(t, e, back)
		} else {
			require.Equal(t, hex.EncodeToString(e.Member.AccountKey()), entry["member"].(map[string]any)["account_key"])
		}
		if e.Amount != 0 {
			require.Equal(t, fmt.Sprint(e.Amount), entry["amount"])
		}
	}
	for _, v := range []any{new(utt.Record), new(utt.Member)} {
		b, err := json.Marshal(v)
		require.NoError(t, err)
		require.Equal(t, "null", string(b))
	}
}
