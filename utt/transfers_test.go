package utt_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/local"
	"github.com/utt-ecash/utt-go/utt/store"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

const (
	transferFile  = "testdata/transfers.json"
	statementFile = "testdata/statements.json"
)

// taxed is a ledger of two assets with a tax, so that outputs have a fixed owner, and
// with a transfer of eight inputs. The values inside the Σ proofs are those of this
// ledger's transfers and of chain.json's.
type taxed struct {
	Provenance string        `json:"provenance"`
	Parameters string        `json:"parameters"`
	Time       uint64        `json:"time"`
	Operations []string      `json:"operations"` // each a block of its own
	Digest     string        `json:"ledger_digest"`
	Users      []chainedUser `json:"users"`
	Snapshot   string        `json:"snapshot"`
	Proofs     []provenValue `json:"proofs"`
}

type provenValue struct {
	File      string           `json:"file"`
	Operation int              `json:"operation"`
	Inputs    int              `json:"inputs"` // without the budget coin
	Relations int              `json:"relations"`
	Variables int              `json:"variables"`
	Challenge string           `json:"challenge"`
	Notes     []utt.NoteVector `json:"notes"`
}

func newTaxedVectors(t *testing.T) *taxed {
	ctx := context.Background()
	net, err := local.New(ctx, local.Config{Assets: []string{cash, gold}, Policy: testPolicy, Tax: 500, TaxOffice: taxOffice})
	require.NoError(t, err)
	v := &taxed{Provenance: provenance, Parameters: hexOf(t, net.Parameters()), Time: net.Ledger().Head().Time}
	at := &node{Node: net, submit: func(ctx context.Context, op utt.Operation) error {
		v.Operations = append(v.Operations, hex.EncodeToString(utt.RawOperation(op)))
		return net.Submit(ctx, op)
	}}
	var wallets []*wallet.Wallet
	for _, identity := range []string{alice, bob, taxOffice} {
		seed := utt.PIDOf("seed of " + identity)
		v.Users = append(v.Users, chainedUser{Identity: identity, Seed: hex.EncodeToString(seed[:])})
		w := restore(t, net, identity)
		r, err := w.Registration(0)
		require.NoError(t, err)
		r, err = net.Endorser().Endorse(identity, r)
		require.NoError(t, err)
		require.NoError(t, at.Submit(ctx, r))
		wallets = append(wallets, w)
	}
	a := wallets[0]
	sync1(t, net, a)
	for nonce, asset := range []string{cash, gold} {
		done(t, a, net)(a.RequestBudget(ctx, at, asset, 1))
		o, err := utt.NewIssue(net.Parameters(), net.Issuer(), uint64(nonce), utt.PIDOf(alice), asset, 1000)
		require.NoError(t, err)
		require.NoError(t, at.Submit(ctx, o))
	}
	sync1(t, net, a)
	for range utt.MaxInputs {
		done(t, a, net)(a.Mint(ctx, at, cash, 25))
	}
	done(t, a, net)(a.Mint(ctx, at, gold, 300))
	done(t, a, net)(a.Pay(ctx, at, bob, cash, 180, "eight inputs, taxed"))
	done(t, a, net)(a.Pay(ctx, at, bob, gold, 100, ""))
	v.Digest = fmt.Sprintf("%x", net.Ledger().Digest())
	var b bytes.Buffer
	require.NoError(t, writeSnapshot(net.Ledger(), &b))
	v.Snapshot = hex.EncodeToString(b.Bytes())
	for i := range v.Users {
		sync1(t, net, wallets[i])
		v.Users[i].State = walletStateOf(wallets[i])
	}
	v.Proofs = v.proofs(t)
	return v
}

// proofs are the values inside the proofs of both ledgers.
func (v *taxed) proofs(t *testing.T) (all []provenValue) {
	var c chain
	readVectors(t, chainFile, &c)
	var chained []string
	for _, o := range c.Operations {
		chained = append(chained, o.Encoding)
	}
	for _, of := range []struct {
		file, parameters string
		users            []chainedUser
		operations       []string
	}{{"chain.json", c.Parameters, c.Users, chained}, {"transfers.json", v.Parameters, v.Users, v.Operations}} {
		p, err := utt.ParseParameters(unhex(t, of.parameters))
		require.NoError(t, err)
		all = append(all, provenOf(t, p, of.file, of.operations, of.users...)...)
	}
	return all
}

