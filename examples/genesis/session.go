package main

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/internal/dst"
	"github.com/utt-ecash/utt-go/internal/transcript"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt/session"
)

// party is a replica or a registrar: who takes part in sessions under an identity key.
type party struct {
	name       string
	identity   ed25519.PrivateKey
	passphrase []byte // of its key shares on disk
	participant
}

// participant is a party in the session that is running: at the founding over the
// bulletin, or on the ledger.
type participant struct {
	session *dkg.Session
	secret  *dkg.Secret
	part    *dkg.Participant

	log   *session.Log
	next  uint64 // height that the log is to be given
	party *session.Party
}

func newParty(name string) (*party, error) {
	_, identity, err := ed25519.GenerateKey(nil)
	return &party{name: name, identity: identity, passphrase: []byte("passphrase of " + name)}, err
}

func identities(parties []*party) (keys []ed25519.PublicKey) {
	for _, p := range parties {
		keys = append(keys, p.identity.Public().(ed25519.PublicKey))
	}
	return keys
}

// key is a shared key as it is after a session: its committee, and who holds the shares,
// party j at j − 1. A nil share is one that its holder lost.
type key struct {
	terms   dkg.Terms // purpose, kind, threshold and faults, the same in all sessions
	outcome *dkg.Outcome
	holders []*party
	shares  []*threshold.KeyShare

	decryption []*threshold.EncryptionKeyShare // of encryption keys, in place of shares
}

func (k *key) committee() *threshold.Committee { return k.outcome.Committee }

// shareOf is a party's share, nil if it has none.
func (k *key) shareOf(p *party) *threshold.KeyShare {
	if i := slices.Index(k.holders, p); i >= 0 {
		return k.shares[i]
	}
	return nil
}

// cheat is what a party broadcasts in a round in place of its message; nil is silence.
type cheat func(p *party, r dkg.Round, message []byte) []byte

// make makes the key. Each party runs a session of its own; the only thing that passes
// between them is a bulletin, a list of messages that all sign at the end of each round, lest
// whoever keeps it shows them different ones.
func (k *key) make(number uint64, everybody []*party, c cheat) (*key, error) {
	terms, parties := k.terms, everybody
	terms.Number, terms.Parties = number, identities(parties)
	if err := k.begin(&terms, parties); err != nil {
		return nil, err
	}
	for first := everybody[0].session; first.Round() < dkg.Done; {
		var broadcast [][]byte
		for _, p := range everybody {
			m, err := p.part.Message()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.name, err)
			}
			if c != nil && m != nil {
				m = c(p, p.session.Round(), m)
			}
			if m != nil {
				broadcast = append(broadcast, m)
			}
		}
		for _, p := range everybody {
			for _, m := range broadcast {
				if err := p.session.Step(m); err != nil {
					return nil, fmt.Errorf("%s: %w", p.name, err)
				}
			}
			p.session.EndRound()
		}
		if err := sign(everybody); err != nil {
			return nil, err
		}
	}
	defer forget(everybody) // in a founding, which is begun anew if a party stops
	return k.end(parties, everybody)
}

