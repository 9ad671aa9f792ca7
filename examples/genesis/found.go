package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/policies"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

func (g *genesis) name(context.Context) (string, error) {
	_, _ = rand.Read(g.network[:]) // never fails
	for _, group := range []struct {
		what string
		n    int
		into *[]*party
	}{{"replica", 4, &g.replicas}, {"registrar", 3, &g.registrars}, {"auditor", 3, &g.auditors}} {
		for i := range group.n {
			p, err := newParty(fmt.Sprint(group.what, " ", i+1))
			if err != nil {
				return "", err
			}
			*group.into = append(*group.into, p)
		}
	}
	return "4 replicas, 3 registrars and 3 auditors, each with an identity key; any 2 of each sign, and 1 of each may be faulty", nil
}

// generate makes a key of which any two holders sign, or decrypt, and one may be faulty:
// f + 1 of the 3f + 1 replicas, which is enough where consensus never decides two histories.
func (g *genesis) generate(purpose string, kind dkg.Kind, parties []*party, c cheat) (*key, error) {
	g.sessions++
	k := &key{terms: dkg.Terms{Network: g.network, Purpose: purpose, Key: kind, Threshold: 2, Faults: 1}}
	next, err := k.make(g.sessions, slices.Clone(parties), c)
	if err != nil {
		return nil, fmt.Errorf("%s key: %w", purpose, err)
	}
	return next, nil
}

func (g *genesis) makeCoin(context.Context) (string, error) {
	var err error
	if g.coin, err = g.generate(utt.PurposeCoin, dkg.Signing(utt.CoinAttributes), g.replicas, silentIn(g.replicas[3], dkg.Open)); err != nil {
		return "", err
	}
	g.first = g.coin
	blame, err := g.coin.blames(4, "")
	return fmt.Sprintf("what replica 4 had dealt, the others put together without it, so that it could not choose the key; all blame %q", blame), err
}

func (g *genesis) makeLedger(context.Context) (string, error) {
	var err error
	if g.ledger, err = g.generate(utt.PurposeLedger, dkg.Signing(utt.LedgerAttributes), g.replicas, dealsWrong(g.replicas[1])); err != nil {
		return "", err
	}
	blame, err := g.ledger.blames(2, "DKG-SHARE")
	return fmt.Sprintf("replica 2 dealt replica 4 a false share, which replica 4 opened to all; the key is made without replica 2's part; all blame %q", blame), err
}

func (g *genesis) makeCredential(context.Context) (string, error) {
	var err error
	if g.credential, err = g.generate(utt.PurposeCredential, dkg.Signing(utt.CredentialAttributes), g.registrars, nil); err != nil {
		return "", err
	}
	if len(g.credential.outcome.Blames) > 0 || len(g.credential.outcome.Members) != 3 {
		return "", fmt.Errorf("blamed: %v", g.credential.outcome.Blames)
	}
	return "nobody is to blame", nil
}

// makeAudit makes the auditors' keys: one to encrypt to for each of utt.AuditComponents parts of
// an audited payment, and one of no attributes, to sign their approvals with.
func (g *genesis) makeAudit(context.Context) (string, error) {
	var err error
	if g.audit, err = g.generate("audit", dkg.Encryption(utt.AuditComponents), g.auditors, silentIn(g.auditors[0], dkg.Deal)); err != nil {
		return "", err
	}
	if _, err := g.audit.blames(1, ""); err != nil {
		return "", err
	}
	if g.approval, err = g.generate("approval", dkg.Signing(utt.ApprovalAttributes), g.auditors, nil); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d keys to encrypt to and one to approve with; auditor 1 dealt nothing in one session, and holds its share all the same", utt.AuditComponents), nil
}

// rules are those of the ledger: a budget, and beyond it audited and delayed payments.
func rules() *policies.Table { return policies.Audited(10_000, 100_000).Table() }

