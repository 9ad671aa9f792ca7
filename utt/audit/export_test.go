package audit

import (
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
)

// Permit asks whether a share would be given.
func (a *Auditor) Permit(why string, transfer utt.ID, components ...int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.permit(purpose(why), transfer, components)
}

// Letter is a message in the making, which may lie.
type Letter struct {
	From, To threshold.Index
	Network  utt.NetworkID
	items    []item
}

// Share adds a share.
func (l *Letter) Share(id utt.ID, s *threshold.DecryptionShare) *Letter {
	l.items = append(l.items, item{kind: kindShare, transfer: id, share: s})
	return l
}

// Vote adds a vote.
func (l *Letter) Vote(id utt.ID, v utt.Verb, s *threshold.SignatureShare) *Letter {
	l.items = append(l.items, item{kind: kindVote, transfer: id, verb: v, vote: s})
	return l
}

// Ask adds a question.
func (l *Letter) Ask(id utt.ID) *Letter {
	l.items = append(l.items, item{kind: kindAsk, transfer: id})
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
func (a *Auditor) Request(transfer utt.ID) *threshold.Request { return a.payments[transfer].request }

// Early is how many payments that are not known an auditor has spoken of.
func (a *Auditor) Early(from threshold.Index) int {
	if a.early[from] == nil {
		return 0
	}
	return len(a.early[from].of)
}

// MaxEarly bounds that.
const MaxEarly = maxEarly
