package utt_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/store"
)

const refusalFile = "testdata/refusals.json"

// refusals are operations that a ledger refuses, with the label of the check, or
// executes although points of theirs have a part of small order.
type refusals struct {
	Provenance string            `json:"provenance"`
	Parameters string            `json:"parameters"`
	Snapshot   string            `json:"snapshot"`
	Digest     string            `json:"ledger_digest"`
	Others     map[string]string `json:"other_parameters"` // by digest, of empty ledgers
	Operations []refusal         `json:"operations"`
	Malformed  []malformed       `json:"malformed"`
}

type refusal struct {
	Name string `json:"name"`
	On   string `json:"on,omitempty"` // digest of other parameters
	// Earlier are in a block before, at the time of the snapshot's head.
	Earlier []string `json:"earlier,omitempty"`
	Before  []string `json:"before,omitempty"`
	Time    uint64   `json:"time"`
	Op      string   `json:"operation"`
	Label   string   `json:"label"` // empty: executed
}

// malformed is a change to an operation of chain.json that does not decode.
type malformed struct {
	Name      string `json:"name"`
	Operation int    `json:"operation"`
	Offset    int    `json:"offset"`
	Bytes     string `json:"bytes"`
}

var (
	ofSmallOrder = regexp.MustCompile(`subgroup|small order`)
	aNumber      = regexp.MustCompile(`\d+`)
)

func newRefusals(t *testing.T) *refusals {
	w := sharedWorld()
	v := &refusals{
		Provenance: provenance + "; every operation is executed on the ledger of the snapshot, or on an empty one of the other parameters, after earlier ones in a block at the time of the snapshot, and those before it, in a block of that time; malformed ones replace bytes of an operation of chain.json",
		Parameters: hexOf(t, w.Parameters),
		Snapshot:   hex.EncodeToString(w.snapshot),
		Digest:     hex.EncodeToString(w.digest[:]),
		Others:     make(map[string]string),
	}
	seen := make(map[string]bool)
	for _, c := range cheats() {
		if seen[c.Label] && !ofSmallOrder.MatchString(c.Name) {
			continue
		}
		seen[c.Label] = true
		r := refusal{Name: c.Name, Time: c.Time, Op: hex.EncodeToString(utt.RawOperation(c.Op)), Label: c.Label}
		if r.Time == 0 {
			r.Time = w.head.Time
		}
		if c.On != nil {
			r.On = fmt.Sprintf("%x", c.On.Digest())
			v.Others[r.On] = hexOf(t, c.On)
		}
		for _, op := range c.Earlier {
			r.Earlier = append(r.Earlier, hex.EncodeToString(utt.RawOperation(op)))
		}
		for _, op := range c.Before {
			r.Before = append(r.Before, hex.EncodeToString(utt.RawOperation(op)))
		}
		v.Operations = append(v.Operations, r)
	}
	points := make(map[string]bool)
	for _, d := range w.DisplacedOperations() {
		kind := aNumber.ReplaceAllString(d.Field, "*")
		every := strings.HasSuffix(d.Field, "credential.signature") // one point by every order
		if strings.HasPrefix(d.Field, "burn") || points[kind] && !every {
			continue
		}
		points[kind] = true
		l := w.fork(t)
		no := execute(t, l, 0, parse(t, d.Op)...)[0].Rejection
		r := refusal{Name: d.String(), Time: w.head.Time, Op: hex.EncodeToString(utt.RawOperation(d.Op))}
		if no != nil {
			r.Label = no.Label
		}
		v.Operations = append(v.Operations, r)
	}
	identity, zeros := "40"+strings.Repeat("00", 95), strings.Repeat("00", 96)
	modulus := "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab"
	order := "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"
	base := 2 + 3*32 + 1 + 4 + len(cash) + 8 // of the credential in a transfer of cash
	v.Malformed = []malformed{
		{"another version", 7, 0, "02"},
		{"a kind that is none", 7, 1, "07"},
		{"the identity as h'", 7, base, identity},
		{"x = y = 0", 7, base, zeros},
		{"a coordinate that is not reduced", 7, base, modulus},
		{"the flag of compression", 7, base, "97"},
		{"the flag of a compressed sign", 7, base, "37"},
		{"a point off the curve", 7, base, strings.Repeat("00", 95) + "01"},
		{"a pid that is not reduced", 1, 2, order},
		{"an asset longer than 32 bytes", 1, 2 + 32, "00000021"},
		{"nine inputs", 7, base + 4*96, "0009"},
		{"a boolean of 2", 7, base + 4*96 + 2 + 6*96, "02"},
	}
	return v
}

// Other people's operations: what is refused, by which label, and what is not.
func TestRefusalVectors(t *testing.T) {
	if *update {
		writeVectors(t, refusalFile, newRefusals(t))
	}
	var v refusals
	readVectors(t, refusalFile, &v)
	p, err := utt.ParseParameters(unhex(t, v.Parameters))
	require.NoError(t, err)
	others := make(map[string]*utt.Parameters)
	for digest, b := range v.Others {
		others[digest], err = utt.ParseParameters(unhex(t, b))
		require.NoError(t, err)
		require.Equal(t, digest, fmt.Sprintf("%x", others[digest].Digest()))
	}
	world, err := ledger.Restore(p, new(store.Memory), bytes.NewReader(unhex(t, v.Snapshot)), [32]byte(unhex(t, v.Digest)))
	require.NoError(t, err)
	time := world.Head().Time
	executed, labels := 0, make(map[string]bool)
	for _, r := range v.Operations {
		var l *ledger.Ledger
		decode := func(raw []string) (ops []utt.Operation) {
			for _, b := range raw {
				op, err := utt.ParseOperation(unhex(t, b))
				require.NoError(t, err, r.Name)
				ops = append(ops, op)
			}
			return ops
		}
		if r.On == "" {
			l, err = ledger.Restore(p, new(store.Memory), bytes.NewReader(unhex(t, v.Snapshot)), [32]byte(unhex(t, v.Digest)))
		} else {
			l, err = ledger.New(others[r.On], new(store.Memory))
		}
		require.NoError(t, err)
		if len(r.Earlier) > 0 {
			requireExecuted(t, execute(t, l, time, decode(r.Earlier)...))
		}
		receipts := execute(t, l, r.Time, decode(append(r.Before, r.Op))...)
		last := receipts[len(receipts)-1]
		if r.Label == "" {
			executed++
			requireExecuted(t, receipts)
			continue
		}
		require.Equal(t, utt.Rejected, last.Status, r.Name)
		require.Equal(t, r.Label, last.Rejection.Label, r.Name)
		labels[r.Label] = true
	}
	require.Greater(t, executed, 9, "what holds up to H")
	require.Greater(t, len(labels), 50)

	var c chain
	readVectors(t, chainFile, &c)
	for _, m := range v.Malformed {
		b := unhex(t, c.Operations[m.Operation].Encoding)
		_, err := utt.ParseOperation(b)
		require.NoError(t, err)
		copy(b[m.Offset:], unhex(t, m.Bytes))
		_, err = utt.ParseOperation(b)
		require.ErrorIs(t, err, utt.ErrMalformed, m.Name)
	}
}