func (g *genesis) ceremony(ctx context.Context) (string, error) {
	const contributors = 3
	for i, c := range rules().Circuits { // for transfers to oneself, and for payments
		circuit, err := c.Compile()
		if err != nil {
			return "", err
		}
		if err := hold(circuit, contributors, g.path(transcriptFiles[i])); err != nil {
			return "", err
		}
		proving, err := verify(ctx, g.path(transcriptFiles[i]))
		if err != nil {
			return "", err
		}
		if origin := proving.VerifyingKey().Origin(); origin != rangeproof.MultiParty {
			return "", fmt.Errorf("the keys are of a %v setup", origin)
		}
		g.circuits, g.proving = append(g.circuits, utt.Circuit{Key: proving.VerifyingKey()}), append(g.proving, proving)
	}
	return fmt.Sprintf("%d contributions to each of 2 phases; none was taken with a byte changed, and the transcript verifies; proofs can be forged only if all %d of a phase collude", contributors, contributors), nil
}

// writeAll writes what the parties are started with.
func (g *genesis) writeAll(context.Context) (string, error) {
	issuer, issuerKey, err := ed25519.GenerateKey(nil)
	if err != nil {
		return "", err
	}
	endorser, endorserKey, err := ed25519.GenerateKey(nil)
	if err != nil {
		return "", err
	}
	g.issuer = issuerKey
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var holders []utt.Holders
	for _, k := range []*key{g.coin, g.credential, g.ledger, g.audit, g.approval} {
		holders = append(holders, utt.HoldersOf(k.terms.Purpose, k.outcome))
	}
	p, err := utt.NewParameters(utt.Config{
		Name: "genesis", Genesis: g.network,
		CoinKey: g.coin.committee().Group(), CredentialKey: g.credential.committee().Group(), LedgerKey: g.ledger.committee().Group(),
		Assets:   []string{asset},
		Circuits: g.circuits,
		Rows:     rules().Rows,
		Auditors: &utt.Auditors{Opening: g.audit.outcome.Encryption.Key(), Approval: g.approval.committee().Group()},
		Policy:   budget.Policy{Start: start, EpochLength: 30 * 24 * time.Hour, Classes: []utt.Amount{500}},
		Issuer:   issuer, Endorsers: []ed25519.PublicKey{endorser},
		Holders: holders,
	})
	if err != nil {
		return "", err
	}
	if g.endorser, err = utt.NewEndorser(p, endorserKey); err != nil {
		return "", err
	}
	for _, f := range []struct {
		name string
		of   interface{ MarshalBinary() ([]byte, error) }
	}{{parametersFile, p}, {provingFiles[0], g.proving[0]}, {provingFiles[1], g.proving[1]}} {
		b, err := f.of.MarshalBinary()
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(g.path(f.name), b, 0o644); err != nil {
			return "", err
		}
	}
	g.net = newNetwork(p, uint64(start.Unix()))
	for _, k := range append(g.keys(), g.audit, g.approval) {
		if err := g.writeShares(k); err != nil {
			return "", err
		}
	}
	digest := p.Digest()
	return fmt.Sprintf("the parameters' digest, by which all know them, is %x…", digest[:8]), g.writeCommittees()
}

func (g *genesis) open(context.Context) (string, error) {
	if err := g.start(nil); err != nil {
		return "", err
	}
	var proving []*rangeproof.ProvingKey
	for i, c := range g.net.p.Circuits() {
		b, err := os.ReadFile(g.path(provingFiles[i]))
		if err != nil {
			return "", err
		}
		circuit, err := c.Compile()
		if err != nil {
			return "", err
		}
		key, err := rangeproof.ParseProvingKey(circuit, c.Key, b)
		if err != nil {
			return "", err
		}
		proving = append(proving, key)
	}
	for _, u := range []struct {
		name string
		to   **wallet.Wallet
	}{{"alice", &g.alice}, {"bob", &g.bob}} {
		seed := make([]byte, utt.SeedSize)
		_, _ = rand.Read(seed) // never fails
		w, err := wallet.New(g.net.p, u.name, seed, wallet.Config{ProvingKeys: proving, Now: g.net.now})
		if err != nil {
			return "", err
		}
		*u.to = w
	}
	sealed, err := os.ReadFile(g.share(g.replicas[0], g.coin))
	if err != nil {
		return "", err
	}
	if _, err := threshold.OpenKeyShare(sealed, g.replicas[1].passphrase); !errors.Is(err, threshold.ErrPassphrase) {
		return "", fmt.Errorf("replica 2's passphrase opened a share of replica 1, or was not refused as such: %v", err)
	}
	return "every share is of its committee; one party's passphrase does not open another's share", nil
}
