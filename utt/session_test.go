package utt_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
)

const sessionsFile = "testdata/sessions.json"

// sessionVectors are operations of sessions, and parameters with holders.
type sessionVectors struct {
	Provenance string             `json:"provenance"`
	Parameters string             `json:"parameters"`
	Digest     string             `json:"parameters_digest"`
	Schedule   string             `json:"schedule"`
	Operations []sessionOperation `json:"operations"`
}

type sessionOperation struct {
	Kind     byte   `json:"kind"`
	Encoding string `json:"encoding"`
	Digest   string `json:"digest"`
	Record   string `json:"record"` // at block 7, index 3, time 1767225600
}

// dkgParty is a party of the sessions in threshold/dkg/testdata.
func dkgParty(j int) ed25519.PrivateKey {
	seed := sha256.Sum256(fmt.Appendf(nil, "dkg identity party %d", j))
	return ed25519.NewKeyFromSeed(seed[:])
}

// makeSessions makes the vectors of what others have as well.
func makeSessions(t *testing.T) sessionVectors {
	var c chain
	readVectors(t, chainFile, &c)
	p, err := utt.ParseParameters(unhex(t, c.Parameters))
	require.NoError(t, err)
	var d struct {
		Sessions []struct {
			Setup, Generation string
			Rounds            [][]string
		}
	}
	readVectors(t, "../threshold/dkg/testdata/dkg.json", &d)
	holder := func(purpose string, n int) utt.Holders {
		h := utt.Holders{Purpose: purpose, Generation: sha256.Sum256([]byte(purpose)), Faults: 1}
		for j := range n {
			h.Parties = append(h.Parties, dkgParty(j+1).Public().(ed25519.PublicKey))
		}
		return h
	}
	held, err := utt.NewParameters(utt.Config{
		Name: p.Name(), Genesis: p.Genesis(), CoinKey: p.CoinKey(), CredentialKey: p.CredentialKey(), LedgerKey: p.LedgerKey(),
		Assets: p.Assets(), Auditors: p.Auditors(), Circuits: p.Circuits(), Rows: p.Rows(), Policy: p.Policy(), Issuer: p.Issuer(), Endorsers: p.Endorsers(),
		Holders: []utt.Holders{holder(utt.PurposeLedger, 4), holder("audit", 3)},
	})
	require.NoError(t, err)
	digest := held.Digest()
	schedule, err := utt.Schedule{Height: 1 << 40, Time: c.Time, Blocks: 20, Seconds: 600}.MarshalBinary()
	require.NoError(t, err)
	v := sessionVectors{Provenance: provenance, Parameters: hexOf(t, held), Digest: hex.EncodeToString(digest[:]), Schedule: hex.EncodeToString(schedule)}
	add := func(op utt.Operation, err error) {
		require.NoError(t, err)
		b, err := op.AppendBinary(nil)
		require.NoError(t, err)
		op, err = utt.ParseOperation(b)
		require.NoError(t, err)
		verdicts, err := held.Trust(c.Time, []utt.Operation{op})
		require.NoError(t, err)
		o := sessionOperation{Kind: b[1], Encoding: hex.EncodeToString(b), Digest: op.Digest().String()}
		if r, err := verdicts.Record(op, utt.Cursor{Height: 7, Index: 3}, 1767225600); err == nil {
			o.Record = hexOf(t, r)
		}
		v.Operations = append(v.Operations, o)
	}
	for k, s := range d.Sessions {
		setup := new(dkg.Setup)
		require.NoError(t, setup.UnmarshalBinary(unhex(t, s.Setup)))
		id, err := setup.ID()
		require.NoError(t, err)
		var approved []utt.SessionAuthorisation
		for j := range 3 * (1 - k) {
			a, err := utt.AuthoriseSession(held, setup, dkgParty(j+1))
			require.NoError(t, err)
			approved = append(approved, a)
		}
		add(utt.NewSessionOpening(held, setup, approved...))
		for _, round := range s.Rounds {
			m := unhex(t, round[0])
			e, err := dkg.ReadEnvelope(m)
			require.NoError(t, err)
			add(utt.NewSessionMessage(dkgParty(int(e.Author)).Public().(ed25519.PublicKey), m))
		}
		add(utt.NewSessionAdoption(held, dkgParty(2), id, threshold.Generation(unhex(t, s.Generation))))
	}
	return v
}

