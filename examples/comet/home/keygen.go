package home

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/utt-ecash/utt-go/threshold/dkg"
)

// committee are those who make keys together, by their cards.
type committee struct {
	of                string // what one of them is called
	names             []string
	identities        []ed25519.PublicKey
	faults, threshold int
}

// index is that of the one with an identity, from 0, or −1.
func (c *committee) index(identity ed25519.PublicKey) int {
	return slices.IndexFunc(c.identities, func(k ed25519.PublicKey) bool { return k.Equal(identity) })
}

// check demands some who are different, tolerate a fault, and of whom a threshold can be.
func (c *committee) check() error {
	n := len(c.names)
	switch {
	case c.faults < 1:
		return fmt.Errorf("%d %ss tolerate no fault: 4 or more found a network", n, c.of)
	case c.threshold <= c.faults || c.threshold > n-c.faults:
		return fmt.Errorf("a threshold of %d of %d %ss, of whom %d may be faulty: %d to %d", c.threshold, n, c.of, c.faults, c.faults+1, n-c.faults)
	}
	for i, name := range c.names {
		if slices.Contains(c.names[:i], name) {
			return fmt.Errorf("two %ss of the name %s", c.of, name)
		}
		if len(c.identities[i]) != ed25519.PublicKeySize || c.index(c.identities[i]) != i {
			return fmt.Errorf("%s %s has no identity of his own", c.of, name)
		}
	}
	return nil
}

// groupKey is a key that a network is founded with, and those who make it.
type groupKey struct {
	purpose string
	kind    dkg.Kind
	by      *committee
}

// keygen is how a group key is made over a board, for one of those who make it and for one who
// looks on. All step one session, by what is on the board, and take nothing for broadcast that
// enough parties have not signed [DKG-BULLETIN]: the public key is the same to both.
type keygen struct {
	groupKey
	network [32]byte
	board   Board
	say     func(string)
	own     *member // nil for one who looks on
}

// member is what one who makes keys has of his own.
type member struct {
	identity ed25519.PrivateKey
	sessions sessions
	lead     bool
	patience time.Duration
}

// run makes the key, of which take is given the member's participant, or sees it made.
func (k *keygen) run(ctx context.Context, take func(*dkg.Participant) error) (*dkg.Outcome, error) {
	var secret *dkg.Secret
	if k.own != nil {
		var err error
		if secret, err = k.own.sessions.secret(k.purpose); err != nil {
			return nil, err
		}
		defer secret.Erase()
	}
	s, err := k.begin(ctx, secret)
	if err != nil {
		return nil, err
	}
	var q *dkg.Participant
	if k.own != nil {
		if q, err = s.Join(k.own.identity, secret); err != nil {
			return nil, err
		}
		defer q.Erase()
	}
	for s.Round() != dkg.Failed {
		if s.Round() > dkg.Deal {
			if err := k.endorse(ctx, s); err != nil {
				return nil, err
			}
		}
		if s.Round() == dkg.Done {
			break
		}
		if err := k.round(ctx, s, q); err != nil {
			return nil, err
		}
	}
	o, err := s.Outcome()
	if err != nil {
		return nil, fmt.Errorf("by what the board says was broadcast no key has come about: compare it with the %ss': %w", k.by.of, err)
	}
	if q != nil {
		err = take(q)
	}
	return o, err
}

// place is where on the board something of the session is.
func (k *keygen) place(format string, args ...any) string {
	return k.purpose + "/" + fmt.Sprintf(format, args...)
}

// self is the member's index, from 1.
func (k *keygen) self() int { return 1 + k.by.index(k.own.identity.Public().(ed25519.PublicKey)) }

func (k *keygen) sessionFile() string {
	return strings.TrimSuffix(k.own.sessions.path(k.purpose), ".json") + ".session"
}

