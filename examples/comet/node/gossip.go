package node

import (
	"time"

	"github.com/cometbft/cometbft/mempool"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/conn"
	protomem "github.com/cometbft/cometbft/proto/tendermint/mempool"
)

// gossip tells other validators of the operations that were admitted here, in CometBFT's
// messages, and takes its reactor's place: that one does not say who told of what, so that a peer
// could fill the pool alone, and has everybody tell everybody.
type gossip struct {
	p2p.BaseReactor
	pool    *pool
	party   func(p2p.ID) bool
	missing func() bool // whether a validator is not connected
	syncing func() bool // whether the ledger is still behind
}

// maxTold bounds a message, in bytes of operations, and maxUnsent how many wait for a peer;
// tellEvery is how often others are told.
const (
	maxTold   = 1 << 18
	maxUnsent = 8
	maxTx     = 1 << 16
	tellEvery = 20 * time.Millisecond
)

func newGossip(p *pool, party func(p2p.ID) bool, missing func() bool) *gossip {
	g := &gossip{pool: p, party: party, missing: missing, syncing: func() bool { return true }}
	g.BaseReactor = *p2p.NewBaseReactor("OPERATIONS", g)
	return g
}

// GetChannels implements p2p.Reactor.
func (g *gossip) GetChannels() []*conn.ChannelDescriptor {
	return []*conn.ChannelDescriptor{{
		ID: mempool.MempoolChannel, Priority: 5, SendQueueCapacity: maxUnsent, RecvMessageCapacity: maxTold + 1<<10, MessageType: &protomem.Message{},
	}}
}

// OnStart implements p2p.BaseReactor.
func (g *gossip) OnStart() error {
	go func() {
		tick := time.NewTicker(tellEvery)
		defer tick.Stop()
		for {
			select {
			case <-g.Quit():
				return
			case now := <-tick.C:
				if fresh := g.pool.tell(now, g.missing()); len(fresh) > 0 {
					g.Switch.Peers().ForEach(func(p p2p.Peer) { g.tell(p, fresh) })
				}
			}
		}
	}()
	return nil
}

// tell tells a peer what it does not know of. What it has no room for it gets in a block.
func (g *gossip) tell(p p2p.Peer, all []*candidate) {
	var txs [][]byte
	size := 0
	send := func() {
		if len(txs) > 0 {
			p.TrySend(p2p.Envelope{ChannelID: mempool.MempoolChannel, Message: &protomem.Txs{Txs: txs}})
		}
		txs, size = nil, 0
	}
	for _, c := range all {
		if g.pool.know(c, p.ID()) {
			continue
		}
		n := encodedSize(c.raw)
		if size+n > maxTold {
			send()
		}
		txs, size = append(txs, c.raw), size+n
	}
	send()
}

// Receive implements p2p.Reactor.
func (g *gossip) Receive(e p2p.Envelope) {
	told, ok := e.Message.(*protomem.Txs)
	if !ok || g.syncing() {
		return
	}
	from := fromStrangers
	if g.party(e.Src.ID()) {
		from = source(e.Src.ID())
	}
	for _, tx := range told.Txs {
		if len(tx) > maxTx {
			g.Logger.Error("an operation that is too long", "peer", e.Src.ID(), "bytes", len(tx))
			return
		}
		op, err := operation(tx)
		if err != nil { // perhaps of a later version of this program
			g.Logger.Error("an operation that is none", "peer", e.Src.ID(), "err", err)
			return
		}
		c, err := g.pool.add(op, from)
		if err != nil { // others tell of it again, or it comes in a block
			return
		}
		g.pool.know(c, e.Src.ID())
	}
}
