package home

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/cometbft/cometbft/p2p"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
)

// Party is one who founds a network with others, each with a home of his own. They make the
// keys over a board: one of them, the lead, orders what is said and ends the rounds, and at the end of each
// round everybody signs what was broadcast [DKG-BULLETIN], so that the lead need not be trusted
// with more than to do it.
//
//	PURPOSE/enrol-J          the enrolment of validator J
//	PURPOSE/ROUND-J          what it says in a round
//	PURPOSE/ROUND-bulletin   what was broadcast, in order, by the lead
//	PURPOSE/before-ROUND-J   its signature on all that was broadcast before a round
//
// A party that is stopped goes on where it was: its session is on disk before it signs a
// round, so that it never signs two.
type Party struct {
	Folder   string // of the home, as NewCard made it
	Board    Board
	Terms    *Terms
	Lead     bool
	Patience time.Duration // how long the lead waits for what is not said
	Say      func(string)  // is told what is done, and waited for

	home *Home
	self int // from 0
}

// Found takes part until the home has all that a validator needs, and returns the digest of
// the parameters, by which all know the network.
func (p *Party) Found(ctx context.Context) (digest utt.Digest, err error) {
	if err := p.open(); err != nil {
		return digest, err
	}
	f, c := p.Terms.founded(), p.Terms.config()
	f.validators[p.self].Metrics = p.home.Settings.Metrics
	p.Say("verifying the ceremonies")
	if f.proving, err = p.Terms.proving(ctx, p.Board); err != nil {
		return digest, err
	}
	for _, k := range f.proving {
		c.Circuits = append(c.Circuits, utt.Circuit{Key: k.VerifyingKey()})
	}
	for _, of := range []struct {
		purpose    string
		attributes int
		committee  **threshold.Committee
	}{
		{utt.PurposeCoin, utt.CoinAttributes, &f.committees.Coin},
		{utt.PurposeCredential, utt.CredentialAttributes, &f.committees.Credential},
		{utt.PurposeLedger, utt.LedgerAttributes, &f.committees.Ledger},
	} {
		o, share, err := p.key(ctx, of.purpose, of.attributes)
		if err != nil {
			return digest, fmt.Errorf("the %s key: %w", of.purpose, err)
		}
		*of.committee, *p.home.shares()[of.purpose] = o.Committee, share
		c.Holders = append(c.Holders, utt.HoldersOf(of.purpose, o))
		for _, b := range o.Blames {
			p.Say(fmt.Sprintf("%s key: %v", of.purpose, b))
		}
	}
	c.CoinKey, c.CredentialKey, c.LedgerKey = f.committees.Coin.Group(), f.committees.Credential.Group(), f.committees.Ledger.Group()
	if f.parameters, err = utt.NewParameters(c); err != nil {
		return digest, err
	}
	if err := f.writeHome(p.home, p.self); err != nil {
		return digest, err
	}
	if err := f.network().Write(p.home.Path(NetworkFile)); err != nil {
		return digest, err
	}
	// whoever has a secret of these opens from the board what its party was dealt
	return utt.Digest(f.parameters.Digest()), os.RemoveAll(p.home.Path("sessions"))
}

// open reads the home as NewCard left it.
func (p *Party) open() error {
	p.home = &Home{Folder: p.Folder}
	if _, err := os.Stat(p.home.Path(GenesisFile)); err == nil {
		return fmt.Errorf("%s is founded already: start it", p.Folder)
	}
	key, err := p2p.LoadNodeKey(p.home.Path(IdentityFile))
	if err != nil {
		return fmt.Errorf("no home: make it with uttd found card: %w", err)
	}
	p.home.Identity = ed25519.PrivateKey(key.PrivKey.Bytes())
	if err := readJSON(p.home.Path(settingsFile), &p.home.Settings); err != nil {
		return err
	}
	var card Validator
	if err := readJSON(p.home.Path(cardFile), &card); err != nil {
		return err
	}
	p.self = slices.IndexFunc(p.Terms.Validators, func(v Validator) bool { return v.Identity.Equal(card.Identity) })
	if p.self < 0 {
		return errors.New("the terms do not name this validator")
	}
	if v := p.Terms.Validators[p.self]; v.Name != card.Name || v.P2P != card.P2P || v.RPC != card.RPC || v.HTTP != card.HTTP {
		return fmt.Errorf("the terms have another name or other addresses of this validator than its card: %+v", v)
	}
	return nil
}

