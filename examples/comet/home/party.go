package home

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/cometbft/cometbft/p2p"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
)

// Party is one who founds a network with others: a validator with a home of his own, or an
// auditor with a file of his own. They make the keys over a board, validators theirs and auditors
// theirs: one of each, the lead, orders what is said and ends the rounds, and at the end of each
// round everybody signs what was broadcast [DKG-BULLETIN], so that the lead need not be trusted
// with more than to do it.
//
//	PURPOSE/enrol-J          the enrolment of party J
//	PURPOSE/ROUND-J          what it says in a round
//	PURPOSE/ROUND-bulletin   what was broadcast, in order, by the lead
//	PURPOSE/before-ROUND-J   its signature on all that was broadcast before a round
//
// A party that is stopped goes on where it was: its session is on disk before it signs a
// round, so that it never signs two.
//
// Of the keys that it does not make a party takes the public part from the same session, which it
// steps by the board: enrolments are by the identities of the terms, and what was broadcast is
// signed by more than (n + f)/2 of those who made the key. Of two transcripts at most one is, as
// long as no more than f of them sign both. Should more of them, with whoever keeps the board, show
// others another key, the digests of the parameters differ, which every party computes from what
// it has verified, and all compare.
type Party struct {
	Folder   string // of a validator's home, as NewCard made it, or
	File     string // an auditor's, as NewAuditor made it
	Board    Board
	Terms    *Terms
	Lead     bool          // of those who make the same keys
	Patience time.Duration // how long the lead waits for what is not said
	Say      func(string)  // is told what is done, and waited for

	home    *Home
	auditor *Auditor
	self    int // from 0
	shares  map[string]*threshold.KeyShare
	opening *threshold.EncryptionKeyShare
}

