package session_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log"
	"time"

	"github.com/utt-ecash/utt-go/budget"
	"github.com/utt-ecash/utt-go/rangeproof"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/session"
	"github.com/utt-ecash/utt-go/utt/store"
)

// Three auditors make a key to which payments are encrypted, on a ledger whose one replica
// wants them to. Any two of them decrypt.
func Example() {
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	ctx := context.Background()
	replica, p := exampleLedger(ctx, check)
	l, err := ledger.New(p, new(store.Memory))
	check(err)
	follower, err := session.NewLog(p)
	check(err)
	decide := func(ops ...utt.Operation) { // consensus does
		block := &utt.Block{Height: l.Head().Height + 1, Time: l.Head().Time + 1, Ops: ops}
		verdicts, err := p.Check(ctx, block.Time, ops)
		check(err)
		_, err = l.Execute(block, verdicts)
		check(err)
		records, err := l.BlockRecords(block.Height)
		check(err)
		for _, r := range records {
			check(follower.Take(r))
		}
		check(follower.Advance(block.Height, block.Time))
	}

	// What is agreed on, and who takes part.
	schedule, err := utt.Schedule{Height: 3, Time: l.Head().Time, Blocks: 2, Seconds: 1}.MarshalBinary()
	check(err)
	terms := &dkg.Terms{Network: p.Network(), Purpose: "audit", Key: dkg.Encryption(1), Threshold: 2, Faults: 1, Schedule: schedule}
	var auditors []ed25519.PrivateKey
	for range 3 {
		public, private, err := ed25519.GenerateKey(nil)
		check(err)
		auditors, terms.Parties = append(auditors, private), append(terms.Parties, public)
	}
	setup := &dkg.Setup{Terms: terms}
	var secrets []*dkg.Secret
	for _, identity := range auditors {
		secret, err := dkg.NewSecret(nil)
		check(err)
		enrolment, err := secret.Enrol(terms, identity)
		check(err)
		secrets, setup.Enrolments = append(secrets, secret), append(setup.Enrolments, enrolment)
	}

	// The replica, which holds the ledger key, says that it may be, and it begins.
	word, err := utt.AuthoriseSession(p, setup, replica)
	check(err)
	opening, err := utt.NewSessionOpening(p, setup, word)
	check(err)
	decide(opening)
	id := follower.Sessions()[0]
	var parties []*session.Party
	for i, identity := range auditors {
		party, err := follower.Join(id, identity, secrets[i])
		check(err)
		parties = append(parties, party)
	}
	for r := dkg.Deal; r < dkg.Done; r, _ = follower.Round(id) {
		var ops []utt.Operation
		for _, party := range parties {
			if op, err := party.Due(); err == nil && op != nil {
				ops = append(ops, op)
			}
		}
		decide(ops...)
	}
	outcome, err := follower.Outcome(id)
	check(err)
	fmt.Println(len(outcome.Members), "members, blamed:", outcome.Blames)

	// Each has its share, puts it on disk, and says so.
	for _, party := range parties {
		share, err := party.Participant().EncryptionKeyShare()
		check(err)
		check(outcome.Encryption.VerifyKeyShare(share))
		adoption, err := party.Adopt()
		check(err)
		decide(adoption)
		party.Erase()
	}
	held, err := l.Holders("audit")
	check(err)
	fmt.Println("they hold the key since block", held.Since, "of", l.Head().Height)
	// Output:
	// 3 members, blamed: []
	// they hold the key since block 15 of 16
}

// exampleLedger is the parameters of a ledger of one replica, which its identity key is of.
func exampleLedger(ctx context.Context, check func(error)) (ed25519.PrivateKey, *utt.Parameters) {
	public, replica, err := ed25519.GenerateKey(nil)
	check(err)
	issuer, _, err := ed25519.GenerateKey(nil)
	check(err)
	coin, _, err := threshold.Deal(nil, 1, 1, utt.CoinAttributes)
	check(err)
	credential, _, err := threshold.Deal(nil, 1, 1, utt.CredentialAttributes)
	check(err)
	certificates, _, err := threshold.Deal(nil, 1, 1, utt.LedgerAttributes)
	check(err)
	var circuits []utt.Circuit
	for _, rules := range [][]rangeproof.Rule{nil, {rangeproof.Pays()}} { // for transfers to oneself, and for payments
		circuit, err := rangeproof.Compile(2, rules...)
		check(err)
		_, key, err := rangeproof.SetupSingleParty(ctx, circuit)
		check(err)
		circuits = append(circuits, utt.Circuit{Key: key})
	}
	p, err := utt.NewParameters(utt.Config{
		Name: "example", Genesis: [32]byte{1},
		CoinKey: coin.Group(), CredentialKey: credential.Group(), LedgerKey: certificates.Group(),
		Assets:   []string{"cash"},
		Circuits: circuits,
		Rows:     []utt.Row{{Case: utt.Self}, {Case: utt.Anonymous, Circuit: 1, Counter: budget.Privacy}},
		Policy: budget.Policy{
			Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), EpochLength: 30 * 24 * time.Hour, Classes: []utt.Amount{1000},
		},
		Issuer: issuer, Endorsers: []ed25519.PublicKey{issuer},
		Holders: []utt.Holders{{Purpose: utt.PurposeLedger, Generation: certificates.Generation(), Parties: []ed25519.PublicKey{public}}},
	})
	check(err)
	return replica, p
}