// key makes one of the keys, and is this party's share of it.
func (p *Party) key(ctx context.Context, purpose string, attributes int) (*dkg.Outcome, *threshold.KeyShare, error) {
	s, err := p.begin(ctx, purpose, attributes)
	if err != nil {
		return nil, nil, err
	}
	kept, _, err := p.home.readSession(purpose)
	if err != nil {
		return nil, nil, err
	}
	secret, err := p.home.unseal(kept)
	if err != nil {
		return nil, nil, err
	}
	q, err := s.Join(p.home.Identity, secret)
	if err != nil {
		return nil, nil, err
	}
	defer q.Erase()
	for {
		if s.Round() > dkg.Deal {
			if err := p.endorse(ctx, purpose, s); err != nil {
				return nil, nil, err
			}
		}
		if s.Round() >= dkg.Done {
			break
		}
		if err := p.round(ctx, purpose, s, q); err != nil {
			return nil, nil, err
		}
	}
	o, err := s.Outcome()
	if err != nil {
		return nil, nil, err
	}
	share, err := q.KeyShare()
	return o, share, err
}

func (p *Party) sessionFile(purpose string) string {
	return p.home.Path("sessions", purpose+".session")
}

// begin enrols, and is the session of all who did: it goes on with the one there is.
func (p *Party) begin(ctx context.Context, purpose string, attributes int) (*dkg.Session, error) {
	s := new(dkg.Session)
	if b, err := os.ReadFile(p.sessionFile(purpose)); err == nil {
		return s, s.UnmarshalBinary(b)
	}
	terms := &dkg.Terms{Network: [32]byte(p.Terms.Genesis), Purpose: purpose, Key: dkg.Signing(attributes), Threshold: 2*p.Terms.faults() + 1, Faults: p.Terms.faults()}
	for _, v := range p.Terms.Validators {
		terms.Parties = append(terms.Parties, v.Identity)
	}
	kept, ok, err := p.home.readSession(purpose)
	if err != nil {
		return nil, err
	}
	var secret *dkg.Secret
	if ok {
		secret, err = p.home.unseal(kept)
	} else {
		secret, err = p.home.newSecret(purpose)
	}
	if err != nil {
		return nil, err
	}
	defer secret.Erase()
	own, err := secret.Enrol(terms, p.home.Identity)
	if err != nil {
		return nil, err
	}
	b, err := own.MarshalBinary()
	if err != nil {
		return nil, err
	}
	if err := p.Board.put(fmt.Sprintf("%s/enrol-%d", purpose, p.self+1), b); err != nil {
		return nil, err
	}
	setup := &dkg.Setup{Terms: terms}
	for j, v := range p.Terms.Validators {
		if b, err = p.Board.wait(ctx, fmt.Sprintf("%s/enrol-%d", purpose, j+1), "the enrolment of "+v.Name, p.Say); err != nil {
			return nil, err
		}
		e := new(dkg.Enrolment)
		if err := e.UnmarshalBinary(b); err != nil {
			return nil, fmt.Errorf("the enrolment of %s: %w", v.Name, err)
		}
		setup.Enrolments = append(setup.Enrolments, e)
	}
	if s, err = dkg.NewSession(setup); err != nil {
		return nil, err
	}
	return s, p.keep(purpose, s)
}

