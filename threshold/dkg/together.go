package dkg

import (
	"context"
	"crypto"
	"fmt"
)

// Together makes a key with all its parties in this process, whom the signers are the
// identities of, that of party j at j − 1: for tests, and for networks that are tried on one
// machine. Whoever has the process has the key. Take is given each participant in the end, to
// have its share; all are erased then.
//
// ErrArgument says that the signers are not the parties of the terms, or that these replace a
// committee, whose shares their holders deal.
func Together(ctx context.Context, t *Terms, signers []crypto.Signer, take func(p *Participant) error) (*Outcome, error) {
	if t == nil || t.Old != nil || len(signers) != len(t.Parties) || take == nil {
		return nil, fmt.Errorf("%w: a key is made anew, by the parties of the terms, and what they make is taken", ErrArgument)
	}
	setup := &Setup{Terms: t}
	secrets := make([]*Secret, len(signers))
	for j, s := range signers {
		var err error
		if secrets[j], err = NewSecret(nil); err != nil {
			return nil, err
		}
		defer secrets[j].Erase()
		e, err := secrets[j].Enrol(t, s)
		if err != nil {
			return nil, err
		}
		setup.Enrolments = append(setup.Enrolments, e)
	}
	session, err := NewSession(setup) // one for all: what they see is the same
	if err != nil {
		return nil, err
	}
	all := make([]*Participant, len(signers))
	for j, s := range signers {
		if all[j], err = session.Join(s, secrets[j]); err != nil {
			return nil, err
		}
		defer all[j].Erase()
	}
	for session.Round() < Done {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, p := range all {
			m, err := p.Message()
			if err != nil {
				return nil, err
			}
			if m == nil {
				continue
			}
			if err := session.Step(m); err != nil {
				return nil, err
			}
		}
		session.EndRound()
	}
	for _, p := range all {
		if err := take(p); err != nil {
			return nil, err
		}
	}
	return session.Outcome()
}
