package node

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	gogotypes "github.com/cosmos/gogoproto/types"

	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/conn"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// follower has a replica without shares, such as one that is to become a validator, publish
// what others have certified: it asks its peers in turn, for what comes after its last
// certificate. Whoever has more answers; what he says verifies by itself, and against the
// replica's own ledger. Parties ask each other as replicas do.
//
//	ask        0, height in 8 bytes                             of the first block that is lacking
//	certified  1, certificate and each record behind its length in 4 bytes
type follower struct {
	p2p.BaseReactor
	replica func() *replica.Replica

	mu     sync.Mutex
	asked  p2p.ID // who is to answer,
	since  time.Time
	spares map[p2p.ID]*spare
}

// spare is how many bytes a peer may still be sent.
type spare struct {
	bytes int
	at    time.Time
}

const (
	followChannel = byte(0x71)
	askEvery      = 100 * time.Millisecond
	patience      = 2 * time.Second // for an answer, until another is asked
	maxGap        = 1 << 10         // blocks between two certificates, and more
	askCost       = 4 << 10         // what an ask takes of what a peer can be sent
	spareBurst    = 32 << 20        // bytes that a peer can be sent at once,
	spareRate     = 4 << 20         // and a second
	kindAsk       = 0
	kindCertified = 1
)

func newFollower(r func() *replica.Replica) *follower {
	f := &follower{replica: r, spares: make(map[p2p.ID]*spare)}
	f.BaseReactor = *p2p.NewBaseReactor("FOLLOW", f)
	return f
}

// GetChannels implements p2p.Reactor.
func (f *follower) GetChannels() []*conn.ChannelDescriptor {
	return []*conn.ChannelDescriptor{{
		ID: followChannel, Priority: 2, RecvMessageCapacity: maxMessage, MessageType: &gogotypes.BytesValue{},
	}}
}

// OnStart implements p2p.BaseReactor.
func (f *follower) OnStart() error {
	go func() {
		tick := time.NewTicker(askEvery)
		defer tick.Stop()
		for {
			select {
			case <-f.Quit():
				return
			case now := <-tick.C:
				f.step(now)
			}
		}
	}()
	return nil
}

// RemovePeer implements p2p.Reactor.
func (f *follower) RemovePeer(p p2p.Peer, _ any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.spares, p.ID())
}

// step asks for what is lacking, of one who was not asked last, unless somebody is to answer.
func (f *follower) step(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	height, lacks := lacking(f.replica())
	if !lacks || f.asked != "" && now.Sub(f.since) < patience {
		return
	}
	peers := f.Switch.Peers().Copy()
	if len(peers) == 0 {
		return
	}
	last := slices.IndexFunc(peers, func(p p2p.Peer) bool { return p.ID() == f.asked })
	f.ask(peers[(last+1)%len(peers)], height, now)
}

// lacking is the first block of which the replica, which takes no part in certifying it, has no
// certificate.
func lacking(r *replica.Replica) (height uint64, lacks bool) {
	height = r.Published() + 1
	return height, r.Party() == (replica.Party{}) && height <= r.Ledger().Head().Height
}

func (f *follower) ask(p p2p.Peer, height uint64, now time.Time) {
	f.asked, f.since = p.ID(), now
	f.say(p, binary.BigEndian.AppendUint64([]byte{kindAsk}, height))
}

func (f *follower) say(p p2p.Peer, b []byte) bool {
	return p.TrySend(p2p.Envelope{ChannelID: followChannel, Message: &gogotypes.BytesValue{Value: b}})
}

// Receive implements p2p.Reactor.
func (f *follower) Receive(e p2p.Envelope) {
	m, ok := e.Message.(*gogotypes.BytesValue)
	if !ok || len(m.Value) == 0 {
		return
	}
	switch kind, b := m.Value[0], m.Value[1:]; {
	case kind == kindAsk && len(b) == 8:
		f.answer(e.Src, binary.BigEndian.Uint64(b), time.Now())
	case kind == kindCertified:
		f.take(e.Src, b)
	}
}

