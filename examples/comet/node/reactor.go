package node

import (
	"sync"

	gogotypes "github.com/cosmos/gogoproto/types"

	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/conn"

	"github.com/utt-ecash/utt-go/utt/replica"
)

// Channel of the reactor, and bounds on what goes over it.
const (
	sharesChannel = byte(0x70)
	maxMessage    = 24 << 20 // what others have certified, with 4 MiB of operations a block
	maxWaiting    = 1 << 10  // messages to a peer; what is lost is asked for again
)

// reactor carries the messages of replicas. A message is taken as its sender's: of the party
// that the ledger has the peer's identity on record for, and of nobody else.
type reactor struct {
	p2p.BaseReactor
	replica func() *replica.Replica
	meters  *meters
	work    func()

	mu      sync.RWMutex
	parties map[p2p.ID]replica.Party
}

func newReactor(r func() *replica.Replica, m *meters, work func()) *reactor {
	x := &reactor{replica: r, meters: m, work: work}
	x.BaseReactor = *p2p.NewBaseReactor("SHARES", x)
	return x
}

// know says which parties there are from now on.
func (x *reactor) know(parties map[p2p.ID]replica.Party) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.parties = parties
}

func (x *reactor) party(id p2p.ID) (replica.Party, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	p, ok := x.parties[id]
	return p, ok
}

// GetChannels implements p2p.Reactor.
func (x *reactor) GetChannels() []*conn.ChannelDescriptor {
	return []*conn.ChannelDescriptor{{
		ID: sharesChannel, Priority: 6, SendQueueCapacity: maxWaiting, RecvMessageCapacity: maxMessage,
		MessageType: &gogotypes.BytesValue{},
	}}
}

// AddPeer says to a validator what was said while it was away.
func (x *reactor) AddPeer(p p2p.Peer) {
	if _, ok := x.party(p.ID()); !ok || x.replica().Party() == (replica.Party{}) {
		return
	}
	for _, m := range x.replica().Resend() {
		x.sendTo(p, m)
	}
}

// Receive implements p2p.Reactor. Whoever is no party is not heard, and not dropped for it:
// around a resharing some know of it before others.
func (x *reactor) Receive(e p2p.Envelope) {
	from, ok := x.party(e.Src.ID())
	b, is := e.Message.(*gogotypes.BytesValue)
	if !ok || !is {
		return
	}
	m := new(replica.Message)
	if err := m.UnmarshalBinary(b.Value); err != nil {
		x.Logger.Error("a message that is none", "peer", e.Src.ID(), "err", err)
		x.Switch.StopPeerForError(e.Src, err)
		return
	}
	x.meters.received.WithLabelValues(m.Kind().String()).Add(float64(len(b.Value)))
	if err := x.replica().Receive(from, m); err != nil {
		x.Logger.Error("a message that its sender cannot have sent", "peer", e.Src.ID(), "err", err)
		return
	}
	x.work()
}

// send sends messages to those they are for. Who does not take one asks for it later.
func (x *reactor) send(messages []*replica.Message) {
	if x.Switch == nil || x.replica().Party() == (replica.Party{}) { // nobody is told anything by one without a share
		return
	}
	for _, m := range messages {
		x.Switch.Peers().ForEach(func(p p2p.Peer) {
			if party, ok := x.party(p.ID()); ok && (m.To() == (replica.Party{}) || m.To() == party) {
				x.sendTo(p, m)
			}
		})
	}
}

func (x *reactor) sendTo(p p2p.Peer, m *replica.Message) {
	b, err := encode(m)
	if err != nil || len(b) > maxMessage {
		x.Logger.Error("a message that cannot be sent", "kind", m.Kind(), "bytes", len(b), "err", err)
		return
	}
	if p.TrySend(p2p.Envelope{ChannelID: sharesChannel, Message: &gogotypes.BytesValue{Value: b}}) {
		x.meters.sent.WithLabelValues(m.Kind().String()).Add(float64(len(b)))
	}
}
