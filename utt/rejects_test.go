package utt_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/sig"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// The attacks are numbered as in the project's list of pitfalls: A for what the
// original implementation accepted, B, in rejects_draft_test.go, for the forgeries
// found against a draft of the design.

// refuse requires that the cheats with these names are refused as they say.
func refuse(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		t.Run(name, func(t *testing.T) { sharedWorld().requireRefused(t, cheat(t, name)) })
	}
}

// refuseAs requires that an operation is refused by the check with a label.
func refuseAs(t *testing.T, label string, op utt.Operation, before ...utt.Operation) {
	t.Helper()
	sharedWorld().requireRefused(t, &utt.Cheat{Label: label, Code: utt.CodeInvalid, Cause: utt.ErrInvalid, Op: op, Before: before})
}

// Every cheat is refused by the check that it is against, and by its label.
func TestRejectsEveryCheat(t *testing.T) {
	w := sharedWorld()
	for _, c := range cheats() {
		t.Run(c.Label+"/"+c.Name, func(t *testing.T) { w.requireRefused(t, c) })
	}
}

// Every label in the code is one that a cheat is refused by, and every one of the
// relations has one.
func TestEveryLabelHasACheat(t *testing.T) {
	tested := map[string]bool{
		"POLICY-PREFIX": true, // no ledger checks it: endorsers and payers do, in utt/wallet/payee_test.go
	}
	tested["WAR-COUNT"] = true // refuses nothing, and is on record: TestWarrantsThatLied
	for _, c := range cheats() {
		require.NotEqual(t, "POLICY-PREFIX", c.Label)
		tested[c.Label] = true
	}
	label := regexp.MustCompile(`"((?:ADDR|AMD|AUD|ENC|FEE|TAX|TX|NF|REG|POLICY|ISSUE|ORDER|ACCOUNT|MINT|GRANT|BURN|SUS|WAR)(?:-[A-Z0-9]+)+|ACCOUNT|CLUE|CLUE-R|SIGMA)"`)
	found := 0
	for _, dir := range []string{".", "../rangeproof", "../internal/sigma"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			b, err := os.ReadFile(f)
			require.NoError(t, err)
			for _, m := range label.FindAllSubmatch(b, -1) {
				if dir == "../rangeproof" && bytes.HasPrefix(m[1], []byte("TAX-")) {
					continue // constraints, which its own tests take out
				}
				require.True(t, tested[string(m[1])], "no cheat against %s in %s", m[1], f)
				found++
			}
		}
	}
	require.Greater(t, found, 40)
	for _, of := range []string{"IN", "B"} {
		for _, a := range []string{"PID", "SN", "VAL"} {
			require.True(t, tested["TX-"+of+"-"+a])
		}
	}
}

// A1: an output inflated behind a relation whose commitment is chosen after the
// challenge. It needs a challenge that does not cover the commitment.
func TestRejectsInflationByUnboundCommitment(t *testing.T) {
	op, holds := sharedWorld().UnboundCommitment()
	require.True(t, holds, "the relation must hold for the former challenge, or this test shows nothing")
	refuseAs(t, "TX-CRED-PID", op) // another challenge: the first relation fails
	refuse(t, "an output of more than was proven", "a coin taken for more than it is worth", "values that do not balance")
}

// A2: a coin spent again under a nullifier that is random, or a little off.
func TestRejectsRandomNullifier(t *testing.T) {
	refuse(t, "a random nullifier", "a nullifier off the subgroup", "a random nullifier for the budget",
		"another serial number, another nullifier", "another secret, another nullifier")
}

// A3: a payment to somebody else that passes for a transfer to oneself, and one
// without its budget coin.
func TestRejectsPaymentWithoutBudget(t *testing.T) {
	refuse(t, "a payment without budget, as change for oneself", "no budget coin",
		"another's budget", "budget twice, by another serial number")
}

// A4: a proof of range and balance that is forged, simulated or malleated.
func TestRejectsForgedRangeProof(t *testing.T) {
	w := sharedWorld()
	simulated, holds := w.SimulatedBalance()
	require.True(t, holds, "the equation of the proof alone must not tell, or this test shows nothing")
	refuseAs(t, "TX-D", simulated)
	refuseAs(t, "TX-CRED-PID", w.MalleatedBalance()) // bound by the challenge
	refuse(t, "D opens to other values", "values that do not balance")
}