// Found takes part until the home has all that a validator needs, or the file all that an auditor
// does, and returns the digest of the parameters, by which all know the network. Beside them is
// then NetworkFile.
func (p *Party) Found(ctx context.Context) (digest utt.Digest, err error) {
	own, err := p.open()
	if err != nil {
		return digest, err
	}
	lock, err := own.sessions.lock()
	if err != nil {
		return digest, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	f, c := p.Terms.founded(), p.Terms.config()
	p.Say("verifying the ceremonies")
	if f.proving, err = p.Terms.proving(ctx, p.Board); err != nil {
		return digest, err
	}
	for _, k := range f.proving {
		c.Circuits = append(c.Circuits, utt.Circuit{Key: k.VerifyingKey()})
	}
	made, err := p.keys(ctx, own)
	if err != nil {
		return digest, err
	}
	f.committees = utt.Committees{Coin: made[utt.PurposeCoin].Committee, Credential: made[utt.PurposeCredential].Committee, Ledger: made[utt.PurposeLedger].Committee}
	c.CoinKey, c.CredentialKey, c.LedgerKey = f.committees.Coin.Group(), f.committees.Credential.Group(), f.committees.Ledger.Group()
	if p.Terms.Auditing != nil {
		c.Auditors = &utt.Auditors{Opening: made[purposeOpening].Encryption.Key(), Approval: made[purposeApproval].Committee.Group()}
	}
	for _, k := range p.Terms.keys() {
		c.Holders = append(c.Holders, utt.HoldersOf(k.purpose, made[k.purpose]))
	}
	if f.parameters, err = utt.NewParameters(c); err != nil {
		return digest, err
	}
	if p.auditor != nil {
		err = p.writeAuditor(&f, made)
	} else {
		err = p.writeValidator(&f)
	}
	if err != nil {
		return digest, err
	}
	// whoever has a secret of these opens from the board what its party was dealt
	return utt.Digest(f.parameters.Digest()), os.RemoveAll(filepath.Dir(own.sessions.folder))
}

// open reads what NewCard or NewAuditor left, which must be as the terms have it.
func (p *Party) open() (own *member, err error) {
	own = &member{lead: p.Lead, patience: p.Patience}
	if p.File != "" {
		own.identity, own.sessions, err = p.openAuditor()
	} else {
		own.identity, own.sessions, err = p.openValidator()
	}
	return own, err
}

// founding are the sessions of these terms, of a party that has sessions: with others it begins
// anew.
func (p *Party) founding(s sessions) sessions {
	s.folder = filepath.Join(s.folder, "founding-"+p.Terms.digest)
	return s
}

func (p *Party) openValidator() (identity ed25519.PrivateKey, s sessions, err error) {
	p.home = &Home{Folder: p.Folder}
	s = p.founding(p.home.sessions())
	if _, err := os.Stat(p.home.Path(GenesisFile)); err == nil { // and was stopped before it had removed them, if they are there
		return nil, s, errors.Join(fmt.Errorf("%s is founded already: start it", p.Folder), os.RemoveAll(s.folder))
	}
	key, err := p2p.LoadNodeKey(p.home.Path(IdentityFile))
	if err != nil {
		return nil, s, fmt.Errorf("no home: make it with uttd found card: %w", err)
	}
	p.home.Identity = ed25519.PrivateKey(key.PrivKey.Bytes())
	if err := readJSON(p.home.Path(settingsFile), &p.home.Settings); err != nil {
		return nil, s, err
	}
	var card Validator
	if err := readJSON(p.home.Path(cardFile), &card); err != nil {
		return nil, s, err
	}
	if p.self = p.Terms.validators().index(card.Identity); p.self < 0 {
		return nil, s, errors.New("the terms do not name this validator")
	}
	if v := p.Terms.Validators[p.self]; v.Name != card.Name || v.P2P != card.P2P || v.RPC != card.RPC || v.HTTP != card.HTTP {
		return nil, s, fmt.Errorf("the terms have another name or other addresses of this validator than its card: %+v", v)
	}
	return p.home.Identity, s, nil
}

func (p *Party) openAuditor() (identity ed25519.PrivateKey, s sessions, err error) {
	a := new(Auditor)
	if err := readJSON(p.File, a); err != nil {
		return nil, s, fmt.Errorf("no auditor: make one with uttd found auditor: %w", err)
	}
	s = p.founding(sessions{p.File + ".sessions", func() ([]byte, error) { return []byte(a.Phrase), nil }})
	if a.Opening != nil { // likewise
		return nil, s, errors.Join(fmt.Errorf("%s is founded already: it is for uttd audit", p.File), os.RemoveAll(s.folder))
	}
	if p.Terms.Auditing == nil {
		return nil, s, errors.New("the terms are of a network without auditors")
	}
	card, err := a.card()
	if err != nil {
		return nil, s, err
	}
	if p.self = p.Terms.auditors().index(card.Identity); p.self < 0 {
		return nil, s, errors.New("the terms do not name this auditor")
	}
	if in := p.Terms.Auditing.Auditors[p.self]; !in.equal(card) {
		return nil, s, fmt.Errorf("the terms have another name or another peer of this auditor than his card: %+v", in)
	}
	p.auditor = a
	return a.identity(), s, nil
}

// keys makes the keys that are this party's to make, and sees the others made, later, for they
// are not waited for by anybody.
func (p *Party) keys(ctx context.Context, own *member) (made map[string]*dkg.Outcome, err error) {
	made, p.shares = make(map[string]*dkg.Outcome), make(map[string]*threshold.KeyShare)
	for _, mine := range []bool{true, false} {
		for _, of := range p.Terms.keys() {
			k := &keygen{groupKey: of, network: [32]byte(p.Terms.Genesis), board: p.Board, say: p.Say}
			if of.by.index(own.identity.Public().(ed25519.PublicKey)) >= 0 != mine {
				continue
			}
			if mine {
				k.own = own
			}
			o, err := k.run(ctx, func(q *dkg.Participant) (err error) {
				if of.purpose == purposeOpening {
					p.opening, err = q.EncryptionKeyShare()
				} else {
					p.shares[of.purpose], err = q.KeyShare()
				}
				return err
			})
			if err != nil {
				return nil, fmt.Errorf("the %s key: %w", of.purpose, err)
			}
			for _, b := range o.Blames {
				p.Say(fmt.Sprintf("%s key: %v", of.purpose, b))
			}
			made[of.purpose] = o
		}
	}
	return made, nil
}

// writeValidator makes the home that of a validator, whose genesis comes last.
func (p *Party) writeValidator(f *founded) error {
	f.validators[p.self].Metrics = p.home.Settings.Metrics
	for purpose, share := range p.shares {
		*p.home.shares()[purpose] = share
	}
	if err := f.network().Write(p.home.Path(NetworkFile)); err != nil {
		return err
	}
	return f.writeHome(p.home, p.self)
}

// writeAuditor makes the file that of an auditor, once what it is to hold opens.
func (p *Party) writeAuditor(f *founded, made map[string]*dkg.Outcome) error {
	a := p.auditor
	a.Index = p.self + 1
	for _, card := range p.Terms.Auditing.Auditors {
		a.Peers = append(a.Peers, card.Peer)
	}
	if err := a.seal(made[purposeOpening].Encryption, p.opening, made[purposeApproval].Committee, p.shares[purposeApproval]); err != nil {
		return err
	}
	if _, err := a.open(f.parameters); err != nil {
		return err
	}
	if err := f.network().Write(filepath.Join(filepath.Dir(p.File), NetworkFile)); err != nil {
		return err
	}
	return writeJSON(p.File, a, 0o600)
}
