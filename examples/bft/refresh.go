package bft

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/threshold/dkg"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/session"
)

// Refresh deals the shares of all three keys anew to the replicas that hold them, by
// sessions on the ledger that these replicas run, while it goes on. Whoever is down
// meanwhile takes its new shares when it is back.
type Refresh struct {
	ids     []dkg.SessionID
	old     []*dkg.Old
	holders []*holder

	// Of every block, when it was decided first and when published first, in logical time,
	// and how many blocks were decided in between.
	executed, published, lag map[uint64]uint64
}

// purposes are those of the keys, in the order of Refresh's sessions.
var purposes = []string{utt.PurposeCoin, utt.PurposeCredential, utt.PurposeLedger}

// holder is what a replica keeps of the sessions: on disk its secrets and new shares, the
// rest until it crashes.
type holder struct {
	identity ed25519.PrivateKey
	secrets  [][]byte // encoded
	fresh    []*threshold.KeyShare
	held     []bool // which of these hold their keys
	renewed  bool   // all do

	life    int
	log     *session.Log
	next    uint64 // height that the log is to be given
	parties []*session.Party
}

// NewRefresh prepares the refresh of replicas that Founding.Replicas has configured, of a
// founding whose parameters name the holders. The first round ends at a height, counted from
// the founding, and each lasts so many blocks.
func NewRefresh(f *Founding, configs []Config, height uint64, blocks uint32) (*Refresh, []utt.Operation, error) {
	r := newRefresh()
	for i := range configs {
		c := &configs[i]
		for _, share := range []**threshold.KeyShare{&c.Coin, &c.Credential, &c.Ledger} { // which are erased
			b, err := (*share).MarshalBinary()
			if err != nil {
				return nil, nil, err
			}
			if *share = new(threshold.KeyShare); (*share).UnmarshalBinary(b) != nil {
				return nil, nil, fmt.Errorf("%w: a share that does not decode", ErrConfig)
			}
		}
		r.holders = append(r.holders, &holder{identity: f.signingKey("holder", i), fresh: make([]*threshold.KeyShare, len(purposes)), held: make([]bool, len(purposes))})
	}
	schedule, err := utt.Schedule{Height: f.ledger.Head().Height + height, Blocks: blocks}.MarshalBinary()
	if err != nil {
		return nil, nil, err
	}
	var openings []utt.Operation
	for k, c := range []*threshold.Committee{configs[0].Committees.Coin, configs[0].Committees.Credential, configs[0].Committees.Ledger} {
		held, ok := f.Parameters.HoldersOf(purposes[k])
		if !ok {
			return nil, nil, fmt.Errorf("%w: parameters that name no holders", ErrConfig)
		}
		old := &dkg.Old{Committee: c, Faults: held.Faults, Parties: held.Parties}
		o, err := r.open(f, &dkg.Terms{
			Network: f.Parameters.Network(), Purpose: purposes[k], Number: 1, Key: dkg.Signing(c.Attributes()), Schedule: schedule,
			Threshold: c.Threshold(), Faults: held.Faults, Parties: held.Parties, Old: old,
		})
		if err != nil {
			return nil, nil, err
		}
		r.old, openings = append(r.old, old), append(openings, o)
	}
	return r, openings, nil
}

// newRefresh refreshes nothing, and measures.
func newRefresh() *Refresh {
	return &Refresh{executed: make(map[uint64]uint64), published: make(map[uint64]uint64), lag: make(map[uint64]uint64)}
}

// open has all enrol in a session and authorise it.
func (r *Refresh) open(f *Founding, terms *dkg.Terms) (*utt.SessionOpening, error) {
	setup := &dkg.Setup{Terms: terms}
	for _, h := range r.holders {
		secret, err := dkg.NewSecret(nil)
		if err != nil {
			return nil, err
		}
		e, err := secret.Enrol(terms, h.identity)
		if err != nil {
			return nil, err
		}
		b, err := secret.MarshalBinary()
		if err != nil {
			return nil, err
		}
		setup.Enrolments, h.secrets = append(setup.Enrolments, e), append(h.secrets, b)
	}
	for _, h := range r.holders {
		a, err := setup.Authorise(h.identity)
		if err != nil {
			return nil, err
		}
		setup.Authorisations = append(setup.Authorisations, a)
	}
	id, err := setup.ID()
	if err != nil {
		return nil, err
	}
	r.ids = append(r.ids, id)
	return utt.NewSessionOpening(f.Parameters, setup)
}

// done reports whether all replicas that are up have gone on with their new shares.
func (r *Refresh) done(m *Simulation) bool {
	if r == nil || len(r.ids) == 0 {
		return true
	}
	for _, e := range m.endpoints {
		if !e.down && e.forger == nil && !r.holders[e.id].renewed {
			return false
		}
	}
	return true
}