// A5: bases whose discrete logarithm is the hash. Whoever knows those of two
// registration bases turns one user's commitment into another's.
func TestRejectsBasesOfKnownLogarithm(t *testing.T) {
	bases, hashed, scalars := sharedWorld().Bases()
	require.Equal(t, hashed, bases, "RFC 9380 hash to the curve")
	for i, p := range bases {
		require.True(t, p.InSubgroup())
		require.False(t, p.IsIdentity())
		require.NotContains(t, bases[:i], p)
		for _, s := range scalars {
			require.NotEqual(t, curve.Generator().Mul(s), p)
			for _, q := range bases {
				require.NotEqual(t, q.Mul(s), p)
			}
		}
	}
}

// A6: the sum of two signed coins is a signature, on a coin that cannot be opened.
func TestRejectsCoinFromAffineCombination(t *testing.T) {
	op, signed := sharedWorld().AffineCoin()
	require.True(t, signed, "the signature alone must not tell, or this test shows nothing")
	refuseAs(t, "TX-IN-SN", op)
}

// A7: the first spend of a coin that everybody saw being minted or granted has no
// element in common with it, nor one that its attributes would give.
func TestRejectsLinkableFirstSpend(t *testing.T) {
	w := sharedWorld()
	public := map[string]bool{}
	for _, r := range w.Records {
		for _, e := range r.Elements(w.Parameters) {
			public[string(e)] = true
		}
	}
	seen := map[string]bool{}
	for range 2 {
		for _, op := range []*utt.Transfer{w.HonestPayment(), w.HonestSplit()} {
			require.False(t, w.Recognisable(op))
			for _, e := range op.Elements() {
				require.False(t, public[string(e)], "an element of the coin as it was issued")
				require.False(t, seen[string(e)], "an element of another spend of the coin")
			}
			for _, e := range op.Elements() {
				seen[string(e)] = true
			}
		}
	}
	require.True(t, w.Recognisable(w.Scaled()), "a coin that is only scaled must be told, or this test shows nothing")
}

// A8: a note altered in flight.
func TestRejectsAlteredNote(t *testing.T) {
	w := sharedWorld()
	refuseAs(t, "TX-CRED-PID", utt.GarbleNote(w.HonestPayment())) // another challenge: the first relation fails
	refuseAs(t, "TX-CRED-PID", utt.GarbleNote(w.HonestBurn()))
}

// A9: a budget that outlives its epoch.
func TestRejectsBudgetOfAnotherEpoch(t *testing.T) {
	refuse(t, "budget of another epoch", "an epoch that is over, in a transfer to oneself", "a grant far ahead",
		"budget change of more than was proven")
}

// A10: one coin twice in one transfer, in one block, and in two blocks.
func TestRejectsCoinTwice(t *testing.T) {
	refuse(t, "a coin twice in one transfer", "a coin spent before")
	w := sharedWorld()
	l, twin := w.fork(t), w.fork(t)
	first, second := w.SpendOf(300), w.SpendOf(300)
	execute(t, l, 0, parse(t, first)...)
	execute(t, twin, 0, parse(t, first)...)
	r := execute(t, l, 0, parse(t, second, w.honest)...)
	execute(t, twin, 0, parse(t, w.honest)...)
	require.Equal(t, "NF-ONCE", r[0].Rejection.Label)
	require.Equal(t, utt.CodeSpent, r[0].Rejection.Code)
	require.ErrorIs(t, r[0].Rejection, utt.ErrConflict)
	require.Equal(t, twin.Digest(), l.Digest())
}

// A11: missing and absurd fields are refused; nothing crashes.
func TestRejectsMissingFields(t *testing.T) {
	w := sharedWorld()
	ctx := context.Background()
	for _, op := range []utt.Operation{w.HonestPayment(), w.CarolsRegistration(), cheat(t, "an issue replayed").Op,
		cheat(t, "a public transfer replayed").Op, cheat(t, "a mint replayed, two coins of one serial number").Op, cheat(t, "a grant twice").Op} {
		raw := utt.RawOperation(op)
		step := max(1, len(raw)/512)
		for n := 0; n < len(raw); n += step {
			_, err := utt.ParseOperation(raw[:n])
			require.ErrorIs(t, err, utt.ErrMalformed, "%d of %d bytes", n, len(raw))
			blank := slices.Clone(raw)
			clear(blank[n:])
			if got, err := utt.ParseOperation(blank); err == nil && !bytes.Equal(raw, blank) {
				v, err := w.Parameters.Check(ctx, w.head.Time, []utt.Operation{got})
				require.NoError(t, err)
				if _, unsigned := op.(*utt.Grant); !unsigned {
					require.Error(t, v.Err(got), "zeros from byte %d", n)
				}
				continue
			} else if err != nil {
				require.ErrorIs(t, err, utt.ErrMalformed)
			}
		}
		_, err := utt.ParseOperation(append(slices.Clone(raw), 0))
		require.ErrorIs(t, err, utt.ErrMalformed)
		for n := 2; n+4 <= len(raw); n += step {
			huge := slices.Clone(raw)
			binary.BigEndian.PutUint32(huge[n:], 0xffffffff)
			if _, err := utt.ParseOperation(huge); err != nil {
				require.ErrorIs(t, err, utt.ErrMalformed)
			}
		}
	}
	_, err := utt.ParseOperation(make([]byte, 1<<20))
	require.ErrorIs(t, err, utt.ErrMalformed)
	for _, op := range []utt.Operation{nil, (*utt.Transfer)(nil), new(utt.Transfer), new(utt.Mint), new(utt.Registration)} {
		_, err := w.Parameters.Check(ctx, w.head.Time, []utt.Operation{op})
		require.ErrorIs(t, err, utt.ErrMalformed)
	}
}

