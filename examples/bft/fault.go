package bft

import (
	"slices"

	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
)

// Behaviour is what a Byzantine replica does besides following the protocol.
type Behaviour string

// The behaviours.
const (
	Silent    Behaviour = "silent leader"   // never proposes
	Withhold  Behaviour = "withheld shares" // sends no signature shares, and combines none
	BadShares Behaviour = "bad shares"      // sends shares, and signatures, on other outputs than those
	BadBlocks Behaviour = "bad blocks"      // proposes blocks that are invalid
	TwoFaced  Behaviour = "two-faced"       // votes for nothing and for everything
	Liar      Behaviour = "lying snapshots" // attests to, and serves, another ledger
	Twins     Behaviour = "twins"           // runs twice with one key, and each half of the others hears one
)

// Behaviours are all of them.
var Behaviours = []Behaviour{Silent, Withhold, BadShares, BadBlocks, TwoFaced, Liar, Twins}

// forger is the state of a Byzantine endpoint.
type forger struct {
	Behaviour
	bad    [][]byte       // invalid operations to propose
	forged *ledger.Ledger // a liar's: the same blocks with nothing in them
	count  int
	// checkpoint is the last share made of a certificate
	checkpoint *utt.CertificateShare
	made       map[[32]byte]bool // statements, which come back by gossip
}

// corrupt turns what an honest node would send into what its Byzantine owner does.
func (e *endpoint) corrupt(out []Message) []Message {
	f := e.forger
	var sent []Message
	for _, m := range out {
		st, ok := m.Body.(*Statement)
		if !ok || st.Signer != e.node.c.ID || f.made[st.digest()] {
			if s, lies := m.Body.(*Snapshot); lies && f.Behaviour == Liar {
				m.Body = f.snapshot(s)
			}
			if t, lies := m.Body.(*Tell); lies && f.Behaviour == Liar {
				told := *t
				told.Vouched = []*Statement{e.node.c.sign(f.attestation(t.Height-1, e.node.last))}
				m.Body = &told
			}
			sent = append(sent, m)
			continue
		}
		c, err := st.parse()
		if err != nil {
			continue
		}
		switch c := c.(type) {
		case *proposal:
			switch f.Behaviour {
			case Silent:
				continue
			case BadBlocks:
				m.Body = e.node.c.sign(&proposal{c.height, c.round, c.validRound, f.spoil(c.block)})
			}
		case *vote:
			if f.Behaviour == TwoFaced {
				sent = append(sent, m)
				other := *c
				if other.id == (BlockID{}) && e.node.consensus.valid.block != nil {
					other.id = e.node.consensus.valid.block.id
				} else {
					other.id = BlockID{}
				}
				m.Body = e.node.c.sign(&other)
			}
		case *attestation:
			if f.Behaviour == Liar {
				m.Body = e.node.c.sign(f.attestation(c.height, c.block))
			}
		case *shareSet:
			switch f.Behaviour {
			case Withhold:
				continue
			case BadShares:
				m.Body = e.node.c.sign(swapShares(c))
			}
		case *checkpointShare:
			switch f.Behaviour {
			case Withhold:
				continue
			case BadShares:
				m.Body = e.node.c.sign(f.swapCheckpoints(c))
			}
		case *signatures:
			switch f.Behaviour {
			case Withhold:
				continue
			case BadShares:
				m.Body = e.node.c.sign(swapSignatures(c))
			}
		}
		if st, ok := m.Body.(*Statement); ok {
			f.made[st.digest()] = true
		}
		sent = append(sent, m)
	}
	return sent
}

// spoil makes a block invalid, in turn by an invalid operation, a false parent,
// a time in the past and bytes that are no operation.
func (f *forger) spoil(b *Block) *Block {
	f.count++
	switch {
	case f.count%4 == 1 && len(f.bad) > 0:
		return newBlock(b.Height, b.Time, b.Parent, append([][]byte{f.bad[f.count%len(f.bad)]}, b.Ops[min(1, len(b.Ops)):]...))
	case f.count%4 == 2:
		return newBlock(b.Height, b.Time, BlockID{1}, b.Ops)
	case f.count%4 == 3:
		return newBlock(b.Height, 1, b.Parent, b.Ops)
	}
	return newBlock(b.Height, b.Time, b.Parent, [][]byte{{1, 2, 3}})
}

// swapShares exchanges the shares of outputs, so that each is well formed and on
// another output than it says.
func swapShares(s *shareSet) *shareSet {
	bad := &shareSet{height: s.height}
	for _, raw := range s.shares {
		var share utt.Share
		if share.UnmarshalBinary(raw) == nil {
			o := share.Outputs
			for i := range len(o) / 2 {
				o[i], o[len(o)-1-i] = o[len(o)-1-i], o[i]
			}
			if b, err := share.MarshalBinary(); err == nil {
				raw = b
			}
		}
		bad.shares = append(bad.shares, raw)
	}
	return bad
}

// swapCheckpoints puts the share of the checkpoint before into the place of this one's.
func (f *forger) swapCheckpoints(c *checkpointShare) *checkpointShare {
	share, before := new(utt.CertificateShare), f.checkpoint
	if share.UnmarshalBinary(c.share) != nil {
		return c
	}
	f.checkpoint = share
	if before == nil {
		return c
	}
	b, err := (&utt.CertificateShare{Checkpoint: share.Checkpoint, Share: before.Share}).MarshalBinary()
	if err != nil {
		return c
	}
	return &checkpointShare{c.height, b}
}

// swapSignatures exchanges the signatures of outputs, within each record.
func swapSignatures(s *signatures) *signatures {
	bad := &signatures{height: s.height}
	for _, b := range s.records {
		half := len(b) / signatureSize / 2 * signatureSize
		bad.records = append(bad.records, slices.Concat(b[len(b)-half:], b[half:len(b)-half], b[:half]))
	}
	return bad
}

// follow keeps a liar's ledger at the height of the others.
func (f *forger) follow(height, time uint64) {
	for f.forged.Head().Height < height {
		v, err := f.forged.Parameters().Trust(time, nil)
		if err != nil {
			return
		}
		if _, err := f.forged.Execute(&utt.Block{Height: f.forged.Head().Height + 1, Time: time}, v); err != nil {
			return
		}
	}
}

func (f *forger) attestation(height uint64, block BlockID) *attestation {
	return &attestation{height, block, f.forged.Digest()}
}

func (f *forger) snapshot(s *Snapshot) *Snapshot {
	lie := *s
	if head, digest, b, err := snapshotOf(f.forged); err == nil {
		lie.Height, lie.Digest, lie.Ledger = head.Height, digest, b
	}
	return &lie
}