// begin enrols, and is the session of all who did: a member goes on with the one there is.
func (k *keygen) begin(ctx context.Context, secret *dkg.Secret) (*dkg.Session, error) {
	setup := &dkg.Setup{Terms: &dkg.Terms{
		Network: k.network, Purpose: k.purpose, Key: k.kind, Threshold: k.by.threshold, Faults: k.by.faults, Parties: k.by.identities,
	}}
	if k.own != nil {
		b, err := os.ReadFile(k.sessionFile())
		if err == nil {
			s := new(dkg.Session)
			return s, s.UnmarshalBinary(b)
		}
		if !errors.Is(err, fs.ErrNotExist) { // one begun anew might sign another transcript of a round
			return nil, err
		}
		own, err := secret.Enrol(setup.Terms, k.own.identity)
		if err != nil {
			return nil, err
		}
		if b, err = own.MarshalBinary(); err != nil {
			return nil, err
		}
		if err := k.board.put(k.place("enrol-%d", k.self()), b); err != nil {
			return nil, err
		}
	}
	for j, name := range k.by.names {
		b, err := k.board.wait(ctx, k.place("enrol-%d", j+1), "the enrolment of "+name, k.say)
		if err != nil {
			return nil, err
		}
		e := new(dkg.Enrolment)
		if err := e.UnmarshalBinary(b); err != nil {
			return nil, fmt.Errorf("the enrolment of %s: %w", name, err)
		}
		setup.Enrolments = append(setup.Enrolments, e)
	}
	s, err := dkg.NewSession(setup)
	if err != nil {
		return nil, fmt.Errorf("what is on the board is no session of these %ss: compare it with theirs: %w", k.by.of, err)
	}
	return s, k.keep(s)
}

// keep writes a member's session, before anything is signed that depends on it.
func (k *keygen) keep(s *dkg.Session) error {
	if k.own == nil {
		return nil
	}
	b, err := s.MarshalBinary()
	if err != nil {
		return err
	}
	return replace(k.sessionFile(), b, 0o600)
}

// round says what a member has to say in a round, and ends it with what was broadcast.
func (k *keygen) round(ctx context.Context, s *dkg.Session, q *dkg.Participant) error {
	round := s.Round()
	if q != nil {
		m, err := q.Message()
		if err != nil {
			return err
		}
		if m != nil {
			if err := k.board.put(k.place("%d-%d", round, k.self()), m); err != nil {
				return err
			}
		}
		if k.own.lead {
			if err := k.lead(ctx, round); err != nil {
				return err
			}
		}
	}
	b, err := k.board.wait(ctx, k.place("%d-bulletin", round), fmt.Sprintf("the end of round %v of the %s key, which the lead of the %ss says", round, k.purpose, k.by.of), k.say)
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
	return k.keep(s)
}

// lead ends a round once all have spoken, or it has waited long enough.
func (k *keygen) lead(ctx context.Context, round dkg.Round) error {
	bulletin := k.place("%d-bulletin", round)
	if b, err := k.board.there(bulletin); b != nil || err != nil {
		return err
	}
	b, err := os.ReadFile(k.sessionFile())
	if err != nil {
		return err
	}
	s := new(dkg.Session) // another, to see when all have spoken
	if err := s.UnmarshalBinary(b); err != nil {
		return err
	}
	broadcast, heard, until := [][]byte{}, make(map[int]bool), time.Now().Add(k.own.patience)
	for !s.Complete() && time.Now().Before(until) {
		for j := range k.by.names {
			m := k.board.said(k.place("%d-%d", round, j+1))
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
	return k.board.put(bulletin, b)
}

// endorse signs, as a member, what was broadcast up to the end of the last round, and waits for
// enough others to have signed the same.
func (k *keygen) endorse(ctx context.Context, s *dkg.Session) error {
	place := func(j int) string { return k.place("before-%d-%d", s.Round(), j) }
	if k.own != nil {
		own, err := s.Endorse(k.own.identity)
		if err != nil {
			return err
		}
		b, err := json.Marshal(own.Signature[:])
		if err != nil {
			return err
		}
		if err := k.board.put(place(k.self()), b); err != nil {
			return err
		}
	}
	for said := false; ; said = true {
		var all []dkg.Endorsement
		for j := range k.by.names {
			e := dkg.Endorsement{Party: dkg.NewIndex(j + 1)}
			var signature []byte
			if json.Unmarshal(k.board.said(place(j+1)), &signature) == nil && copy(e.Signature[:], signature) == len(e.Signature) {
				all = append(all, e)
			}
		}
		err := s.Endorsed(all)
		if err == nil {
			return nil
		}
		if len(all) == len(k.by.names) {
			return fmt.Errorf("all %ss have signed, and not what the board says was broadcast: ask them what they have: %w", k.by.of, err)
		}
		if !said {
			k.say(fmt.Sprintf("waiting for %ss to sign what was broadcast", k.by.of))
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("too few %ss have signed what the board says was broadcast: say the same again to go on: %w", k.by.of, err)
		}
	}
}
