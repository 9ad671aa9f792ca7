package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/audit"
	"github.com/utt-ecash/utt-go/utt/wallet"
)

// payAudited pays beyond the budget. Two auditors, with the shares in their files, open what
// the rules reveal, and approve.
func (g *genesis) payAudited(ctx context.Context) (string, error) {
	_, err := g.alice.Pay(ctx, g.net, "bob", asset, 400, "")
	var funds *wallet.FundsError
	if !errors.As(err, &funds) || funds.What != wallet.FundsBudget || funds.Beyond == nil {
		return "", fmt.Errorf("a payment beyond the budget was not refused as such: %v", err)
	}
	h, err := g.alice.PayAs(ctx, g.net, funds.Beyond.Case, "bob", asset, 400, "audited")
	if err != nil {
		return "", err
	}
	if s, err := g.alice.AwaitHeld(ctx, g.net, h); err != nil || s.State != wallet.Held {
		return "", errors.Join(fmt.Errorf("the payment is %v", s.State), err)
	}
	two, err := g.openAuditors()
	if err != nil {
		return "", err
	}
	if err := g.work(ctx, two[:1]...); err != nil {
		return "", err
	}
	if _, err := two[0].Opened(h.ID); !errors.Is(err, utt.ErrNotFound) {
		return "", fmt.Errorf("one auditor alone opened a payment, or was not refused as such: %v", err)
	}
	for _, a := range two {
		if err := a.Sync(ctx, g.net); err != nil {
			return "", err
		}
		a.Overdue() // nobody has heard what he said alone
	}
	if err := g.work(ctx, two...); err != nil {
		return "", err
	}
	if err := g.alice.Await(ctx, g.net, h); err != nil {
		return "", err
	}
	return "held, and one auditor alone opens nothing; auditors 1 and 3 read that 400 are for bob, and approve: he has them", g.expect(ctx, 200, 400)
}

// openAuditors makes auditors 1 and 3, with keys to know each other by that all tell all.
func (g *genesis) openAuditors() (two []*audit.Auditor, err error) {
	keys, peers := make([]*audit.Keys, len(g.auditors)), make([]audit.Peer, len(g.auditors))
	for i := range keys {
		seed := make([]byte, audit.SeedSize)
		_, _ = rand.Read(seed) // never fails
		if keys[i], err = audit.DeriveKeys(seed); err != nil {
			return nil, err
		}
		peers[i] = keys[i].Peer()
	}
	table, err := threshold.NewLogTable(threshold.SmallLogTable) // which auditors in one process share
	if err != nil {
		return nil, err
	}
	for _, i := range []int{0, 2} {
		p := g.auditors[i]
		sealed, err := os.ReadFile(g.share(p, g.audit))
		if err != nil {
			return nil, err
		}
		opening, err := threshold.OpenEncryptionKeyShare(sealed, p.passphrase)
		if err != nil {
			return nil, err
		}
		approval, err := g.load(p, g.approval)
		if err != nil {
			return nil, err
		}
		a, err := audit.New(audit.Config{
			Parameters: g.net.p, Keys: keys[i], Peers: peers, Table: table, Now: g.net.now,
			Opening: g.audit.outcome.Encryption, OpeningShare: opening,
			Approval: g.approval.committee(), ApprovalShare: approval,
			Judge: func(o audit.Opened) utt.Verb {
				if o.Amount == 400 && o.Payee == g.bob.PID() && o.Payer == (utt.PID{}) {
					return utt.Approve
				}
				return utt.Veto
			},
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		two = append(two, a)
	}
	return two, nil
}

// work has auditors sync and work, and carries what they say, until nothing is left to say.
func (g *genesis) work(ctx context.Context, auditors ...*audit.Auditor) error {
	for quiet := false; !quiet; {
		quiet = true
		for _, a := range auditors {
			if err := a.Sync(ctx, g.net); err != nil {
				return err
			}
			messages, decisions, err := a.Work(ctx)
			if err != nil {
				return err
			}
			for _, m := range messages {
				for _, to := range auditors {
					if to.Index() != m.To {
						continue
					}
					quiet = false
					if err := to.Receive(m.Bytes); err != nil {
						return err
					}
				}
			}
			for _, d := range decisions {
				quiet = false
				if err := g.net.Submit(ctx, d); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
