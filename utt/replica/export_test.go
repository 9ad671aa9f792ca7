package replica

import (
	"slices"

	"github.com/utt-ecash/utt-go/internal/curve"
	"github.com/utt-ecash/utt-go/threshold"
	"github.com/utt-ecash/utt-go/utt"
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
		return &Message{m.to, &endorsement{b.height, [32]byte{1}}}, ""
	case *certificateShare:
		if earlier == nil {
			return m, ""
		}
		d := *b.share
		d.Share = earlier.Share
		return &Message{m.to, &certificateShare{&d}}, "certificate share"
	case *certified:
		d := *b
		d.records = slices.Clone(b.records)
		d.records[0] = d.records[len(d.records)-1]
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
	return &Message{body: &endorsement{s.height, digestOf(s.records)}}
}

// Doubled is a message of certified records with these once more behind them, which lead
// nowhere.
func (m *Message) Doubled() *Message {
	d := *m.body.(*certified)
	d.records = append(slices.Clone(d.records), d.records...)
	return &Message{m.to, &d}
}

// Following is how many messages of certified records the replica keeps.
func (r *Replica) Following() int { return len(r.follow) }

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
		return &Message{m.to, &endorsement{b.height + delta - 2, b.digest}}
	case *certificateShare:
		d := *b.share
		switch by % 4 {
		case 0:
			d.Height += delta - 2
		case 1:
			d.Records++
		case 2:
			d.Time++
		}
		return &Message{m.to, &certificateShare{&d}}
	case *certified:
		d := *b
		c := *b.certificate
		d.certificate, d.records = &c, slices.Clone(b.records)
		switch by % 6 {
		case 0:
			c.Height += delta - 2
		case 1:
			d.records = d.records[:by>>16%uint64(len(d.records)+1)]
		case 2:
			c.Records += delta
		case 3:
			slices.Reverse(d.records)
		case 4:
			d.more = !d.more
		}
		return &Message{m.to, &d}
	case *ask:
		return &Message{m.to, &ask{b.height + delta - 2}}
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
