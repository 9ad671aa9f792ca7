package audit

import (
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// Permit asks whether a share would be given: to decide, or for another purpose.
func (a *Auditor) Permit(why Purpose, number uint64, id utt.ID, what utt.Components) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	g, err := a.grounds(subject{why, number, id})
	if err != nil {
		return err
	}
	g.what = what
	_, err = g.permit()
	return err
}

// ShareUnder adds a share under a warrant.
func (l *Letter) ShareUnder(number uint64, id utt.ID, s *threshold.DecryptionShare) *Letter {
	l.items = append(l.items, item{kind: kindShare, subject: subject{ByWarrant, number, id}, share: s})
	return l
}

// AskUnder adds a question about a warrant.
func (l *Letter) AskUnder(number uint64, id utt.ID) *Letter {
	l.items = append(l.items, item{kind: kindAsk, subject: subject{ByWarrant, number, id}})
	return l
}

// Knock adds what shows that one has the opening of a sealed warrant.
func (l *Letter) Knock(number uint64, shown utt.ID) *Letter {
	l.items = append(l.items, item{kind: kindKnock, subject: subject{ByWarrant, number, shown}})
	return l
}

// Knock is by which an auditor shows this one that he has the opening of a warrant.
func (a *Auditor) Knock(number uint64, from threshold.Index) utt.ID {
	return a.warrants[number].knock(a.p.Network(), from).id
}

// Elsewhere is what another auditor's opening would show on this one's network.
func (a *Auditor) Elsewhere(of *Auditor, number uint64, from threshold.Index) utt.ID {
	return of.warrants[number].knock(a.p.Network(), from).id
}

// Overheard reports whether an auditor was told a share under a warrant that he does not
// answer.
func (a *Auditor) Overheard(number uint64, transfer utt.ID) bool {
	for s, e := range a.early {
		if !s.decide && len(e.of[subject{ByWarrant, number, transfer}]) > 0 {
			return true
		}
	}
	return false
}

// Limbs is the sum of numbers below 2^32.
var Limbs = limbs

// Letter is a message in the making, which may lie.
type Letter struct {
	From, To threshold.Index
	Network  utt.NetworkID
	items    []item
}

// Share adds a share.
func (l *Letter) Share(id utt.ID, s *threshold.DecryptionShare) *Letter {
	l.items = append(l.items, item{kind: kindShare, subject: subject{purpose: ToDecide, id: id}, share: s})
	return l
}

// Vote adds a vote.
func (l *Letter) Vote(id utt.ID, v utt.Verb, s *threshold.SignatureShare) *Letter {
	l.items = append(l.items, item{kind: kindVote, subject: subject{purpose: ToDecide, id: id}, verb: v, vote: s})
	return l
}

// Ask adds a question.
func (l *Letter) Ask(id utt.ID) *Letter {
	l.items = append(l.items, item{kind: kindAsk, subject: subject{purpose: ToDecide, id: id}})
	return l
}

// Seal signs with keys and encrypts to a peer.
func (l *Letter) Seal(k *Keys, to Peer) []byte {
	p, err := to.decode()
	if err != nil {
		panic(err)
	}
	b, err := k.seal(l.Network, p, &letter{l.From, l.To, l.items})
	if err != nil {
		panic(err)
	}
	return b
}

// Request is what is asked for of a payment that is held.
func (a *Auditor) Request(transfer utt.ID) *threshold.Request {
	return a.RequestFor(subject{purpose: ToDecide, id: transfer})
}

// RequestUnder is what is asked for by a warrant.
func (a *Auditor) RequestUnder(number uint64, transfer utt.ID) *threshold.Request {
	return a.RequestFor(subject{ByWarrant, number, transfer})
}

// RequestFor is what is asked for of a subject.
func (a *Auditor) RequestFor(of subject) *threshold.Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	g, err := a.grounds(of)
	if err != nil {
		panic(err)
	}
	r, err := g.permit()
	if err != nil {
		panic(err)
	}
	return r
}

// Early is how many payments that are not known an auditor has spoken of.
func (a *Auditor) Early(from threshold.Index) int {
	e := a.early[sender{from, true}]
	if e == nil {
		return 0
	}
	return len(e.of)
}

// MaxEarly bounds that.
const MaxEarly = maxEarly