func TestSessionVectors(t *testing.T) {
	got := makeSessions(t)
	if *update {
		writeVectors(t, sessionsFile, got)
	}
	var want sessionVectors
	readVectors(t, sessionsFile, &want)
	require.Equal(t, want, got)
	kinds := map[byte]bool{}
	for _, o := range want.Operations {
		kinds[o.Kind] = true
		if o.Record == "" {
			require.EqualValues(t, utt.KindSessionOpening, o.Kind, "of another network, and on no record")
			continue
		}
		r := new(utt.Record)
		require.NoError(t, r.UnmarshalBinary(unhex(t, o.Record)))
		op, err := utt.ParseOperation(unhex(t, o.Encoding))
		require.NoError(t, err)
		require.True(t, r.Of(op))
		_, ok := r.SessionEvent()
		require.True(t, ok)
	}
	require.Len(t, kinds, 3)
}

// Parameters with holders come back as they were; those that nobody could hold keys under
// are refused.
func TestHolders(t *testing.T) {
	var v sessionVectors
	readVectors(t, sessionsFile, &v)
	p, err := utt.ParseParameters(unhex(t, v.Parameters))
	require.NoError(t, err)
	require.Equal(t, v.Parameters, hexOf(t, p))
	require.Len(t, p.Holders(), 2)
	h, ok := p.HoldersOf("audit")
	require.True(t, ok)
	require.Equal(t, 2, h.Quorum())
	_, ok = p.HoldersOf(utt.PurposeCoin)
	require.False(t, ok)
	p.Holders()[0].Parties[0][0] ^= 1
	require.Equal(t, v.Parameters, hexOf(t, p))

	with := func(holders ...utt.Holders) error {
		_, err := utt.NewParameters(utt.Config{
			Name: p.Name(), Genesis: p.Genesis(), CoinKey: p.CoinKey(), CredentialKey: p.CredentialKey(), LedgerKey: p.LedgerKey(),
			Assets: p.Assets(), Auditors: p.Auditors(), Circuits: p.Circuits(), Rows: p.Rows(), Policy: p.Policy(), Issuer: p.Issuer(), Endorsers: p.Endorsers(), Holders: holders,
		})
		return err
	}
	all := p.Holders()
	ledger := func(change func(h *utt.Holders)) utt.Holders {
		h := all[0]
		h.Parties = slices.Clone(h.Parties)
		change(&h)
		return h
	}
	require.NoError(t, with(all...))
	for name, holders := range map[string][]utt.Holders{
		"none of the ledger key": {all[1]},
		"two of one key":         {all[0], all[0]},
		"no purpose":             {all[0], ledger(func(h *utt.Holders) { h.Purpose = "" })},
		"a long purpose":         {all[0], ledger(func(h *utt.Holders) { h.Purpose = strings.Repeat("x", 65) })},
		"too many faults":        {ledger(func(h *utt.Holders) { h.Faults = 2 })},
		"negative faults":        {ledger(func(h *utt.Holders) { h.Faults = -1 })},
		"a party twice":          {ledger(func(h *utt.Holders) { h.Parties[1] = h.Parties[0] })},
		"a short key":            {ledger(func(h *utt.Holders) { h.Parties[1] = h.Parties[1][:31] })},
		"a key of small order":   {ledger(func(h *utt.Holders) { h.Parties[1] = append(make([]byte, 31), 0) })},
		"nobody":                 {ledger(func(h *utt.Holders) { h.Parties = nil })},
		"more than 16 keys": append([]utt.Holders{all[0]}, slices.Collect(func(yield func(utt.Holders) bool) {
			for i := range utt.MaxHolders {
				yield(ledger(func(h *utt.Holders) { h.Purpose = fmt.Sprint(i) }))
			}
		})...),
	} {
		require.ErrorIs(t, with(holders...), utt.ErrPolicy, name)
	}
	encoded := unhex(t, v.Parameters)
	for _, b := range [][]byte{encoded[:len(encoded)-1], append(slices.Clone(encoded), 0), bytes.Replace(encoded, []byte{3}, []byte{4}, 1)} {
		_, err := utt.ParseParameters(b)
		require.ErrorIs(t, err, utt.ErrMalformed)
	}
}

