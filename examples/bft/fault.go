package bft

import (
	"slices"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/internal/wire"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
	"github.com/utt-ecash/utt-go/utt/replica"
)

// Behaviour is what a Byzantine replica does besides following the protocol.
type Behaviour string

// The behaviours.
const (
	Silent    Behaviour = "silent leader"   // never proposes
	Withhold  Behaviour = "withheld shares" // sends no signature shares, and combines none
	BadShares Behaviour = "bad shares"      // sends shares, and signatures, on other outputs than those
	Tongues   Behaviour = "two tongues"     // sends every other replica such shares and signatures, and the rest the right ones
	BadBlocks Behaviour = "bad blocks"      // proposes blocks that are invalid
	Replays   Behaviour = "replays"         // proposes what was executed before
	TwoFaced  Behaviour = "two-faced"       // votes for nothing and for everything
	Liar      Behaviour = "lying snapshots" // attests to, and serves, another ledger
	Twins     Behaviour = "twins"           // runs twice with one key, and each half of the others hears one
)

// Behaviours are all of them.
var Behaviours = []Behaviour{Silent, Withhold, BadShares, Tongues, BadBlocks, Replays, TwoFaced, Liar, Twins}

// forger is the state of a Byzantine endpoint.
type forger struct {
	Behaviour
	bad     [][]byte       // invalid operations to propose
	forged  *ledger.Ledger // a liar's: the same blocks with nothing in them
	count   int
	earlier *utt.CertificateShare // the last one sent
	made    map[[32]byte]bool     // statements, which come back by gossip
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
			case Replays:
				m.Body = e.node.c.sign(&proposal{c.height, c.round, c.validRound, e.replay(c.block)})
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
		case *carried:
			switch kind := c.kind(); {
			case f.Behaviour == Withhold && withheld[kind]:
				continue
			case f.Behaviour == BadShares:
				m.Body = e.node.c.sign(f.garble(c))
			case f.Behaviour == Tongues && m.To == Everyone:
				bad := e.node.c.sign(f.garble(c))
				f.made[bad.digest()], f.made[st.digest()] = true, true
				for id := range NodeID(len(e.node.c.Keys)) {
					body := m.Body
					if f.count++; f.count%2 == 0 {
						body = bad
					}
					sent = append(sent, Message{From: m.From, To: id, Body: body})
				}
				continue
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

// replay is a block of operations that were decided before, if any were.
func (e *endpoint) replay(b *Block) *Block {
	for _, d := range slices.Backward(e.node.chain) {
		if before, err := parseBlock(d.Block); err == nil && len(before.Ops) > 0 {
			return newBlock(b.Height, b.Time, b.Parent, before.Ops)
		}
	}
	return b
}

// withheld is what a replica that withholds shares does not send.
var withheld = map[replica.Kind]bool{
	replica.KindShares: true, replica.KindSignatures: true, replica.KindCertificateShare: true,
}

// garble makes a message of a replica false, and leaves it well formed.
func (f *forger) garble(c *carried) *carried {
	bad := &carried{c.height, slices.Clone(c.message)}
	r := wire.NewReader(bad.message)
	field := func() []byte { return r.Take(int(r.Uint32())) }
	r.Take(2) // version, kind
	switch c.kind() {
	case replica.KindShares:
		r.Take(1 + 8) // key, height
		reverse(field()[sharesHeader:], curve.G1CompressedSize)
	case replica.KindSignatures:
		r.Take(1 + 32 + 8) // key, generation, height
		for range r.Count(utt.MaxBlock, 4) {
			reverse(field(), curve.G1Size)
		}
	case replica.KindEndorsement:
		r.Take(1 + 32 + 8) // key, generation, height
		r.Take(1)[0] ^= 1
	case replica.KindCertificateShare:
		share, earlier := new(utt.CertificateShare), f.earlier
		if share.UnmarshalBinary(field()) != nil {
			return c
		}
		if f.earlier = share; earlier == nil {
			return c
		}
		return certificateShare(&utt.CertificateShare{Checkpoint: share.Checkpoint, Share: earlier.Share})
	case replica.KindCertified:
		r.Take(1)                // more
		field()                  // certificate
		r.Count(utt.MaxBlock, 4) // records
		at := field()            // the first
		if len(at) > 0 {
			at[len(at)-1] ^= 1 // in its signatures
		}
	}
	return bad
}

// sharesHeader is what comes before the points of encoded utt.BlockShares: version,
// height, generation, party and number.
const sharesHeader = 1 + 8 + len(threshold.Generation{}) + 2 + 4

// reverse reverses the order of items of a size.
func reverse(b []byte, size int) {
	for i, j := 0, len(b)-size; i < j; i, j = i+size, j-size {
		for k := range size {
			b[i+k], b[j+k] = b[j+k], b[i+k]
		}
	}
}

// certificateShare is a share of a certificate as a replica sends it.
func certificateShare(s *utt.CertificateShare) *carried {
	b, _ := s.MarshalBinary() // of a share that was decoded
	return &carried{s.Height, wire.AppendBytes([]byte{messageVersion, byte(replica.KindCertificateShare)}, b)}
}

// certifiedRecords is what a replica sends of records that lead to a certificate.
func certifiedRecords(c *utt.Certificate, records []*utt.Record) *carried {
	b, _ := c.MarshalBinary()
	m := wire.AppendBytes([]byte{messageVersion, byte(replica.KindCertified), 0}, b)
	m = wire.AppendUint16(m, uint16(len(records)))
	for _, r := range records {
		b, _ := r.MarshalBinary()
		m = wire.AppendBytes(m, b)
	}
	return &carried{c.Height, m}
}

// messageVersion is the first byte of an encoded replica.Message.
const messageVersion = 2

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