// provenOf is what the proofs of the transfers among a file's operations state, and what
// their notes hold for the users.
func provenOf(t *testing.T, p *utt.Parameters, file string, operations []string, users ...chainedUser) (all []provenValue) {
	for i, b := range operations {
		op, err := utt.ParseOperation(unhex(t, b))
		require.NoError(t, err)
		transfer, ok := op.(*utt.Transfer)
		if !ok {
			continue
		}
		e := provenValue{File: file, Operation: i, Inputs: len(transfer.Nullifiers())}
		if transfer.Case() == utt.Anonymous {
			e.Inputs--
		}
		e.Relations, e.Variables, e.Challenge = utt.SigmaOf(p, transfer)
		for _, u := range users {
			e.Notes = append(e.Notes, utt.NotesOf(p.Network(), u.Identity, unhex(t, u.Seed), transfer)...)
		}
		all = append(all, e)
	}
	return all
}

// A taxed ledger of two assets is what it was, down to what its proofs and notes hold.
func TestTransferVectors(t *testing.T) {
	if *update {
		writeVectors(t, transferFile, newTaxedVectors(t))
	}
	var v taxed
	readVectors(t, transferFile, &v)
	p, err := utt.ParseParameters(unhex(t, v.Parameters))
	require.NoError(t, err)
	l, err := ledger.New(p, new(store.Memory))
	require.NoError(t, err)
	for _, b := range v.Operations {
		op, err := utt.ParseOperation(unhex(t, b))
		require.NoError(t, err)
		requireExecuted(t, execute(t, l, v.Time, op))
	}
	require.Equal(t, v.Digest, fmt.Sprintf("%x", l.Digest()))
	var b bytes.Buffer
	require.NoError(t, writeSnapshot(l, &b))
	require.Equal(t, v.Snapshot, hex.EncodeToString(b.Bytes()))
	proofs := v.proofs(t)
	require.Equal(t, v.Proofs, proofs)
	most := 0
	for _, e := range proofs {
		most = max(most, e.Inputs)
		require.NotEmpty(t, e.Notes)
	}
	require.Equal(t, utt.MaxInputs, most)
}

// statements are encodings of statements by another implementation.
type statements struct {
	Provenance string `json:"provenance"`
	Ledgers    []struct {
		Parameters string `json:"parameters"`
		Transfers  []struct {
			Encoding  string `json:"encoding"`
			Statement string `json:"statement"`
		} `json:"transfers"`
	} `json:"ledgers"`
}

// The challenge of every proof is that of a transcript made by hand of the statement
// that another implementation has encoded.
func TestStatementVectors(t *testing.T) {
	var s statements
	readVectors(t, statementFile, &s)
	require.Len(t, s.Ledgers, 2)
	for _, l := range s.Ledgers {
		p, err := utt.ParseParameters(unhex(t, l.Parameters))
		require.NoError(t, err)
		require.NotEmpty(t, l.Transfers)
		for _, st := range l.Transfers {
			b := unhex(t, st.Encoding)
			op, err := utt.ParseOperation(b)
			require.NoError(t, err)
			relations, variables, challenge := utt.SigmaOf(p, op.(*utt.Transfer))
			require.Equal(t, challenge, challengeOf(t, b, relations, variables, unhex(t, st.Statement)))
		}
	}
}

// challengeOf is that of a transfer with an encoding, made by hand of its statement.
func challengeOf(t *testing.T, b []byte, relations, variables int, statement []byte) string {
	end := len(b) - 2 - 32*variables
	commitments := b[end-96*relations : end]
	groth16 := b[end-96*relations-2-480 : end-96*relations-2]
	body := b[:end-96*relations-2-480]

	h := sha256.New()
	for _, item := range [][2][]byte{
		{[]byte("UTT-V1/transcript/init"), []byte(dst.TransferProof)}, {[]byte("body"), body}, {[]byte("groth16"), groth16},
		{[]byte("statement"), statement}, {[]byte("commitments"), commitments}, {[]byte("challenge"), []byte("sigma")},
	} {
		lengths := binary.BigEndian.AppendUint32(nil, uint32(len(item[0])))
		lengths = binary.BigEndian.AppendUint32(lengths, uint32(len(item[1])))
		for _, part := range [][]byte{lengths, item[0], item[1]} {
			_, err := h.Write(part)
			require.NoError(t, err)
		}
	}
	return fmt.Sprintf("%032x%x", 0, h.Sum(nil)[:16])
}
