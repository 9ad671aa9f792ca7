package node

import (
	"context"
	"errors"

	"github.com/utt-ecash/utt-go/examples/comet/home"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/session"
)

// keeper takes part in the sessions that the operator has agreed to, and has the replica go
// on with the shares that they make.
type keeper struct {
	a       *app
	reactor *reactor
	running map[string]*resharing // by purpose
}

// resharing is a session that has been opened.
type resharing struct {
	id    dkg.SessionID
	log   *session.Log
	next  uint64 // height that the log is to be given
	party *session.Party
	kept  bool // what it has made is on disk
}

// step does what can be done now. What fails is tried again by the next one.
func (k *keeper) step() {
	for _, purpose := range home.Purposes {
		if err := k.follow(purpose); err != nil {
			k.a.log.Error("resharing", "key", purpose, "err", err)
		}
	}
	if err := k.renew(); err != nil {
		k.a.log.Error("new shares", "err", err)
	}
	// also where the ledger has come to know who holds the keys, or was restored
	if known, err := parties(k.a.r(), k.a.home.Committees); err == nil {
		k.reactor.know(known)
	}
}

// follow goes on with the session for a purpose, if there is one.
func (k *keeper) follow(purpose string) error {
	s := k.running[purpose]
	if s == nil {
		var err error
		if s, err = k.begin(purpose); err != nil || s == nil {
			return err
		}
		k.running[purpose] = s
	}
	l := k.a.r().Ledger()
	for head := l.Head().Height; s.next <= head; s.next++ {
		for on, err := range l.OfKinds(context.Background(), s.next, s.next, utt.KindSessionOpening, utt.KindSessionMessage, utt.KindSessionAdoption) {
			if err != nil {
				return err
			}
			if err := s.log.Take(on.Record); err != nil {
				return err
			}
		}
		info, err := l.Block(s.next)
		if err != nil {
			return err
		}
		if err := s.log.Advance(s.next, info.Time); err != nil {
			return err
		}
	}
	if s.party == nil {
		if err := k.join(purpose, s); err != nil {
			return err
		}
	}
	round, err := s.log.Round(s.id)
	if err != nil {
		return err
	}
	switch {
	case round == dkg.Failed:
		_, err := s.log.Outcome(s.id)
		k.a.log.Error("a resharing has failed", "key", purpose, "err", err)
		delete(k.running, purpose)
		return k.a.home.EndSession(purpose)
	case round < dkg.Done:
		op, err := s.party.Due()
		return k.handIn(op, err)
	case !s.kept:
		if err := k.keep(purpose, s); err != nil {
			return err
		}
	}
	if s.party.Participant().Index() == 0 {
		return nil
	}
	op, err := s.party.Adopt()
	return k.handIn(op, err)
}

func (k *keeper) handIn(op utt.Operation, err error) error {
	if err != nil || utt.Absent(op) {
		return err
	}
	_, err = k.a.pool.add(op, fromWallets)
	return err
}

// begin is the session that the operator has agreed to, once it is open on the ledger.
func (k *keeper) begin(purpose string) (*resharing, error) {
	agreed, err := k.a.home.Session(purpose)
	if err != nil || agreed == nil {
		return nil, err
	}
	opened, err := k.a.r().Ledger().Session(agreed.ID)
	if errors.Is(err, utt.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := &resharing{id: agreed.ID, next: opened.Opened}
	s.log, err = session.NewLog(k.a.home.Parameters)
	return s, err
}

// join joins a session, and deals where the validator has a share.
func (k *keeper) join(purpose string, s *resharing) error {
	agreed, err := k.a.home.Session(purpose)
	if err != nil || agreed == nil {
		return err
	}
	party, err := s.log.Join(s.id, k.a.home.Identity, agreed.Secret)
	if err != nil {
		return err
	}
	if share := k.share(purpose); share != nil && share.Generation() == agreed.Setup.Terms.Old.Generation() {
		if err := party.Participant().Deals(agreed.Setup.Terms.Old, share); err != nil {
			return err
		}
	}
	s.party = party
	k.a.log.Info("takes part in a resharing", "key", purpose)
	return nil
}

func (k *keeper) share(purpose string) *threshold.KeyShare {
	switch purpose {
	case utt.PurposeCoin:
		return k.a.home.Coin
	case utt.PurposeCredential:
		return k.a.home.Credential
	}
	return k.a.home.Ledger
}

// keep writes what a session has made to disk.
func (k *keeper) keep(purpose string, s *resharing) error {
	o, err := s.log.Outcome(s.id)
	if err != nil {
		return err
	}
	for _, b := range o.Blames {
		k.a.log.Warn("blamed in a resharing", "key", purpose, "for", b.String())
	}
	var share *threshold.KeyShare
	if s.party.Participant().Index() > 0 {
		if share, err = s.party.Participant().KeyShare(); err != nil {
			return err
		}
	}
	if err := k.a.home.KeepNext(purpose, o.Committee, share); err != nil {
		return err
	}
	s.kept = true
	return nil
}

// renew has the replica go on with the generations that hold the keys now.
func (k *keeper) renew() error {
	a := k.a
	replaced, err := a.r().Replaced()
	if err != nil || len(replaced) == 0 {
		return err
	}
	next := *a.home
	committees := *a.home.Committees
	next.Committees = &committees
	var renewed []string
	for _, purpose := range home.Purposes {
		held, err := a.r().Ledger().Holders(purpose)
		if err != nil {
			return err
		}
		ok, err := next.Next(purpose, held.Generation)
		if err != nil {
			return err
		}
		if ok {
			renewed = append(renewed, purpose)
		}
	}
	if len(renewed) == 0 {
		return nil // it took no part in it: the operator gives it shares, or it only follows
	}
	if err := a.r().Renew(next.Committees, next.Coin, next.Credential, next.Ledger); err != nil {
		return err
	}
	a.home.Committees, a.home.Coin, a.home.Credential, a.home.Ledger = next.Committees, next.Coin, next.Credential, next.Ledger
	if err := a.home.KeepShares(); err != nil {
		return err
	}
	for _, purpose := range renewed {
		if s := k.running[purpose]; s != nil {
			s.party.Erase()
			delete(k.running, purpose)
		}
		if err := a.home.EndSession(purpose); err != nil {
			return err
		}
	}
	a.log.Info("goes on with new shares", "keys", renewed, "party", a.r().Party().Ledger)
	a.work()
	return nil
}
