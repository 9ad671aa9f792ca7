package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/session"
)

// reshare deals the key anew to parties, in a session on the ledger: its records are the
// broadcast, which each party follows for itself, and its blocks end the rounds. Each writes
// its share, then says that it has it, and forgets what it had in the session last: with
// that it would make the share again.
func (k *key) reshare(ctx context.Context, net *network, number uint64, parties []*party, write func(*key) error) (*key, error) {
	everybody := slices.Clone(parties)
	for _, p := range k.holders {
		if !slices.Contains(parties, p) {
			everybody = append(everybody, p)
		}
	}
	terms := k.terms
	terms.Network, terms.Number, terms.Parties, terms.Old = net.p.Network(), number, identities(parties), k.outcome.Old()
	var err error
	// two blocks a round: one for the messages, one in case
	if terms.Schedule, err = (utt.Schedule{Height: net.height + 3, Time: net.clock, Blocks: 2}).MarshalBinary(); err != nil {
		return nil, err
	}
	setup, err := k.agree(&terms, parties, everybody)
	if err != nil {
		return nil, err
	}
	opening, err := utt.NewSessionOpening(net.p, setup)
	if err != nil {
		return nil, err
	}
	if err := net.decide(ctx, opening); err != nil {
		return nil, err
	}
	if err := k.joinAll(net, everybody); err != nil {
		return nil, err
	}
	id := everybody[0].log.Sessions()[0]
	for {
		r, err := everybody[0].log.Round(id)
		if err != nil {
			return nil, err
		}
		if r >= dkg.Done {
			break
		}
		if err := handIn(ctx, net, everybody, everybody, (*session.Party).Due); err != nil {
			return nil, err
		}
	}
	next, err := k.end(parties, everybody)
	if err != nil {
		return nil, err
	}
	if err := write(next); err != nil {
		return nil, err
	}
	if err := handIn(ctx, net, parties, everybody, (*session.Party).Adopt); err != nil {
		return nil, err
	}
	held, err := net.Ledger().Holders(k.terms.Purpose)
	if err != nil {
		return nil, err
	}
	if since, ok := everybody[0].log.Adopted(id); !ok || held.Since != since || held.Generation != next.outcome.Old().Generation() {
		return nil, fmt.Errorf("the ledger has other holders of the %s key than the session", k.terms.Purpose)
	}
	forget(everybody)
	return next, nil
}

// joinAll has each follow the ledger from the block that opened the session, look at it for
// itself, and join; those who hold a share deal it.
func (k *key) joinAll(net *network, everybody []*party) (err error) {
	for _, p := range everybody {
		if p.log, err = session.NewLog(net.p); err != nil {
			return err
		}
		p.next = net.height
		if err := p.follow(net); err != nil {
			return err
		}
		if p.party, err = p.log.Join(p.log.Sessions()[0], p.identity, p.secret); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		p.part = p.party.Participant()
		if share := k.shareOf(p); share != nil {
			if err := p.part.Deals(k.outcome.Old(), share); err != nil {
				return err
			}
		}
	}
	return nil
}

// handIn has parties hand in what they have to say, in one block, which all follow.
func handIn(ctx context.Context, net *network, who, everybody []*party, say func(*session.Party) (utt.Operation, error)) error {
	var ops []utt.Operation
	for _, p := range who {
		op, err := say(p.party)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if op != nil {
			ops = append(ops, op)
		}
	}
	if err := net.decide(ctx, ops...); err != nil {
		return err
	}
	for _, p := range everybody {
		if err := p.follow(net); err != nil {
			return err
		}
	}
	return nil
}

// follow takes in the ledger's blocks. Whoever is no replica takes those that are certified.
func (p *party) follow(net *network) error {
	for ; p.next <= net.height; p.next++ {
		records, err := net.Ledger().BlockRecords(p.next)
		if err != nil {
			return err
		}
		for _, r := range records {
			if err := p.log.Take(r); err != nil {
				return err
			}
		}
		info, err := net.Ledger().Block(p.next)
		if err != nil {
			return err
		}
		if err := p.log.Advance(p.next, info.Time); err != nil {
			return err
		}
	}
	return nil
}