// sign has all sign what was broadcast, and each look at the others' signatures before it
// says more.
func sign(everybody []*party) error {
	var all []dkg.Endorsement
	for _, p := range everybody {
		e, err := p.session.Endorse(p.identity)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		all = append(all, e)
	}
	for _, p := range everybody {
		if err := p.session.Endorsed(all); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// outcome is what a party's session has made.
func (p *party) outcome() (*dkg.Outcome, error) {
	if p.session != nil {
		return p.session.Outcome()
	}
	return p.log.Outcome(p.log.Sessions()[0])
}

// agree has the parties of terms enrol, and those who hold the key authorise that.
func (k *key) agree(terms *dkg.Terms, parties, everybody []*party) (*dkg.Setup, error) {
	setup := &dkg.Setup{Terms: terms}
	for _, p := range everybody {
		var err error
		if p.secret, err = dkg.NewSecret(nil); err != nil {
			return nil, err
		}
	}
	for _, p := range parties {
		e, err := p.secret.Enrol(terms, p.identity)
		if err != nil {
			return nil, err
		}
		setup.Enrolments = append(setup.Enrolments, e)
	}
	for _, p := range k.holders {
		a, err := setup.Authorise(p.identity)
		if err != nil {
			return nil, err
		}
		setup.Authorisations = append(setup.Authorisations, a)
	}
	return setup, nil
}

// begin has the parties enrol, and each verify that for itself and join.
func (k *key) begin(terms *dkg.Terms, parties []*party) error {
	setup, err := k.agree(terms, parties, parties)
	if err != nil {
		return err
	}
	sent, err := setup.MarshalBinary()
	if err != nil {
		return err
	}
	agreed, err := terms.MarshalBinary()
	if err != nil {
		return err
	}
	for _, p := range parties {
		own := new(dkg.Setup)
		if err := own.UnmarshalBinary(sent); err != nil {
			return err
		}
		if got, err := own.Terms.MarshalBinary(); err != nil || !bytes.Equal(got, agreed) {
			return errors.Join(errors.New("other terms than were agreed on"), err)
		}
		if p.session, err = dkg.NewSession(own); err != nil {
			return err
		}
		if p.part, err = p.session.Join(p.identity, p.secret); err != nil {
			return err
		}
	}
	return nil
}

// end takes the shares, and demands that all came to the same committee and the same names
// of those to blame.
func (k *key) end(parties, everybody []*party) (*key, error) {
	next := &key{terms: k.terms, holders: parties}
	for _, p := range everybody {
		o, err := p.outcome()
		if err != nil {
			return nil, err
		}
		if next.outcome == nil {
			next.outcome = o
		}
		if o.Old().Generation() != next.outcome.Old().Generation() || !slices.Equal(o.Blames, next.outcome.Blames) || !slices.Equal(o.Members, next.outcome.Members) {
			return nil, fmt.Errorf("%s came to another committee or other blame", p.name)
		}
	}
	for _, p := range parties {
		if next.outcome.Encryption != nil {
			share, err := p.part.EncryptionKeyShare()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.name, err)
			}
			next.decryption = append(next.decryption, share)
			continue
		}
		share, err := p.part.KeyShare()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		next.shares = append(next.shares, share)
	}
	if k.outcome != nil && !next.committee().Group().Equal(k.committee().Group()) {
		return nil, errors.New("the resharing changed the group's key")
	}
	return next, nil
}

// forget erases what parties had in a session: with it, whoever kept the messages has the
// shares.
func forget(everybody []*party) {
	for _, p := range everybody {
		p.part.Erase()
		p.participant = participant{}
	}
}

// blames demands that exactly one party is to blame, for what is expected, and says it.
func (k *key) blames(at int, label string) (string, error) {
	b := k.outcome.Blames
	if len(b) != 1 || int(b[0].Dealer)+int(b[0].Party) != at || b[0].Label != label {
		return "", fmt.Errorf("blamed: %v, expected %d for %q", b, at, label)
	}
	return b[0].String(), nil
}

// silentIn is a party that broadcasts nothing in a round.
func silentIn(who *party, in dkg.Round) cheat {
	return func(p *party, r dkg.Round, m []byte) []byte {
		if p == who && r == in {
			return nil
		}
		return m
	}
}

// dealsWrong is a party that deals the last one of the others a share that is not on its
// polynomial: the encrypted shares are the end of the message, before the signature.
func dealsWrong(who *party) cheat {
	return func(p *party, r dkg.Round, m []byte) []byte {
		if p != who || r != dkg.Deal {
			return m
		}
		body := slices.Clone(m[:len(m)-ed25519.SignatureSize])
		body[len(body)-1] ^= 1
		digest := transcript.Hash(dst.DKGMessage, body)
		return append(body, ed25519.Sign(p.identity, digest[:])...)
	}
}
