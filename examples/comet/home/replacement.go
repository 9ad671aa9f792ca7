package home

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
)

// Replacement is that one validator takes another's place: terms of a resharing of each key. It
// is put on a board for those who hold shares to agree on, by its digest, each with a home of
// his own; the sessions are on the ledger then.
//
//	replace.json      the terms
//	PURPOSE/enrol-J   the enrolment of validator J of the next generation
//	PURPOSE/word-I    the word of validator I of this one, that its share may be dealt so
type Replacement struct {
	Out      ed25519.PublicKey `json:"out"`
	In       Validator         `json:"in"`
	Sessions map[string][]byte `json:"sessions"` // dkg.Terms, by purpose
}

const replacementFile = "replace.json"

// NewReplacement is how a validator that has shares now would be replaced, in sessions that
// begin at a height.
func NewReplacement(h *Home, holders func(purpose string) (utt.Holders, error), out ed25519.PublicKey, in Validator, begin utt.Schedule) (*Replacement, error) {
	schedule, err := begin.MarshalBinary()
	if err != nil {
		return nil, err
	}
	r := &Replacement{Out: out, In: in, Sessions: make(map[string][]byte)}
	for _, purpose := range Purposes {
		held, err := holders(purpose)
		if err != nil {
			return nil, err
		}
		terms, err := TermsOf(h.Parameters, h.committee(purpose), held, out, in.Identity, begin.Height, schedule)
		if err != nil {
			return nil, fmt.Errorf("the %s key: %w", purpose, err)
		}
		if r.Sessions[purpose], err = terms.MarshalBinary(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// TermsOf are those of a resharing of a key, of a committee, which its holders hold, by which
// one party takes another's place.
func TermsOf(p *utt.Parameters, c *threshold.Committee, held utt.Holders, out, in ed25519.PublicKey, number uint64, schedule []byte) (*dkg.Terms, error) {
	if c.Generation() != held.Generation {
		return nil, errors.New("this home has another generation of shares than holds the key")
	}
	t := &dkg.Terms{
		Network: p.Network(), Purpose: held.Purpose, Number: number, Key: dkg.Signing(c.Attributes()),
		Threshold: c.Threshold(), Faults: held.Faults, Schedule: schedule,
		Old: &dkg.Old{Committee: c, Faults: held.Faults, Parties: held.Parties},
	}
	found := false
	for _, p := range held.Parties {
		if p.Equal(out) {
			p, found = in, true
		}
		t.Parties = append(t.Parties, p)
	}
	if !found {
		return nil, errors.New("the one that is to leave holds no share")
	}
	return t, nil
}

// committee is that of a purpose.
func (h *Home) committee(purpose string) *threshold.Committee {
	switch purpose {
	case utt.PurposeCoin:
		return h.Committees.Coin
	case utt.PurposeCredential:
		return h.Committees.Credential
	}
	return h.Committees.Ledger
}

// Propose puts it on a board, and returns its digest.
func (r *Replacement) Propose(b Board) (digest string, err error) {
	if there, err := b.there(replacementFile); err != nil || there != nil {
		return "", errors.Join(err, fmt.Errorf("%s has a replacement already", b))
	}
	return b.propose(replacementFile, r)
}

// ReadReplacement reads that of a board, by its digest.
func ReadReplacement(b Board, digest string) (*Replacement, error) {
	r := new(Replacement)
	return r, b.agreed(replacementFile, digest, "the replacement on the board has digest %s, not %s: look at it, and ask the others which is meant", r)
}

// Agreement is what one of the holders, or the one that comes, does for it to come about.
type Agreement struct {
	Home     *Home
	Board    Board
	Of       *Replacement
	Holders  func(purpose string) (utt.Holders, error) // as the ledger has them
	Patience time.Duration                             // how long words are waited for, beyond those that it takes
	Say      func(string)
}

// Agree enrols and authorises, and has the validator take part once the sessions are open.
// What is authorised is what the ledger's holders, with one put in another's place, are. It
// returns the setups, of those words that have come, to open sessions with.
func (a *Agreement) Agree(ctx context.Context) (setups []*dkg.Setup, err error) {
	secrets := make(map[string]*dkg.Secret)
	for _, purpose := range Purposes { // before anybody waits
		s, ok, err := a.Home.sessions().read(purpose)
		if err != nil {
			return nil, err
		}
		if ok && (s.Setup == nil || s.of(a.Of.Sessions[purpose])) { // said again
			secrets[purpose], err = a.Home.sessions().unseal(s)
		} else {
			secrets[purpose], err = a.Home.sessions().newSecret(purpose)
		}
		if err != nil {
			return nil, err
		}
		defer secrets[purpose].Erase()
	}
	for _, purpose := range Purposes {
		s, err := a.agree(ctx, purpose, secrets[purpose])
		if err != nil {
			return nil, fmt.Errorf("the %s key: %w", purpose, err)
		}
		setups = append(setups, s)
	}
	return setups, nil
}

// terms are those of a purpose, which are demanded to be what a replacement is.
func (a *Agreement) terms(purpose string) (*dkg.Terms, error) {
	t := new(dkg.Terms)
	if err := t.UnmarshalBinary(a.Of.Sessions[purpose]); err != nil {
		return nil, err
	}
	held, err := a.Holders(purpose)
	if err != nil {
		return nil, err
	}
	meant, err := TermsOf(a.Home.Parameters, a.Home.committee(purpose), held, a.Of.Out, a.Of.In.Identity, t.Number, t.Schedule)
	if err != nil {
		return nil, err
	}
	want, err := meant.MarshalBinary()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(want, a.Of.Sessions[purpose]) {
		return nil, errors.New("these terms do more than put one validator in another's place")
	}
	return t, nil
}

func (a *Agreement) agree(ctx context.Context, purpose string, secret *dkg.Secret) (*dkg.Setup, error) {
	t, err := a.terms(purpose)
	if err != nil {
		return nil, err
	}
	self := a.Home.Identity.Public().(ed25519.PublicKey)
	index := func(all []ed25519.PublicKey) int {
		return 1 + slices.IndexFunc(all, func(p ed25519.PublicKey) bool { return p.Equal(self) })
	}
	if j := index(t.Parties); j > 0 {
		e, err := secret.Enrol(t, a.Home.Identity)
		if err != nil {
			return nil, err
		}
		b, err := e.MarshalBinary()
		if err != nil {
			return nil, err
		}
		if err := a.Board.put(fmt.Sprintf("%s/enrol-%d", purpose, j), b); err != nil {
			return nil, err
		}
	}
	setup := &dkg.Setup{Terms: t}
	for j := range t.Parties {
		b, err := a.Board.wait(ctx, fmt.Sprintf("%s/enrol-%d", purpose, j+1), fmt.Sprintf("the enrolment of validator %d", j+1), a.Say)
		if err != nil {
			return nil, err
		}
		e := new(dkg.Enrolment)
		if err := e.UnmarshalBinary(b); err != nil {
			return nil, fmt.Errorf("the enrolment of validator %d: %w", j+1, err)
		}
		setup.Enrolments = append(setup.Enrolments, e)
	}
	if i := index(t.Old.Parties); i > 0 {
		word, err := setup.Authorise(a.Home.Identity)
		if err != nil {
			return nil, err
		}
		if err := a.Board.put(fmt.Sprintf("%s/word-%d", purpose, i), word.Signature[:]); err != nil {
			return nil, err
		}
	}
	if err := a.Home.Agree(setup); err != nil {
		return nil, err
	}
	return setup, a.words(ctx, purpose, setup)
}

// words takes the words of the holders: all of them, or, once it has waited, of as many as it
// takes.
func (a *Agreement) words(ctx context.Context, purpose string, setup *dkg.Setup) error {
	old := setup.Terms.Old
	for until, said := time.Now().Add(a.Patience), false; ; said = true {
		setup.Authorisations = nil
		for i := range old.Parties {
			word := dkg.Authorisation{Dealer: dkg.OldIndex(i + 1)}
			if copy(word.Signature[:], a.Board.said(fmt.Sprintf("%s/word-%d", purpose, i+1))) == len(word.Signature) {
				setup.Authorisations = append(setup.Authorisations, word)
			}
		}
		n := len(setup.Authorisations)
		if n == len(old.Parties) || n >= len(old.Parties)-old.Faults && time.Now().After(until) {
			_, err := dkg.NewSession(setup) // are they
			return err
		}
		if !said {
			a.Say("waiting for the words of the holders of the " + purpose + " key")
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("%d of %d holders have agreed: say the same again to go on: %w", n, len(old.Parties), err)
		}
	}
}