// answer sends what leads to the next certificate from a block on, if there is one here, and
// the peer may be sent more.
func (f *follower) answer(to p2p.Peer, height uint64, now time.Time) {
	if !f.spend(to.ID(), askCost, now) {
		return
	}
	b, err := certified(f.replica(), height)
	switch {
	case errors.Is(err, utt.ErrNotFound): // not yet, or others have it
	case err != nil:
		f.Logger.Error("what is certified cannot be read", "err", err)
	case len(b) < maxMessage && f.say(to, append([]byte{kindCertified}, b...)):
		f.spend(to.ID(), len(b), now)
	}
}

// spend takes from what a peer may be sent, and reports whether anything was left.
func (f *follower) spend(id p2p.ID, bytes int, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.spares[id]
	if s == nil {
		s = &spare{spareBurst, now}
		f.spares[id] = s
	}
	grown := int(min(now.Sub(s.at), time.Minute).Seconds() * spareRate)
	if s.bytes = min(s.bytes+grown, spareBurst); grown > 0 {
		s.at = now
	}
	left := s.bytes > 0
	s.bytes -= bytes
	return left
}

// take publishes what a peer was asked for, and asks it for more.
func (f *follower) take(from p2p.Peer, b []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asked != from.ID() {
		return
	}
	if err := follow(f.replica(), b); err != nil {
		f.Logger.Error("certified records that are none", "peer", from.ID(), "err", err)
		return // another is asked
	}
	if height, lacks := lacking(f.replica()); lacks {
		f.ask(from, height, time.Now())
		return
	}
	f.asked = ""
}

// certified is what leads to the first certificate from a block on.
func certified(r *replica.Replica, height uint64) ([]byte, error) {
	ctx := context.Background()
	last := r.Published()
	if height > 0 && height <= last && last-height > maxGap {
		last = height + maxGap
	}
	for h := height; h > 0 && h <= last; h++ {
		c, err := r.Certificate(ctx, h)
		if errors.Is(err, utt.ErrNotFound) || err == nil && c.Height < height {
			continue
		}
		if err != nil {
			return nil, err
		}
		b, err := c.MarshalBinary()
		if err != nil {
			return nil, err
		}
		b = append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
		for rec, err := range r.Records(ctx, utt.Cursor{Height: height}) {
			if err != nil {
				return nil, err
			}
			if rec.Cursor().Height > c.Height {
				break
			}
			encoded, err := rec.MarshalBinary()
			if err != nil {
				return nil, err
			}
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(encoded))), encoded...)
		}
		return b, nil
	}
	return nil, fmt.Errorf("%w: nothing is certified from block %d on", utt.ErrNotFound, height)
}

// follow publishes what certified has made.
func follow(r *replica.Replica, b []byte) error {
	next := func() (part []byte, err error) {
		if len(b) < 4 || uint64(len(b)-4) < uint64(binary.BigEndian.Uint32(b)) {
			return nil, fmt.Errorf("%w: cut short", utt.ErrMalformed)
		}
		n := 4 + int(binary.BigEndian.Uint32(b))
		part, b = b[4:n], b[n:]
		return part, nil
	}
	part, err := next()
	if err != nil {
		return err
	}
	c := new(utt.Certificate)
	if err := c.UnmarshalBinary(part); err != nil {
		return err
	}
	var records []*utt.Record
	for len(b) > 0 {
		if part, err = next(); err != nil {
			return err
		}
		rec := new(utt.Record)
		if err := rec.UnmarshalBinary(part); err != nil {
			return err
		}
		if records = append(records, rec); len(records) > utt.MaxBlock {
			return fmt.Errorf("%w: more than %d records without a certificate in between", utt.ErrInvalid, utt.MaxBlock)
		}
	}
	return r.Follow(c, records)
}
