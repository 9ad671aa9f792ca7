package replica

import (
	"slices"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
	"github.com/utt-ecash/utt-go/utt/ledger"
)

// What a faulty replica sends: well formed, in its own name, and false.

// Lie is a message garbled where it can be, and what it was; "" if it says nothing that
// could be false.
func (m *Message) Lie(earlier *utt.CertificateShare) (lie *Message, what string) {
	switch b := m.body.(type) {
	case *shares:
		d := *b
		d.encoded = slices.Clone(b.encoded)
		n := len(d.encoded)
		if at := n - 2*curve.G1CompressedSize; at > 60 { // two outputs: their shares exchanged
			copy(d.encoded[at:], b.encoded[n-curve.G1CompressedSize:])
			copy(d.encoded[n-curve.G1CompressedSize:], b.encoded[at:n-curve.G1CompressedSize])
		} else {
			d.encoded = d.encoded[:n-1]
		}
		return &Message{m.to, &d}, "shares"
	case *signatures:
		d := *b
		d.records = slices.Clone(b.records)
		var signed []int
		for i, s := range d.records {
			if len(s) > 0 {
				signed = append(signed, i)
			}
		}
		d.records[signed[0]] = d.records[signed[len(signed)-1]]
		return &Message{m.to, &d}, "signatures"
	case *endorsement:
		return &Message{m.to, &endorsement{b.key, b.by, b.height, [32]byte{1}}}, ""
	case *certificateShare:
		if earlier == nil {
			return m, ""
		}
		d := *b.share
		d.Share = earlier.Share
		return &Message{m.to, &certificateShare{&d}}, "certificate share"
	case *certified:
		d := *b
		d.records, d.leaves = slices.Clone(b.records), slices.Clone(b.leaves)
		switch {
		case len(d.leaves) > 0:
			d.leaves[0].Signatures = slices.Clone(d.leaves[0].Signatures)
			d.leaves[0].Signatures[0] ^= 1
		case len(d.records) > 0:
			d.records[0] = d.records[len(d.records)-1]
		}
		return &Message{m.to, &d}, "certified records"
	}
	return m, ""
}

// CertificateShare is what the message says, nil if it is of another kind.
func (m *Message) CertificateShare() *utt.CertificateShare {
	if c, ok := m.body.(*certificateShare); ok {
		return c.share
	}
	return nil
}

// Endorsing is a message that vouches for the signatures in another.
func (m *Message) Endorsing() *Message {
	s := m.body.(*signatures)
	return &Message{body: &endorsement{s.key, s.by, s.height, digestOf(s.records)}}
}

// Of is the message in the name of a party of another generation of the ledger key.
func (m *Message) Of(g threshold.Generation) *Message {
	switch b := m.body.(type) {
	case *signatures:
		d := *b
		d.by = g
		return &Message{m.to, &d}
	case *endorsement:
		return &Message{m.to, &endorsement{b.key, g, b.height, b.digest}}
	}
	return m
}

// Doubled is a message of certified records with these once more behind them, which lead
// nowhere.
func (m *Message) Doubled() *Message {
	d := *m.body.(*certified)
	d.records = append(slices.Clone(d.records), d.records...)
	d.leaves = append(slices.Clone(d.leaves), d.leaves...)
	return &Message{m.to, &d}
}

// Following is how many messages of certified records the replica keeps.
func (r *Replica) Following() int { return len(r.main.follow) + len(r.credentials.follow) }