// A12: a generator that returns the same bytes at every call. Two transfers of
// different values have different nonces all the same, since those depend on what
// is proven as well: else both together betray the secret.
func TestRejectsRepeatedRandomness(t *testing.T) {
	w := sharedWorld()
	nonces, d := w.NoncesOf(7)
	seen := map[[32]byte]string{}
	for i, of := range nonces {
		require.NotEmpty(t, of)
		for name, n := range of {
			require.NotContains(t, seen, n.Bytes(), "nonce of %s in proof %d", name, i)
			seen[n.Bytes()] = name
		}
	}
	require.NotEqual(t, d[0], d[1])
}

// A13: nothing secret in the encoded parameters or committees: no scalar of a group
// key, and not x·G, which would allow anybody to sign.
func TestRejectsTrapdoorInParameters(t *testing.T) {
	w := sharedWorld()
	coin, err := sig.GenerateKey(nil, utt.CoinAttributes)
	require.NoError(t, err)
	credential, err := sig.GenerateKey(nil, utt.CredentialAttributes)
	require.NoError(t, err)
	b, err := w.WithKeys(coin.Public(), credential.Public()).MarshalBinary()
	require.NoError(t, err)
	for _, k := range []*sig.SecretKey{coin, credential} {
		for i, s := range k.Scalars() {
			require.False(t, bytes.Contains(b, s.Append(nil)))
			public := bytes.Contains(b, curve.Generator().Mul(s).Append(nil))
			require.Equal(t, i > 0, public, "Y1_i is public, x·G must not be")
		}
	}
	_, err = utt.ParseParameters(b)
	require.NoError(t, err)
}

// A14: registration without knowledge of the secret; and no replica holds more than
// a share of the key.
func TestRejectsRegistrationWithoutKnowledge(t *testing.T) {
	refuse(t, "a commitment to a secret that is not known", "a commitment off the subgroup")
}

// A14, second half: what one replica signs by itself is no signature.
func TestRejectsSignatureOfOneReplica(t *testing.T) {
	w := sharedWorld()
	ctx := context.Background()
	l, signer, err := w.net.NewReplica()
	require.NoError(t, err)
	execute(t, l, 0, w.honest)
	shares, err := signer.SignBlock(ctx, 1)
	require.NoError(t, err)
	require.Len(t, shares, 1)
	var records []*utt.Record
	for r, err := range l.Records(ctx, utt.Cursor{}) {
		require.NoError(t, err)
		records = append(records, r)
	}
	_, err = w.net.Committees().Combine(ctx, w.Parameters, records, shares)
	require.ErrorIs(t, err, threshold.ErrTooFew)
	_, err = w.net.Committees().Combine(ctx, w.Parameters, records, slices.Repeat(shares, 4))
	require.ErrorIs(t, err, threshold.ErrTooFew, "four times the same share")
}

// A15: a burn replayed, as it is or proven anew.
func TestRejectsReplayedBurn(t *testing.T) {
	w := sharedWorld()
	burn, again := w.HonestBurn(), w.HonestBurn()
	for name, op := range map[string]utt.Operation{"as it is": burn, "proven anew": again} {
		t.Run(name, func(t *testing.T) {
			w.requireRefused(t, &utt.Cheat{Label: "NF-ONCE", Code: utt.CodeSpent, Cause: utt.ErrConflict, Op: op, Before: []utt.Operation{burn}})
		})
	}
	l := w.fork(t)
	before, err := l.Balance(w.Mallory.PID(), cash)
	require.NoError(t, err)
	execute(t, l, 0, burn)
	execute(t, l, 0, burn, again)
	after, err := l.Balance(w.Mallory.PID(), cash)
	require.NoError(t, err)
	require.Equal(t, before+70, after)
}