// keep writes the session, before anything is signed that depends on it.
func (p *Party) keep(purpose string, s *dkg.Session) error {
	b, err := s.MarshalBinary()
	if err != nil {
		return err
	}
	return replace(p.sessionFile(purpose), b, 0o600)
}

// round says what there is to say in a round, and ends it with what was broadcast.
func (p *Party) round(ctx context.Context, purpose string, s *dkg.Session, q *dkg.Participant) error {
	round := s.Round()
	m, err := q.Message()
	if err != nil {
		return err
	}
	place := fmt.Sprintf("%s/%d-", purpose, round)
	if m != nil {
		if err := p.Board.put(fmt.Sprintf("%s%d", place, p.self+1), m); err != nil {
			return err
		}
	}
	if p.Lead {
		if err := p.lead(ctx, purpose, place); err != nil {
			return err
		}
	}
	b, err := p.Board.wait(ctx, place+"bulletin", fmt.Sprintf("the end of round %v, which the lead says", round), p.Say)
	if err != nil {
		return err
	}
	var broadcast [][]byte
	if err := json.Unmarshal(b, &broadcast); err != nil {
		return fmt.Errorf("what was broadcast in round %v: %w", round, err)
	}
	for _, m := range broadcast {
		_ = s.Step(m) // one that is none changes nothing, for anybody
	}
	s.EndRound()
	return p.keep(purpose, s)
}

// lead ends a round once all have spoken, or it has waited long enough.
func (p *Party) lead(ctx context.Context, purpose, place string) error {
	if b, err := p.Board.there(place + "bulletin"); b != nil || err != nil {
		return err
	}
	b, err := os.ReadFile(p.sessionFile(purpose))
	if err != nil {
		return err
	}
	s := new(dkg.Session) // another, to see when all have spoken
	if err := s.UnmarshalBinary(b); err != nil {
		return err
	}
	broadcast, heard, until := [][]byte{}, make(map[int]bool), time.Now().Add(p.Patience)
	for !s.Complete() && time.Now().Before(until) {
		for j := range p.Terms.Validators {
			m, err := p.Board.there(fmt.Sprintf("%s%d", place, j+1))
			if err != nil {
				return err
			}
			if m != nil && !heard[j] && s.Step(m) == nil {
				broadcast, heard[j] = append(broadcast, m), true
			}
		}
		if s.Complete() {
			break
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("not all have spoken: say the same again to go on: %w", err)
		}
	}
	if b, err = json.Marshal(broadcast); err != nil {
		return err
	}
	return p.Board.put(place+"bulletin", b)
}

// endorse signs what was broadcast up to the end of the last round, and waits for enough others
// to have signed the same.
func (p *Party) endorse(ctx context.Context, purpose string, s *dkg.Session) error {
	place := fmt.Sprintf("%s/before-%d-", purpose, s.Round())
	own, err := s.Endorse(p.home.Identity)
	if err != nil {
		return err
	}
	b, err := json.Marshal(own.Signature[:])
	if err != nil {
		return err
	}
	if err := p.Board.put(fmt.Sprint(place, p.self+1), b); err != nil {
		return err
	}
	for said := false; ; said = true {
		var all []dkg.Endorsement
		for j := range p.Terms.Validators {
			e := dkg.Endorsement{Party: dkg.NewIndex(j + 1)}
			b, err := p.Board.there(fmt.Sprint(place, j+1))
			if err != nil {
				return err
			}
			var signature []byte
			if json.Unmarshal(b, &signature) == nil && copy(e.Signature[:], signature) == len(e.Signature) {
				all = append(all, e)
			}
		}
		err := s.Endorsed(all)
		if err == nil {
			return nil
		}
		if len(all) == len(p.Terms.Validators) {
			return fmt.Errorf("all have signed, and not the same: %w", err)
		}
		if !said {
			p.Say("waiting for others to sign what was broadcast")
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("too few have signed: say the same again to go on: %w", err)
		}
	}
}
