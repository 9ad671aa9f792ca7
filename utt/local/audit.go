package local

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/audit"
)

// NewAuditors makes the auditors of the network, who all decide by one function.
func (n *Network) NewAuditors(judge func(audit.Opened) utt.Verb) ([]*audit.Auditor, error) {
	if err := n.usable(); err != nil {
		return nil, err
	}
	if n.auditors == nil {
		return nil, fmt.Errorf("%w: no row of the policy needs auditors: see Config.Held", utt.ErrInvalid)
	}
	table, err := threshold.NewLogTable(threshold.SmallLogTable)
	if err != nil {
		return nil, err
	}
	keys := make([]*audit.Keys, len(n.auditors.OpeningShares))
	peers := make([]audit.Peer, len(keys))
	for i := range keys {
		var seed [audit.SeedSize]byte
		_, _ = rand.Read(seed[:]) // never fails
		if keys[i], err = audit.DeriveKeys(seed[:]); err != nil {
			return nil, err
		}
		peers[i] = keys[i].Peer()
	}
	all := make([]*audit.Auditor, len(keys))
	for i := range all {
		all[i], err = audit.New(audit.Config{
			Parameters: n.p, Keys: keys[i], Peers: peers, Judge: judge, Table: table, Now: n.Now,
			Opening: n.auditors.Opening, OpeningShare: n.auditors.OpeningShares[i],
			Approval: n.auditors.Approval, ApprovalShare: n.auditors.ApprovalShares[i],
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Audit has auditors, some or all of those made by NewAuditors, sync and work, and carries
// their messages and decisions, until nothing is left to do. Messages to others are lost:
// have them Sync, and then call Overdue, before they join in later.
func (n *Network) Audit(ctx context.Context, auditors ...*audit.Auditor) error {
	if err := n.usable(); err != nil {
		return err
	}
	at := make(map[threshold.Index]*audit.Auditor)
	for _, a := range auditors {
		if at[a.Index()] = a; a.Index() == 0 {
			return fmt.Errorf("%w: an empty auditor", utt.ErrInvalid)
		}
	}
	for quiet := false; !quiet; {
		quiet = true
		for _, a := range auditors {
			if err := a.Sync(ctx, n); err != nil {
				return err
			}
			messages, decisions, err := a.Work(ctx)
			if err != nil {
				return err
			}
			for _, m := range messages {
				if to := at[m.To]; to != nil {
					quiet = false
					if err := to.Receive(m.Bytes); err != nil {
						return err
					}
				}
			}
			for _, d := range decisions {
				quiet = false
				if err := n.Submit(ctx, d); err != nil && !errors.Is(err, utt.ErrConflict) { // another was faster
					return err
				}
			}
		}
	}
	return nil
}

// Decide puts a decision of the auditors on a payment that is held on the ledger, without
// their opening it: for tests of what becomes of it.
func (n *Network) Decide(ctx context.Context, verb utt.Verb, transfer utt.ID) error {
	if err := n.usable(); err != nil {
		return err
	}
	m := utt.DecisionCommitment(n.p.Network(), verb, transfer)
	if n.auditors == nil || m == nil {
		return fmt.Errorf("%w: no auditors, or to %v", utt.ErrInvalid, verb)
	}
	var shares []*threshold.SignatureShare
	for _, k := range n.auditors.ApprovalShares[:n.auditors.Approval.Threshold()] {
		s, err := k.Sign(m)
		if err != nil {
			return err
		}
		shares = append(shares, s)
	}
	s, err := n.auditors.Approval.Combine(m, shares)
	if err != nil {
		return err
	}
	d, err := utt.NewDecision(verb, transfer, s)
	if err != nil {
		return err
	}
	return n.Submit(ctx, d)
}

// Warrant puts the next warrant on the ledger, to be opened within a time, and returns its
// opening, which has its number: to be handed to the auditors, if it is sealed, and to be put
// on the ledger with Submit.
func (n *Network) Warrant(ctx context.Context, terms utt.WarrantTerms, within time.Duration, sealed bool) (*utt.WarrantOpening, error) {
	if err := n.usable(); err != nil {
		return nil, err
	}
	if n.auditors == nil || within < 0 {
		return nil, fmt.Errorf("%w: no auditors to answer a warrant, or to be opened within %v", utt.ErrInvalid, within)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	number, err := n.Ledger().WarrantNumber()
	if err != nil {
		return nil, err
	}
	w, o, err := utt.NewWarrant(nil, n.Parameters(), n.auditors.Warrant, number, terms, n.time+uint64(within/time.Second), sealed)
	if err != nil {
		return nil, err
	}
	if err := n.submit(ctx, w); err != nil {
		return nil, err
	}
	return o, nil
}