// Garbled is what a faulty party may make of a message it has seen, by a number: of
// another height, under another key, cut off, of other contents.
func (m *Message) Garbled(by uint64) *Message {
	delta := by >> 8 % 5
	switch b := m.body.(type) {
	case *shares:
		d := *b
		d.encoded = slices.Clone(b.encoded)
		switch by % 5 {
		case 0:
			d.height += delta - 2
		case 1:
			d.key = 3 - d.key
		case 2:
			d.encoded = d.encoded[:uint64(len(d.encoded))*(by>>16%8)/8]
		case 3:
			d.encoded[by>>16%uint64(len(d.encoded))] ^= 1
		}
		return &Message{m.to, &d}
	case *signatures:
		d := *b
		d.records = slices.Clone(b.records)
		switch k := by >> 16 % uint64(len(d.records)+1); by % 5 {
		case 0:
			d.height += delta - 2
		case 1:
			d.records = d.records[:k]
		case 2:
			if k < uint64(len(d.records)) {
				d.records[k] = nil
			}
		case 3:
			slices.Reverse(d.records)
		}
		return &Message{m.to, &d}
	case *endorsement:
		return &Message{m.to, &endorsement{b.key, b.by, b.height + delta - 2, b.digest}}
	case *certificateShare:
		d := *b.share
		switch by % 5 {
		case 0:
			d.Height += delta - 2
		case 1:
			d.Records++
		case 2:
			d.Time++
		case 3:
			d.Kind ^= 1
		}
		return &Message{m.to, &certificateShare{&d}}
	case *certified:
		d := *b
		c := *b.certificate
		d.certificate, d.records, d.leaves = &c, slices.Clone(b.records), slices.Clone(b.leaves)
		switch by % 6 {
		case 0:
			c.Height += delta - 2
		case 1:
			d.records = d.records[:by>>16%uint64(len(d.records)+1)]
			d.leaves = d.leaves[:by>>16%uint64(len(d.leaves)+1)]
		case 2:
			c.Records += delta
		case 3:
			slices.Reverse(d.records)
			slices.Reverse(d.leaves)
		case 4:
			d.more = !d.more
		}
		return &Message{m.to, &d}
	case *ask:
		return &Message{m.to, &ask{b.key, b.height + delta - 2}}
	}
	return m
}

// Certifying is the message with a share of one's own on what it says.
func (m *Message) Certifying(sign func(utt.Checkpoint) *threshold.SignatureShare) *Message {
	c, ok := m.body.(*certificateShare)
	if !ok {
		return m
	}
	return &Message{m.to, &certificateShare{&utt.CertificateShare{Checkpoint: c.share.Checkpoint, Share: sign(c.share.Checkpoint)}}}
}

// Junk is the message about another block, and so long.
func (m *Message) Junk(height uint64, size int) *Message {
	switch b := m.body.(type) {
	case *shares: // that say what they are of
		d := *b
		d.height, d.encoded = height, append(slices.Clone(b.encoded[:43]), make([]byte, size)...)
		return &Message{m.to, &d}
	case *signatures:
		d := &signatures{key: b.key, by: b.by, height: height}
		for range size / maxRecordSignatures {
			d.records = append(d.records, make([]byte, maxRecordSignatures))
		}
		return &Message{m.to, d}
	case *certified:
		d, forged := *b, *b.certificate
		forged.Height, forged.Time = height, 0
		d.certificate = &forged
		d.bytes = size // as if there were much more in its records
		return &Message{m.to, &d}
	}
	return m
}

// About is an ask from another height on.
func (m *Message) About(height uint64) *Message { return &Message{m.to, &ask{CoinKey, height}} }

// Size is how long the message is, more or less.
func (m *Message) Size() int { return m.body.size() }

// LongestShares and LongestSignatures are how much one can say at once of a block.
const (
	LongestShares     = maxShares - 43
	LongestSignatures = utt.MaxBlock * maxRecordSignatures
)

// Kept is how much the replica has of a party's messages about blocks, and of what it has
// certified.
func (r *Replica) Kept(of Party) (about, certified int) {
	for _, l := range r.lines() {
		for _, c := range l.blocks {
			for _, s := range c.sets {
				if s.from == of {
					about += len(s.encoded)
				}
			}
			for _, o := range c.offers {
				for _, b := range o.records {
					if o.from == of {
						about += len(b)
					}
				}
			}
		}
		for _, f := range l.follow {
			if f.from == of {
				certified += f.what.size()
			}
		}
	}
	return about, certified
}

// Limit has the replica keep, answer and repeat much less.
func (r *Replica) Limit(kept, burst int) { r.limits = limits{kept, kept, burst, min(kept, burst)} }

// UsualKept is what else is kept of a party.
func UsualKept() int { return usual.kept }

// Alone reports whether the replica waits for no combiner of a block.
func (r *Replica) Alone(height uint64) bool {
	c := r.main.blocks[height]
	return c != nil && c.alone
}

// Counted is how much the replica thinks it has of a party's messages about blocks.
func (r *Replica) Counted(of Party) int {
	n := 0
	for _, l := range r.lines() {
		if p := l.peers[of]; p != nil {
			n += p.kept
		}
	}
	return n
}

// Faults is f as the replica counts by it.
func (r *Replica) Faults() int { return r.c.Faults }

// EffectiveFaults is f as Open takes it.
func (c Config) EffectiveFaults() int {
	if err := c.check(); err != nil {
		panic(err)
	}
	l, err := ledger.New(c.Parameters, c.Store)
	if err != nil {
		panic(err)
	}
	if err := c.takeFaults(l); err != nil {
		panic(err)
	}
	return c.Faults
}