func TestSchedule(t *testing.T) {
	s := utt.Schedule{Height: 10, Time: 100, Blocks: 5, Seconds: 20}
	for _, c := range []struct {
		height, time uint64
		want         int
	}{{0, 0, 0}, {9, 1000, 0}, {10, 99, 0}, {10, 100, 1}, {14, 1000, 1}, {15, 119, 1}, {15, 120, 2}, {20, 120, 2}, {1 << 40, 1 << 40, 3}} {
		require.Equal(t, c.want, s.Ended(3, c.height, c.time), "%v", c)
	}
	b, err := s.MarshalBinary()
	require.NoError(t, err)
	var d utt.Schedule
	require.NoError(t, d.UnmarshalBinary(b))
	require.Equal(t, s, d)
	for i := range b {
		require.ErrorIs(t, d.UnmarshalBinary(b[:i]), utt.ErrMalformed)
	}
	for _, bad := range []utt.Schedule{{}, {Height: 1}, {Blocks: 1}, {Height: 1, Blocks: 1}, {Height: 1, Blocks: 1, Seconds: 600}, {Height: 1 << 63, Blocks: 2}, {Height: 1, Blocks: 2, Time: 1 << 63}} {
		_, err := bad.MarshalBinary()
		require.ErrorIs(t, err, utt.ErrPolicy)
	}
	again, err := d.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, b, again)
}

// A ledger of which the parameters name no holders has no sessions.
func TestNoSessionsWithoutHolders(t *testing.T) {
	var v sessionVectors
	readVectors(t, sessionsFile, &v)
	w := sharedWorld()
	op, err := utt.ParseOperation(unhex(t, v.Operations[0].Encoding))
	require.NoError(t, err)
	verdicts, err := w.Parameters.Check(context.Background(), w.head.Time, []utt.Operation{op})
	require.NoError(t, err)
	require.ErrorContains(t, verdicts.Err(op), "[SES-NETWORK]")
}

// Nobody makes a second coin key where the parameters name no holders of the first.
func TestNoOtherGroupKeys(t *testing.T) {
	var v sessionVectors
	readVectors(t, sessionsFile, &v)
	p, err := utt.ParseParameters(unhex(t, v.Parameters))
	require.NoError(t, err)
	l, err := ledger.New(p, new(store.Memory))
	require.NoError(t, err)
	schedule, err := utt.Schedule{Height: 9, Blocks: 2}.MarshalBinary()
	require.NoError(t, err)
	opening := func(purpose string) utt.Operation {
		terms := &dkg.Terms{Network: p.Network(), Purpose: purpose, Key: dkg.Signing(utt.CoinAttributes), Threshold: 1, Schedule: schedule,
			Parties: []ed25519.PublicKey{dkgParty(1).Public().(ed25519.PublicKey)}}
		secret, err := dkg.NewSecret(nil)
		require.NoError(t, err)
		e, err := secret.Enrol(terms, dkgParty(1))
		require.NoError(t, err)
		setup := &dkg.Setup{Terms: terms, Enrolments: []*dkg.Enrolment{e}}
		var approved []utt.SessionAuthorisation
		for j := range 3 {
			a, err := utt.AuthoriseSession(p, setup, dkgParty(j+1))
			require.NoError(t, err)
			approved = append(approved, a)
		}
		op, err := utt.NewSessionOpening(p, setup, approved...)
		require.NoError(t, err)
		return op
	}
	receipts := execute(t, l, 0, opening(utt.PurposeCoin), opening(utt.PurposeCredential), opening("another"), opening(""))
	for _, i := range []int{0, 1, 3} {
		requireRejected(t, receipts[i], utt.CodeSession, "SES-HOLDERS")
	}
	require.NoError(t, receipts[2].Err())
}