// follow has a replica do its part in the sessions, after a step.
func (r *Refresh) follow(m *Simulation, e *endpoint, events []Event) {
	if r == nil || e.node.replica == nil {
		return
	}
	moved := false
	for _, event := range events {
		switch v := event.(type) {
		case Executed:
			moved = true
			if r.executed[v.Height] == 0 {
				r.executed[v.Height] = m.now
			}
		case Restored:
			moved = true
		case Published:
			if r.published[v.Height] == 0 {
				r.published[v.Height], r.lag[v.Height] = m.now, m.harness.highest-v.Height
			}
		}
	}
	if len(r.ids) == 0 {
		return
	}
	h := r.holders[e.id]
	if h.renewed || !moved && h.log != nil && h.life == e.life {
		return
	}
	if err := r.step(m, e, h); err != nil {
		m.harness.violated(m, Progress, "node %d, refreshing its shares: %v", e.id, err)
	}
}

func (r *Refresh) step(m *Simulation, e *endpoint, h *holder) error {
	l := e.node.Ledger()
	if h.log == nil || h.life != e.life { // all but the disk is lost
		log, err := session.NewLog(l.Parameters())
		if err != nil {
			return err
		}
		h.life, h.log, h.next, h.parties = e.life, log, m.harness.founded+1, make([]*session.Party, len(r.ids))
	}
	for ; h.next <= l.Head().Height; h.next++ {
		for on, err := range l.OfKinds(context.Background(), h.next, h.next, utt.KindSessionOpening, utt.KindSessionMessage, utt.KindSessionAdoption) {
			if err != nil {
				return err
			}
			if err := h.log.Take(on.Record); err != nil {
				return err
			}
		}
		info, err := l.Block(h.next)
		if err != nil {
			return err
		}
		if err := h.log.Advance(h.next, info.Time); err != nil {
			return err
		}
	}
	changed := false
	for k, id := range r.ids {
		if err := r.speak(m, e, h, k); err != nil {
			return err
		}
		if _, ok := h.log.Adopted(id); ok && h.fresh[k] != nil && !h.held[k] {
			changed, h.held[k] = true, true
		}
	}
	if !changed {
		return nil
	}
	return r.renew(m, e, h)
}

// speak hands in what a replica has to say in a session.
func (r *Refresh) speak(m *Simulation, e *endpoint, h *holder, k int) error {
	if _, err := h.log.Round(r.ids[k]); errors.Is(err, utt.ErrNotFound) {
		return nil // not opened yet
	}
	if h.parties[k] == nil {
		secret := new(dkg.Secret)
		if err := secret.UnmarshalBinary(h.secrets[k]); err != nil {
			return err
		}
		p, err := h.log.Join(r.ids[k], h.identity, secret)
		if err != nil {
			return err
		}
		share := []*threshold.KeyShare{e.node.c.Coin, e.node.c.Credential, e.node.c.Ledger}[k]
		if err := p.Participant().Deals(r.old[k], share); err != nil {
			return err
		}
		h.parties[k] = p
	}
	op, err := h.parties[k].Due()
	if err != nil {
		return err
	}
	round, err := h.log.Round(r.ids[k])
	if err != nil {
		return err
	}
	what := round.String()
	if o, err := h.log.Outcome(r.ids[k]); err == nil && o != nil {
		if h.fresh[k] == nil {
			if h.fresh[k], err = h.parties[k].Participant().KeyShare(); err != nil {
				return err
			}
		}
		if op, err = h.parties[k].Adopt(); err != nil {
			return err
		}
		what = "adoption"
	}
	if op == nil {
		return nil
	}
	raw, err := op.AppendBinary(nil)
	if err != nil {
		return err
	}
	m.harness.name(op, fmt.Sprintf("%s of the %s key, node %d", what, purposes[k], e.id))
	m.Submit(raw)
	return nil
}

// renew has the replica go on with its new shares of the keys that these hold, and its
// configuration with it.
func (r *Refresh) renew(m *Simulation, e *endpoint, h *holder) error {
	next := e.node.c
	committees := []**threshold.Committee{&next.Committees.Coin, &next.Committees.Credential, &next.Committees.Ledger}
	shares := []**threshold.KeyShare{&next.Coin, &next.Credential, &next.Ledger}
	all := true
	for k, id := range r.ids {
		if !h.held[k] {
			all = false
			continue
		}
		o, err := h.log.Outcome(id)
		if err != nil {
			return err
		}
		*committees[k], *shares[k] = o.Committee, h.fresh[k]
	}
	for _, of := range []*Config{&e.node.c, &m.configs[e.id]} {
		of.Committees, of.Coin, of.Credential, of.Ledger = next.Committees, next.Coin, next.Credential, next.Ledger
	}
	c := next.Committees
	if err := e.node.replica.Renew(&c, next.Coin, next.Credential, next.Ledger); err != nil {
		return err
	}
	e.node.dirty, h.renewed = true, all
	if all {
		for _, p := range h.parties {
			p.Erase()
		}
		clear(h.secrets)
	}
	m.harness.note(m, "node %d signs with new shares after block %d", e.id, m.harness.relative(e.node.Height()))
	return nil
}
